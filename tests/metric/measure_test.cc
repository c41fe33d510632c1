#include "tristab/metric/measure.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "tristab/base/errors.h"
#include "truth.h"

namespace tristab::measure_test {

using exact::Format;
using exact::Real;

constexpr Format fp16 = {11, -14, 0x1p-11}, fp32 = {24, -126, 0x1p-24}, fp64 = {53, -1022, 0x1p-53};

MetricValues measured(const Matrix& computed, const Matrix& a, const Format& format) {
  const Reference reference = invert_reference(a);
  const ReferenceFacts facts = establish_facts(a, reference);
  return measure({.computed = computed,
                  .a = a,
                  .reference = reference,
                  .facts = facts,
                  .unit_roundoff = format.unit_roundoff,
                  .precision = format.precision,
                  .min_exponent = format.min_exponent});
}

// To `tolerance` relative (what a metric's own cancellation allows), correlations absolutely.
void expect_all_metrics(const Matrix& computed, const Matrix& a, const Format& format, double tolerance) {
  const MetricValues values = measured(computed, a, format);
  const auto truth = exact::all_metrics(computed, a, format);
  EXPECT_EQ(truth.size(), metric_count);
  for (const MetricInfo& info : metrics()) {
    const double expected = static_cast<double>(truth.at(info.name));
    const bool correlation = info.name.starts_with("pearson") || info.name.starts_with("cosine");
    EXPECT_EQ(values.undefined(info.metric), Undefined::no) << info.name;
    EXPECT_NEAR(values[info.metric], expected, correlation ? 1e-14 : tolerance * std::fabs(expected)) << info.name;
  }
}

double round_to_bits(double x, int bits) {
  int exponent = 0;
  const double fraction = std::frexp(x, &exponent);
  return std::ldexp(std::rint(std::ldexp(fraction, bits)), exponent - bits);
}

// The exact inverse, rounded to `bits`, each entry then off by up to `spread` units in the last place.
Matrix perturbed_inverse(const Matrix& a, int bits, double spread) {
  Matrix x = invert_reference(a).high;
  const Matrix noise = exact::random_strictly_lower(a.rows(), spread, 99);
  for (int i = 0; i < a.rows(); ++i) {
    for (int j = 0; j < i; ++j) {
      x(i, j) = round_to_bits(x(i, j) * (1 + std::ldexp(std::rint(noise(i, j)), -bits)), bits);
    }
  }
  return x;
}

TEST(Measure, half_precision_results_agree_with_multiple_precision) {
  for (const double scale : {0.2, 1.0}) {
    const Matrix a = exact::random_strictly_lower(12, scale, 1, 0.3);
    expect_all_metrics(perturbed_inverse(a, 11, 6), a, fp16, 1e-10);
  }
}

TEST(Measure, single_precision_results_agree_with_multiple_precision) {
  const Matrix a = exact::random_strictly_lower(12, 1.5, 2);
  expect_all_metrics(perturbed_inverse(a, 24, 3), a, fp32, 1e-5);
}

TEST(Measure, double_precision_results_agree_with_multiple_precision) {
  const Matrix a = exact::random_strictly_lower(12, 1.5, 3);
  expect_all_metrics(perturbed_inverse(a, 53, 3), a, fp64, 1e-10);
  expect_all_metrics(invert_reference(a).high, a, fp64, 1e-10);  // the error is then `low` alone
}

TEST(Measure, wrong_diagonal_counts_in_the_whole_and_not_below_it) {
  const Matrix a = exact::random_strictly_lower(9, 0.5, 4);
  Matrix computed = perturbed_inverse(a, 11, 2);
  for (int i = 0; i < 9; ++i) computed(i, i) = 1 + (i + 1) * 0x1p-6;
  expect_all_metrics(computed, a, fp16, 1e-10);
}

TEST(Measure, row_relative_is_the_worst_row_not_the_whole) {
  // X = I + E_21 here: row 2 of X is (0, -1, 1), of length sqrt 2; rows 0 and 1 are exact.
  Matrix a(3, 3);
  a(2, 1) = 1;
  Matrix computed = invert_reference(a).high;
  computed(2, 1) += 0.125;
  const MetricValues values = measured(computed, a, fp16);
  EXPECT_DOUBLE_EQ(values[Metric::row_relative], 0.125 / std::sqrt(2.0));
  EXPECT_EQ(values[Metric::row_relative_strict_lower], 0.125);
  EXPECT_DOUBLE_EQ(values[Metric::frobenius], 0.125 / 2);
  Matrix tiny(2, 2);  // rows whose squares no double holds
  tiny(1, 0) = 0x1p-900;
  Matrix doubled = invert_reference(tiny).high;
  doubled(1, 0) *= 2;
  EXPECT_EQ(measured(doubled, tiny, fp16)[Metric::row_relative_strict_lower], 1);
  EXPECT_EQ(measured(doubled, tiny, fp16)[Metric::row_relative], 0x1p-900);
  computed(1, 0) = 0.25;  // where the strict row of X is zero
  EXPECT_EQ(measured(computed, a, fp16).undefined(Metric::row_relative_strict_lower), Undefined::exact_zero);
  const Matrix zero(3, 3);
  EXPECT_EQ(measured(invert_reference(zero).high, zero, fp16).undefined(Metric::row_relative_strict_lower),
            Undefined::zero_over_zero);
}

// What a result has of each metric except the exact backward error.
void expect_all_but_backward_exact(const Matrix& computed, const Matrix& a, Undefined why_not, double tolerance) {
  const MetricValues values = measured(computed, a, fp16);
  const auto truth = exact::all_metrics(computed, a, fp16);
  for (const MetricInfo& info : metrics()) {
    if (info.name.starts_with("backward_exact")) {
      EXPECT_TRUE(std::isnan(values[info.metric]));
      EXPECT_EQ(values.undefined(info.metric), why_not);
      continue;
    }
    const double expected = static_cast<double>(truth.at(info.name));
    EXPECT_NEAR(values[info.metric], expected, tolerance * std::fabs(expected)) << info.name;
  }
}

TEST(Measure, junk_above_the_diagonal_is_an_error_without_backward_exact) {
  const Matrix a = exact::random_strictly_lower(8, 0.5, 5);
  Matrix computed = perturbed_inverse(a, 11, 2);
  computed(2, 6) = 0.25;
  computed(0, 7) = -0.125;
  expect_all_but_backward_exact(computed, a, Undefined::above_diagonal, 1e-10);
  EXPECT_EQ(measured(computed, a, fp16)[Metric::nonzero_at_zero], 2);
  EXPECT_EQ(measured(computed, a, fp16)[Metric::nonzero_at_zero_strict_lower], 0);
}

TEST(Measure, large_errors_of_a_diverged_result_are_measured_too) {
  const Matrix a = exact::random_strictly_lower(10, 2, 6);
  Matrix computed = exact::random_strictly_lower(10, 6e4, 7);
  for (int i = 0; i < 10; ++i) computed(i, i) = 1;
  // Its own condition number is about 1e40.
  expect_all_but_backward_exact(computed, a, Undefined::ill_conditioned, 1e-10);
}

TEST(Measure, nothing_overflows_at_1e150) {
  Matrix a(3, 3);
  a(1, 0) = a(2, 1) = 1e75;
  Matrix computed = invert_reference(a).high;
  computed(2, 0) *= 1 + 0x1p-11;
  computed(1, 0) *= 1 + 0x1p-10;
  expect_all_but_backward_exact(computed, a, Undefined::ill_conditioned, 1e-10);
}

TEST(Measure, exact_results_are_named_infinite_only_in_decibels) {
  Matrix a(16, 16), computed(16, 16);
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = 1;
    computed(i, i) = 1;
    if (i > 0) computed(i, i - 1) = -1;
  }
  const MetricValues values = measured(computed, a, fp16);
  for (const MetricInfo& info : metrics()) {
    if (info.name.starts_with("snr_db")) {
      EXPECT_EQ(values.undefined(info.metric), Undefined::exact_result) << info.name;
    } else if (info.name.starts_with("pearson") || info.name.starts_with("cosine")) {
      EXPECT_NEAR(values[info.metric], 1, 1e-15) << info.name;
    } else if (info.metric != Metric::bound) {
      EXPECT_EQ(values[info.metric], 0) << info.name;
    }
  }
}

