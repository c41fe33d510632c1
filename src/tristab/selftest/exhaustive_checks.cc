// The checks of --exhaustive: every operand pair of fp16 and bf16, every square root, every float.
#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include "tristab/arithmetic/kernels.h"
#include "tristab/selftest/check_list.h"
#include "tristab/selftest/codes.h"
#include "tristab/selftest/formats.h"
#include "tristab/selftest/odd_oracle.h"
#include "tristab/selftest/simd_levels.h"

namespace tristab::selftest {
namespace {

constexpr std::uint32_t kCodes = 65536;

// All NaN are the same, zeros of different sign are not. The compared values fit into float.
bool same_float(float x, double y) {
  const auto expected = static_cast<float>(y);
  return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(expected) || (x != x && expected != expected);
}

struct PairWork {
  const Format& format;
  const OracleFormat& oracle;
  const std::vector<float>& values;  // of all codes
  const std::string& level;
  Tally& tally;

  void compare(const std::vector<float>& results, const std::vector<float>& expected, float x, Operator op) const {
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (std::bit_cast<std::uint32_t>(results[i]) == std::bit_cast<std::uint32_t>(expected[i])) continue;
      if (results[i] != results[i] && expected[i] != expected[i]) continue;
      tally.mismatch([&] {
        return fmt::format("{}, {}: {} {} {} gives {}, expected {}", format.name, level,
                           hexadecimal(static_cast<double>(x)), symbol_of(op),
                           hexadecimal(static_cast<double>(values[i])), hexadecimal(static_cast<double>(results[i])),
                           hexadecimal(static_cast<double>(expected[i])));
      });
    }
    tally.count(static_cast<std::int64_t>(results.size()));
  }

  // x op y for every y. Sums and products are also computed by their own kernels: x + 1 y, and -0 + x y, which is x y.
  template <class Exact>
  void operation(Operator op, Operation operation, float x, const Exact& exact) const {
    std::vector<float> expected(values.size()), results(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      expected[i] = static_cast<float>(
          rounded(exact(static_cast<double>(x), static_cast<double>(values[i])), oracle, Rounding::nearest_even));
    }
    const std::vector<float> left(values.size(), x);
    const int count = static_cast<int>(values.size());
    apply_operation(operation, left.data(), values.data(), results.data(), count, format, Rounding::nearest_even);
    compare(results, expected, x, op);
    if (op == Operator::add) {
      results = left;
      accumulate_sum(results.data(), values.data(), 1.0F, count, {format});
      compare(results, expected, x, op);
    }
    if (op == Operator::multiply) {
      results.assign(values.size(), -0.0F);
      ProductTask<float> task;
      task.rows = task.inner = 1;
      task.columns = count;
      task.a = left.data();
      task.a_stride = 1;
      task.b = values.data();
      task.b_stride = count;
      task.accumulator = results.data();
      task.accumulator_stride = count;
      task.operand_precision = format.precision;
      task.operand_min_exponent = format.min_exponent;
      task.operand_max_exponent = format.max_exponent;
      accumulate_product(task, {format});
      compare(results, expected, x, op);
    }
  }

  void all_operations(float x) const {
    operation(Operator::add, Operation::add, x, odd_sum);
    operation(Operator::subtract, Operation::subtract, x, [](double a, double b) { return odd_sum(a, -b); });
    operation(Operator::multiply, Operation::multiply, x, odd_product);
    operation(Operator::divide, Operation::divide, x, odd_quotient);
  }
};

// Runs at this machine's best level only; other checks compare the levels.
void check_pairs(const Runner& runner, const char* name, Tally& tally) {
  const Format format = format_of(name, "selftest");
  const OracleFormat oracle(format);
  const std::vector<float> values = values_of_codes(name, kCodes);
  const SimdLevel& best = simd_levels().front();
  const UseLevel use(best);
  constexpr std::size_t codes_an_item = 64;
  runner.over(
      kCodes / codes_an_item,
      [&](std::size_t item, Tally& own) {
        for (std::size_t i = 0; i < codes_an_item; ++i)
          PairWork{format, oracle, values, best.name, own}.all_operations(values[item * codes_an_item + i]);
      },
      tally);
}

}  // namespace

void check_fp16_pairs(const Runner& runner, Effort, Tally& tally) { check_pairs(runner, "fp16", tally); }
void check_bf16_pairs(const Runner& runner, Effort, Tally& tally) { check_pairs(runner, "bf16", tally); }

