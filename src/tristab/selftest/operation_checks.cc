// Checks single operations and single steps of a sum of products against the oracle.
#include <fmt/format.h>

#include <vector>

#include "tristab/arithmetic/kernels.h"
#include "tristab/selftest/check_list.h"
#include "tristab/selftest/formats.h"
#include "tristab/selftest/odd_oracle.h"
#include "tristab/selftest/samples.h"

namespace tristab::selftest {
namespace {

struct Pairing {
  Operator op;
  Operation operation;
};
constexpr Pairing kPairings[] = {{Operator::add, Operation::add},
                                 {Operator::subtract, Operation::subtract},
                                 {Operator::multiply, Operation::multiply},
                                 {Operator::divide, Operation::divide},
                                 {Operator::square_root, Operation::square_root}};

// By kind: any values; values next to the smallest normal number; moderate values, which cancel; values around
// 2^(emin/2), where one addend can lie far below the other.
double draw(Samples& samples, const Format& format, int kind) {
  switch (kind) {
    case 0:
      return samples.special(format);
    case 1:
      return samples.small(format);
    case 2:
      return samples.moderate(format);
    default:
      return samples.value(format, format.min_exponent / 2 - format.precision, format.min_exponent / 2 + 2);
  }
}

template <class Carrier>
std::vector<Carrier> drawn(Samples& samples, const Format& format, int kind, int count) {
  std::vector<Carrier> values;
  values.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) values.push_back(static_cast<Carrier>(draw(samples, format, kind)));
  return values;
}

template <class Carrier>
void check_format_operations(const Format& format, const std::string& level, int count, std::uint64_t seed,
                             Tally& tally) {
  Samples samples(seed);
  const OracleFormat oracle(format);
  for (int kind = 0; kind < 4; ++kind) {
    const std::vector<Carrier> x = drawn<Carrier>(samples, format, kind, count),
                               y = drawn<Carrier>(samples, format, kind, count);
    std::vector<Carrier> z(x.size());
    for (const Rounding mode : deterministic_roundings()) {
      for (const auto& [op, operation] : kPairings) {
        apply_operation(operation, x.data(), y.data(), z.data(), count, format, mode);
        for (std::size_t i = 0; i < x.size(); ++i) {
          const auto a = static_cast<double>(x[i]), b = static_cast<double>(y[i]), result = static_cast<double>(z[i]);
          const double expected = oracle_result(op, a, b, 0, oracle, mode);
          if (same(result, expected)) continue;
          tally.mismatch([&, symbol = symbol_of(op)] {
            return fmt::format("{}, {}, {}: {} {} {} gives {}, expected {}", format.name, name_of(mode), level,
                               hexadecimal(a), symbol, hexadecimal(b), hexadecimal(result), hexadecimal(expected));
          });
        }
        tally.count(count);
      }
    }
  }
}

// c(i, j) "+" a(i) b(j): a column times a row.
template <class Carrier>
void check_format_steps(const Format& format, const std::string& level, int repeats, std::uint64_t seed, Tally& tally) {
  constexpr int rows = 6, columns = 53;  // blocks of rows and of vectors, and what is left over
  Samples samples(seed);
  const OracleFormat oracle(format);
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const int kind = repeat % 4;
    const std::vector<Carrier> a = drawn<Carrier>(samples, format, kind, rows),
                               b = drawn<Carrier>(samples, format, kind, columns),
                               c = drawn<Carrier>(samples, format, samples.chance(2) ? kind : 1, rows * columns);
    for (const Rounding mode : deterministic_roundings()) {
      for (const bool fma : {false, true}) {
        std::vector<Carrier> sums = c;
        ProductTask<Carrier> task = dense_task<Carrier>(a.data(), b.data(), sums.data(), rows, 1, columns, format);
        task.finite = kind != 0;
        accumulate_product(task, Accumulation{format, mode, fma});
        for (std::size_t e = 0; e < sums.size(); ++e) {
          const auto x = static_cast<double>(a[e / columns]), y = static_cast<double>(b[e % columns]);
          const auto z = static_cast<double>(c[e]), result = static_cast<double>(sums[e]);
          const double expected =
              fma ? oracle_result(Operator::fused, x, y, z, oracle, mode)
                  : oracle_result(Operator::add, z, oracle_result(Operator::multiply, x, y, 0, oracle, mode), 0, oracle,
                                  mode);
          if (same(result, expected)) continue;
          tally.mismatch([&] {
            return fmt::format("{}, {}, {}, {}: {} + {} * {} gives {}, expected {}", format.name,
                               fma ? "fma" : "multiply-add", name_of(mode), level, hexadecimal(z), hexadecimal(x),
                               hexadecimal(y), hexadecimal(result), hexadecimal(expected));
          });
        }
        tally.count(rows * columns);
      }
    }
  }
}

constexpr std::size_t kSeeds = 8;  // items for each format

}  // namespace

void check_operations(const Runner& runner, Effort effort, Tally& tally) {
  const std::vector<Format>& formats = operation_formats();
  const int count = effort == Effort::exhaustive ? 20000 : 3000;
  over_levels(runner, formats.size() * kSeeds, tally, [&](const std::string& level, std::size_t item, Tally& own) {
    const Format& format = formats[item / kSeeds];
    check_format_operations<float>(format, level, count, item, own);
    check_format_operations<double>(format, level, count / 4, item + 1000, own);
  });
}

void check_multiply_add(const Runner& runner, Effort effort, Tally& tally) {
  const std::vector<Format>& formats = operation_formats();
  const int repeats = effort == Effort::exhaustive ? 800 : 120;
  over_levels(runner, formats.size() * kSeeds, tally, [&](const std::string& level, std::size_t item, Tally& own) {
    const Format& format = formats[item / kSeeds];
    check_format_steps<float>(format, level, repeats, item, own);
    check_format_steps<double>(format, level, repeats / 4, item + 1000, own);
  });
}

}  // namespace tristab::selftest
