// Sums of products in every accumulation model except matrix units. Checks the order of a sum and its rounding points
// against the oracle step by step, and the exact model against MPFR.
#include <fmt/format.h>
#include <mpfr.h>

#include <bit>
#include <cmath>
#include <vector>

#include "tristab/arithmetic/kernels.h"
#include "tristab/selftest/check_list.h"
#include "tristab/selftest/formats.h"
#include "tristab/selftest/odd_oracle.h"
#include "tristab/selftest/samples.h"

namespace tristab::selftest {
namespace {

using Vector = std::vector<double>;

struct SumKind {
  const char *operand, *format;
  AccumulationModel model;
  bool fma;
};
constexpr AccumulationModel kSequential = AccumulationModel::sequential, kTree = AccumulationModel::pairwise,
                            kExact = AccumulationModel::exact, kPairs = AccumulationModel::bf16_pairs;
constexpr SumKind kKinds[] = {
    {"fp16", "fp32", kSequential, false}, {"bf16", "fp32", kSequential, true}, {"tf32", "fp32", kSequential, false},
    {"fp16", "fp16", kSequential, false}, {"bf16", "bf16", kSequential, true}, {"fp16", "fp32", kTree, false},
    {"bf16", "bf16", kTree, false},       {"fp16", "fp16", kExact, false},     {"bf16", "fp32", kExact, false},
    {"fp32", "fp32", kExact, false},      {"bf16", "fp32", kPairs, false}};

double sequential_sum(const Vector& a, const Vector& b, double c, bool fma, const OracleFormat& format, Rounding mode) {
  for (std::size_t k = 0; k < a.size(); ++k) {
    c = fma ? oracle_result(Operator::fused, a[k], b[k], c, format, mode)
            : oracle_result(Operator::add, c, oracle_result(Operator::multiply, a[k], b[k], 0, format, mode), 0, format,
                            mode);
  }
  return c;
}

// Neighbours are added until one is left, an odd last one moves up unchanged; then c is added.
double tree_sum(const Vector& a, const Vector& b, double c, const OracleFormat& format, Rounding mode) {
  Vector level;
  for (std::size_t k = 0; k < a.size(); ++k)
    level.push_back(oracle_result(Operator::multiply, a[k], b[k], 0, format, mode));
  for (Vector next; level.size() > 1; level.swap(next), next.clear()) {
    for (std::size_t k = 0; k < level.size(); k += 2)
      next.push_back(k + 1 == level.size() ? level[k]
                                           : oracle_result(Operator::add, level[k], level[k + 1], 0, format, mode));
  }
  return oracle_result(Operator::add, c, level.front(), 0, format, mode);
}

// VDPBF16PS: per pair the odd element first; subnormal inputs and tiny results are zeros.
double pairs_sum(const Vector& a, const Vector& b, double c) {
  static const OracleFormat format(without_subnormals(fp32_format()));
  const auto flushed = [](double x) { return std::fabs(x) < 0x1p-126 ? std::copysign(0.0, x) : x; };
  const auto element = [&](const Vector& x, std::size_t k) { return k < x.size() ? flushed(x[k]) : 0.0; };
  for (std::size_t k = 0; k < a.size(); k += 2) {
    for (const std::size_t at : {k + 1, k})
      c = oracle_result(Operator::fused, element(a, at), element(b, at), flushed(c), format, Rounding::nearest_even);
  }
  return c;
}

class ExactReal {
 public:
  ExactReal() { mpfr_inits2(1000, sum_, x_, y_, static_cast<mpfr_ptr>(nullptr)); }  // 2^-298 to 2^262
  ~ExactReal() { mpfr_clears(sum_, x_, y_, static_cast<mpfr_ptr>(nullptr)); }
  ExactReal(const ExactReal&) = delete;
  ExactReal& operator=(const ExactReal&) = delete;

