// Block-scaled conversion against its definition: element values listed one by one and searched for the nearest,
// scales found by exact comparisons or by single fp32 operations of MPFR.
#include "tristab/arithmetic/block_scale.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "support/bits.h"
#include "support/block_scale_oracle.h"
#include "support/simd_levels.h"

namespace tristab::block_scale_test {

using Rule = Quantiser::Rule;

TEST(SharedExponent, follows_the_rules_at_powers_of_two_and_just_around) {
  const auto exponents = [](double largest) {
    std::vector<int> list;
    for (const Rule rule : {Rule::floor, Rule::ceil, Rule::floor_plus_one, Rule::power_of_two})
      list.push_back(shared_exponent(largest, microscaling("e4m3", rule)) + 8);  // emax of e4m3
    return list;
  };
  // floor, ceil, floor + 1, least that clamps nothing (448 = 1.75 * 2^8)
  EXPECT_EQ(exponents(1), (std::vector<int>{0, 0, 1, 0}));
  EXPECT_EQ(exponents(std::nextafter(1.0F, 0.0F)), (std::vector<int>{-1, 0, 0, 0}));
  EXPECT_EQ(exponents(std::nextafter(1.0F, 2.0F)), (std::vector<int>{0, 1, 1, 0}));
  EXPECT_EQ(exponents(1.75), (std::vector<int>{0, 1, 1, 0}));
  EXPECT_EQ(exponents(std::nextafter(1.75F, 2.0F)), (std::vector<int>{0, 1, 1, 1}));
  EXPECT_EQ(exponents(0x1p-100), (std::vector<int>{-100, -100, -99, -100}));
  EXPECT_EQ(exponents(1.5 * 0x1p90), (std::vector<int>{90, 91, 91, 90}));
}

TEST(SharedExponent, takes_off_the_largest_exponent_of_the_element) {
  const std::map<std::string, int> emax{{"e4m3", 8}, {"e5m2", 15}, {"e2m3", 2}, {"e3m2", 4}, {"e2m1", 2}, {"int8", 0}};
  for (const auto& [element, exponent] : emax) EXPECT_EQ(shared_exponent(1, microscaling(element)), -exponent);
}

TEST(SharedExponent, stays_in_the_range_of_e8m0) {
  EXPECT_EQ(shared_exponent(0x1p-149, microscaling("e4m3")), -127);
  EXPECT_EQ(shared_exponent(0x1p-119, microscaling("e4m3")), -127);
  EXPECT_EQ(shared_exponent(0x1p-118, microscaling("e4m3")), -126);
  EXPECT_EQ(shared_exponent(0x1.8p127, microscaling("int8")), 127);
  EXPECT_EQ(shared_exponent(0x1.8p127, microscaling("int8", Rule::ceil)), 127);
  EXPECT_EQ(shared_exponent(0, microscaling("e2m1")), -127);
}

template <class Carrier>
void check_conversion(const Quantiser& quantiser, const ScaledOperand& operand, Side side) {
  const BlockScaleOracle oracle(quantiser, operand, side);
  constexpr int kGap = 3;
  const int stride = operand.columns + kGap;
  std::vector<Carrier> elements(static_cast<std::size_t>(operand.rows * stride), Carrier{99});
  for (int i = 0; i < operand.rows; ++i) {
    for (int j = 0; j < operand.columns; ++j)
      elements[static_cast<std::size_t>(i * stride + j)] = static_cast<Carrier>(operand(i, j));
  }
  const CodedBlock<Carrier> block{elements.data(), stride,           operand.rows,
                                  operand.columns, operand.diagonal, oracle.tensor_scale()};
  for_each_simd_level([&](const char* level) {
    std::vector<float> converted(static_cast<std::size_t>(operand.rows * operand.columns));
    const std::int64_t clamped = convert_blocks(block, side, quantiser, converted.data());
    for (int i = 0; i < operand.rows; ++i) {
      for (int j = 0; j < operand.columns; ++j) {
        // == as for +0 and -0: the sign of a zero says nothing here.
        const double value = static_cast<double>(converted[static_cast<std::size_t>(i * operand.columns + j)]);
        const double expected = oracle.element(i, j);
        ASSERT_TRUE(value == expected || (std::isnan(value) && std::isnan(expected)))
            << level << ' ' << i << ' ' << j << ": " << operand(i, j) << " became " << value << ", expected "
            << expected << ", element " << quantiser.element.name;
      }
    }
    EXPECT_EQ(clamped, oracle.clamped());
  });
}

void check_conversions(const Quantiser& quantiser, Samples& samples) {
  for (const auto& [rows, columns] :
       {std::pair{1, 1}, std::pair{3, 32}, std::pair{32, 3}, std::pair{35, 70}, std::pair{2, 47}, std::pair{65, 2}}) {
    for (const auto& [low, high, diagonal] :
         {std::tuple{-4, 3, 0}, std::tuple{-149, -110, -1}, std::tuple{100, 127, 40}}) {
      const ScaledOperand operand = draw_scaled(samples, rows, columns, diagonal, low, high);
      check_conversion<float>(quantiser, operand, Side::left);
      check_conversion<float>(quantiser, operand, Side::right);
      if (diagonal == 0) check_conversion<double>(quantiser, operand, Side::right);
    }
  }
}

TEST(ConvertBlocks, microscaling_agrees_with_a_search_over_all_elements) {
  Samples samples(71);
  for (const char* element : {"e4m3", "e5m2", "e2m3", "e3m2", "e2m1", "int8"}) {
    for (const Rule rule : {Rule::floor, Rule::ceil, Rule::floor_plus_one, Rule::power_of_two}) {
      Quantiser quantiser = microscaling(element, rule);
      quantiser.identity_outside = rule != Rule::ceil;
      check_conversions(quantiser, samples);
    }
  }
}

TEST(ConvertBlocks, nvfp4_agrees_with_a_search_over_all_elements) {
  Samples samples(72);
  for (const bool outside : {false, true}) {
    Quantiser quantiser = nvfp4();
    quantiser.identity_outside = outside;
    check_conversions(quantiser, samples);
  }
}

// Every e2m1 element under every scale of E8M0, and every other element format at a few: what is an element stays.
TEST(ConvertBlocks, every_element_under_every_scale_is_exact) {
  for (const char* element : {"e2m1", "e2m3", "e3m2", "e4m3", "e5m2", "int8"}) {
    const Quantiser quantiser = microscaling(element);
    const std::vector<double> values = element_values(quantiser.element);
    for (int e = -127; e <= 127; e += std::string(element) == "e2m1" ? 1 : 127) {
      if (e + quantiser.element.max_exponent > 127) continue;  // beyond fp32
      for (const double sign : {1.0, -1.0}) {
        for (const double value : values) {
          std::vector<float> x{static_cast<float>(std::ldexp(values.back(), e)),
                               static_cast<float>(sign * std::ldexp(value, e))};
          const std::vector<float> before = x;
          std::vector<float> to(2);
          EXPECT_EQ(convert_blocks<float>({x.data(), 2, 1, 2, 9, 0}, Side::left, quantiser, to.data()), 0);
          EXPECT_EQ(to, before) << element << ' ' << value << " 2^" << e;
        }
      }
    }
  }
}

// Tensor scale 1: every e4m3 block scale with every e2m1 element.
TEST(ConvertBlocks, nvfp4_every_element_under_every_block_scale_is_exact) {
  const Quantiser quantiser = nvfp4();
  const std::vector<double> scales = element_values(with_overflow(format_of("e4m3", "test"), Overflow::saturate));
  ASSERT_EQ(scales.back(), 448);
  for (const double scale : scales) {
    for (const double value : element_values(quantiser.element)) {
      std::vector<float> x(17, 0.0F), to(17);
      x[0] = static_cast<float>(6 * scale);
      x[1] = static_cast<float>(-value * scale);
      x[16] = 2688;  // in a block of its own: s = 1
      EXPECT_EQ(nvfp4_tensor_scale(2688), 1);
      EXPECT_EQ(convert_blocks<float>({x.data(), 17, 1, 17, 99, 1}, Side::left, quantiser, to.data()), 0);
      EXPECT_EQ(to[0], x[0]) << scale;
      EXPECT_EQ(to[1], x[1]) << scale << ' ' << value;
      EXPECT_EQ(to[16], x[16]);
    }
  }
}

TEST(ConvertBlocks, known_values) {
  std::vector<float> x{1, 0.8F, 0x1p-17F, 0x1.8p-18F, 0x1p-18F, 0x1p-19F}, to(6);
  const CodedBlock<float> block{x.data(), 6, 1, 6, 9, 0};
  // e4m3 under 2^-8: 0.8 = 204.8 2^-8 -> 208; smallest subnormal 2^-9 2^-8, ties to even.
  convert_blocks(block, Side::left, microscaling("e4m3"), to.data());
  EXPECT_EQ(to, (std::vector<float>{1, 0.8125F, 0x1p-17F, 0x1p-17F, 0, 0}));
  // e2m1 under 2^-2: 0.8 = 3.2 2^-2 -> 3; 0.5 2^-2 is the smallest.
  convert_blocks(block, Side::left, microscaling("e2m1"), to.data());
  EXPECT_EQ(to, (std::vector<float>{1, 0.75F, 0, 0, 0, 0}));
  // int8 under 2^0: multiples of 2^-6.
  convert_blocks(block, Side::left, microscaling("int8"), to.data());
  EXPECT_EQ(to, (std::vector<float>{1, 51.0F / 64, 0, 0, 0, 0}));
}

TEST(ConvertBlocks, elements_saturate_and_are_counted) {
  std::vector<float> x{-1.999F, 1.75F, 1.8F, 1.874F, 1.9F, 0.5F}, to(6);
  const CodedBlock<float> block{x.data(), 6, 1, 6, 9, 0};
  // 448 2^-8 = 1.75 is the largest; what rounds to the absent 480 2^-8 = 1.875 or beyond is clamped.
  EXPECT_EQ(convert_blocks(block, Side::left, microscaling("e4m3"), to.data()), 3);
  EXPECT_EQ(to, (std::vector<float>{-1.75F, 1.75F, 1.75F, 1.75F, 1.75F, 0.5F}));
  EXPECT_EQ(convert_blocks(block, Side::left, microscaling("e4m3", Rule::ceil), to.data()), 0);
  EXPECT_EQ(to[0], -2);
  // MXINT8 is symmetric: -2 is left unused.
  EXPECT_EQ(convert_blocks(block, Side::left, microscaling("int8"), to.data()), 1);
  EXPECT_EQ(to[0], -127.0F / 64);
}

TEST(ConvertBlocks, nan_and_infinity_spoil_their_block_alone) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    std::vector<float> x(70, 3.0F), to(70);
    x[41] = 1000;  // beyond e4m3 itself
    x[40] = bad;
    EXPECT_EQ(convert_blocks<float>({x.data(), 70, 1, 70, 99, 0}, Side::left, microscaling("e4m3"), to.data()), 0);
    for (std::size_t i = 0; i < 70; ++i) EXPECT_EQ(std::isnan(to[i]), i / 32 == 1) << i;
    // NVFP4 has one scale for the tensor: everything is lost.
    const Quantiser quantiser = nvfp4();
    const double largest = quantised_magnitude<float>({x.data(), 70, 1, 70, 99, 0}, quantiser);
    EXPECT_TRUE(std::isnan(nvfp4_tensor_scale(largest)));
  }
}

