// Formation by decayed factors (one gate a channel, or a head):
//   M_ij = fl(s_i ((L o exp(P - a)) (R o exp(a - G))^T)_ij)
// for sub-blocks of `block` rows. The anchor a is the sums G at one row, the first, middle or last one of the sub-block
// of i, the middle or last one of the chunk, or 0 (the chunk's start), plus an offset; the columns of earlier
// sub-blocks may have another anchor. A factor overflows if its exponent passes 88 in fp32, which sums below the anchor
// can cause (first: never for j in earlier blocks; middle of the chunk: a span of 118 with n = 64 and g = -5
// sigmoid(.)); infinity times zero is then NaN. The factors are rounded to the operand format on entering the product.
// Blocks on the diagonal may be formed element by element instead; s_i then enters the left factor first:
//   M_ij = sum_d fl(s_i l_id) fl(r_jd exp(fl(P_id - G_jd)))
// Source: flash-linear-attention, fla/ops/kda/chunk_intra.py and chunk_intra_token_parallel.py; cudnn-frontend PR 1017.
#include <algorithm>
#include <array>
#include <vector>

#include "tristab/layer/formation.h"

namespace tristab {
namespace {

class AnchoredProduct {
 public:
  AnchoredProduct(const GatedFactors& factors, const Formation& formation, Machines& machines)
      : factors_(factors),
        formation_(formation),
        unit_(machines.machine_for(formation.product), formation.product, formation.exponential),
        sums_(gate_sums(factors, unit_, formation)),
        factor_(unit_, formation),
        beta_(formation.beta) {}

  Matrix form(Triangle triangle) const {
    const int n = factors_.left.rows(), block = formation_.block;
    Matrix result(n, n);
    for (int first = 0; first < n; first += block) {
      const int rows = std::min(block, n - first), columns = first + rows;
      const auto between = formation_.between;
      const bool apart = first > 0 && between && *between != formation_.anchor;
      const Matrix earlier = apart ? blocks(first, rows, 0, first, *between) : Matrix();
      const int from = apart ? first : 0;
      const Matrix product = blocks(first, rows, from, columns - from, formation_.anchor);
      for (int i = first; i < first + rows; ++i) {
        const int end = triangle == Triangle::lower ? i + 1 : i;
        for (int j = 0; j < end; ++j) {
          const bool diagonal = formation_.differences && j >= first;
          const double value = j < from ? earlier(i - first, j) : product(i - first, j - from);
          result(i, j) = diagonal ? difference_product(i, j) : scaled(value, i);
        }
      }
    }
    return result;
  }

 private:
  double scaled(double value, int i) const {
    if (factors_.scale.empty()) return value;
    return unit_.rounded(value * unit_.rounded(beta_(factors_.scale[static_cast<std::size_t>(i)])));
  }

  static constexpr int before_all = -1;

  // The row of this anchor for the sub-block of rows [first, first + rows).
  int row_of(Formation::Anchor anchor, int first, int rows) const {
    const int n = factors_.left.rows();
    switch (anchor) {
      case Formation::Anchor::first:
        return first;
      case Formation::Anchor::middle:
        return first + rows / 2;
      case Formation::Anchor::last:
        return first + rows - 1;
      case Formation::Anchor::chunk_start:
        return before_all;
      case Formation::Anchor::chunk_middle:
        return n / 2;
      case Formation::Anchor::chunk_last:
        return n - 1;
    }
    return first;
  }

