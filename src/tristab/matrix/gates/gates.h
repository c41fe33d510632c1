// Beta models (the write strength of a token, in (0, 1)) and decay models (its log decay g <= 0, one gate a
// head).
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

// The value at standard normal coordinate z (probability Phi(z)) of the distribution with these quantiles, in
// order of probability: logit(value) is interpolated linearly in z between them and continued with the outer
// segments' slopes beyond them, so that values stay inside (0, 1) and increase with z.
double value_at_normal_coordinate(double z, std::span<const Quantile> quantiles);

// One head of a measured layer: mean log decay of a token, and the standard deviation of log(-g) over tokens.
struct MeasuredHead {
  double mean_log_decay, log_deviation;
};

std::span<const Quantile> qwen3_next_beta();
std::span<const Quantile> qwen35_beta();
std::span<const MeasuredHead> qwen3_next_heads();
std::span<const MeasuredHead> qwen35_heads();

}  // namespace tristab