void check_square_roots(const Runner& runner, Effort, Tally& tally) {
  constexpr std::array names{"fp16", "bf16"};
  over_levels(runner, names.size(), tally, [&](const std::string& level, std::size_t item, Tally& own) {
    const Format format = format_of(names[item], "selftest");
    const OracleFormat oracle(format);
    const std::vector<float> values = values_of_codes(names[item], kCodes);
    std::vector<float> roots(values.size());
    for (const Rounding mode : deterministic_roundings()) {
      apply_operation(Operation::square_root, values.data(), values.data(), roots.data(), static_cast<int>(kCodes),
                      format, mode);
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double expected = rounded(odd_root(static_cast<double>(values[i])), oracle, mode);
        if (same_float(roots[i], expected)) continue;
        own.mismatch([&] {
          return fmt::format("{}, {}, {}: sqrt {} gives {}, expected {}", format.name, name_of(mode), level,
                             hexadecimal(static_cast<double>(values[i])), hexadecimal(static_cast<double>(roots[i])),
                             hexadecimal(expected));
        });
      }
      own.count(kCodes);
    }
  });
}

// The products of two significands of 11 bits, at exponents where tf32 is subnormal or nearly so. Computed in fp32
// first, 588 of them would be rounded twice.
void check_tf32_subnormals(const Runner& runner, Effort, Tally& tally) {
  constexpr int lowest = -170, sums = 44, count = 1024;
  const Format tf32 = format_of("tf32", "selftest");
  const OracleFormat oracle(tf32);
  over_levels(runner, static_cast<std::size_t>(sums), tally,
              [&](const std::string& level, std::size_t item, Tally& own) {
                const int sum = lowest + static_cast<int>(item), left = sum / 2;
                std::vector<float> a, b, products(static_cast<std::size_t>(count) * count, 0.0F);
                for (int m = 0; m < count; ++m) {
                  a.push_back(std::ldexp(static_cast<float>(count + m), left - 10));
                  b.push_back(std::ldexp(static_cast<float>(count + m), sum - left - 10));
                }
                ProductTask<float> task;
                task.rows = task.columns = count;
                task.inner = 1;
                task.a = a.data();
                task.a_stride = 1;
                task.b = b.data();
                task.b_stride = task.accumulator_stride = count;
                task.accumulator = products.data();
                task.finite = true;
                task.operand_precision = tf32.precision;
                accumulate_product(task, {tf32});
                for (std::size_t e = 0; e < products.size(); ++e) {
                  const auto x = static_cast<double>(a[e / count]), y = static_cast<double>(b[e % count]);
                  const double expected = rounded(odd_product(x, y), oracle, Rounding::nearest_even);
                  if (same_float(products[e], expected)) continue;
                  own.mismatch([&] {
                    return fmt::format("tf32, {}: {} * {} gives {}, expected {}", level, hexadecimal(x), hexadecimal(y),
                                       hexadecimal(static_cast<double>(products[e])), hexadecimal(expected));
                  });
                }
                own.count(static_cast<std::int64_t>(products.size()));
              });
}

void check_every_float(const Runner& runner, Effort, Tally& tally) {
  constexpr std::array names{"fp16", "bf16", "e4m3", "e5m2"};
  std::vector<Format> formats;
  std::vector<OracleFormat> oracles;
  for (const char* name : names) {
    formats.push_back(format_of(name, "selftest"));
    oracles.emplace_back(formats.back());
  }
  const SimdLevel& best = simd_levels().front();
  const UseLevel use(best);
  constexpr std::uint64_t floats = std::uint64_t{1} << 32, block = std::uint64_t{1} << 20;
  runner.over(
      floats / block,
      [&](std::size_t item, Tally& own) {
        std::vector<float> values(block), results(block);
        for (std::uint64_t i = 0; i < block; ++i)
          values[i] = std::bit_cast<float>(static_cast<std::uint32_t>(item * block + i));
        for (std::size_t f = 0; f < formats.size(); ++f) {
          round_row(values.data(), results.data(), static_cast<int>(block), formats[f], Rounding::nearest_even);
          for (std::uint64_t i = 0; i < block; ++i) {
            const double expected = rounded(static_cast<double>(values[i]), oracles[f], Rounding::nearest_even);
            if (same_float(results[i], expected)) continue;
            own.mismatch([&] {
              return fmt::format("{}, {}: {} gives {}, expected {}", names[f], best.name,
                                 hexadecimal(static_cast<double>(values[i])),
                                 hexadecimal(static_cast<double>(results[i])), hexadecimal(expected));
            });
          }
          own.count(static_cast<std::int64_t>(block));
        }
      },
      tally);
}

}  // namespace tristab::selftest
