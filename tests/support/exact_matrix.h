// Matrices of 1994-bit numbers with the simplest possible operations: the independent truth of these tests.
#pragma once

#include <boost/multiprecision/mpfr.hpp>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "tristab/matrix/matrix.h"

namespace tristab::exact {

// 600 digits are 1994 bits: inverses with entries up to 1e80 still have more than 1500 correct bits.
using Real =
    boost::multiprecision::number<boost::multiprecision::mpfr_float_backend<600>, boost::multiprecision::et_off>;

class RealMatrix {
 public:
  explicit RealMatrix(int n) : n_(n), values_(static_cast<std::size_t>(n) * static_cast<std::size_t>(n)) {}
  explicit RealMatrix(const Matrix& m) : RealMatrix(m.rows()) {
    for (std::size_t k = 0; k < values_.size(); ++k) values_[k] = m.values()[k];
  }
  int size() const { return n_; }
  Real& operator()(int i, int j) { return values_[at(i, j)]; }
  const Real& operator()(int i, int j) const { return values_[at(i, j)]; }

 private:
  std::size_t at(int i, int j) const {
    return static_cast<std::size_t>(i) * static_cast<std::size_t>(n_) + static_cast<std::size_t>(j);
  }
  int n_;
  std::vector<Real> values_;
};

inline RealMatrix identity(int n) {
  RealMatrix m(n);
  for (int i = 0; i < n; ++i) m(i, i) = 1;
  return m;
}

inline RealMatrix sum(const RealMatrix& a, const RealMatrix& b, int sign = 1) {
  RealMatrix c(a.size());
  for (int i = 0; i < a.size(); ++i) {
    for (int j = 0; j < a.size(); ++j) c(i, j) = a(i, j) + sign * b(i, j);
  }
  return c;
}

inline RealMatrix product(const RealMatrix& a, const RealMatrix& b) {
  RealMatrix c(a.size());
  for (int i = 0; i < a.size(); ++i) {
    for (int k = 0; k < a.size(); ++k) {
      if (a(i, k) == 0) continue;
      for (int j = 0; j < a.size(); ++j) {
        if (b(k, j) != 0) c(i, j) += a(i, k) * b(k, j);
      }
    }
  }
  return c;
}

inline RealMatrix absolute(const RealMatrix& a) {
  RealMatrix c(a.size());
  for (int i = 0; i < a.size(); ++i) {
    for (int j = 0; j < a.size(); ++j) c(i, j) = abs(a(i, j));
  }
  return c;
}

inline RealMatrix strictly_lower(const RealMatrix& a) {
  RealMatrix c(a.size());
  for (int i = 0; i < a.size(); ++i) {
    for (int j = 0; j < i; ++j) c(i, j) = a(i, j);
  }
  return c;
}

// Gauss-Jordan elimination without pivoting, on the columns of the identity (the library substitutes along rows).
inline RealMatrix inverse(RealMatrix a) {
  const int n = a.size();
  RealMatrix x = identity(n);
  for (int k = 0; k < n; ++k) {
    const Real pivot = a(k, k);
    for (int j = 0; j < n; ++j) {
      a(k, j) /= pivot;
      x(k, j) /= pivot;
    }
    for (int i = 0; i < n; ++i) {
      if (i == k || a(i, k) == 0) continue;
      const Real factor = a(i, k);
      for (int j = 0; j < n; ++j) {
        if (a(k, j) != 0) a(i, j) -= factor * a(k, j);
        if (x(k, j) != 0) x(i, j) -= factor * x(k, j);
      }
    }
  }
  return x;
}

inline Real frobenius(const RealMatrix& a) {
  Real squares = 0;
  for (int i = 0; i < a.size(); ++i) {
    for (int j = 0; j < a.size(); ++j) squares += a(i, j) * a(i, j);
  }
  return sqrt(squares);
}

inline Real one_norm(const RealMatrix& a) {
  Real largest = 0;
  for (int j = 0; j < a.size(); ++j) {
    Real total = 0;
    for (int i = 0; i < a.size(); ++i) total += abs(a(i, j));
    if (total > largest) largest = total;
  }
  return largest;
}

inline Real infinity_norm(const RealMatrix& a) {
  Real largest = 0;
  for (int i = 0; i < a.size(); ++i) {
    Real total = 0;
    for (int j = 0; j < a.size(); ++j) total += abs(a(i, j));
    if (total > largest) largest = total;
  }
  return largest;
}

// ||M||_2 by 64 squarings of M^T M: lambda_max of G is the limit of ||G^(2^k)||_F^(1/2^k).
inline Real spectral_norm(const RealMatrix& m) {
  RealMatrix transposed(m.size());
  for (int i = 0; i < m.size(); ++i) {
    for (int j = 0; j < m.size(); ++j) transposed(i, j) = m(j, i);
  }
  RealMatrix g = product(transposed, m);
  Real root = 1, exponent = 1;
  for (int k = 0; k < 64; ++k) {
    const Real norm = frobenius(g);
    if (norm == 0) return 0;
    root *= pow(norm, exponent);
    for (int i = 0; i < g.size(); ++i) {
      for (int j = 0; j < g.size(); ++j) g(i, j) /= norm;
    }
    g = product(g, g);
    exponent /= 2;
  }
  return sqrt(root);
}

// Strictly lower triangular; entries uniform in (-scale, scale), a fraction `zeros` of them zero.
inline Matrix random_strictly_lower(int n, double scale, std::uint64_t seed, double zeros = 0) {
  std::mt19937_64 engine(seed);
  const auto uniform = [&] { return static_cast<double>(engine() >> 11) * 0x1p-53; };
  Matrix a(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) {
      const double value = scale * (2 * uniform() - 1);
      a(i, j) = uniform() < zeros ? 0.0 : value;
    }
  }
  return a;
}

}  // namespace tristab::exact
