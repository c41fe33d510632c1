// Every function against MPFR, in units in the last place of the exact value.
#include "tristab/base/elementary.h"

#include <gtest/gtest.h>
#include <mpfr.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <vector>

namespace tristab::elementary_test {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class Real {
 public:
  explicit Real(double x) {
    mpfr_init2(value_, 250);
    mpfr_set_d(value_, x, MPFR_RNDN);
  }
  ~Real() { mpfr_clear(value_); }
  Real(const Real&) = delete;
  Real& operator=(const Real&) = delete;
  mpfr_ptr get() { return value_; }

 private:
  mpfr_t value_;
};

double ulps(double computed, mpfr_ptr exact) {
  const double nearest = mpfr_get_d(exact, MPFR_RNDN);
  if (!std::isfinite(nearest) || !std::isfinite(computed)) return nearest == computed ? 0.0 : inf;
  const double ulp = std::max(std::nextafter(std::fabs(nearest), inf) - std::fabs(nearest), 0x1p-1074);
  Real difference(computed);
  mpfr_sub(difference.get(), difference.get(), exact, MPFR_RNDN);
  mpfr_div_d(difference.get(), difference.get(), ulp, MPFR_RNDN);
  return std::fabs(mpfr_get_d(difference.get(), MPFR_RNDN));
}

std::vector<double> spread(double low, double high, int count) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> draw(low, high);
  std::vector<double> points(static_cast<std::size_t>(count));
  for (double& x : points) x = draw(random);
  return points;
}

// Magnitudes 2^low .. 2^high, uniform in the exponent; both signs when `negative`.
std::vector<double> spread_exponents(int low, int high, bool negative, int count) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> mantissa(1.0, 2.0);
  std::uniform_int_distribution<int> exponent(low, high);
  std::vector<double> points(static_cast<std::size_t>(count));
  for (double& x : points) {
    x = std::ldexp(mantissa(random), exponent(random));
    if (negative && (random() & 1) != 0) x = -x;
  }
  return points;
}

using Exact = std::function<void(mpfr_ptr)>;

void expect_within(double bound, double (*function)(double), const Exact& exact, const std::vector<double>& points) {
  double worst = 0, where = 0;
  for (const double x : points) {
    Real value(x);
    exact(value.get());
    const double error = ulps(function(x), value.get());
    if (!(error <= worst)) {
      worst = error;
      where = x;
    }
  }
  ::testing::Test::RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_LE(worst, bound) << "at " << where;
}

const Exact exact_exp = [](mpfr_ptr x) { mpfr_exp(x, x, MPFR_RNDN); };
const Exact exact_expm1 = [](mpfr_ptr x) { mpfr_expm1(x, x, MPFR_RNDN); };
const Exact exact_log = [](mpfr_ptr x) { mpfr_log(x, x, MPFR_RNDN); };
const Exact exact_log1p = [](mpfr_ptr x) { mpfr_log1p(x, x, MPFR_RNDN); };
const Exact exact_log2 = [](mpfr_ptr x) { mpfr_log2(x, x, MPFR_RNDN); };
const Exact exact_log10 = [](mpfr_ptr x) { mpfr_log10(x, x, MPFR_RNDN); };
const Exact exact_sigmoid = [](mpfr_ptr x) {
  mpfr_neg(x, x, MPFR_RNDN);
  mpfr_exp(x, x, MPFR_RNDN);
  mpfr_add_ui(x, x, 1, MPFR_RNDN);
  mpfr_ui_div(x, 1, x, MPFR_RNDN);
};
const Exact exact_softplus = [](mpfr_ptr x) {
  mpfr_exp(x, x, MPFR_RNDN);
  mpfr_log1p(x, x, MPFR_RNDN);
};
const Exact exact_silu = [](mpfr_ptr x) {
  Real factor(0);
  mpfr_set(factor.get(), x, MPFR_RNDN);
  exact_sigmoid(factor.get());
  mpfr_mul(x, x, factor.get(), MPFR_RNDN);
};

TEST(Elementary, exponential_errs_by_less_than_one_ulp) {
  expect_within(1.0, exponential, exact_exp, spread(-708.3, 709.7, 20000));
  expect_within(1.0, exponential, exact_exp, spread(-1.5, 1.5, 20000));
  expect_within(1.0, exponential, exact_exp, spread(-745.1, -708.3, 5000));
  expect_within(1.0, exponential, exact_exp, spread_exponents(-60, 8, true, 10000));
}

TEST(Elementary, expm1_errs_by_less_than_one_ulp) {
  expect_within(1.0, expm1_of, exact_expm1, spread(-40, 100, 20000));
  expect_within(1.0, expm1_of, exact_expm1, spread(-1.5, 1.5, 40000));
  expect_within(1.0, expm1_of, exact_expm1, spread_exponents(-70, 6, true, 20000));
}

