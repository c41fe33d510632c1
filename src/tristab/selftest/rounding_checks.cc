// Checks roundings against MPFR, and the oracle of the other checks against MPFR.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tristab/arithmetic/kernels.h"
#include "tristab/selftest/check_list.h"
#include "tristab/selftest/formats.h"
#include "tristab/selftest/mpfr_oracle.h"
#include "tristab/selftest/odd_oracle.h"
#include "tristab/selftest/samples.h"

namespace tristab::selftest {
namespace {

constexpr Operator kOperators[] = {Operator::add,    Operator::subtract,    Operator::multiply,
                                   Operator::divide, Operator::square_root, Operator::fused};

// Values of the carrier around the format: arbitrary ones, values at and next to ties, the ends of the range, and
// non-finite ones.
template <class Carrier>
std::vector<Carrier> values_about(const Format& format, const Format& carrier, Samples& samples, int count) {
  std::vector<Carrier> values;
  const int low = std::max(format.min_exponent - format.precision - 2, carrier.min_exponent - carrier.precision + 1);
  const int high = std::min(format.max_exponent + 1, carrier.max_exponent);
  for (int i = 0; i < count; ++i) {
    double x = samples.special(carrier);
    if (i % 4 != 0) x = samples.value(carrier, low, high);
    if (i % 4 == 2) {  // a tie, or the carrier's neighbour of a tie
      const double own = samples.any(format);
      const int place =
          std::max(own == 0 ? format.min_exponent : std::ilogb(own), format.min_exponent) - format.precision;
      x = own + std::copysign(std::ldexp(1.0, std::max(place, carrier.min_exponent - carrier.precision + 1)), own);
      if (std::fabs(x) > std::ldexp(1.0, carrier.max_exponent)) x = own;
      const auto near = static_cast<Carrier>(x);
      const int side = samples.integer(0, 2);
      x = side == 0 ? static_cast<double>(near)
                    : static_cast<double>(std::nextafter(near, static_cast<Carrier>(side == 1 ? 0.0 : 2 * x)));
    }
    values.push_back(static_cast<Carrier>(x));
  }
  return values;
}

template <class Carrier>
void check_format(const Format& format, const Format& carrier, const std::string& level, int count, Tally& tally) {
  MpfrOracle oracle;
  Samples samples(static_cast<std::uint64_t>(format.precision * 1000 + format.min_exponent));
  const std::vector<Carrier> values = values_about<Carrier>(format, carrier, samples, count);
  std::vector<Carrier> results(values.size());
  for (const Rounding mode : deterministic_roundings()) {
    round_row(values.data(), results.data(), count, format, mode);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto x = static_cast<double>(values[i]), result = static_cast<double>(results[i]);
      const double expected = oracle(Operator::convert, x, 0, 0, format, mode);
      if (!same(result, expected)) {
        tally.mismatch([&] {
          return fmt::format("{} to {}, {}, {}: {} gives {}, expected {}", carrier.name, format.name, name_of(mode),
                             level, hexadecimal(x), hexadecimal(result), hexadecimal(expected));
        });
      }
    }
    tally.count(count);
  }
}

}  // namespace

void check_oracle(const Runner& runner, Effort effort, Tally& tally) {
  const std::vector<Format>& formats = operation_formats();
  constexpr std::size_t items = 256;
  const int per_item = effort == Effort::exhaustive ? 40000 : 6000;
  runner.over(
      items,
      [&](std::size_t item, Tally& own) {
        MpfrOracle mpfr;
        Samples samples(item + 1);
        const Format& format = formats[item % formats.size()];
        const OracleFormat oracle(format);
        for (int i = 0; i < per_item; ++i) {
          const bool small = samples.chance(3);
          const auto draw = [&] { return small ? samples.small(format) : samples.special(format); };
          const double x = draw(), y = samples.chance(8) ? x : draw(), z = draw();
          const Operator op = kOperators[i % 6];
          const Rounding mode = deterministic_roundings()[static_cast<std::size_t>(i / 6 % 6)];
          const double result = oracle_result(op, x, y, z, oracle, mode), expected = mpfr(op, x, y, z, format, mode);
          if (same(result, expected)) continue;
          own.mismatch([&] {
            return fmt::format("{} {}, {}: {}, {}, {} gives {}, MPFR {}", format.name, symbol_of(op), name_of(mode),
                               hexadecimal(x), hexadecimal(y), hexadecimal(z), hexadecimal(result),
                               hexadecimal(expected));
          });
        }
        own.count(per_item);
      },
      tally);
}

void check_rounding(const Runner& runner, Effort effort, Tally& tally) {
  const std::vector<Format>& formats = named_formats();
  const int count = effort == Effort::exhaustive ? 100000 : 15000;
  over_levels(runner, formats.size(), tally, [&](const std::string& level, std::size_t item, Tally& own) {
    const Format& format = formats[item];
    const int lowest = format.min_exponent - format.precision + 1;
    if (format.precision <= 24 && format.max_exponent <= 127 && lowest >= -149)
      check_format<float>(format, fp32_format(), level, count, own);
    if (format.precision <= 51) check_format<double>(format, fp64_format(), level, count, own);
  });
}

}  // namespace tristab::selftest
