// accumulate_product against MPFR, operation by operation, on every SIMD level of this machine.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <bit>
#include <cmath>
#include <functional>
#include <new>
#include <string>
#include <vector>

#include "support/product_case.h"
#include "support/samples.h"
#include "tristab/arithmetic/kernels.h"
#include "tristab/base/random.h"

namespace tristab::accumulate_product_test {

struct Shape {
  int rows, inner, columns, gap;
};
constexpr Shape kShapes[] = {{1, 13, 37, 0}, {37, 13, 1, 2}, {7, 1, 19, 3}, {5, 17, 23, 0},
                             {3, 8, 16, 5},  {1, 1, 1, 0},   {4, 9, 33, 1}};

using Draw = std::function<double(Samples&, const Format&)>;
double draw_any(Samples& samples, const Format& format) { return samples.any(format); }
double draw_moderate(Samples& samples, const Format& format) { return samples.moderate(format); }
// Products straddle the subnormal range of the accumulator: exponents near half its smallest.
double draw_small(Samples& samples, const Format& format) {
  const int half = format.min_exponent / 2, spread = format.precision + 2;
  return samples.value(format, std::max(half - spread, format.lsb_min()), std::min(half + 2, format.max_exponent));
}
double draw_special(Samples& samples, const Format& format) {
  const double specials[] = {kInfinity, -kInfinity, kNaN, 0.0, -0.0};
  return samples.chance(12) ? specials[samples.integer(0, 4)] : samples.any(format);
}
const std::pair<const char*, Draw> kDraws[] = {
    {"any", draw_any}, {"moderate", draw_moderate}, {"small", draw_small}, {"special", draw_special}};

template <class Carrier>
void check_arithmetic(const char* operand_name, const char* accumulator_name, bool every_mode = true) {
  const Format operand = format_of(operand_name, "test"), format = format_of(accumulator_name, "test");
  MpfrOracle oracle;
  Samples samples(hash_text(std::string(operand_name) + accumulator_name));
  for (const Rounding mode : kAllRoundings) {
    if (!every_mode && mode != Rounding::nearest_even) continue;
    for (const bool fma : {false, true}) {
      for (const auto& [name, draw] : kDraws) {
        SCOPED_TRACE(std::string(operand_name) + ' ' + name);
        for (const Shape& shape : kShapes) {
          ProductCase<Carrier> product{
              shape.rows, shape.inner, shape.columns, shape.gap, operand, {format, mode, fma}, {}, {}, {}};
          for (int i = 0; i < shape.rows * shape.inner; ++i) product.a.push_back(draw(samples, operand));
          for (int i = 0; i < shape.inner * shape.columns; ++i) product.b.push_back(draw(samples, operand));
          for (int i = 0; i < shape.rows * shape.columns; ++i) product.c.push_back(draw(samples, format));
          product.check(oracle);
        }
      }
    }
  }
}

TEST(AccumulateProduct, sums_in_fp32_agree_with_mpfr_on_float) {
  for (const char* operand : {"fp32", "fp16", "bf16", "tf32"}) check_arithmetic<float>(operand, "fp32");
}

TEST(AccumulateProduct, pure_formats_agree_with_mpfr_on_float) {
  for (const char* format :
       {"fp16", "bf16", "tf32", "e5m2", "e4m3", "e5m7", "e8m3", "e6m9", "e8m12", "e7m10", "e2m1"}) {
    check_arithmetic<float>(format, format);
  }
}

// Between the formats that fp32 carries at once and those that need double.
TEST(AccumulateProduct, formats_of_13_to_23_bits_agree_with_mpfr_on_float) {
  for (const char* format : {"e6m14", "e4m12-saturate", "e5m17", "e8m21", "e7m21-nan", "e8m22", "e6m12-flush",
                             "p14emin0emax9", "p14emin3emax9", "e8m13-saturate"}) {
    check_arithmetic<float>(format, format);
  }
}

TEST(AccumulateProduct, mixed_formats_agree_with_mpfr_on_float) {
  check_arithmetic<float>("fp16", "bf16");
  check_arithmetic<float>("fp16", "tf32");
  check_arithmetic<float>("fp16", "e8m12");
  check_arithmetic<float>("bf16", "fp16");
  check_arithmetic<float>("tf32", "fp16");
  check_arithmetic<float>("tf32", "bf16");
  check_arithmetic<float>("fp32", "fp16");
  check_arithmetic<float>("fp32", "bf16");
  check_arithmetic<float>("e4m3", "fp16");
  check_arithmetic<float>("fp16", "e5m2");
  check_arithmetic<float>("fp32", "e7m7");
  check_arithmetic<float>("fp32", "e6m14");
  check_arithmetic<float>("e6m14", "e5m2");
  check_arithmetic<float>("e4m3", "e6m14");
  check_arithmetic<float>("e8m12", "e4m3");
}

TEST(AccumulateProduct, formats_inside_fp32_agree_with_mpfr_on_double) {
  for (const char* format : {"fp32", "fp16", "bf16", "tf32", "e5m7"}) check_arithmetic<double>(format, format);
  check_arithmetic<double>("fp16", "fp32");
  check_arithmetic<double>("bf16", "fp32");
}

TEST(AccumulateProduct, formats_wider_than_fp32_agree_with_mpfr) {
  for (const char* format : {"e9m50", "e9m3", "e8m28", "e9m26"}) check_arithmetic<double>(format, format);
  check_arithmetic<double>("fp32", "e9m50");
  check_arithmetic<double>("e9m50", "fp32");
  check_arithmetic<double>("e9m50", "fp16");
  check_arithmetic<double>("fp16", "fp64", false);
}

TEST(AccumulateProduct, fp64_agrees_with_mpfr) {
  check_arithmetic<double>("fp64", "fp64", false);
  check_arithmetic<double>("fp64", "e9m50");
  check_arithmetic<double>("fp64", "fp32");
  check_arithmetic<double>("fp64", "fp16");
}

// Where double rounding shows: products and sums that lie next to a tie of the accumulator's format, closer
// than a carrier of a few bits more can tell. Random operands hardly ever hit them.
template <class Carrier>
void check_next_to_ties(const char* operand_name, const char* accumulator_name) {
  const Format operand = format_of(operand_name, "test"), format = format_of(accumulator_name, "test");
  MpfrOracle oracle;
  Samples samples(hash_text(std::string(accumulator_name) + operand_name));
  constexpr int kColumns = 48;
  const int low = std::max(format.lsb_min(), 2 * operand.min_exponent);
  const int high = std::min(format.max_exponent - 1, 2 * operand.max_exponent - 1);
  for (int row = 0; row < 60; ++row) {
    const int target_exponent = row % 3 == 0 ? std::min(low + row / 3, high) : samples.integer(low, high);
    const int a_exponent = std::clamp(target_exponent / 2, operand.min_exponent, operand.max_exponent - 1);
    const double a = samples.value(operand, a_exponent, a_exponent);
    for (const bool fma : {false, true}) {
      const Accumulation accumulation{format, Rounding::nearest_even, fma};
      ProductCase<Carrier> product{1, 1, kColumns, 0, operand, accumulation, {}, {}, {}};
      product.a.push_back(a);
      for (int j = 0; j < kColumns; ++j) {
        // Half a unit in the last place of a value of the format.
        const double value = samples.value(format, target_exponent, target_exponent);
        const double half = std::ldexp(1.0, std::max(target_exponent - format.precision, format.lsb_min() - 1));
        const bool sum = j % 2 == 0;  // the tie is that of the sum c + a b, else of the product
        const double tie = sum ? half : value + half;
        product.c.push_back(sum ? value : 0.0);
        product.b.push_back(oracle.convert(tie / a, operand, Rounding::nearest_even));
      }
      product.check(oracle);
      product.accumulation.rounding = Rounding::nearest_away;
      product.check(oracle);
    }
  }
}

TEST(AccumulateProduct, results_next_to_a_tie_are_rounded_once_on_float) {
  for (const char* format :
       {"fp16", "bf16", "tf32", "e5m7", "e5m2", "e8m3", "e7m10", "e8m12", "e6m14", "e8m21", "fp32"}) {
    for (const char* operand : {"fp16", "bf16", "tf32", "e8m12", "e6m14", "fp32"})
      check_next_to_ties<float>(operand, format);
  }
}

// AVX2 rounds down for the length of a product.
TEST(AccumulateProduct, leaves_the_rounding_mode_of_the_thread_as_it_was) {
  const std::vector<float> a(6, 1.5F), b(6, 0.75F);
  for (const char* name : {"fp16", "bf16", "e8m12", "e6m14"}) {
    const Format format = format_of(name, "test");
    for_each_simd_level([&](const char* level) {
      for (const bool fma : {false, true}) {
        std::vector<float> c(4, 1.0F);
        const auto task = dense_task<float>(a.data(), b.data(), c.data(), 2, 3, 2, format);
        accumulate_product(task, Accumulation{format, Rounding::nearest_even, fma});
        // To nearest, and not toward any side.
        volatile float one = 1.0F, tiny = 0x1p-30F;
        EXPECT_EQ(one + tiny, 1.0F) << name << ", " << level;
        EXPECT_EQ(one - tiny, 1.0F) << name << ", " << level;
      }
    });
  }
}

// A matrix unit's NaN has all its bits set: rounding must not carry into its sign.
TEST(AccumulateProduct, a_nan_with_every_bit_set_stays_nan) {
  const std::vector<float> a(1, std::bit_cast<float>(0x7fffffffU)), b(19, 1.0F);
  for (const char* name : {"fp16", "bf16", "e8m12", "e6m14", "e4m12-saturate"}) {
    const Format format = format_of(name, "test");
    for_each_simd_level([&](const char* level) {
      for (const bool fma : {false, true}) {
        std::vector<float> c(19, 1.0F);
        accumulate_product(dense_task<float>(a.data(), b.data(), c.data(), 1, 1, 19, format),
                           Accumulation{format, Rounding::nearest_even, fma});
        for (const float x : c) EXPECT_TRUE(std::isnan(x)) << name << ", " << level << ": " << x;
      }
    });
  }
}

// The most that this process may map, while it lives.
class MemoryLimit {
 public:
  explicit MemoryLimit(rlim_t bytes) {
    getrlimit(RLIMIT_AS, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    set_ = setrlimit(RLIMIT_AS, &limit) == 0;
  }
  ~MemoryLimit() { setrlimit(RLIMIT_AS, &before_); }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;
  bool set() const { return set_; }

 private:
  rlimit before_{};
  bool set_ = false;
};

// The copy of the last columns is made within the mode: 8 GiB here, before any operand is read.
TEST(AccumulateProduct, leaves_the_rounding_mode_as_it_was_where_memory_ends) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the address sanitizer cannot live in limited memory";
#endif
  const Format format = format_of("e6m14", "test");
  const float a = 1.5F, b = 0.75F;
  float c = 1.0F;
  for_each_simd_level([&](const char* level) {
    if (std::string(level) != "avx2") return;
    const auto task = dense_task<float>(&a, &b, &c, 1, 1 << 28, 1, format);
    {
      const MemoryLimit limit(rlim_t{4} << 30);
      ASSERT_TRUE(limit.set());
      EXPECT_THROW(accumulate_product(task, Accumulation{format, Rounding::nearest_even, true}), std::bad_alloc);
    }
    volatile float one = 1.0F, tiny = 0x1p-30F;
    EXPECT_EQ(one - tiny, 1.0F);
  });
}

TEST(AccumulateProduct, results_next_to_a_tie_are_rounded_once_on_double) {
  for (const char* format : {"fp16", "bf16", "tf32", "fp32", "e8m28", "e9m50"}) {
    for (const char* operand : {"tf32", "fp32", "e8m28", "e9m50", "fp64"}) check_next_to_ties<double>(operand, format);
  }
}

}  // namespace tristab::accumulate_product_test
