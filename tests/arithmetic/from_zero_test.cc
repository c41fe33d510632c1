// Sums that start at +0 whatever the accumulator holds: the same bits as over an accumulator of zeros, in every model.
#include <gtest/gtest.h>

#include "support/product_case.h"
#include "support/samples.h"

namespace tristab::from_zero_test {

template <class Carrier>
void check(const char* operand_name, const Accumulation& accumulation) {
  Samples samples(71);
  MpfrOracle oracle;
  const Format operand = format_of(operand_name, "test");
  // Full and partial vectors of columns, full and partial tiles of rows, and an inner range that is all zeros.
  for (const auto& [rows, inner, columns] :
       {std::tuple{1, 1, 1}, std::tuple{5, 17, 33}, std::tuple{8, 16, 64}, std::tuple{4, 9, 19}}) {
    for (const bool zeros : {false, true}) {
      ProductCase<Carrier> product;
      product.rows = rows;
      product.inner = inner;
      product.columns = columns;
      product.gap = 3;
      product.operand = operand;
      product.accumulation = accumulation;
      for (int i = 0; i < rows * inner; ++i)
        product.a.push_back(zeros && i % inner > inner / 2 ? 0 : samples.moderate(operand));
      for (int i = 0; i < inner * columns; ++i)
        product.b.push_back(zeros && i % 5 != 0 ? 0 : samples.moderate(operand));
      product.c.assign(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns), 0.0);
      for_each_simd_level([&](const char* level) {
        for (const bool skip : {false, true}) {
          if (skip && accumulation.rounding == Rounding::down) continue;
          const std::vector<double> plain = product.computed(skip), fresh = product.computed(skip, true);
          for (std::size_t i = 0; i < plain.size(); ++i)
            ASSERT_PRED_FORMAT2(bits_equal, fresh[i], plain[i]) << product.text() << ", " << level << ", element " << i;
        }
      });
    }
  }
}

TEST(FromZero, is_the_same_as_an_accumulator_of_zeros_in_every_model) {
  const Format fp16 = format_of("fp16", "test");
  for (const Rounding mode : {Rounding::nearest_even, Rounding::toward_zero, Rounding::down}) {
    for (const bool fma : {false, true}) {
      check<float>("fp16", {fp32_format(), mode, fma});
      check<float>("fp16", {fp16, mode, fma});
      check<double>("fp64", {fp64_format(), mode, fma});
    }
    check<float>("bf16", {fp32_format(), mode, false, AccumulationModel::matrix_unit, {16, 25}});
    check<float>("fp16", {fp32_format(), mode, false, AccumulationModel::pairwise});
    check<float>("fp16", {fp32_format(), mode, false, AccumulationModel::exact});
  }
  check<float>("bf16", {fp32_format(), Rounding::nearest_even, false, AccumulationModel::bf16_pairs});
}

}  // namespace tristab::from_zero_test
