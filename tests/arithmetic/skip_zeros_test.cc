// Leaving out products with a zero factor changes no bit: sparse, triangular and blockwise operands, skipped
// and not, both against MPFR.
#include <gtest/gtest.h>

#include <functional>

#include "support/product_case.h"
#include "support/samples.h"

namespace tristab::skip_zeros_test {

using Kept = std::function<bool(int, int)>;

struct Pattern {
  const char* name;
  Kept a, b;
};

std::vector<Pattern> patterns(int inner) {
  const auto lower = [](int i, int j) { return j <= i; };
  const auto strict = [](int i, int j) { return j < i; };
  const auto all = [](int, int) { return true; };
  const auto none = [](int, int) { return false; };
  return {{"lower times lower", lower, lower},
          {"strictly lower times lower", strict, lower},
          {"dense times strictly lower", all, strict},
          {"odd blocks times even blocks", [](int i, int j) { return i / 4 == j / 4 && (i / 4) % 2 == 1; },
           [](int i, int j) { return i / 4 == j / 4 && (i / 4) % 2 == 0; }},
          {"empty rows and columns", [](int i, int j) { return i % 3 != 0 && j % 2 != 0; },
           [](int i, int j) { return i % 4 != 0 && j % 5 != 0; }},
          {"one element", [](int i, int j) { return i == 1 && j == 2; }, all},
          {"zero times dense", none, all},
          {"dense times zero", all, none},
          {"last column of the left alone", [inner](int, int j) { return j == inner - 1; }, all},
          {"scattered", [](int i, int j) { return (i * 7 + j * 5) % 4 == 0; },
           [](int i, int j) { return (i * 3 + j * 11) % 4 == 0; }}};
}

// Zeros of the operands have either sign; no accumulator element is -0 at the start (the kernel's condition).
template <class Carrier>
void check_skipping(const char* operand_name, const char* accumulator_name, bool tiny) {
  const Format operand = format_of(operand_name, "test"), format = format_of(accumulator_name, "test");
  const bool pure64 = format.precision == 53;
  MpfrOracle oracle;
  Samples samples(31);
  for (const Rounding mode : kAllRoundings) {
    if (mode == Rounding::down || (pure64 && mode != Rounding::nearest_even)) continue;
    for (const bool fma : {false, true}) {
      for (const auto& [rows, inner, columns] :
           {std::tuple{3, 11, 9}, std::tuple{9, 9, 9}, std::tuple{8, 16, 16}, std::tuple{12, 7, 5}}) {
        for (const Pattern& pattern : patterns(inner)) {
          SCOPED_TRACE(pattern.name);
          ProductCase<Carrier> product{rows, inner, columns, rows % 3, operand, {format, mode, fma}, {}, {}, {}};
          const auto draw = [&](bool kept) {
            if (!kept) return samples.chance(2) ? -0.0 : 0.0;
            // Products below the format's range round to zeros of their own sign.
            return tiny ? samples.value(operand, operand.min_exponent, operand.min_exponent + 2)
                        : samples.moderate(operand);
          };
          for (int i = 0; i < rows; ++i) {
            for (int k = 0; k < inner; ++k) product.a.push_back(draw(pattern.a(i, k)));
          }
          for (int k = 0; k < inner; ++k) {
            for (int j = 0; j < columns; ++j) product.b.push_back(draw(pattern.b(k, j)));
          }
          for (int i = 0; i < rows * columns; ++i) {
            const double c = tiny || samples.chance(2) ? 0.0 : samples.moderate(format);
            product.c.push_back(c == 0 ? 0.0 : c);
          }
          product.check(oracle, true);
          product.check(oracle, false);
        }
      }
    }
  }
}

TEST(SkipZeros, changes_no_bit_on_float) {
  for (const char* format : {"fp32", "fp16", "bf16", "tf32", "e5m7"}) check_skipping<float>(format, format, false);
  check_skipping<float>("fp16", "fp32", false);
}

TEST(SkipZeros, changes_no_bit_on_double) {
  for (const char* format : {"fp64", "fp16", "e9m50"}) check_skipping<double>(format, format, false);
}

// A fused multiply-add that underflows leaves -0, which a following 0 x b = +0 turns into +0.
TEST(SkipZeros, changes_no_sign_of_zero_after_underflow) {
  for (const char* format : {"fp32", "fp16", "bf16", "tf32", "e5m7"}) check_skipping<float>(format, format, true);
  // The same where sums are flushed to zero, fused or not.
  for (const char* format : {"p5emin-1emax9-flush", "p12emin0emax40-saturate-flush"})
    check_skipping<float>(format, format, true);
  for (const char* format : {"fp64", "fp16", "e9m50"}) check_skipping<double>(format, format, true);
}

}  // namespace tristab::skip_zeros_test
