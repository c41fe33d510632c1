// Fused multiply-adds of fp8 over all operand triples: for each c, the product of a column and a row that hold every
// value.
#include <fmt/format.h>

#include <vector>

#include "tristab/arithmetic/kernels.h"
#include "tristab/selftest/check_list.h"
#include "tristab/selftest/codes.h"
#include "tristab/selftest/formats.h"
#include "tristab/selftest/odd_oracle.h"

namespace tristab::selftest {
namespace {

void check_triples(const Runner& runner, const char* name, std::span<const Rounding> modes, Tally& tally) {
  const Format format = format_of(name, "selftest");
  const OracleFormat oracle(format);
  const std::vector<float> values = values_of_codes(name, 256);
  constexpr int count = 256;
  over_levels(runner, values.size(), tally, [&](const std::string& level, std::size_t item, Tally& own) {
    for (const Rounding mode : modes) {
      std::vector<float> sums(values.size() * values.size(), values[item]);
      ProductTask<float> task;
      task.rows = task.columns = count;
      task.inner = 1;
      task.a = task.b = values.data();
      task.a_stride = 1;
      task.b_stride = count;
      task.accumulator = sums.data();
      task.accumulator_stride = count;
      task.operand_precision = format.precision;
      task.operand_min_exponent = format.min_exponent;
      task.operand_max_exponent = format.max_exponent;
      accumulate_product(task, Accumulation{format, mode, true});
      const auto c = static_cast<double>(values[item]);
      for (std::size_t e = 0; e < sums.size(); ++e) {
        const auto a = static_cast<double>(values[e / count]), b = static_cast<double>(values[e % count]);
        const double expected = oracle_result(Operator::fused, a, b, c, oracle, mode);
        if (same(static_cast<double>(sums[e]), expected)) continue;
        own.mismatch([&] {
          return fmt::format("{}, {}, {}: {} * {} + {} gives {}, expected {}", name, name_of(mode), level,
                             hexadecimal(a), hexadecimal(b), hexadecimal(c), hexadecimal(static_cast<double>(sums[e])),
                             hexadecimal(expected));
        });
      }
      own.count(static_cast<std::int64_t>(sums.size()));
    }
  });
}

std::span<const Rounding> modes_of(Effort effort) {
  return effort == Effort::exhaustive ? deterministic_roundings() : deterministic_roundings().first(1);
}

}  // namespace

void check_e4m3_fused(const Runner& runner, Effort effort, Tally& tally) {
  check_triples(runner, "e4m3", modes_of(effort), tally);
}
void check_e5m2_fused(const Runner& runner, Effort effort, Tally& tally) {
  check_triples(runner, "e5m2", modes_of(effort), tally);
}

}  // namespace tristab::selftest