TEST(Measure, zeros_of_the_inverse_are_counted_not_divided_by) {
  Matrix a(16, 16), computed(16, 16);
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < i; ++j) {
      a(i, j) = 1;
      computed(i, j) = 0x1p-10;
    }
    computed(i, i) = 1;
    if (i > 0) computed(i, i - 1) = -1 + 0x1p-8;
  }
  const MetricValues values = measured(computed, a, fp16);
  EXPECT_EQ(values[Metric::nonzero_at_zero], 105);
  EXPECT_EQ(values[Metric::nonzero_at_zero_strict_lower], 105);
  EXPECT_EQ(values[Metric::max_rel], 0x1p-8);
  EXPECT_EQ(values[Metric::max_ulp], 0x1p-8 / 0x1p-10);
}

TEST(Measure, zero_matrix_has_no_relative_errors_below_the_diagonal) {
  const Matrix a(4, 4);
  Matrix computed(4, 4);
  for (int i = 0; i < 4; ++i) computed(i, i) = 1;
  const MetricValues exact_result = measured(computed, a, fp16);
  EXPECT_EQ(exact_result[Metric::frobenius], 0);
  EXPECT_EQ(exact_result.undefined(Metric::strict_lower), Undefined::zero_over_zero);
  EXPECT_EQ(exact_result.undefined(Metric::max_rel_strict_lower), Undefined::zero_over_zero);
  EXPECT_EQ(exact_result.undefined(Metric::pearson_strict_lower), Undefined::zero_over_zero);
  EXPECT_EQ(exact_result.undefined(Metric::bound_ratio), Undefined::zero_over_zero);
  computed(2, 1) = 0.5;
  const MetricValues wrong = measured(computed, a, fp16);
  EXPECT_EQ(wrong[Metric::frobenius], 0.25);
  EXPECT_EQ(wrong.undefined(Metric::strict_lower), Undefined::exact_zero);
  EXPECT_EQ(wrong[Metric::rms_ratio_strict_lower], 0.5 / std::sqrt(6.0) / 1e-8);
  EXPECT_EQ(wrong[Metric::nonzero_at_zero], 1);
}

