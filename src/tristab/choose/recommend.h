// recommend: the cheapest setting that meets a requirement on all inputs that are given and on the worst that a hunt
// finds for it, within what the model of these inputs can make.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tristab/choose/front_search.h"
#include "tristab/hunt/hunt.h"

namespace tristab {

struct RecommendRequest {
  const Scenario* scenario =
      nullptr;                 // inputs, seed, requirement. A file gives at most `trials` matrices, spread over it
  SpaceRequest space;          // n is set for each size
  std::optional<Recipe> like;  // only changes of this recipe, as few as possible
  bool exhaustive = false;     // no setting is given up early
  bool hunts = true;
  std::int64_t evaluations = 20000;  // of each hunt
  // A part of a file for static scales of integers; none: each tensor has a scale of its own.
  std::optional<FamilyEntry> calibration;
  // In place of what the inputs show.
  std::optional<Range> rate, log_decay, cosine;
};

// A setting that was looked at closely.
struct ChosenSetting {
  Candidate candidate;
  double share = 0, error = 0;   // the worst over all inputs
  std::vector<double> by_group;  // the worst share on each group of inputs
  std::string worst;             // the input where the share is largest
  std::string missed;            // the first input that it was found to miss on; "": none
  std::string why;               // why it misses there

  bool fits() const { return share <= 1; }
  double margin_bits() const;  // -log2 of the share
};

// A hunt for the worst input of a setting that would have won.
struct HuntNote {
  std::string setting;
  double share = 0;  // of the worst that was found
  double error = 0;  // there
  std::int64_t evaluations = 0;
  std::string family;    // whose ranges were searched
  std::string strategy;  // that found the worst
  bool survived() const { return share <= 1; }
};

// A cheaper setting that would do if all inputs were of one group.
struct CheaperOnInputs {
  std::size_t group = 0;
  Candidate candidate;
};

struct Recommendation {
  int n = 0;
  std::size_t settings = 0;             // in the space
  std::int64_t duplicates = 0;          // left out of it
  std::int64_t evaluations = 0;         // inversions that were tried, without those of hunts
  std::vector<InputGroup> groups;       // of inputs
  std::vector<int> inputs;              // of each group
  std::optional<ChosenSetting> winner;  // none: no setting fits
  std::vector<ChosenSetting> front;     // by cost
  std::vector<ChosenSetting> cheaper;   // the best of each cheaper method, or change: why each fails
  std::vector<HuntNote> hunts;
  std::vector<std::string> notes;         // sentences, such as why there was no hunt
  std::vector<CheaperOnInputs> would_do;  // at most one of each group
  // Candidates point into it.
  std::shared_ptr<const SettingSpace> space;
};

struct RecommendProgress {
  int n = 0;
  std::string phase;    // "settings", "hunt"
  double fraction = 0;  // of the phase
  int hunts = 0;        // so far
};

// One for each size. Throws UsageError if no family has a matrix of a size that shows anything; Stopped.
std::vector<Recommendation> recommend(const RecommendRequest& request, std::span<const int> sizes,
                                      const std::function<void(const RecommendProgress&)>& progress,
                                      const std::atomic<bool>& stop);

}  // namespace tristab
