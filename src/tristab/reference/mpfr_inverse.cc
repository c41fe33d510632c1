#include "tristab/reference/mpfr_inverse.h"

#include <fmt/format.h>
#include <mpfr.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "tristab/base/errors.h"
#include "tristab/matrix/norms.h"

namespace tristab {
namespace {

// Enough for every X within the range of double: |A| and |X| below 2^1024 give sums of products below 2^2057 at n <=
// 512. 2^-2304 of that is below 2^-80, with room for n^2 rounding errors. If even this precision proves nothing, X is
// out of range.
constexpr int last_bits = 2304;

// A packed lower triangle of MPFR numbers of one precision, in two flat buffers that grow and are never freed: a thread
// inverts many matrices of few sizes.
class Triangle {
 public:
  // The numbers (i, j), j < i < n; their values are unspecified.
  void shape(int n, int bits) {
    const std::size_t count = static_cast<std::size_t>(n) * static_cast<std::size_t>(n - 1) / 2;
    const std::size_t limbs = mpfr_custom_get_size(bits) / sizeof(mp_limb_t);
    if (count * limbs > limbs_.size()) limbs_.resize(count * limbs);
    if (count > numbers_.size()) numbers_.resize(count);
    for (std::size_t k = 0; k < count; ++k) {
      mp_limb_t* significand = limbs_.data() + k * limbs;
      mpfr_custom_init(significand, bits);
      mpfr_custom_init_set(&numbers_[k], MPFR_ZERO_KIND, 0, bits, significand);
    }
  }

  __mpfr_struct* at(int row, int column) { return &numbers_[index(row, column)]; }

 private:
  static std::size_t index(int row, int column) {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(row - 1) / 2 + static_cast<std::size_t>(column);
  }
  std::vector<mp_limb_t> limbs_;
  std::vector<__mpfr_struct> numbers_;
};

struct Workspace {
  Triangle a;  // A, rows packed: 53 bits hold every double
  Triangle x;  // X transposed and reversed, so that a sum walks along packed columns of X
  int n = 0;

  void shape_x(int size, int bits) {
    n = size;
    x.shape(size, bits);
  }
  // X_ij, j < i; entries of one column follow one another with i.
  __mpfr_struct* x_at(int i, int j) { return x.at(n - 1 - j, i - j - 1); }
};

// An upper bound of the norm of residuals, with a separate binary exponent: sqrt(squares) 2^exponent.
class ResidualBound {
 public:
  // Adds a residual entry of absolute value at most count 2^exponent.
  void add(double count, long exponent) {
    if (exponent > exponent_) {
      squares_ = std::ldexp(squares_, static_cast<int>(std::max(2 * (exponent_ - exponent), -2000L)));
      exponent_ = exponent;
    }
    const double scaled = std::ldexp(count, static_cast<int>(std::max(exponent - exponent_, -500L)));
    squares_ += scaled * scaled;
  }

  // The factor covers the relative errors of 2^-53 of about 2^16 additions, the error of the square root, and the error
  // from clamped exponents above. A bound below the normal range of double is rounded up to 2^-1022.
  double value() const {
    return std::max(std::ldexp(std::sqrt(squares_) * (1 + 0x1p-30), clamp(exponent_)), 0x1p-1022);
  }
  // An integer that is at least log2 of the bound.
  long exponent() const {
    int e = 0;
    std::frexp(std::sqrt(squares_) * (1 + 0x1p-30), &e);
    return exponent_ + e;
  }
  bool is_zero() const { return squares_ == 0; }

