#include "tristab/reference/inverse.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support/exact_matrix.h"
#include "tristab/base/errors.h"

namespace tristab::inverse_test {

using exact::Real;
using exact::RealMatrix;

Matrix bidiagonal(int n, double c) {
  Matrix a(n, n);
  for (int i = 1; i < n; ++i) a(i, i - 1) = c;
  return a;
}

// |high + low - X_ij| <= 2^-106 |X_ij| + (|X| residual)_ij, entry by entry, against an inverse of 1994 bits.
void expect_double_double_of_inverse(const Matrix& a, const Reference& reference) {
  const int n = a.rows();
  const RealMatrix x = exact::inverse(exact::sum(exact::identity(n), RealMatrix(a)));
  const Real forward = exact::frobenius(x) * reference.residual;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      const Real stored = Real(reference.high(i, j)) + reference.low(i, j);
      EXPECT_TRUE(abs(stored - x(i, j)) <= ldexp(abs(x(i, j)), -106) + forward) << i << ' ' << j;
      EXPECT_EQ(reference.high(i, j), reference.high(i, j) + reference.low(i, j)) << i << ' ' << j;
    }
  }
}

// The certificate, with Xh put together from all its parts: ||I - L Xh||_F <= residual <= 2^-80.
void expect_certified(const Matrix& a, const Reference& reference, const std::vector<Matrix>& remainders) {
  const int n = a.rows();
  RealMatrix xh = exact::sum(RealMatrix(reference.high), RealMatrix(reference.low));
  for (const Matrix& part : remainders) xh = exact::sum(xh, RealMatrix(part));
  const RealMatrix l = exact::sum(exact::identity(n), RealMatrix(a));
  const RealMatrix r = exact::sum(exact::identity(n), exact::product(l, xh), -1);
  EXPECT_TRUE(exact::frobenius(r) <= Real(reference.residual)) << reference.residual;
  EXPECT_LE(reference.residual, 0x1p-80);
  // A bound that is never near would not be a measurement: it is within the factor 2 n^2 of the truth.
  EXPECT_TRUE(Real(reference.residual) <= exact::frobenius(r) * (2 * n * n)) << reference.residual;
}

TEST(ReferenceInverse, all_ones_has_the_identity_minus_the_subdiagonal) {
  Matrix a(64, 64);
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = 1;
  }
  const Reference reference = invert_reference(a);
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < 64; ++j) {
      EXPECT_EQ(reference.high(i, j), i == j ? 1 : i == j + 1 ? -1 : 0);
      EXPECT_EQ(reference.low(i, j), 0);
    }
  }
  EXPECT_EQ(reference.residual, 0) << "integers are exact";
  EXPECT_EQ(reference.bits, threefold_bits);
}

TEST(ReferenceInverse, four_by_four_by_hand) {
  Matrix a(4, 4);
  a(1, 0) = 2;
  a(2, 0) = -1, a(2, 1) = 3;
  a(3, 0) = 0.5, a(3, 1) = -4, a(3, 2) = 0.25;
  const double expected[4][4] = {{1, 0, 0, 0}, {-2, 1, 0, 0}, {7, -3, 1, 0}, {-10.25, 4.75, -0.25, 1}};
  const Reference reference = invert_reference(a);
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) EXPECT_EQ(reference.high(i, j), expected[i][j]) << i << ' ' << j;
  }
}

TEST(ReferenceInverse, bidiagonal_has_relatively_accurate_powers_however_tiny) {
  for (const double c : {0.1, -0.7, 1e-30, 3e40}) {
    const int n = 8;
    const Reference reference = invert_reference(bidiagonal(n, c));
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j <= i; ++j) {
        const Real power = pow(Real(-c), i - j);
        EXPECT_TRUE(abs(Real(reference.high(i, j)) + reference.low(i, j) - power) <= ldexp(abs(power), -105)) << c;
      }
    }
  }
}

