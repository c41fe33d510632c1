// Products of integer codes through the Machine against sums of 64-bit integers. With a scale of 1 the machine's result
// is the integer itself, rounded once to fp32.
#include <fmt/format.h>

#include <vector>

#include "tristab/arithmetic/machine.h"
#include "tristab/base/json.h"
#include "tristab/selftest/check_list.h"
#include "tristab/selftest/samples.h"

namespace tristab::selftest {
namespace {

struct IntegerKind {
  const char* name;
  int largest;
};
constexpr IntegerKind kKinds[] = {{"int4", 7}, {"int8", 127}, {"int16", 32767}};

// Whole numbers up to the largest code. The largest code stands in the corner, so the scale amax / qmax is 1.
Matrix codes(int n, int largest, Samples& samples) {
  Matrix matrix(n, n);
  for (double& x : matrix.values()) x = samples.integer(-largest, largest);
  matrix(0, 0) = samples.chance(2) ? largest : -largest;
  return matrix;
}

void check_kind(const IntegerKind& kind, const std::string& level, std::uint64_t seed, Tally& tally) {
  const Arithmetic arithmetic = make_arithmetic(kind.name, {{"identity", "inside"}}, "selftest");
  Machine machine(make_float_engine());
  Samples samples(seed);
  for (const int n : {4, 16, 31, 64}) {
    machine.start({{"*", &arithmetic}});
    const Matrix a = codes(n, kind.largest, samples), b = codes(n, kind.largest, samples);
    const Matrix product =
        machine.output(machine.stage("product").fl({machine.input(a, n), machine.input(b, n)}, RoundTo::accumulator));
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        std::int64_t sum = 0;
        for (int k = 0; k < n; ++k) sum += static_cast<std::int64_t>(a(i, k)) * static_cast<std::int64_t>(b(k, j));
        const auto expected = static_cast<double>(static_cast<float>(sum));
        if (product(i, j) == expected) continue;
        tally.mismatch([&] {
          return fmt::format("{}, {}, n = {}, element ({}, {}): {}, expected {}", kind.name, level, n, i, j,
                             hexadecimal(product(i, j)), hexadecimal(expected));
        });
      }
    }
    tally.count(static_cast<std::int64_t>(n) * n);
  }
}

}  // namespace

void check_integer_sums(const Runner& runner, Effort effort, Tally& tally) {
  const std::size_t seeds = effort == Effort::exhaustive ? 300 : 60;
  over_levels(runner, std::size(kKinds) * seeds, tally, [&](const std::string& level, std::size_t item, Tally& own) {
    check_kind(kKinds[item / seeds], level, item, own);
  });
}

}  // namespace tristab::selftest
