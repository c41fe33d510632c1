// Two statements about a case, never mixed. For its format: is the error what a stable method achieves where numbers
// are rounded to this format? Fit: does the result meet a requirement (sweep/requirement.h)?
#pragma once

#include <array>
#include <string_view>

#include "tristab/metric/metric.h"

namespace tristab {

// normal: as of a stable method. trivial: A is so small that the identity would do, and the case shows nothing.
enum class ForFormat { normal, high, excessive, nonfinite, trivial };

enum class Fit { fit, unfit, nonfinite, trivial };

inline constexpr std::array<std::string_view, 5> for_format_names = {"normal", "high", "excessive", "nonfinite",
                                                                     "trivial"};
inline constexpr std::array<std::string_view, 4> fit_names = {"fit", "unfit", "nonfinite", "trivial"};

constexpr std::string_view name_of(ForFormat word) { return for_format_names[static_cast<std::size_t>(word)]; }
constexpr std::string_view name_of(Fit word) { return fit_names[static_cast<std::size_t>(word)]; }

// `bound_ratio` up to the first limit is normal, up to ten times that high, above it excessive. Calibrated by
// configs/sweeps/verdict-calibration.json on the substitution methods only, for floating-point (block-scaled included)
// and for integer arithmetics apart: the smallest whole number that is at least 1.25 times the largest ratio in
// results/verdict-calibration.csv.
inline constexpr double normal_limit_floating = 2, normal_limit_integer = 4;
inline constexpr double high_factor = 10;

// A layer's error over that of the same layer with the exact T, of the outputs or the state, whichever is larger: 1
// where the inverse adds nothing. Normal up to the limit, where the inverse adds about as much as everything else in
// the layer; up to ten times that high.
inline constexpr double normal_limit_layer = 2;
ForFormat judge_for_layer(double ratio);

// An exact result is always normal; an error where the bound is 0 is excessive.
ForFormat judge_for_format(const MetricValues& values, bool integers, bool trivial);

// Whether A is trivial for results with this unit roundoff: ||stril X||_F <= min(u, 2^-9) ||X||_F. Then the identity
// is X to within the roundoff of the result. (2^-9 is bf16's: coarser formats do not make more inputs trivial.)
bool is_trivial(double strict_lower_frobenius, double frobenius, double unit_roundoff);

}  // namespace tristab
