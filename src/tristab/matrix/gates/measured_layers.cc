// Summary statistics of two trained layers (one of Qwen3-Next, one of Qwen3.5-0.8B, 8192 tokens each): quantiles of
// beta over all heads, and for each head the mean of g and the standard deviation of log(-g). Inside a head log(-g) is
// close to normal and neighbouring tokens are uncorrelated (|correlation| <= 0.03); two heads of Qwen3-Next are
// saturated.
#include <algorithm>
#include <array>

#include "tristab/base/elementary.h"
#include "tristab/matrix/gates/gates.h"

namespace tristab {

double value_at_normal_coordinate(double z, std::span<const Quantile> quantiles) {
  const auto coordinate = [&](std::size_t i) { return normal_quantile(quantiles[i].probability); };
  const auto logit = [&](std::size_t i) { return natural_log(quantiles[i].value / (1.0 - quantiles[i].value)); };
  std::size_t segment = 0;
  while (segment + 2 < quantiles.size() && z > coordinate(segment + 1)) ++segment;
  const double left = coordinate(segment), right = coordinate(segment + 1);
  const double slope = (logit(segment + 1) - logit(segment)) / (right - left);
  return sigmoid(logit(segment) + slope * (z - left));
}

std::span<const Quantile> qwen3_next_beta() {
  static constexpr std::array<Quantile, 5> table = {
      {{0.01, 0.199}, {0.25, 0.539}, {0.50, 0.834}, {0.75, 0.992}, {0.99, 0.999}}};
  return table;
}

std::span<const Quantile> qwen35_beta() {
  static constexpr std::array<Quantile, 5> table = {
      {{0.01, 0.071}, {0.25, 0.252}, {0.50, 0.419}, {0.75, 0.654}, {0.99, 0.996}}};
  return table;
}

std::span<const MeasuredHead> qwen3_next_heads() {
  static constexpr std::array<MeasuredHead, 8> table = {{{-0.00276, 1.67},
                                                         {-0.00077, 1.76},
                                                         {-0.134, 1.16},
                                                         {-0.0236, 1.86},
                                                         {-0.00155, 2.03},
                                                         {-166, 0},
                                                         {-126, 0},
                                                         {-0.000291, 1.95}}};
  return table;
}

std::span<const MeasuredHead> qwen35_heads() {
  static constexpr std::array<MeasuredHead, 16> table = {{{-4.16, 0.59},
                                                          {-0.00143, 1.91},
                                                          {-0.00252, 1.76},
                                                          {-3.53, 0.21},
                                                          {-0.167, 0.54},
                                                          {-0.0014, 1.55},
                                                          {-0.000352, 1.37},
                                                          {-0.0213, 1.53},
                                                          {-5.19e-09, 1.19},
                                                          {-0.00664, 1.42},
                                                          {-0.0019, 1.78},
                                                          {-2.33, 0.35},
                                                          {-0.00169, 1.64},
                                                          {-1.58, 0.26},
                                                          {-0.000298, 1.76},
                                                          {-0.00294, 1.54}}};
  return table;
}

}  // namespace tristab
