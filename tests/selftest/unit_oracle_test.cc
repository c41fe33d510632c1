// The selftest's model of a matrix unit, in binary64, against the tests' own, in integers.
#include "tristab/selftest/unit_oracle.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "support/matrix_unit_oracle.h"
#include "support/samples.h"

namespace tristab::unit_oracle_test {

TEST(UnitOracle, agrees_with_the_integer_oracle) {
  Samples samples(29);
  for (int i = 0; i < 20000; ++i) {
    const char* operands[] = {"bf16", "fp16", "tf32", "e4m3", "e5m2"};
    const char* sums[] = {"fp32", "fp16", "e8m13"};
    const Format operand = format_of(operands[i % 5], "test"), format = format_of(sums[samples.integer(0, 2)], "test");
    Accumulation accumulation;
    accumulation.format = format;
    accumulation.rounding = samples.chance(2) ? Rounding::toward_zero : Rounding::nearest_even;
    accumulation.unit.terms = samples.integer(1, 33);
    accumulation.unit.fraction_bits = samples.integer(1, 30);
    accumulation.unit.lowest_exponent = samples.integer(-160, -120);
    accumulation.unit.addend_floor = samples.chance(2);

    oracle::MatrixUnitModel model;
    model.terms = accumulation.unit.terms;
    model.fraction_bits = accumulation.unit.fraction_bits;
    model.result_precision = format.precision;
    model.result_min_exponent = format.min_exponent;
    model.result_max_exponent = format.max_exponent;
    model.rounding = accumulation.rounding == Rounding::toward_zero ? oracle::MatrixUnitModel::Rounding::toward_zero
                                                                    : oracle::MatrixUnitModel::Rounding::nearest_even;
    model.addend_floor = accumulation.unit.addend_floor;
    model.min_alignment_exponent = accumulation.unit.lowest_exponent;

    const auto draw = [&](const Format& from) {
      const double specials[] = {INFINITY, -INFINITY, NAN, 0.0, -0.0};
      if (i % 7 == 0 && samples.chance(20)) return static_cast<float>(specials[samples.integer(0, 4)]);
      if (i % 3 == 0) return static_cast<float>(samples.value(from, from.lsb_min(), from.min_exponent + 1));
      return static_cast<float>(i % 3 == 1 ? samples.moderate(from) : samples.any(from));
    };
    const int inner = samples.integer(1, 50);
    std::vector<float> a, b;
    for (int k = 0; k < inner; ++k) {
      a.push_back(draw(operand));
      b.push_back(draw(operand));
    }
    const float c = draw(format);
    const float expected =
        oracle::dot(model, a.data(), b.data(), inner, c, {operand.min_exponent, operand.min_exponent});
    const float found = selftest::unit_dot(accumulation, operand.min_exponent, a.data(), b.data(), 1, inner, c);
    ASSERT_EQ(std::bit_cast<std::uint32_t>(found), std::bit_cast<std::uint32_t>(expected))
        << operand.name << " to " << format.name << ", case " << i;
  }
}

}  // namespace tristab::unit_oracle_test