TEST(ConvertBlocks, zeros_stay_zeros) {
  for (const Quantiser& quantiser : {microscaling("e4m3"), microscaling("int8"), nvfp4()}) {
    std::vector<float> x(40, 0.0F), to(40, 7.0F);
    x[39] = 5;
    EXPECT_EQ(convert_blocks<float>({x.data(), 40, 1, 40, 99, static_cast<double>(nvfp4_tensor_scale(5))}, Side::left,
                                    quantiser, to.data()),
              0);
    for (std::size_t i = 0; i < 32; ++i) EXPECT_EQ(to[i], 0);
    EXPECT_NE(to[39], 0);
  }
  EXPECT_EQ(nvfp4_tensor_scale(0), 1);
  EXPECT_EQ(nvfp4_block_scale(0, 1), 0);
}

// Blocks far below the tensor's largest element lose their scale: s_b below half of 2^-9 is zero.
TEST(ConvertBlocks, nvfp4_blocks_far_below_the_tensor_become_zero) {
  const Quantiser quantiser = nvfp4();
  std::vector<float> x(48, 0.0F), to(48);
  x[0] = 2688;
  x[16] = 6 * 0x1p-9F;
  x[32] = 6 * 0x1p-10F;  // a tie, to even
  convert_blocks<float>({x.data(), 48, 1, 48, 99, 1}, Side::left, quantiser, to.data());
  EXPECT_EQ(to[16], x[16]);
  EXPECT_EQ(to[32], 0);
  EXPECT_GT(nvfp4_tensor_scale(0x1p-149), 0);
}

}  // namespace tristab::block_scale_test