TEST(Elementary, natural_log_errs_by_less_than_one_ulp) {
  expect_within(1.0, natural_log, exact_log, spread(0.5, 2.0, 40000));
  expect_within(1.0, natural_log, exact_log, spread(0.99, 1.01, 20000));
  expect_within(1.0, natural_log, exact_log, spread_exponents(-1074, 1022, false, 20000));
}

TEST(Elementary, log1p_errs_by_less_than_one_ulp) {
  expect_within(1.0, log1p_of, exact_log1p, spread(-0.999, 3.0, 40000));
  expect_within(1.0, log1p_of, exact_log1p, spread_exponents(-70, -1, true, 20000));
  expect_within(1.0, log1p_of, exact_log1p, spread_exponents(-2, 1000, false, 20000));
}

TEST(Elementary, logarithms_to_other_bases_err_by_less_than_two_ulp) {
  expect_within(2.0, log2_of, exact_log2, spread(0.5, 2.0, 20000));
  expect_within(2.0, log2_of, exact_log2, spread_exponents(-1074, 1022, false, 10000));
  expect_within(2.0, log10_of, exact_log10, spread(0.5, 2.0, 20000));
  expect_within(2.0, log10_of, exact_log10, spread_exponents(-1074, 1022, false, 10000));
}

TEST(Elementary, power_of_ten_errs_by_less_than_four_ulp) {
  std::vector<double> points = spread(-300, 300, 20000);
  for (const double x : spread(-0.5, 0.5, 5000)) points.push_back(x);
  for (const double x : points) {
    Real exact(x), ten(10);
    mpfr_pow(exact.get(), ten.get(), exact.get(), MPFR_RNDN);
    EXPECT_LT(ulps(power_of_ten(x), exact.get()), 4) << x;
  }
  for (int x = -330; x <= 310; ++x) {
    Real exact(x), ten(10);
    mpfr_pow(exact.get(), ten.get(), exact.get(), MPFR_RNDN);
    if (x >= -307 && x <= 308) {
      EXPECT_EQ(power_of_ten(x), mpfr_get_d(exact.get(), MPFR_RNDN)) << x;
    }
  }
  EXPECT_EQ(power_of_ten(inf), inf);
  EXPECT_EQ(power_of_ten(-inf), 0);
  EXPECT_EQ(power_of_ten(1000), inf);
  EXPECT_EQ(power_of_ten(-1000), 0);
  EXPECT_TRUE(std::isnan(power_of_ten(nan)));
}

TEST(Elementary, logarithms_are_exact_at_powers_of_their_base) {
  for (int k = -1074; k <= 1023; ++k) EXPECT_EQ(log2_of(std::ldexp(1.0, k)), k);
  double power = 1;
  for (int k = 0; k <= 22; ++k, power *= 10) EXPECT_EQ(log10_of(power), k);
}

TEST(Elementary, sigmoid_softplus_and_silu_err_by_at_most_four_ulp) {
  expect_within(4.0, sigmoid, exact_sigmoid, spread(-700, 40, 10000));
  expect_within(4.0, sigmoid, exact_sigmoid, spread(-3, 3, 10000));
  expect_within(2.0, softplus, exact_softplus, spread(-700, 700, 10000));
  expect_within(2.0, softplus, exact_softplus, spread(-3, 3, 20000));
  expect_within(4.0, silu, exact_silu, spread(-700, 40, 10000));
  expect_within(4.0, silu, exact_silu, spread_exponents(-60, 4, true, 10000));
}