TEST(ReferenceInverse, one_constant_has_a_geometric_inverse) {
  const double c = 0.3;
  Matrix a(48, 48);
  for (int i = 0; i < 48; ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = c;
  }
  const Reference reference = invert_reference(a);
  for (int i = 1; i < 48; ++i) {
    for (int j = 0; j < i; ++j) {
      const Real x = -Real(c) * pow(1 - Real(c), i - j - 1);
      EXPECT_TRUE(abs(Real(reference.high(i, j)) + reference.low(i, j) - x) <= ldexp(abs(x), -105));
    }
  }
}

TEST(ReferenceInverse, random_matrices_agree_with_gauss_jordan_elimination) {
  for (const int n : {1, 2, 3, 17, 40}) {
    for (const double scale : {1e-3, 0.5, 4.0}) {
      const Matrix a = exact::random_strictly_lower(n, scale, 7, 0.2);
      expect_double_double_of_inverse(a, invert_reference(a));
    }
  }
}

TEST(ReferenceInverse, certificate_holds_at_higher_precision) {
  for (const double scale : {0.1, 1.0, 3.0}) {
    std::vector<Matrix> remainders;
    const Matrix a = exact::random_strictly_lower(64, scale, 11, 0.1);
    const Reference reference = invert_reference(a, &remainders);
    expect_certified(a, reference, remainders);
  }
}

TEST(ReferenceInverse, precision_is_raised_until_the_certificate_holds) {
  std::vector<Matrix> remainders;
  const Matrix a = exact::random_strictly_lower(96, 50, 3);
  const Reference reference = invert_reference(a, &remainders);
  EXPECT_GT(reference.bits, 192);
  expect_certified(a, reference, remainders);
  expect_double_double_of_inverse(a, reference);
}

TEST(ReferenceInverse, entries_at_the_end_of_the_range_are_still_certified) {
  const Matrix a = bidiagonal(3, 1e150);
  const Reference reference = invert_reference(a);
  EXPECT_LE(reference.residual, 0x1p-80);
  EXPECT_EQ(reference.high(2, 0), static_cast<double>(Real(1e150) * Real(1e150)));
}

TEST(ReferenceInverse, residual_below_the_range_of_double_is_not_reported_as_exact) {
  Matrix a(5, 5);
  for (int i = 1; i < 5; ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = 0.1 * std::ldexp(1.0, -250 * (i - j));
  }
  const Reference reference = invert_reference(a);
  EXPECT_GT(reference.residual, 0);
  EXPECT_LE(reference.residual, 0x1p-690);
}

TEST(ReferenceInverse, cancellation_of_huge_entries_leaves_a_moderate_inverse) {
  // (I + A) is itself the inverse of a bidiagonal matrix, rounded nowhere: entries (-2^30)^(i-j).
  const int n = 12;
  Matrix a(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = std::ldexp((i - j) % 2 == 0 ? 1.0 : -1.0, 30 * (i - j));
  }
  const Reference reference = invert_reference(a);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) EXPECT_EQ(reference.high(i, j), j == i - 1 ? 0x1p30 : 0.0);
  }
}

std::string message_of(const Matrix& a) {
  try {
    invert_reference(a);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ReferenceInverse, inverse_beyond_the_range_of_double_is_refused_with_its_place) {
  EXPECT_EQ(message_of(bidiagonal(5, 1e200)),
            "reference inverse: entry [2][0] of (I + A)^-1 is beyond the range of double; allowed: below 1.8e308");
}

TEST(ReferenceInverse, hopeless_inverse_ends) {
  Matrix a(256, 256);
  for (int i = 0; i < 256; ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = -1e300;
  }
  EXPECT_NE(message_of(a).find("beyond the range of double"), std::string::npos) << message_of(a);
}

TEST(ReferenceInverse, what_is_not_strictly_lower_triangular_is_refused) {
  Matrix a(3, 3);
  a(1, 1) = 1;
  EXPECT_EQ(message_of(a),
            "reference inverse: A[1][1] = 1; allowed: finite entries below the diagonal and zeros elsewhere");
  a(1, 1) = 0;
  a(2, 0) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(message_of(a).find("A[2][0] = nan"), std::string::npos);
  EXPECT_NE(message_of(Matrix(2, 3)).find("2 x 3"), std::string::npos);
}

}  // namespace tristab::inverse_test
