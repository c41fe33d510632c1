// Kernels over rows: sums and roundings against MPFR, statistics and counts against plain loops, on every
// SIMD level.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/bits.h"
#include "support/mpfr_oracle.h"
#include "support/samples.h"
#include "support/simd_levels.h"
#include "tristab/arithmetic/kernels.h"

namespace tristab::row_kernels_test {

constexpr int kLengths[] = {1, 2, 7, 16, 33, 250};

template <class Carrier>
std::vector<Carrier> draw_row(Samples& samples, const Format& format, int count, bool special) {
  std::vector<Carrier> row(static_cast<std::size_t>(count));
  for (Carrier& x : row) {
    const double specials[] = {kInfinity, -kInfinity, kNaN, -0.0};
    x = static_cast<Carrier>(special && samples.chance(9) ? specials[samples.integer(0, 3)] : samples.any(format));
  }
  return row;
}

template <class Carrier>
void check_sums(std::initializer_list<const char*> names) {
  MpfrOracle oracle;
  Samples samples(41);
  for (const char* name : names) {
    const Format format = format_of(name, "test");
    for (const Rounding mode : kAllRoundings) {
      if (format.precision == 53 && mode != Rounding::nearest_even) continue;
      for (const double sign : {1.0, -1.0}) {
        for (const int count : kLengths) {
          const auto x = draw_row<Carrier>(samples, format, count, count > 20),
                     y = draw_row<Carrier>(samples, format, count, false);
          for_each_simd_level([&](const char* level) {
            std::vector<Carrier> sum = x;
            accumulate_sum(sum.data(), y.data(), static_cast<Carrier>(sign), count, {format, mode, false});
            for (std::size_t i = 0; i < sum.size(); ++i) {
              const double expected =
                  sign > 0 ? oracle.add(x[i], y[i], format, mode) : oracle.subtract(x[i], y[i], format, mode);
              ASSERT_PRED_FORMAT2(bits_equal, sum[i], expected)
                  << name << ' ' << name_of(mode) << ' ' << level << ": " << std::hexfloat << x[i] << ' ' << y[i];
            }
          });
        }
      }
    }
  }
}

TEST(AccumulateSum, agrees_with_mpfr) {
  check_sums<float>({"fp32", "fp16", "bf16", "tf32", "e5m7", "e4m3"});
  check_sums<double>({"fp64", "fp32", "fp16", "bf16", "e9m50"});
}

template <class Carrier>
void check_rounding_and_counts(std::initializer_list<const char*> names) {
  MpfrOracle oracle;
  Samples samples(43);
  const Format carrier = sizeof(Carrier) == sizeof(float) ? fp32_format() : fp64_format();
  for (const char* name : names) {
    const Format format = format_of(name, "test");
    Format endless = with_overflow(format, Overflow::infinity);  // the same without an end
    endless.max_exponent = carrier.max_exponent;
    for (const Rounding mode : kAllRoundings) {
      for (const int count : kLengths) {
        std::vector<Carrier> x = draw_row<Carrier>(samples, carrier, count, true);
        for (Carrier& element : x) {
          const int low = std::max(carrier.lsb_min(), format.lsb_min() - 3);
          const double near = samples.value(carrier, low, std::min(format.max_exponent + 1, carrier.max_exponent));
          if (samples.chance(2)) element = static_cast<Carrier>(near);
        }
        RowStatistics expected;
        expected.overflows = 3;  // counts are added to what is there
        expected.underflows = 5;
        std::vector<double> rounded;
        for (const Carrier element : x) {
          const double before = element, after = oracle.convert(before, format, mode);
          rounded.push_back(after);
          const bool lost = format.overflow == Overflow::saturate
                                ? std::fabs(oracle.convert(before, endless, mode)) > format.largest()
                                : !std::isfinite(after);
          if (std::isfinite(before) && lost) ++expected.overflows;
          if (!std::isnan(before) && before != after && std::fabs(after) < std::ldexp(1.0, format.min_exponent))
            ++expected.underflows;
        }
        for_each_simd_level([&](const char* level) {
          std::vector<Carrier> plain = x, counted = x;
          RowStatistics statistics;
          statistics.overflows = 3;
          statistics.underflows = 5;
          round_row(plain.data(), plain.data(), count, format, mode);
          round_row_counted(counted.data(), count, format, mode, statistics);
          for (std::size_t i = 0; i < x.size(); ++i) {
            ASSERT_PRED_FORMAT2(bits_equal, plain[i], rounded[i]) << name << ' ' << name_of(mode) << ' ' << level;
            ASSERT_PRED_FORMAT2(bits_equal, counted[i], rounded[i]) << name << ' ' << name_of(mode) << ' ' << level;
          }
          EXPECT_EQ(statistics.overflows, expected.overflows) << name << ' ' << name_of(mode) << ' ' << level;
          EXPECT_EQ(statistics.underflows, expected.underflows) << name << ' ' << name_of(mode) << ' ' << level;
          EXPECT_EQ(statistics.nonfinite, 0) << "belongs to gather_statistics";
        });
      }
    }
  }
}

TEST(RoundRow, values_and_counts_agree_with_mpfr_element_by_element) {
  check_rounding_and_counts<float>(
      {"fp16", "bf16", "tf32", "e5m2", "e4m3", "e6m9", "e8m3", "e4m3-saturate", "e2m3", "fp16-flush", "bf16-flush"});
  check_rounding_and_counts<double>({"fp16", "bf16", "fp32", "e9m50", "e2m1"});
}

template <class Carrier>
void check_statistics() {
  Samples samples(47);
  const Format carrier = sizeof(Carrier) == sizeof(float) ? fp32_format() : fp64_format();
  for (const int count : kLengths) {
    for (const bool special : {false, true}) {
      const auto x = draw_row<Carrier>(samples, carrier, count, special);
      double largest = 0;
      std::int64_t nonfinite = 0;
      for (const Carrier element : x) {
        if (!std::isfinite(element))
          ++nonfinite;
        else
          largest = std::max(largest, std::fabs(static_cast<double>(element)));
      }
      for_each_simd_level([&](const char* level) {
        RowStatistics statistics;
        gather_statistics(x.data(), count, statistics);
        EXPECT_EQ(statistics.largest, largest) << level;
        EXPECT_EQ(statistics.nonfinite, nonfinite) << level;
        statistics.largest = kInfinity;  // an earlier, larger row's
        gather_statistics(x.data(), count, statistics);
        EXPECT_EQ(statistics.largest, kInfinity);
        EXPECT_EQ(statistics.nonfinite, 2 * nonfinite);
      });
    }
  }
}

TEST(GatherStatistics, agrees_with_a_plain_loop) {
  check_statistics<float>();
  check_statistics<double>();
}

TEST(GatherStatistics, of_nothing_but_nan_is_zero) {
  const float row[] = {static_cast<float>(kNaN), static_cast<float>(-kInfinity)};
  RowStatistics statistics;
  gather_statistics(row, 2, statistics);
  EXPECT_EQ(statistics.largest, 0);
  EXPECT_EQ(statistics.nonfinite, 2);
}

TEST(ContainsNegativeZero, finds_it_in_every_place_and_nothing_else) {
  for_each_simd_level([](const char*) {
    for (const int count : kLengths) {
      std::vector<float> row(static_cast<std::size_t>(count), 0.0F);
      std::vector<double> wide(row.size(), 0.0);
      row.front() = -1.0F;
      EXPECT_FALSE(contains_negative_zero(row.data(), count));
      EXPECT_FALSE(contains_negative_zero(wide.data(), count));
      for (std::size_t i = 0; i < row.size(); ++i) {
        const float before = row[i];
        row[i] = -0.0F;
        wide[i] = -0.0;
        EXPECT_TRUE(contains_negative_zero(row.data(), count));
        EXPECT_TRUE(contains_negative_zero(wide.data(), count));
        row[i] = before;
        wide[i] = 0.0;
      }
      row.back() = -0x1p-149F;
      wide.back() = -kInfinity;
      EXPECT_FALSE(contains_negative_zero(row.data(), count));
      EXPECT_FALSE(contains_negative_zero(wide.data(), count));
    }
  });
}

}  // namespace tristab::row_kernels_test
