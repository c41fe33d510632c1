// Arithmetic by plain loops, for formulas written out a second time: 16-bit or fp32 storage, sums in fp32 with k
// ascending, every operation of the vector unit rounded to storage. Rounding to 16 bits is MPFR's.
#pragma once

#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "support/mpfr_oracle.h"
#include "tristab/matrix/matrix.h"

namespace tristab::plain {

inline Matrix block(const Matrix& a, int row, int column, int rows, int columns) {
  Matrix c(rows, columns);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) c(i, j) = a(row + i, column + j);
  }
  return c;
}

inline void place(Matrix& a, int row, int column, const Matrix& part) {
  for (int i = 0; i < part.rows(); ++i) {
    for (int j = 0; j < part.columns(); ++j) a(row + i, column + j) = part(i, j);
  }
}

inline Matrix identity(int n) {
  Matrix a(n, n);
  for (int i = 0; i < n; ++i) a(i, i) = 1;
  return a;
}

inline Matrix negative(Matrix a) {
  for (double& x : a.values()) x = -x;
  return a;
}

inline Matrix doubled(Matrix a) {
  for (double& x : a.values()) x *= 2;
  return a;
}

class Unit {
 public:
  explicit Unit(std::string_view storage, bool fma = false) : format_(format_of(storage, "test")), fma_(fma) {}

  double round(double x) const {
    return format_ == fp32_format() ? static_cast<double>(static_cast<float>(x))
                                    : oracle_.convert(x, format_, Rounding::nearest_even);
  }
  Matrix fl(Matrix a) const {
    for (double& x : a.values()) x = round(x);
    return a;
  }

  // Two values of 16 bits add up and multiply exactly in double; fp32 has its own operations.
  double sum(double x, double y) const {
    if (format_ == fp32_format()) return static_cast<double>(static_cast<float>(x) + static_cast<float>(y));
    return round(x + y);
  }
  double multiply_add(double c, double x, double y) const {
    if (format_ != fp32_format()) return sum(c, round(x * y));
    return accumulated(c, x, y);
  }
  Matrix add(const Matrix& a, const Matrix& b) const {
    Matrix c(a.rows(), a.columns());
    for (int i = 0; i < a.rows(); ++i) {
      for (int j = 0; j < a.columns(); ++j) c(i, j) = sum(round(a(i, j)), round(b(i, j)));
    }
    return c;
  }
  Matrix subtract(const Matrix& a, const Matrix& b) const { return add(a, negative(b)); }

  // C + P Q + R S + ... in one chain of fp32 sums; operands are rounded to storage on entry.
  Matrix kept(Matrix c, const std::vector<std::pair<Matrix, Matrix>>& products) const {
    for (const auto& [left, right] : products) {
      const Matrix p = fl(left), q = fl(right);
      for (int i = 0; i < c.rows(); ++i) {
        for (int j = 0; j < c.columns(); ++j) {
          for (int k = 0; k < p.columns(); ++k) c(i, j) = accumulated(c(i, j), p(i, k), q(k, j));
        }
      }
    }
    return c;
  }
  Matrix kept(const Matrix& p, const Matrix& q) const { return kept(Matrix(p.rows(), q.columns()), {{p, q}}); }
  Matrix product(const Matrix& p, const Matrix& q) const { return fl(kept(p, q)); }

 private:
  double accumulated(double c, double x, double y) const {
    const auto cf = static_cast<float>(c), xf = static_cast<float>(x), yf = static_cast<float>(y);
    return static_cast<double>(fma_ ? std::fma(xf, yf, cf) : cf + xf * yf);
  }

  Format format_;
  bool fma_;
  mutable MpfrOracle oracle_;
};

// Entries uniform in (-scale, scale) on the grid of bf16, so that every format here holds them.
inline Matrix strictly_lower(int n, double scale, std::uint64_t seed) {
  std::uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;
  MpfrOracle oracle;
  Matrix a(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      const double uniform = static_cast<double>(state >> 11) * 0x1p-52 - 1;
      a(i, j) = oracle.convert(scale * uniform, format_of("bf16", "test"), Rounding::nearest_even);
    }
  }
  return a;
}

}  // namespace tristab::plain
