// Stochastic rounding through the kernels: unbiased and distributed as defined, decided by the draws' identity and an
// element's place alone. The seeds are fixed, so every statistic is a fixed number; the limits are those of a
// test that a right implementation would pass with all but one in a million seeds.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/bits.h"
#include "support/exact_dot.h"
#include "support/samples.h"
#include "support/simd_levels.h"
#include "tristab/arithmetic/kernels.h"

namespace tristab::stochastic_product_test {

constexpr double kLimit = 5;  // standard errors

// rows x columns sums of the same c + sum_k a_k b_k: every element draws on its own.
template <class Carrier>
std::vector<double> repeated_sums(const std::vector<double>& a, const std::vector<double>& b, double c,
                                  const Format& operand, const Accumulation& accumulation, int rows, int columns,
                                  std::uint64_t draws) {
  const int inner = static_cast<int>(a.size());
  std::vector<Carrier> left, right, sums(static_cast<std::size_t>(rows * columns), static_cast<Carrier>(c));
  for (int i = 0; i < rows; ++i) {
    for (const double x : a) left.push_back(static_cast<Carrier>(x));
  }
  for (const double y : b) right.insert(right.end(), static_cast<std::size_t>(columns), static_cast<Carrier>(y));
  ProductTask<Carrier> task =
      dense_task<Carrier>(left.data(), right.data(), sums.data(), rows, inner, columns, operand);
  task.draws = draws;
  accumulate_product(task, accumulation);
  return {sums.begin(), sums.end()};
}

Accumulation stochastic(const Format& format, bool fma, AccumulationModel model = AccumulationModel::sequential) {
  return {format, Rounding::stochastic, fma, model, {}};
}

// |mean - expected| in standard errors, the variance taken from the sample.
double standard_errors(const std::vector<double>& values, double expected) {
  double mean = 0, squares = 0;
  const auto count = static_cast<double>(values.size());
  for (const double x : values) mean += (x - expected) / count;
  for (const double x : values) squares += (x - expected - mean) * (x - expected - mean);
  const double error = std::sqrt(squares / (count - 1) / count);
  return error == 0 ? (mean == 0 ? 0 : INFINITY) : std::fabs(mean) / error;
}

template <class Carrier>
void expect_unbiased(const char* operand_name, const char* format_name, AccumulationModel model) {
  const Format operand = format_of(operand_name, "test"), format = format_of(format_name, "test");
  Samples samples(53);
  ExactDot dot;
  for (const int inner : {1, 2, 13}) {
    for (const bool fma : {false, true}) {
      for (int trial = 0; trial < 4; ++trial) {
        std::vector<double> a, b;
        const double c = samples.value(format, 0, 0);
        dot.clear();
        dot.add(c);
        for (int k = 0; k < inner; ++k) {
          a.push_back(samples.value(operand, -2, -1));
          b.push_back(samples.value(operand, -2, -1));
          dot.add_product(a.back(), b.back());
        }
        const double exact = dot.rounded(fp64_format(), Rounding::nearest_even);
        const std::vector<double> sums = repeated_sums<Carrier>(a, b, c, operand, stochastic(format, fma, model), 16,
                                                                256, static_cast<std::uint64_t>(1000 + trial));
        EXPECT_LT(standard_errors(sums, exact), kLimit)
            << operand_name << " to " << format_name << ", k = " << inner << (fma ? ", fused" : ", separate");
      }
    }
  }
}

TEST(StochasticProduct, the_mean_is_the_exact_sum) {
  expect_unbiased<float>("fp16", "fp16", AccumulationModel::sequential);
  expect_unbiased<float>("bf16", "bf16", AccumulationModel::sequential);
  expect_unbiased<float>("fp16", "fp32", AccumulationModel::sequential);
  expect_unbiased<float>("fp32", "fp32", AccumulationModel::sequential);
  expect_unbiased<float>("e4m3", "fp16", AccumulationModel::sequential);
  expect_unbiased<double>("fp64", "fp32", AccumulationModel::sequential);
  expect_unbiased<double>("fp16", "bf16", AccumulationModel::sequential);
}

TEST(StochasticProduct, the_mean_of_the_exact_model_is_the_exact_sum) {
  expect_unbiased<float>("fp16", "fp16", AccumulationModel::exact);
  expect_unbiased<float>("bf16", "fp32", AccumulationModel::exact);
}

// Two results alone, the one further from zero with the discarded part's share of a unit: Pearson's chi-square, one
// degree of freedom, and 4 x 64 cases of them together.
TEST(StochasticProduct, frequencies_follow_the_discarded_part) {
  for (const char* name : {"fp16", "bf16", "fp32", "e5m7"}) {
    const Format format = format_of(name, "test");
    const double unit = std::ldexp(1.0, 1 - format.precision);  // of numbers in [1, 2)
    double total = 0;
    for (int part = 1; part < 64; ++part) {
      // c = 1, a b = part / 64 units
      const std::vector<double> a{part / 64.0}, b{unit};
      const int rows = 4, columns = 2048;
      const std::vector<double> sums = repeated_sums<double>(a, b, -1, fp32_format(), stochastic(format, true), rows,
                                                             columns, static_cast<std::uint64_t>(part));
      // -1 + part units lies towards zero, in the binade below, whose unit is half as large.
      std::map<double, int> counts;
      for (const double x : sums) ++counts[x];
      const double share = part / 32.0 - std::floor(part / 32.0);
      const double inner = -1 + std::ceil(part / 32.0) * unit / 2, outer = -1 + std::floor(part / 32.0) * unit / 2;
      if (share == 0) {
        EXPECT_EQ(counts.size(), 1u) << name << ' ' << part;
        continue;
      }
      ASSERT_EQ(counts[inner] + counts[outer], rows * columns) << name << ' ' << part;
      const double expected = share * rows * columns, found = counts[inner];
      const double chi = (found - expected) * (found - expected) / (expected * (1 - share));
      EXPECT_LT(chi, kLimit * kLimit) << name << ' ' << part;
      total += chi;
    }
    // 62 degrees of freedom: mean 62, standard deviation sqrt(124)
    EXPECT_LT(std::fabs(total - 62), kLimit * std::sqrt(124.0)) << name;
  }
}

// c = 1, a b a quarter of a unit, below what a nearest fp32 addition would keep: never rounded up if fp32 came first.
TEST(StochasticProduct, nothing_is_rounded_to_the_carrier_first) {
  struct Case {
    const char* format;
    double a, b;
  };
  for (const Case& one : {Case{"fp32", 0x1p-12, 0x1p-13}, Case{"e8m22", 0x1p-12, 0x1p-12}}) {
    for (const bool fma : {false, true}) {
      const Format bf16 = format_of("bf16", "test");
      const std::vector<double> sums =
          repeated_sums<float>({one.a}, {one.b}, 1, bf16, stochastic(format_of(one.format, "test"), fma), 16, 1024, 7);
      EXPECT_LT(standard_errors(sums, 1 + one.a * one.b), kLimit) << one.format;
    }
  }
  std::vector<double> row(16384, 1 + 0x1p-25), rounded(row.size());  // of doubles to fp32
  round_row<double>(row.data(), rounded.data(), static_cast<int>(row.size()), fp32_format(), Rounding::stochastic, 3);
  EXPECT_LT(standard_errors(rounded, 1 + 0x1p-25), kLimit);
}

// The rounding of neighbours, of the next step and of the product before a sum are draws of their own.
TEST(StochasticProduct, draws_of_neighbours_are_uncorrelated) {
  const Format fp16 = format_of("fp16", "test");
  const int rows = 128, columns = 128;
  const std::vector<double> sums =
      repeated_sums<float>({0x1p-1}, {0x1p-10}, 1, fp16, stochastic(fp16, true), rows, columns, 11);
  const auto sign = [&](int i, int j) { return sums[static_cast<std::size_t>(i * columns + j)] > 1 ? 1.0 : -1.0; };
  for (const auto& [di, dj] : {std::pair{0, 1}, std::pair{1, 0}, std::pair{1, 1}, std::pair{0, 4}, std::pair{0, 16}}) {
    double correlation = 0;
    int count = 0;
    for (int i = 0; i + di < rows; ++i) {
      for (int j = 0; j + dj < columns; ++j, ++count) correlation += sign(i, j) * sign(i + di, j + dj);
    }
    EXPECT_LT(std::fabs(correlation), kLimit * std::sqrt(count)) << di << ' ' << dj;
  }
  // Separate: the product 2^-11 (1 + 2^-11) is rounded at one half of its unit, the sum at one half of 2^-10.
  const std::vector<double> twice = repeated_sums<float>({1 + 0x1p-10}, {0x1p-11 * (1 + 0x1p-10)}, 1, fp16,
                                                         stochastic(fp16, false), rows, columns, 12);
  EXPECT_LT(standard_errors(twice, 1 + 0x1p-11 * (1 + 0x1p-10) * (1 + 0x1p-10)), kLimit);
}

TEST(StochasticProduct, results_are_decided_by_the_draws_identity_alone) {
  const Format bf16 = format_of("bf16", "test");
  Samples samples(59);
  std::vector<double> a, b;
  for (int k = 0; k < 9; ++k) {
    a.push_back(samples.moderate(bf16));
    b.push_back(samples.moderate(bf16));
  }
  for (const bool fma : {false, true}) {
    std::map<std::vector<double>, int> results;
    for_each_simd_level([&](const char*) {
      ++results[repeated_sums<float>(a, b, 1, bf16, stochastic(bf16, fma), 5, 37, 21)];
      ++results[repeated_sums<double>(a, b, 1, bf16, stochastic(bf16, fma), 5, 37, 21)];
    });
    EXPECT_EQ(results.size(), 1u) << "a SIMD level or a carrier draws differently";
    ++results[repeated_sums<float>(a, b, 1, bf16, stochastic(bf16, fma), 5, 37, 22)];
    ++results[repeated_sums<float>(a, b, 1, bf16, stochastic(bf16, fma), 5, 37, std::uint64_t{21} << 32)];
    EXPECT_EQ(results.size(), 3u) << "other draws give other results";
  }
}

// Elements draw by their index, so a row cut into calls gives the bits of one call.
TEST(StochasticRows, are_the_same_however_they_are_cut_into_calls) {
  const Format fp16 = format_of("fp16", "test");
  Samples samples(61);
  constexpr int kCount = 103;
  std::vector<float> x(kCount), y(kCount);
  for (float& element : x) element = static_cast<float>(samples.value(fp32_format(), -2, 2));
  for (float& element : y) element = static_cast<float>(samples.value(fp16, -2, 2));
  std::vector<float> base = x;
  round_row<float>(x.data(), base.data(), kCount, fp16, Rounding::nearest_even);
  std::vector<float> whole(kCount), whole_sum = base;
  round_row<float>(x.data(), whole.data(), kCount, fp16, Rounding::stochastic, 31, 5);
  accumulate_sum<float>(whole_sum.data(), y.data(), 1, kCount, stochastic(fp16, false), 31, 5);
  for (const int cut : {1, 16, 50, 102}) {
    std::vector<float> parts(kCount), sums = base;
    const auto rest = static_cast<std::uint64_t>(5 + cut);
    round_row<float>(x.data(), parts.data(), cut, fp16, Rounding::stochastic, 31, 5);
    round_row<float>(x.data() + cut, parts.data() + cut, kCount - cut, fp16, Rounding::stochastic, 31, rest);
    EXPECT_EQ(parts, whole) << cut;
    accumulate_sum<float>(sums.data(), y.data(), 1, cut, stochastic(fp16, false), 31, 5);
    accumulate_sum<float>(sums.data() + cut, y.data() + cut, 1, kCount - cut, stochastic(fp16, false), 31, rest);
    EXPECT_EQ(sums, whole_sum) << cut;
  }
  std::vector<float> other(kCount);
  round_row<float>(x.data(), other.data(), kCount, fp16, Rounding::stochastic, 32, 5);
  EXPECT_NE(other, whole);
}

TEST(StochasticRows, sums_and_roundings_are_unbiased) {
  const Format fp16 = format_of("fp16", "test");
  constexpr int kCount = 16384;
  Samples samples(67);
  for (int trial = 0; trial < 8; ++trial) {
    const double x = samples.value(fp16, 0, 0), y = samples.value(fp16, -9, -9);
    std::vector<float> sums(kCount, static_cast<float>(x));
    const std::vector<float> addends(kCount, static_cast<float>(y));
    accumulate_sum<float>(sums.data(), addends.data(), -1, kCount, stochastic(fp16, false),
                          static_cast<std::uint64_t>(trial));
    EXPECT_LT(standard_errors({sums.begin(), sums.end()}, x - y), kLimit);
    const double z = std::ldexp(static_cast<double>(samples.bits() >> 11), samples.integer(-69, -50));
    std::vector<double> row(kCount, z), rounded(kCount);
    round_row<double>(row.data(), rounded.data(), kCount, fp16, Rounding::stochastic,
                      static_cast<std::uint64_t>(trial));
    EXPECT_LT(standard_errors(rounded, z), kLimit) << std::hexfloat << z;
  }
}

}  // namespace tristab::stochastic_product_test
