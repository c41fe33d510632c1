// The two numbers that flash-linear-attention's assert_close forms.
#pragma once

#include "tristab/gate/gate.h"

namespace tristab {

// largest: max |y - x|; ratio: RMS(y - x) / (RMS(y) + 1e-8). NaN as the owner's code gives it.
struct FlaError {
  double largest = 0, ratio = 0;
  bool has_nan = false;  // in x or in y
};

// Differences, squares and means are in the type that torch promotes x and y to: fp32, for the references of the
// owner's tests are fp32, or fp64. The order in which torch sums is not fixed, so squares are summed in double here and
// the mean is rounded once; the ratio itself is in double, as in Python.
FlaError fla_error(const GateInput& input);

// The ratio `factor` times as large, but not below the unit roundoff of what is stored.
Settings scaled_ratio(const Settings& settings, const Format& format, double factor);

// Largest differences up to this pass at once.
inline constexpr double fla_accepted_difference = 1e-6;

}  // namespace tristab