// The p for which the quantile is x has log p = log(erfc(-x / sqrt 2) / 2); the error of x is what Newton's
// correction from the computed x says in 250 bits.
TEST(Elementary, normal_quantile_inverts_the_distribution_function) {
  double worst = 0, where = 0;
  std::vector<double> points = spread(0.0, 1.0, 5000);
  for (const double p : spread_exponents(-1074, -2, false, 5000)) points.push_back(p);
  for (const double p : spread_exponents(-53, -2, false, 5000)) points.push_back(1 - p);
  for (const double p : points) {
    if (p == 0 || p == 1 || p == 0.5) continue;
    const double x = normal_quantile(p);
    Real distribution(x), density(x), root(2);
    mpfr_sqrt(root.get(), root.get(), MPFR_RNDN);
    mpfr_div(distribution.get(), distribution.get(), root.get(), MPFR_RNDN);
    mpfr_neg(distribution.get(), distribution.get(), MPFR_RNDN);
    mpfr_erfc(distribution.get(), distribution.get(), MPFR_RNDN);
    mpfr_div_2ui(distribution.get(), distribution.get(), 1, MPFR_RNDN);
    mpfr_sqr(density.get(), density.get(), MPFR_RNDN);
    mpfr_div_si(density.get(), density.get(), -2, MPFR_RNDN);
    mpfr_exp(density.get(), density.get(), MPFR_RNDN);
    Real pi(0);
    mpfr_const_pi(pi.get(), MPFR_RNDN);
    mpfr_mul_2ui(pi.get(), pi.get(), 1, MPFR_RNDN);
    mpfr_sqrt(pi.get(), pi.get(), MPFR_RNDN);
    mpfr_div(density.get(), density.get(), pi.get(), MPFR_RNDN);
    mpfr_sub_d(distribution.get(), distribution.get(), p, MPFR_RNDN);
    mpfr_div(distribution.get(), distribution.get(), density.get(), MPFR_RNDN);
    const double error = std::fabs(mpfr_get_d(distribution.get(), MPFR_RNDN)) / (std::fabs(x) * 0x1p-52);
    if (!(error <= worst)) {
      worst = error;
      where = p;
    }
  }
  RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_LE(worst, 16.0) << "at " << where;
}

TEST(Elementary, special_values_are_those_of_ieee_754) {
  EXPECT_EQ(exponential(0.0), 1.0);
  EXPECT_EQ(exponential(-inf), 0.0);
  EXPECT_EQ(exponential(inf), inf);
  EXPECT_EQ(exponential(710.0), inf);
  EXPECT_EQ(exponential(-746.0), 0.0);
  EXPECT_EQ(exponential(-745.0), 0x1p-1074);
  EXPECT_TRUE(std::isfinite(exponential(709.78)));
  EXPECT_EQ(natural_log(1.0), 0.0);
  EXPECT_EQ(natural_log(0.0), -inf);
  EXPECT_EQ(natural_log(inf), inf);
  EXPECT_EQ(log1p_of(-1.0), -inf);
  EXPECT_EQ(log1p_of(inf), inf);
  EXPECT_TRUE(std::signbit(log1p_of(-0.0)));
  EXPECT_EQ(expm1_of(-inf), -1.0);
  EXPECT_EQ(expm1_of(inf), inf);
  EXPECT_TRUE(std::signbit(expm1_of(-0.0)));
  EXPECT_EQ(log2_of(0.0), -inf);
  EXPECT_EQ(log10_of(inf), inf);
  EXPECT_EQ(sigmoid(0.0), 0.5);
  EXPECT_EQ(sigmoid(inf), 1.0);
  EXPECT_EQ(sigmoid(-inf), 0.0);
  EXPECT_EQ(softplus(inf), inf);
  EXPECT_EQ(softplus(-inf), 0.0);
  EXPECT_EQ(silu(0.0), 0.0);
  EXPECT_EQ(silu(-inf), 0.0);
  EXPECT_EQ(silu(inf), inf);
  EXPECT_EQ(normal_quantile(0.5), 0.0);
  EXPECT_EQ(normal_quantile(0.0), -inf);
  EXPECT_EQ(normal_quantile(1.0), inf);
  for (const auto function :
       {exponential, expm1_of, natural_log, log1p_of, log2_of, log10_of, sigmoid, softplus, silu, normal_quantile}) {
    EXPECT_TRUE(std::isnan(function(nan)));
  }
  for (const auto function : {natural_log, log2_of, log10_of}) EXPECT_TRUE(std::isnan(function(-1.0)));
  EXPECT_TRUE(std::isnan(log1p_of(-1.5)));
  EXPECT_TRUE(std::isnan(normal_quantile(-0.1)));
  EXPECT_TRUE(std::isnan(normal_quantile(1.1)));
}

// The bits that every machine must give: a checksum over many arguments of values that MPFR bounds above. It
// was the same with gcc 12 and clang 14, at -O0 and -O3, for x86-64, x86-64-v3 and x86-64-v4.
TEST(Elementary, bits_do_not_depend_on_compiler_or_machine) {
  std::uint64_t sum = 0;
  const auto add = [&](double value) { sum = (sum ^ std::bit_cast<std::uint64_t>(value)) * 0x100000001b3; };
  for (int i = -4000; i <= 4000; ++i) {
    const double x = i * 0.0078125 * 1.1;
    for (const auto function : {exponential, expm1_of, sigmoid, softplus, silu}) add(function(x));
    for (const auto function : {natural_log, log1p_of, log2_of, log10_of}) add(function(std::fabs(x) + 0.001));
    add(normal_quantile((i + 4000.5) / 8001));
  }
  EXPECT_EQ(sum, std::uint64_t{12816886197365073340u});
}

}  // namespace tristab::elementary_test
