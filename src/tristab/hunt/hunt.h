// The worst input that a layer can make for a setting: a portfolio of searches over keys, rates and gates, never over A
// itself. README.md has the definitions.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tristab/hunt/objective.h"
#include "tristab/hunt/space.h"
#include "tristab/layer/layer_arithmetic.h"
#include "tristab/sweep/record.h"
#include "tristab/sweep/requirement.h"
#include "tristab/sweep/setting.h"

namespace tristab {

struct HuntRequest {
  Setting setting;                // what it points to must outlive the result
  std::optional<Setting> second;  // of the objectives `difference` and `ratio`
  InputSpace space;
  HuntObjective objective;
  Requirement requirement;  // for `requirement_share`
  LayerArithmetic layer;    // of all but T, for `gate:`; a kernel's own comes first
  std::uint64_t seed = 1;
  std::int64_t evaluations = 20000;  // the budget; less are made once a result is not finite
  double seconds = 0;                // it ends with the round of that time, of 512 evaluations; 0: no limit
  double stop_at = std::numeric_limits<double>::infinity();  // end once the objective is beyond this
  bool only_random = false;                                  // no structured starts
  bool only_draws = false;                // nothing but draws over the whole space: what a hunt is measured against
  int jobs = 0;                           // threads; 0: all cores. No result depends on it
  JsonValue state;                        // of an earlier hunt with the same request, to be continued; null: none
  std::string state_place = "the state";  // for messages: the file that has it
};

// An input with what it does to the setting.
struct HuntFind {
  TokenInputs tokens;
  double value = 0;      // the objective, evaluated again as the sweep does; infinite: a result that is not finite
  std::string strategy;  // that made it
  std::int64_t evaluation = 0;                 // which found it, from 1 on
  std::shared_ptr<const MatrixResult> matrix;  // evaluated again with the certified inverse; one record a setting
  const Record& record() const { return matrix->records.front(); }
};

struct StrategyTally {
  std::string name;
  std::int64_t evaluations = 0;
  int improved = 0;  // how often it made the worst input worse
};

struct HuntResult {
  std::optional<HuntFind> worst;         // none if no input that meets the constraints was met
  std::optional<HuntFind> worst_finite;  // the worst with a finite result, if the worst has none
  std::vector<HuntFind> others;          // of other kinds (hunt/elites.h), from the worst down; without the worst
  std::int64_t evaluations = 0;          // made, those of a resumed state included
  bool stopped = false;                  // by `stop`
  bool out_of_time = false;
  std::vector<StrategyTally> strategies;
  JsonValue state;  // to continue from
};

// The largest bound_ratio of all finds: the error over what a stable method achieves; infinite where one is not finite.
double worst_bound_ratio(const HuntResult& result);
// Every find is what a stable method gives in this format (for_format is normal or trivial).
bool is_nothing(const HuntResult& result);
// Where bound_ratio stops being normal for the setting.
double normal_limit(const HuntRequest& request);

// Called now and then, by one thread at a time.
using HuntProgress = std::function<void(std::int64_t evaluations, double worst)>;

// For a budget in evaluations the result is the same for any number of threads and any interruption. Throws UsageError
// if the space is empty, the method refuses its inputs, or the objective needs something that is not there.
HuntResult hunt(const HuntRequest& request, const HuntProgress& progress = {}, const std::atomic<bool>* stop = nullptr);

// The setting, the space, the objective, the seed and the budget.
Json json_of(const HuntRequest& request);

// Given inputs as a source, for sweeps and recommendations: matrix i is that of inputs i. Sizes below the number of
// their rows take the first rows.
std::unique_ptr<Source> token_source(std::vector<TokenInputs> inputs);

}  // namespace tristab