TEST(Measure, non_finite_results_have_counts_and_no_errors) {
  const Matrix a = exact::random_strictly_lower(6, 1, 8);
  Matrix computed = perturbed_inverse(a, 11, 1);
  computed(3, 1) = std::numeric_limits<double>::infinity();
  computed(5, 2) = std::numeric_limits<double>::quiet_NaN();
  const MetricValues values = measured(computed, a, fp16);
  EXPECT_EQ(values[Metric::nonfinite], 2);
  EXPECT_GT(values[Metric::bound], 0);
  for (const MetricInfo& info : metrics()) {
    if (info.is_count || info.metric == Metric::bound) {
      EXPECT_EQ(values.undefined(info.metric), Undefined::no) << info.name;
    } else {
      EXPECT_EQ(values.undefined(info.metric), Undefined::nonfinite_result) << info.name;
    }
  }
}

TEST(Measure, size_one) {
  const Matrix a(1, 1);
  Matrix computed(1, 1);
  computed(0, 0) = 1 + 0x1p-10;
  const MetricValues values = measured(computed, a, fp16);
  EXPECT_EQ(values[Metric::frobenius], 0x1p-10);
  EXPECT_EQ(values[Metric::max_ulp], 1);
  EXPECT_EQ(values.undefined(Metric::rms_ratio_strict_lower), Undefined::zero_over_zero);
}

TEST(Measure, formats_without_ulp_have_no_max_ulp) {
  const Matrix a = exact::random_strictly_lower(5, 1, 9);
  const MetricValues values = measured(perturbed_inverse(a, 7, 1), a, {0, 0, 0x1p-8});
  EXPECT_EQ(values.undefined(Metric::max_ulp), Undefined::no_ulp);
}

TEST(Measure, ulp_of_a_subnormal_is_that_of_the_smallest_normal) {
  Matrix a(2, 2);
  a(1, 0) = -0x1p-20;
  Matrix computed = invert_reference(a).high;
  computed(1, 0) += 0x1p-24;  // one unit in the last place of every fp16 subnormal
  EXPECT_EQ(measured(computed, a, fp16)[Metric::max_ulp_strict_lower], 1);
  a(1, 0) = -0x1p-1060;
  computed(1, 0) = 0x1p-1060 + 0x1p-1073;
  EXPECT_EQ(measured(computed, a, fp64)[Metric::max_ulp_strict_lower], 2);
}

TEST(Measure, total_error_is_taken_against_another_reference) {
  const Matrix a = exact::random_strictly_lower(10, 1, 10);
  const Matrix computed = perturbed_inverse(a, 11, 1);
  const exact::RealMatrix x = exact::inverse(exact::sum(exact::identity(10), exact::RealMatrix(a)));
  const Real expected = exact::frobenius(exact::sum(exact::RealMatrix(computed), x, -1)) / exact::frobenius(x);
  EXPECT_NEAR(relative_frobenius(computed, invert_reference(a)), static_cast<double>(expected), 1e-12 * 1e-3);
  Matrix broken = computed;
  broken(4, 0) = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(std::isnan(relative_frobenius(broken, invert_reference(a))));
}

TEST(Measure, sizes_that_differ_are_refused) {
  const Matrix a(3, 3);
  EXPECT_THROW(measured(Matrix(2, 2), a, fp16), InputError);
  EXPECT_THROW(relative_frobenius(Matrix(3, 4), invert_reference(a)), InputError);
}

}  // namespace tristab::measure_test
