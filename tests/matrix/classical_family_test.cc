// Classical triangular test matrices: entries, closed-form inverses and condition numbers, and what is refused.
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <Eigen/SVD>
#include <cmath>

#include "test_support.h"

#include "tristab/base/json.h"

namespace tristab::classical_family_test {

using testing_support::matrix_of;
using testing_support::message_of;

std::string usage(const Json& given) {
  return message_of<UsageError>([&] { expand_family(given, "a.json: families[2]"); });
}

// Largest entry of |(I + A) X - I| in long double, relative to the largest sum of absolute products.
template <typename Entry>
long double inverse_residual(const Matrix& a, Entry x) {
  const int n = a.rows();
  long double largest = 0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) {
      long double sum = x(i, j) + static_cast<long double>(a(i, j)), size = std::fabs(x(i, j));
      for (int k = j + 1; k < i; ++k) {
        sum += static_cast<long double>(a(i, k)) * x(k, j);
        size += std::fabs(static_cast<long double>(a(i, k)) * x(k, j));
      }
      largest = std::max(largest, std::fabs(sum) / std::max(size, 1.0L));
    }
  }
  return largest;
}

// 2^53 is reached at n = 55: until there all is exact.
TEST(WorstGrowthFamily, inverse_doubles_from_diagonal_to_diagonal) {
  const Matrix a = matrix_of("worst-growth", 50);
  EXPECT_EQ(inverse_residual(a, [](int i, int j) { return std::ldexp(1.0L, i - j - 1); }), 0.0L);
  const Matrix half = matrix_of({{"family", "worst-growth"}, {"alpha", 0.5}}, 30);
  EXPECT_EQ(inverse_residual(half, [](int i, int j) { return 0.5L * std::pow(1.5L, i - j - 1); }), 0.0L);
}

// By enumeration: no unit lower triangular 4 x 4 matrix with entries -1, 0 or 1 has an inverse with a larger entry.
TEST(WorstGrowthFamily, no_signs_and_zeros_make_a_larger_inverse) {
  const auto corner = [](const Matrix& a) {
    const double x10 = -a(1, 0), x20 = -a(2, 0) - a(2, 1) * x10;
    return std::fabs(-a(3, 0) - a(3, 1) * x10 - a(3, 2) * x20);
  };
  double largest = 0;
  for (int code = 0; code < 729; ++code) {
    Matrix a(4, 4);
    int rest = code;
    for (int i = 1; i < 4; ++i) {
      for (int j = 0; j < i; ++j, rest /= 3) a(i, j) = rest % 3 - 1;
    }
    largest = std::max(largest, corner(a));
  }
  EXPECT_EQ(corner(matrix_of("worst-growth", 4)), largest);
  EXPECT_EQ(largest, 4.0);  // 2^(n - 2)
}

TEST(GeometricFamily, entries_and_norm_are_those_of_the_series) {
  const Matrix a = matrix_of({{"family", "geometric"}, {"c", 3}, {"r", -0.5}}, 20);
  for (int i = 0; i < 20; ++i) {
    for (int j = 0; j < i; ++j) EXPECT_EQ(a(i, j), 3 * std::ldexp((i - j) % 2 == 0 ? 1.0 : -1.0, j - i));
  }
  const Matrix b = matrix_of("geometric", 64);
  double row = 0;
  for (int j = 0; j < 63; ++j) row += b(63, j);
  EXPECT_NEAR(row, 0.9 * (1 - std::pow(0.9, 63)) / (1 - 0.9), 1e-12);
}

TEST(GeometricFamily, inverse_is_geometric_with_the_ratio_r_times_one_minus_c) {
  for (const double c : {1.0, 0.5, 2.0, -0.75}) {
    for (const double r : {0.9, 1.0, -0.5}) {
      const Matrix a = matrix_of({{"family", "geometric"}, {"c", c}, {"r", r}}, 48);
      EXPECT_LT(inverse_residual(a,
                                 [&](int i, int j) {
                                   const long double q = static_cast<long double>(r) * (1 - c);
                                   return -static_cast<long double>(c) * r *
                                          (i - j == 1 ? 1.0L : std::pow(q, i - j - 1));
                                 }),
                1e-13L)
          << c << " " << r;
    }
  }
}

// Built from its definition: K^T = (I - c N^T) diag(1, s, ...), rows divided by the diagonal.
TEST(KahanFamily, is_kahan_transposed_with_rows_divided_by_the_diagonal) {
  const int n = 40;
  const double theta = 1.2, s = std::sin(theta), c = std::cos(theta);
  Eigen::MatrixXd kahan = Eigen::MatrixXd::Zero(n, n);
  for (int i = 0; i < n; ++i) {
    kahan(i, i) = std::pow(s, i);
    for (int j = i + 1; j < n; ++j) kahan(i, j) = -c * std::pow(s, i);
  }
  const Matrix a = matrix_of({{"family", "kahan"}, {"sine", s}}, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) EXPECT_NEAR(a(i, j) / (kahan(j, i) / kahan(i, i)), 1.0, 1e-13);
  }
}

