// The model of AVX512-BF16's VDPBF16PS against the instruction itself, where this machine has it, and against MPFR
// everywhere.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "support/bits.h"
#include "support/mpfr_oracle.h"
#include "support/samples.h"
#include "support/simd_levels.h"
#include "tristab/arithmetic/kernels.h"
#include "vdpbf16_instruction.h"

namespace tristab::vdpbf16_test {

constexpr int kSums = 16;

// kSums independent sums along k (a power's worth of pairs): a is 1 x inner for every sum, so the columns of the
// product hold them and the left operand differs by sum: kSums products of 1 x inner x 1.
struct Pairs {
  int inner;                // odd: the last pair lacks its odd element
  std::vector<float> a, b;  // kSums x inner
  std::vector<float> c;     // kSums
};

std::vector<float> emulated(const Pairs& pairs) {
  Accumulation accumulation;
  accumulation.format = fp32_format();
  accumulation.model = AccumulationModel::bf16_pairs;
  std::vector<float> sums = pairs.c;
  for (int i = 0; i < kSums; ++i) {
    ProductTask<float> task;
    task.rows = task.columns = 1;
    task.inner = pairs.inner;
    task.a = pairs.a.data() + i * pairs.inner;
    task.a_stride = pairs.inner;
    task.b = pairs.b.data() + i * pairs.inner;
    task.b_stride = 1;
    task.accumulator = sums.data() + i;
    task.accumulator_stride = 1;
    task.operand_precision = 8;
    accumulate_product(task, accumulation);
  }
  return sums;
}

// All kSums sums in one product with a common left operand: other columns, other lanes.
std::vector<float> emulated_by_columns(const Pairs& pairs) {
  Accumulation accumulation;
  accumulation.format = fp32_format();
  accumulation.model = AccumulationModel::bf16_pairs;
  std::vector<float> sums = pairs.c, b(pairs.b.size());
  for (int k = 0; k < pairs.inner; ++k) {
    for (int i = 0; i < kSums; ++i)
      b[static_cast<std::size_t>(k * kSums + i)] = pairs.b[static_cast<std::size_t>(i * pairs.inner + k)];
  }
  ProductTask<float> task;
  task.rows = 1;
  task.columns = kSums;
  task.inner = pairs.inner;
  task.a = pairs.a.data();
  task.a_stride = pairs.inner;
  task.b = b.data();
  task.b_stride = kSums;
  task.accumulator = sums.data();
  task.accumulator_stride = kSums;
  task.operand_precision = 8;
  accumulate_product(task, accumulation);
  return sums;
}

std::vector<float> by_instruction(const Pairs& pairs) {
  std::vector<float> sums = pairs.c;
  for (int k = 0; k < pairs.inner; k += 2) {
    float a[2 * kSums] = {}, b[2 * kSums] = {};
    for (int i = 0; i < kSums; ++i) {
      for (int half = 0; half < 2 && k + half < pairs.inner; ++half) {
        a[2 * i + half] = pairs.a[static_cast<std::size_t>(i * pairs.inner + k + half)];
        b[2 * i + half] = pairs.b[static_cast<std::size_t>(i * pairs.inner + k + half)];
      }
    }
    vdpbf16(a, b, sums.data());
  }
  return sums;
}

// Two fused multiply-adds a pair, the odd element first; subnormal inputs and tiny results are zeros of their sign.
std::vector<float> by_mpfr(const Pairs& pairs, MpfrOracle& oracle) {
  const Format flushed_fp32 = without_subnormals(fp32_format());
  const auto flushed = [](float x) { return std::fabs(x) < 0x1p-126F ? std::copysign(0.0F, x) : x; };
  std::vector<float> sums = pairs.c;
  for (int i = 0; i < kSums; ++i) {
    float& sum = sums[static_cast<std::size_t>(i)];
    const auto step = [&](int k) {
      const auto at = static_cast<std::size_t>(i * pairs.inner + k);
      const float a = k < pairs.inner ? pairs.a[at] : 0.0F, b = k < pairs.inner ? pairs.b[at] : 0.0F;
      sum = static_cast<float>(oracle.fma(static_cast<double>(flushed(a)), static_cast<double>(flushed(b)),
                                          static_cast<double>(flushed(sum)), flushed_fp32, Rounding::nearest_even));
    };
    for (int k = 0; k < pairs.inner; k += 2) {
      step(k + 1);
      step(k);
    }
  }
  return sums;
}

using Draw = std::function<double(Samples&, const Format&)>;
struct Distribution {
  const char* name;
  Draw operand, addend;
};

const std::vector<Distribution>& distributions() {
  const auto any = [](Samples& samples, const Format& format) { return samples.any(format); };
  const auto moderate = [](Samples& samples, const Format& format) { return samples.moderate(format); };
  const auto subnormal = [](Samples& samples, const Format& format) {
    return samples.value(format, format.lsb_min(), -125);
  };
  const auto near = [](int low, int high) {
    return [=](Samples& samples, const Format& format) { return samples.value(format, low, high); };
  };
  const auto special = [](Samples& samples, const Format& format) {
    const double specials[] = {kInfinity, -kInfinity, kNaN, 0.0, -0.0, 0x1p-127};
    return samples.chance(5) ? specials[samples.integer(0, 5)] : samples.any(format);
  };
  static const std::vector<Distribution> all{{"any", any, any},
                                             {"moderate", moderate, moderate},
                                             {"subnormal", subnormal, subnormal},
                                             {"one and subnormal", near(-1, 1), subnormal},
                                             {"near the least normal number", near(-64, -62), near(-128, -125)},
                                             {"just below it", near(-63, -63), near(-127, -126)},
                                             {"near the largest number", near(62, 64), near(126, 127)},
                                             {"special", special, special}};
  return all;
}

Pairs draw_pairs(Samples& samples, const Distribution& distribution, int inner) {
  const Format bf16 = format_of("bf16", "test");
  Pairs pairs{inner, {}, {}, {}};
  for (int i = 0; i < kSums * inner; ++i) {
    pairs.a.push_back(static_cast<float>(distribution.operand(samples, bf16)));
    pairs.b.push_back(static_cast<float>(distribution.operand(samples, bf16)));
  }
  for (int i = 0; i < kSums; ++i) pairs.c.push_back(static_cast<float>(distribution.addend(samples, fp32_format())));
  return pairs;
}

void expect_same(const std::vector<float>& computed, const std::vector<float>& expected, const char* name, int inner) {
  for (std::size_t i = 0; i < computed.size(); ++i) {
    ASSERT_PRED_FORMAT2(bits_equal, static_cast<double>(computed[i]), static_cast<double>(expected[i]))
        << name << ", k = " << inner;
  }
}

constexpr int kInner[] = {1, 2, 3, 5, 8, 33};

TEST(Vdpbf16, agrees_with_the_instruction_of_this_machine) {
  if (!has_vdpbf16()) GTEST_SKIP() << "this machine has no AVX512-BF16";
  Samples samples(71);
  for (const Distribution& distribution : distributions()) {
    for (const int inner : kInner) {
      for (int repeat = 0; repeat < 100; ++repeat) {
        const Pairs pairs = draw_pairs(samples, distribution, inner);
        expect_same(emulated(pairs), by_instruction(pairs), distribution.name, inner);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(Vdpbf16, agrees_with_mpfr_on_every_simd_level) {
  MpfrOracle oracle;
  Samples samples(73);
  for (const Distribution& distribution : distributions()) {
    for (const int inner : kInner) {
      Pairs pairs = draw_pairs(samples, distribution, inner);
      const std::vector<float> expected = by_mpfr(pairs, oracle);
      Pairs common = pairs;
      for (int i = 1; i < kSums; ++i) std::copy_n(common.a.begin(), inner, common.a.begin() + i * inner);
      const std::vector<float> expected_common = by_mpfr(common, oracle);
      for_each_simd_level([&](const char*) {
        expect_same(emulated(pairs), expected, distribution.name, inner);
        expect_same(emulated_by_columns(common), expected_common, distribution.name, inner);
      });
      if (HasFatalFailure()) return;
    }
  }
}

// Tiny is what is tiny after rounding to 24 bits of an unbounded exponent range, where numbers below 2^-126 are
// 2^-150 apart: a sum within half of that below 2^-126 is rounded up to it and kept.
TEST(Vdpbf16, results_that_round_up_to_the_least_normal_number_are_kept) {
  const auto sum_of = [](float a, float b, float c) {
    Pairs pairs{1, std::vector<float>(kSums, a), std::vector<float>(kSums, b), std::vector<float>(kSums, c)};
    const float computed = emulated(pairs).front();
    if (has_vdpbf16()) {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(computed), std::bit_cast<std::uint32_t>(by_instruction(pairs).front()));
    }
    return computed;
  };
  EXPECT_EQ(sum_of(-0x1p-76F, 0x1p-76F, 0x1p-126F), 0x1p-126F);  // a quarter of 2^-150 below
  EXPECT_EQ(sum_of(-0x1p-75F, 0x1p-76F, 0x1p-126F), 0x1p-126F);  // half: a tie, to even
  EXPECT_EQ(sum_of(-0x1.8p-75F, 0x1p-76F, 0x1p-126F), 0.0F);     // three quarters
  EXPECT_EQ(sum_of(-0x1p-75F, 0x1p-75F, 0x1p-126F), 0.0F);       // exactly the number below
  EXPECT_EQ(sum_of(0x1p-63F, 0x1p-64F, 0.0F), 0.0F);
  EXPECT_EQ(sum_of(0x1p-64F, 0x1p-62F, 0.0F), 0x1p-126F);
}

}  // namespace tristab::vdpbf16_test