  // c + sum of a b, rounded to odd in binary64; callers, which know the terms, set the sign of a zero.
  double sum(const Vector& a, const Vector& b, double c) {
    mpfr_set_d(sum_, c, MPFR_RNDN);
    for (std::size_t k = 0; k < a.size(); ++k) {
      mpfr_set_d(x_, a[k], MPFR_RNDN);
      mpfr_set_d(y_, b[k], MPFR_RNDN);
      mpfr_fma(sum_, x_, y_, sum_, MPFR_RNDN);
    }
    const double truncated = mpfr_get_d(sum_, MPFR_RNDZ);
    if (std::isnan(truncated) || mpfr_cmp_d(sum_, truncated) == 0) return truncated;
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(truncated) | 1);
  }

 private:
  mpfr_t sum_, x_, y_;
};

void check_kind(const SumKind& kind, const std::string& level, int repeats, std::uint64_t seed, Tally& tally) {
  const Format operand = format_of(kind.operand, "selftest"), format = format_of(kind.format, "selftest");
  const OracleFormat oracle(format);
  Samples samples(seed);
  ExactReal exact;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const int rows = samples.integer(1, 5), inner = samples.integer(1, 20), columns = samples.integer(1, 36);
    const Rounding mode =
        kind.model == kPairs ? Rounding::nearest_even : deterministic_roundings()[static_cast<std::size_t>(repeat % 6)];
    const auto drawn = [&](const Format& from, int count) {
      std::vector<float> values;
      for (int i = 0; i < count; ++i) {
        const double x = repeat % 4 == 0   ? samples.special(from)
                         : repeat % 4 == 1 ? samples.small(from)
                         : repeat % 4 == 2 ? samples.any(from)
                                           : samples.moderate(from);
        values.push_back(static_cast<float>(x));
      }
      return values;
    };
    const std::vector<float> a = drawn(operand, rows * inner), b = drawn(operand, inner * columns),
                             c = drawn(format, rows * columns);
    std::vector<float> sums = c;
    ProductTask<float> task;
    task.rows = rows;
    task.inner = inner;
    task.columns = columns;
    task.a = a.data();
    task.a_stride = inner;
    task.b = b.data();
    task.b_stride = task.accumulator_stride = columns;
    task.accumulator = sums.data();
    task.finite = repeat % 4 != 0;
    task.operand_precision = operand.precision;
    task.operand_min_exponent = operand.min_exponent;
    task.operand_max_exponent = operand.max_exponent;
    accumulate_product(task, {format, mode, kind.fma, kind.model, {}});
    for (int i = 0; i < rows; ++i) {
      const Vector left(a.begin() + i * inner, a.begin() + (i + 1) * inner);
      for (int j = 0; j < columns; ++j) {
        Vector right;
        for (int k = 0; k < inner; ++k) right.push_back(static_cast<double>(b[element(k, j, columns)]));
        const auto e = element(i, j, columns);
        const auto addend = static_cast<double>(c[e]), found = static_cast<double>(sums[e]);
        double expected = 0;
        switch (kind.model) {
          case AccumulationModel::sequential:
            expected = sequential_sum(left, right, addend, kind.fma, oracle, mode);
            break;
          case AccumulationModel::pairwise:
            expected = tree_sum(left, right, addend, oracle, mode);
            break;
          case AccumulationModel::bf16_pairs:
            expected = pairs_sum(left, right, addend);
            break;
          case AccumulationModel::exact:
          case AccumulationModel::matrix_unit:
          case AccumulationModel::lanes:
            expected = rounded(exact.sum(left, right, addend), oracle, mode);
            if (expected == 0 && found == 0) expected = found;
            break;
        }
        if (same(found, expected)) continue;
        tally.mismatch([&] {
          return fmt::format("{} to {}, {}{}, {}, {}, {} products: {}, expected {}", kind.operand, kind.format,
                             name_of(kind.model), kind.fma ? " fma" : "", name_of(mode), level, inner,
                             hexadecimal(found), hexadecimal(expected));
        });
      }
    }
    tally.count(static_cast<std::int64_t>(rows) * columns);
  }
}

}  // namespace

void check_sums(const Runner& runner, Effort effort, Tally& tally) {
  constexpr std::size_t seeds = 4;
  const int repeats = effort == Effort::exhaustive ? 1200 : 120;
  over_levels(runner, std::size(kKinds) * seeds, tally, [&](const std::string& level, std::size_t item, Tally& own) {
    check_kind(kKinds[item / seeds], level, repeats, item, own);
  });
}

}  // namespace tristab::selftest
