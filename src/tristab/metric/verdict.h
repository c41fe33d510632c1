// Pass, marginal or fail: compares the error with what a stable method achieves in the same format.
#pragma once

#include <string_view>

#include "tristab/metric/metric.h"

namespace tristab {

enum class Verdict { pass, marginal, fail, nonfinite };

// `bound_ratio` up to the first limit is a pass, up to the second marginal, above it a fail. Calibrated by
// configs/sweeps/verdict-calibration.json, on the substitution methods in floating point only: the smallest whole
// number that is at least 1.25 times the largest ratio in results/verdict-calibration.csv, and ten times that.
inline constexpr double pass_limit = 3;
inline constexpr double marginal_limit = 30;
// A relative error of the strictly lower triangle above this is a fail in every format.
inline constexpr double strict_lower_limit = 0.1;

// b = u || |X| |A| |X| ||_F / ||X||_F (Higham 2002, section 14.2): frobenius <= pass_limit b passes, <= marginal_limit
// b is marginal. An exact result always passes. strict_lower > strict_lower_limit always fails.
Verdict judge(const MetricValues& values);

// "pass", "marginal", "fail", "nonfinite"
std::string_view verdict_name(Verdict verdict);

}  // namespace tristab
