#include "tristab/judge/bits.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tristab/method/method.h"

namespace tristab {

bool same_number(double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); }

Matrix stored_as(Matrix x, const Format& format) {
  return format.precision == fp64_format().precision ? x : rounded_to(std::move(x), format, Rounding::nearest_even);
}

void BitDifferences::add(const Matrix& found_matrix, const Matrix& expected_matrix, const Format& format, int block) {
  std::int64_t here = 0;
  for (int i = 0; i < expected_matrix.rows(); ++i) {
    for (int j = 0; j < expected_matrix.columns(); ++j) {
      const double x = found_matrix(i, j), y = expected_matrix(i, j);
      ++elements;
      if (same_number(x, y)) {
        if (x == 0 && std::signbit(x) != std::signbit(y)) ++signs_of_zero;
        continue;
      }
      ++here;
      ++blocks[{i / block, j / block}];
      const double distance = std::fabs(x - y) / format.ulp(y);
      const double far = std::isfinite(distance) ? distance : std::numeric_limits<double>::infinity();
      if (piece >= 0 && far <= ulps) continue;
      ulps = far;
      piece = pieces;
      row = i;
      column = j;
      found = x;
      expected = y;
    }
  }
  ++pieces;
  differing += here;
  differing_pieces += here > 0;
  by_piece.push_back(here);
}

std::string text_of(const BitDifferences& d) {
  if (d.equal()) return "equal in every element";
  std::string where;
  if (d.blocks.size() <= 6) {
    std::vector<std::string> names;
    for (const auto& [place, count] : d.blocks)
      names.push_back(fmt::format("({},{})", place.first + 1, place.second + 1));
    where = fmt::format(", in {} {}", names.size() == 1 ? "block" : "blocks", fmt::join(names, " "));
  } else {
    where = fmt::format(", in {} blocks", d.blocks.size());
  }
  const std::string far = d.ulps <= 1000 ? fmt::format("by up to {:.3g} ulp", d.ulps) : "by more than 1000 ulp";
  return fmt::format("{} of {} elements differ, {}{}; {} of {} matrices", d.differing, d.elements, far, where,
                     d.differing_pieces, d.pieces);
}

}  // namespace tristab
