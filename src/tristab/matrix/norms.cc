#include "tristab/matrix/norms.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tristab/matrix/sum.h"

namespace tristab {
namespace {

using Lanes = std::array<double, 8>;

double sum_of_absolutes(const double* x, int size) {
  Lanes s{};
  int k = 0;
  for (; k + 8 <= size; k += 8) {
    for (int l = 0; l < 8; ++l) s[static_cast<std::size_t>(l)] += std::fabs(x[k + l]);
  }
  for (int l = 0; k + l < size; ++l) s[static_cast<std::size_t>(l)] += std::fabs(x[k + l]);
  return combined(s);
}

double sum_of_squares(const double* x, int size, double scale) {
  Lanes s{};
  int k = 0;
  for (; k + 8 <= size; k += 8) {
    for (int l = 0; l < 8; ++l) {
      const double scaled = x[k + l] * scale;
      s[static_cast<std::size_t>(l)] += scaled * scaled;
    }
  }
  for (int l = 0; k + l < size; ++l) {
    const double scaled = x[k + l] * scale;
    s[static_cast<std::size_t>(l)] += scaled * scaled;
  }
  return combined(s);
}

}  // namespace

double binary_scale(double largest) {
  if (largest == 0 || !std::isfinite(largest)) return 1;
  int e = 0;
  std::frexp(largest, &e);
  return std::ldexp(1.0, std::clamp(-e, -1022, 1022));
}

double max_abs(const Matrix& m) {
  // Among non-negative doubles, infinity and NaN included, larger values have larger bits.
  constexpr std::uint64_t magnitude = 0x7fffffffffffffff;
  std::array<std::uint64_t, 4> largest{};
  const std::vector<double>& x = m.values();
  std::size_t k = 0;
  for (; k + 4 <= x.size(); k += 4) {
    for (std::size_t l = 0; l < 4; ++l) {
      largest[l] = std::max(largest[l], std::bit_cast<std::uint64_t>(x[k + l]) & magnitude);
    }
  }
  for (; k < x.size(); ++k) largest[0] = std::max(largest[0], std::bit_cast<std::uint64_t>(x[k]) & magnitude);
  return std::bit_cast<double>(std::max({largest[0], largest[1], largest[2], largest[3]}));
}

double frobenius_norm(const Matrix& m) {
  const double scale = binary_scale(max_abs(m));
  double sum = 0;
  for (int i = 0; i < m.rows(); ++i) sum += sum_of_squares(m.row(i), m.columns(), scale);
  return std::sqrt(sum) / scale;
}

double one_norm(const Matrix& m) {
  std::vector<double> sums(static_cast<std::size_t>(m.columns()));
  for (int i = 0; i < m.rows(); ++i) {
    const double* row = m.row(i);
    for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += std::fabs(row[j]);
  }
  double largest = 0;
  for (const double sum : sums) largest = max_or_nan(largest, sum);
  return largest;
}

double infinity_norm(const Matrix& m) {
  double largest = 0;
  for (int i = 0; i < m.rows(); ++i) largest = max_or_nan(largest, sum_of_absolutes(m.row(i), m.columns()));
  return largest;
}

bool all_finite(const Matrix& m) {
  return std::ranges::all_of(m.values(), [](double x) { return std::isfinite(x); });
}

Matrix add_identity(const Matrix& a) {
  Matrix l = a;
  for (int i = 0; i < l.rows(); ++i) l(i, i) += 1;
  return l;
}

Matrix strictly_lower(const Matrix& m) {
  Matrix lower(m.rows(), m.columns());
  for (int i = 0; i < m.rows(); ++i) std::copy_n(m.row(i), std::min(i, m.columns()), lower.row(i));
  return lower;
}

}  // namespace tristab
