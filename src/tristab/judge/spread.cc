#include "tristab/judge/spread.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tristab/judge/bits.h"

namespace tristab {
namespace {

constexpr int kTile = 16;
constexpr double kElement = 3, kSum = 3;
constexpr double kFlushed = 0x1p-120;  // products that leave fp32's normal numbers may be flushed, here or on their way
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Elements that are compared together.
enum class TileRegion { lower, diagonal, upper };
TileRegion region_of(OutputPart part, int i, int j) {
  if (part != OutputPart::inverse || i > j) return TileRegion::lower;
  return i == j ? TileRegion::diagonal : TileRegion::upper;
}

struct TileKey {
  int row, column;
  TileRegion region;
  auto operator<=>(const TileKey&) const = default;  // NOLINT(modernize-use-nullptr): no pointer
};

}  // namespace

double SpreadTest::Sums::ratio() const {
  const double most = variants.empty() ? 0 : *std::ranges::max_element(variants);
  const double allowed = kSum * most + room;
  return found == 0 ? 0 : found / allowed;
}

PieceSpread SpreadTest::add(const Matrix& found, const Matrix& recipe, const std::vector<Matrix>& variants,
                            const Format& format, const Matrix& floor, const std::string& name) {
  const int rows = recipe.rows(), columns = recipe.columns();
  PieceSpread result;
  result.allowed = Matrix(rows, columns);
  result.wrong.assign(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns), false);
  struct Tile {
    double most = 0, largest = 0;
    bool finite = true;
  };
  std::map<TileKey, Tile> tiles;
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      Tile& tile = tiles[{i / kTile, j / kTile, region_of(part_, i, j)}];
      if (std::isfinite(recipe(i, j))) tile.largest = std::max(tile.largest, std::fabs(recipe(i, j)));
      tile.finite = tile.finite && std::isfinite(recipe(i, j));
      for (const Matrix& variant : variants) {
        const double d = std::fabs(variant(i, j) - recipe(i, j));
        if (std::isfinite(d)) {
          tile.most = std::max(tile.most, d);
        } else if (!std::isfinite(variant(i, j))) {
          tile.finite = false;
        }
      }
    }
  }
  std::map<std::string, Sums> sums;
  const auto add_to = [&](const std::string& place, double d, double room, int i, int j) {
    Sums& s = sums[place];
    s.variants.resize(variants.size());
    s.found += d;
    s.room += room;
    for (std::size_t v = 0; v < variants.size(); ++v) {
      const double other = std::fabs(variants[v](i, j) - recipe(i, j));
      if (std::isfinite(other)) s.variants[v] += other;
    }
  };
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      const TileRegion region = region_of(part_, i, j);
      const Tile& tile = tiles[{i / kTile, j / kTile, region}];
      const double r = recipe(i, j), x = found(i, j);
      const double room = kFlushed + (floor.rows() > 0 ? floor(i, j) : 0);
      // One flipped rounding; none where everything that was tried has the same number, 0 or 1.
      const bool settled = region != TileRegion::lower && tile.most == 0;
      result.allowed(i, j) = settled ? 0 : kElement * tile.most + format.ulp(r) + room;
      if (!tile.finite) {
        result.finite = false;  // anything may stand here: the recipe has no answer itself
        continue;
      }
      double ratio = 0;
      double d = 0;
      if (!same_number(x, r)) {
        d = std::fabs(x - r);
        ratio = std::isfinite(x) ? (result.allowed(i, j) > 0 ? d / result.allowed(i, j) : kInfinity) : kInfinity;
      }
      if (ratio > 1) {
        result.wrong[static_cast<std::size_t>(i) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(j)] =
            true;
        ++result.wrong_elements;
      }
      if (ratio > result.ratio) {
        result.ratio = ratio;
        result.row = i;
        result.column = j;
      }
      if (region != TileRegion::lower || !std::isfinite(d)) continue;
      add_to(fmt::format("tile ({},{})", i / kTile + 1, j / kTile + 1), d, room, i, j);
      add_to(fmt::format("row {}", i), d, room, i, j);
      add_to(fmt::format("column {}", j), d, room, i, j);
      add_to("the whole", d, room, i, j);
    }
  }
  // Some roundings flip by chance, by one ulp of the largest numbers: six at any place, and one in two matrices.
  double largest = 0;
  for (const auto& [key, tile] : tiles) {
    if (key.region == TileRegion::lower) largest = std::max(largest, tile.largest);
  }
  for (auto& [place, s] : sums) {
    const double flip = format.ulp(largest);
    Sums single = s;
    single.room += 6 * flip;
    if (single.ratio() > single_) {
      single_ = single.ratio();
      single_place_ = fmt::format("{} of {}", place, name);
    }
    s.room += pools_.contains(place) ? 0.5 * flip : 6 * flip;
    pool(place, s);
  }
  return result;
}

void SpreadTest::pool(const std::string& place, const Sums& sums) {
  Sums& pool = pools_[place];
  pool.found += sums.found;
  pool.room += sums.room;
  pool.variants.resize(std::max(pool.variants.size(), sums.variants.size()));
  for (std::size_t v = 0; v < sums.variants.size(); ++v) pool.variants[v] += sums.variants[v];
}

double SpreadTest::pooled_ratio() const {
  double most = single_;
  for (const auto& [place, sums] : pools_) most = std::max(most, sums.ratio());
  return most;
}

std::string SpreadTest::pooled_place() const {
  double most = single_;
  std::string where = single_place_;
  for (const auto& [place, sums] : pools_) {
    if (sums.ratio() <= most) continue;
    most = sums.ratio();
    where = fmt::format("{} over all matrices", place);
  }
  return where;
}

Matrix change_of_inverse(const Matrix& x, const Matrix& d) {
  const int n = x.rows();
  Matrix dx(n, n), change(n, n);
  for (int i = 0; i < n; ++i) {
    for (int k = 0; k <= i; ++k) {
      const double l = std::fabs(d(i, k));
      for (int j = 0; j <= k; ++j) dx(i, j) += l * std::fabs(x(k, j));
    }
  }
  for (int i = 0; i < n; ++i) {
    for (int k = 0; k <= i; ++k) {
      const double l = std::fabs(x(i, k));
      for (int j = 0; j <= k; ++j) change(i, j) += l * dx(k, j);
    }
  }
  return change;
}

Matrix reordering_floor(const Matrix& a, const Matrix& x, double unit_roundoff) {
  Matrix d = a;
  for (int i = 0; i < a.rows(); ++i) d(i, i) = 1;
  for (double& each : d.values()) each *= unit_roundoff;
  return change_of_inverse(x, d);
}

Matrix forming_errors(const GatedFactors& factors) {
  const Matrix sums = right_sums(factors);
  GatedFactors sizes = factors;
  for (double& each : sizes.right.values()) each = std::fabs(each);
  for (double& each : sizes.scale) each = std::fabs(each);
  const int width = sums.columns();
  for (int i = 0; i < sizes.left.rows(); ++i) {
    for (int d = 0; d < sizes.left.columns(); ++d)
      sizes.left(i, d) = std::fabs(sizes.left(i, d)) * (width == 0 ? 1 : 1 + std::fabs(sums(i, width > 1 ? d : 0)));
  }
  return gated_product(sizes, Triangle::strictly_lower);
}

}  // namespace tristab
