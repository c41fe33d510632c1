// What recommend is asked, as somebody writes it, and the request that it makes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tristab/choose/recommend.h"
#include "tristab/cost/hardware.h"
#include "tristab/library/declared_setting.h"
#include "tristab/sweep/config.h"

namespace tristab {

// Empty texts are not given.
struct ChoiceWords {
  ConfigOverrides inputs;  // families, chunks, trials, seed, require
  JsonValue file;          // the family `file`, in place of families; null: none
  std::string tokens;      // of the file
  std::string hardware = "h200", outputs = "fp32,bf16,fp16", arithmetics, methods, tune, like, calibrate, beta, decay,
              cosine;
  std::int64_t hunt = 20000;  // evaluations of each hunt; 0: none
  bool exhaustive = false, orders = false;
};

// A request and what it points to.
class Choice {
 public:
  // Throws UsageError with the option, what was found and what is allowed.
  Choice(const ChoiceWords& words, const Wording& wording);
  Choice(const Choice&) = delete;
  Choice& operator=(const Choice&) = delete;

  const RecommendRequest& request() const { return request_; }
  const std::vector<int>& chunks() const { return config_.scenarios.front().chunks; }

 private:
  SweepConfig config_;
  Hardware hardware_;
  RecommendRequest request_;
};

}  // namespace tristab
