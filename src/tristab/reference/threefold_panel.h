// How threefold inverses are stored, and what their kernels report: common to all SIMD levels.
#pragma once

#include <limits>

namespace tristab::threefold {

// X is stored by panels of this many columns, so that the sums of a row stay in registers and what they read is
// contiguous. A row of a panel is 8 values of `high`, 8 of `low`, 8 of `rest`, and 8 grains: what X_ij is known to be a
// multiple of, a power of two; infinite for 0, and 0 where nothing is known, because X_ij was rounded.
inline constexpr int panel_width = 8, panel_row = 4 * panel_width;

// Entries of A below the first are left out of the sums and counted in the bound of the residual; where that is not 0,
// it is at least the second, so that nothing underflows.
inline constexpr double left_out_below = 0x1p-500, least_bound = 0x1p-700;

// Magnitudes of numbers that are not zero.
struct Range {
  double smallest = std::numeric_limits<double>::infinity(), largest = 0;
};

struct PanelRanges {
  Range parts;  // of all parts of X
  Range rho;    // of the bounds of its residual
};

}  // namespace tristab::threefold