TEST(KahanFamily, inverse_has_its_closed_form) {
  const double s = 0.932;
  const long double c = std::sqrt(1 - static_cast<long double>(s) * s);
  const Matrix a = matrix_of("kahan", 64);
  EXPECT_LT(
      inverse_residual(a, [&](int i, int j) { return c * std::pow(1 + c, i - j - 1) * std::pow(1.0L / s, i - j); }),
      1e-13L);
  EXPECT_EQ(matrix_of({{"family", "kahan"}, {"sine", 1}}, 9), Matrix(9, 9));
}

// 1 / (1 - x)^2 = 1 + 2 x + 3 x^2 + ...; 1 / (1 + x) alternates; 1 / (1 - x - x^2) are the Fibonacci numbers.
TEST(ToeplitzFamily, inverse_is_the_reciprocal_power_series) {
  EXPECT_EQ(inverse_residual(matrix_of("toeplitz", 60), [](int i, int j) { return 1.0L + (i - j); }), 0.0L);
  EXPECT_EQ(inverse_residual(matrix_of("toeplitz:coefficients=1", 60),
                             [](int i, int j) { return (i - j) % 2 == 0 ? 1.0L : -1.0L; }),
            0.0L);
  std::vector<long double> fibonacci{1, 1};
  while (fibonacci.size() < 60) fibonacci.push_back(fibonacci.end()[-1] + fibonacci.end()[-2]);
  EXPECT_EQ(inverse_residual(matrix_of({{"family", "toeplitz"}, {"coefficients", "-1,-1"}}, 60),
                             [&](int i, int j) { return fibonacci[static_cast<std::size_t>(i - j)]; }),
            0.0L);
}

TEST(ToeplitzFamily, a_list_is_one_setting_and_has_one_form) {
  const Json form = {{"coefficients", {-1.0, 0.5}}};
  EXPECT_EQ(expand_family({{"family", "toeplitz"}, {"coefficients", {-1, 0.5}}}, "p").front().settings.json(), form);
  EXPECT_EQ(expand_family("toeplitz:coefficients=-1, 5e-1", "p").front().settings.json(), form);
  EXPECT_EQ(expand_family("toeplitz", "p").front().settings.json().dump(), R"({"coefficients":[-2.0,1.0]})");
  for (const Json& wrong :
       {Json::array(), Json("x"), Json("1,"), Json({1, "x"}), Json({1e7}), Json(true), Json("1],[2")}) {
    const std::string message = usage({{"family", "toeplitz"}, {"coefficients", wrong}});
    EXPECT_TRUE(message.starts_with("a.json: families[2].coefficients: found ")) << message;
    EXPECT_TRUE(
        message.ends_with("allowed: a list of 1 to 4096 numbers from -1000000 to 1000000, such as [-2, 1] or "
                          "\"-2,1\""))
        << message;
  }
}

TEST(DlattrFamily, singular_values_are_s_ones_and_one_over_s) {
  for (const double condition : {1.0, 4.0, 100.0, 1e6}) {
    for (const int n : {2, 3, 16, 64}) {
      const Matrix a = matrix_of({{"family", "dlattr"}, {"condition", condition}}, n);
      Eigen::MatrixXd full = Eigen::MatrixXd::Identity(n, n);
      for (int i = 0; i < n; ++i) {
        for (int j = 0; j < i; ++j) full(i, j) = a(i, j);
      }
      const Eigen::VectorXd sigma = Eigen::JacobiSVD<Eigen::MatrixXd>(full).singularValues();
      EXPECT_NEAR(sigma(0) / std::sqrt(condition), 1.0, 1e-12) << condition << " " << n;
      EXPECT_NEAR(sigma(n - 1) * std::sqrt(condition), 1.0, 1e-9) << condition << " " << n;
      for (int i = 1; i < n - 1; ++i) EXPECT_NEAR(sigma(i), 1.0, 1e-9) << condition << " " << n;
    }
  }
  EXPECT_NE(message_of<UsageError>([] { matrix_of("dlattr", 1); }).find("allowed: n of 2 or more"), std::string::npos);
}

TEST(ClassicalFamilies, values_outside_their_ranges_are_refused) {
  EXPECT_NE(usage("worst-growth:alpha=-1").find("alpha: found -1"), std::string::npos);
  EXPECT_NE(usage("geometric:r=1.5").find("r: found 1.5 (a number); allowed: a number from -1.1 to 1.1"),
            std::string::npos);
  EXPECT_NE(usage("geometric:c=x").find("c: found \"x\" (text)"), std::string::npos);
  EXPECT_NE(usage("kahan:sine=0.5").find("allowed: a number from 0.9 to 1"), std::string::npos);
  EXPECT_NE(usage("kahan:sin=1").find("did you mean 'sine'?"), std::string::npos);
  EXPECT_NE(usage("dlattr:condition=0.5").find("condition: found 0.5"), std::string::npos);
}

// Entries stay finite up to the largest size.
TEST(ClassicalFamilies, nothing_overflows_at_the_largest_chunk) {
  for (const char* family : {"kahan:sine=0.9", "geometric:r=1.1:c=1000000", "geometric:r=-1.1"}) {
    const Matrix a = matrix_of(family, 4096);
    EXPECT_TRUE(std::isfinite(a(4095, 0))) << family;
    EXPECT_GT(std::fabs(a(4095, 0)), 1e100) << family;
  }
}

}  // namespace tristab::classical_family_test