 private:
  static int clamp(long e) { return static_cast<int>(std::clamp(e, -5000L, 5000L)); }
  double squares_ = 0;
  long exponent_ = -(1L << 40);
};

// One substitution at `bits`; returns the bound on ||I - L Xh||_F.
ResidualBound substitute(const Matrix& a, int bits, Workspace& work) {
  const int n = a.rows();
  work.shape_x(n, bits);
  mpfr_t sum, product;
  mpfr_init2(sum, bits);
  mpfr_init2(product, bits);
  ResidualBound bound;
  for (int j = 0; j + 1 < n; ++j) {
    for (int i = j + 1; i < n; ++i) {
      mpfr_set_d(sum, a(i, j), MPFR_RNDN);  // exact
      long largest = mpfr_get_emin();       // exponent of the largest inexact result
      int inexact = 0;
      const auto note = [&](int ternary, mpfr_srcptr result) {
        if (ternary != 0) {
          largest = std::max(largest, static_cast<long>(mpfr_get_exp(result)));
          ++inexact;
        }
      };
      for (int k = j + 1; k < i; ++k) {
        if (a(i, k) == 0 || mpfr_zero_p(work.x_at(k, j))) continue;
        note(mpfr_mul(product, work.a.at(i, k), work.x_at(k, j), MPFR_RNDN), product);
        note(mpfr_add(sum, sum, product, MPFR_RNDN), sum);
      }
      mpfr_neg(work.x_at(i, j), sum, MPFR_RNDN);
      // A result in [2^(e-1), 2^e) of p bits has an error of at most 2^(e-p-1).
      if (inexact > 0) bound.add(inexact, largest - bits - 1);
    }
  }
  mpfr_clear(product);
  mpfr_clear(sum);
  return bound;
}

void round_to_double_double(Workspace& work, int bits, Reference& reference) {
  const int n = reference.n;
  mpfr_t rest;
  mpfr_init2(rest, bits);
  int bad_row = -1, bad_column = -1;
  for (int i = 0; i < n; ++i) {
    reference.high(i, i) = 1;
    for (int j = 0; j < i; ++j) {
      const mpfr_srcptr x = work.x_at(i, j);
      const double high = mpfr_get_d(x, MPFR_RNDN);
      if (!std::isfinite(high)) {
        if (bad_row < 0) {
          bad_row = i;
          bad_column = j;
        }
        continue;
      }
      mpfr_sub_d(rest, x, high, MPFR_RNDN);  // exact: the bits of x below those of high
      reference.high(i, j) = high == 0 ? 0 : high;
      reference.low(i, j) = mpfr_zero_p(rest) ? 0 : mpfr_get_d(rest, MPFR_RNDN);
    }
  }
  mpfr_clear(rest);
  if (bad_row >= 0) {
    throw InputError(
        fmt::format("reference inverse: entry [{}][{}] of (I + A)^-1 is beyond the range of double; allowed: "
                    "below 1.8e308",
                    bad_row, bad_column));
  }
}

// What remains of Xh after high and low, as further doubles.
std::vector<Matrix> expand_remainder(Workspace& work, int bits, const Reference& reference) {
  const int n = reference.n;
  std::vector<Matrix> parts(static_cast<std::size_t>(bits) / 52, Matrix(n, n));
  mpfr_t rest;
  mpfr_init2(rest, bits);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) {
      mpfr_sub_d(rest, work.x_at(i, j), reference.high(i, j), MPFR_RNDN);
      mpfr_sub_d(rest, rest, reference.low(i, j), MPFR_RNDN);
      for (Matrix& part : parts) {
        part(i, j) = mpfr_get_d(rest, MPFR_RNDN);
        mpfr_sub_d(rest, rest, part(i, j), MPFR_RNDN);
      }
    }
  }
  mpfr_clear(rest);
  return parts;
}

}  // namespace

Reference invert_in_mpfr(const Matrix& a, std::vector<Matrix>* remainders) {
  const int n = a.rows();
  thread_local Workspace work;
  work.a.shape(n, 53);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) mpfr_set_d(work.a.at(i, j), a(i, j), MPFR_RNDN);
  }

  int bits = first_multiple_bits;
  ResidualBound bound = substitute(a, bits, work);
  const auto certified = [&] { return bound.is_zero() || bound.exponent() <= allowed_residual_exponent; };
  while (!certified() && bits < last_bits) {
    const long missing = bound.exponent() - allowed_residual_exponent;
    bits = static_cast<int>(std::min<long>((bits + missing + 127) / 64 * 64, last_bits));
    bound = substitute(a, bits, work);
  }

  Reference reference{.n = n, .high = Matrix(n, n), .low = Matrix(n, n), .bits = bits, .residual = 0};
  if (!bound.is_zero()) reference.residual = bound.value();
  round_to_double_double(work, bits, reference);
  if (!certified()) {
    throw InputError(
        fmt::format("reference inverse: no residual below 2^-80 with {} bits, max |A| = {}; allowed: an "
                    "inverse within the range of double",
                    bits, max_abs(a)));
  }
  if (remainders != nullptr) *remainders = expand_remainder(work, bits, reference);
  return reference;
}

}  // namespace tristab
