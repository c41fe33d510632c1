// Beta models (the write strength of a token, in (0, 1)) and decay models (its log decay g <= 0, one gate a head).
#pragma once

#include <span>

#include "tristab/matrix/model.h"

namespace tristab {

std::span<const GateModel> beta_models();
std::span<const GateModel> decay_models();

// A quantile of a distribution on (0, 1).
struct Quantile {
  double probability, value;
};

// The value at standard normal coordinate z (probability Phi(z)) of the distribution with these quantiles, which are in
// order of probability. logit(value) is interpolated linearly in z; beyond the ends it continues with the slopes of the
// outer segments. So values stay inside (0, 1) and increase with z.
double value_at_normal_coordinate(double z, std::span<const Quantile> quantiles);

// A distribution given by a table of quantiles as text, "0.01=-5, 0.5=-1, 0.99=-0.01". Between the rows the quantile
// function is linear in the probability, beyond the ends it is constant. Throws UsageError naming `place` unless the
// table has at least two rows, with ascending probabilities from 0 to 1 and values from `lowest` to `highest` that do
// not descend.
std::vector<Quantile> read_quantiles(std::string_view text, double lowest, double highest, std::string_view place);
// The table in the form that settings hold: without blanks, each number in its shortest form.
std::string quantiles_text(std::span<const Quantile> table);
// The value at this probability.
double value_at_probability(double probability, std::span<const Quantile> table);

// Refuses settings[low] > settings[high]; throws UsageError naming `place`.
void refuse_reversed_range(const Json& settings, const char* low, const char* high, std::string_view place);

// One head of a measured layer: mean log decay of a token, and standard deviation of log(-g) over the tokens.
struct MeasuredHead {
  double mean_log_decay, log_deviation;
};

std::span<const Quantile> qwen3_next_beta();
std::span<const Quantile> qwen35_beta();
std::span<const MeasuredHead> qwen3_next_heads();
std::span<const MeasuredHead> qwen35_heads();

}  // namespace tristab