  // The product of rows [first, first + rows) of the left factor and columns [from, from + columns).
  Matrix blocks(int first, int rows, int from, int columns, Formation::Anchor kind) const {
    const int dim = factors_.left.columns(), width = factors_.log_decay.columns();
    const int anchor = row_of(kind, first, rows);
    const double offset = unit_.exponent(formation_.anchor_offset);
    Matrix left(rows, dim), right(dim, columns);
    const auto gate = [&](const Matrix& sums, int row, int d) {
      return width == 0 ? 0.0 : sums(row, width == 1 ? 0 : d);
    };
    for (int at = 0; at < dim; ++at) {
      const int d = channel(at);
      double a = anchor == before_all ? 0 : gate(sums_.right, anchor, d);
      if (offset != 0) a = unit_.rounded(a + offset);
      for (int i = 0; i < rows; ++i) {
        const double factor = factor_(unit_.rounded(gate(sums_.left, first + i, d) - a));
        left(i, at) = unit_.rounded(factors_.left(first + i, d) * factor);
      }
      for (int j = 0; j < columns; ++j) {
        const double factor = factor_(unit_.rounded(a - gate(sums_.right, from + j, d)));
        right(at, j) = unit_.rounded(factors_.right(from + j, d) * factor);
      }
    }
    return unit_.product(left, right);
  }

  // The channel that enters the product at position `at`.
  int channel(int at) const {
    const int dim = factors_.left.columns();
    if (!formation_.even_channels_first || at / 16 * 16 + 16 > dim) return at;
    const int within = at % 16;
    return at - within + (within < 8 ? 2 * within : 2 * (within - 8) + 1);
  }

  // sum_d (s_i l_id) (r_jd exp(P_id - G_jd)) by fused multiply-adds, every operation rounded.
  double difference_product(int i, int j) const {
    const int dim = factors_.left.columns(), width = factors_.log_decay.columns();
    std::vector<double> left(static_cast<std::size_t>(dim)), right(left);
    for (int d = 0; d < dim; ++d) {
      const auto at = static_cast<std::size_t>(d);
      left[at] = scaled(factors_.left(i, d), i);
      right[at] = factors_.right(j, d);
      if (width == 0) continue;
      const int gate = width == 1 ? 0 : d;
      right[at] = unit_.rounded(right[at] * factor_(unit_.rounded(sums_.left(i, gate) - sums_.right(j, gate))));
    }
    return formation_.lanes > 0 ? warp_sum(left, right) : sequential_sum(left, right);
  }

  // d ascending: s <- fl(s + l_d r_d).
  double sequential_sum(const std::vector<double>& left, const std::vector<double>& right) const {
    double sum = 0;
    for (std::size_t d = 0; d < left.size(); ++d) sum = unit_.fused(left[d], right[d], sum);
    return sum;
  }

  // 32 (or 16) lanes of dim / 32 consecutive channels. Each lane computes fma(l_0, r_0, fl(l_1 r_1)), then adds
  // channels 2, 3, ... by fused multiply-adds; then lanes 16, 8, 4, 2 and 1 apart are added. If the number of lanes
  // does not divide the dimension, channels are summed one after the other.
  double warp_sum(const std::vector<double>& left, const std::vector<double>& right) const {
    const auto lanes = static_cast<std::size_t>(formation_.lanes);
    const std::size_t own = left.size() / lanes;
    if (own < 2 || left.size() % lanes != 0) return sequential_sum(left, right);
    std::array<double, 32> sums{};
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const double *l = left.data() + lane * own, *r = right.data() + lane * own;
      sums[lane] = unit_.fused(l[0], r[0], unit_.rounded(l[1] * r[1]));
      for (std::size_t c = 2; c < own; ++c) sums[lane] = unit_.fused(l[c], r[c], sums[lane]);
    }
    for (std::size_t distance = lanes / 2; distance > 0; distance /= 2) {
      for (std::size_t lane = 0; lane < distance; ++lane)
        sums[lane] = unit_.rounded(sums[lane] + sums[lane + distance]);
    }
    return sums[0];
  }

  const GatedFactors& factors_;
  const Formation& formation_;
  ProductUnit unit_;
  GateSums sums_;
  DecayFactor factor_;
  StorageRounding beta_;
};

}  // namespace

Matrix form_anchored(const GatedFactors& factors, Triangle triangle, const Formation& formation, Machines& machines) {
  return AnchoredProduct(factors, formation, machines).form(triangle);
}

}  // namespace tristab
