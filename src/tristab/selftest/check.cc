#include "tristab/selftest/check.h"

#include <fmt/format.h>

#include <bit>
#include <chrono>
#include <cmath>

#include "tristab/selftest/check_list.h"
#include "tristab/selftest/simd_levels.h"

namespace tristab::selftest {
namespace {

const Check kChecks[] = {
    {"oracle against MPFR", "the oracle of + - * / sqrt fma is right: MPFR", false, check_oracle},
    {"rounding", "every named format in every rounding: MPFR", false, check_rounding},
    {"+ - * / sqrt", "single operations in 16-bit, tf32 and fp8 formats, every rounding: oracle", false,
     check_operations},
    {"multiply-add and fma", "one step of a sum of products in the same formats: oracle", false, check_multiply_add},
    {"sums of products", "sequential, tree, exact and VDPBF16PS, of many products: oracle, MPFR", false, check_sums},
    {"e4m3 fma, all triples", "all 2^24 operand triples: oracle", false, check_e4m3_fused},
    {"e5m2 fma, all triples", "all 2^24 operand triples: oracle", false, check_e5m2_fused},
    {"single dots of an H100", "the table of results that an H100 returned", false, check_published_dots},
    {"matrix units", "every named unit: exact model in binary64", false, check_matrix_units},
    {"products, SIMD levels", "every level gives the bits of the baseline, also for non-finite and subnormal values",
     false, check_product_levels},
    {"rows, SIMD levels", "the same for sums, roundings, counts and single operations", false, check_row_levels},
    {"integer sums", "products of int4, int8 and int16 codes: 64-bit integers", false, check_integer_sums},
    {"certified inverses", "in three doubles, leading parts and bounds of residuals: MPFR", false, check_references},
    {"fp16 + - * /, all pairs", "all 2^32 operand pairs, to nearest even: oracle", true, check_fp16_pairs},
    {"bf16 + - * /, all pairs", "all 2^32 operand pairs, to nearest even: oracle", true, check_bf16_pairs},
    {"fp16, bf16 sqrt, all", "every operand in every rounding: oracle", true, check_square_roots},
    {"tf32 subnormal products", "all significands over 44 sums of exponents: integers", true, check_tf32_subnormals},
    {"every float", "all 2^32 floats to fp16, bf16, e4m3 and e5m2: oracle", true, check_every_float}};

}  // namespace

std::span<const Check> checks() { return kChecks; }

CheckResult perform(const Check& check, const Runner& runner, Effort effort) {
  const auto start = std::chrono::steady_clock::now();
  Tally tally;
  check.run(runner, effort, tally);
  return {tally.cases(), tally.mismatches(), tally.first(),
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
}

void over_levels(const Runner& runner, std::size_t items, Tally& tally,
                 const std::function<void(const std::string&, std::size_t, Tally&)>& work) {
  for_each_simd_level([&](const std::string& level) {
    runner.over(
        items, [&](std::size_t item, Tally& own) { work(level, item, own); }, tally);
  });
}

std::uint64_t bits_of(double x) { return std::isnan(x) ? 0x7ff8000000000000U : std::bit_cast<std::uint64_t>(x); }

std::string hexadecimal(double x) { return fmt::format("{:a}", x); }

}  // namespace tristab::selftest
