// Two tensors bit by bit.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tristab/format/format.h"
#include "tristab/matrix/matrix.h"

namespace tristab {

// Whether two numbers are the same: NaN equals NaN, -0 equals 0.
bool same_number(double x, double y);

// Rounds every element to the format in which a kernel stores it.
Matrix stored_as(Matrix x, const Format& format);

// What differs between the matrices of one quantity. Counts NaN as equal to NaN, -0 as equal to 0.
struct BitDifferences {
  std::int64_t elements = 0, differing = 0;
  std::int64_t signs_of_zero = 0;  // -0 for 0, or the other way round
  double ulps = 0;                 // the largest; infinite if one of the two is not finite
  int piece = -1, row = 0, column = 0;
  double found = 0, expected = 0;  // there
  int pieces = 0, differing_pieces = 0;
  std::map<std::pair<int, int>, std::int64_t> blocks;  // differing elements by block row and block column
  std::vector<std::int64_t> by_piece;

  bool equal() const { return differing == 0; }
  // Adds one matrix. `block`: rows and columns of a block.
  void add(const Matrix& found, const Matrix& expected, const Format& format, int block);
};

// "1 of 4096 elements differ (by at most 2 ulp): in the blocks (3,1) and (4,1)"
std::string text_of(const BitDifferences& differences);

}  // namespace tristab
