// Compares every kernel at every SIMD level with the same kernel at the one-lane baseline, bit for bit.
#include <fmt/format.h>

#include <map>
#include <span>
#include <vector>

#include "tristab/arithmetic/kernels.h"
#include "tristab/arithmetic/presets.h"
#include "tristab/base/json.h"
#include "tristab/selftest/check_list.h"
#include "tristab/selftest/formats.h"
#include "tristab/selftest/samples.h"
#include "tristab/selftest/simd_levels.h"

namespace tristab::selftest {
namespace {

// What one call of a kernel wrote.
struct Record {
  std::string what;
  std::vector<std::uint64_t> bits;
};
using Transcript = std::vector<Record>;

template <class Carrier>
Record record_of(std::string what, std::span<const Carrier> values) {
  Record record{std::move(what), {}};
  for (const Carrier x : values) record.bits.push_back(bits_of(static_cast<double>(x)));
  return record;
}

double draw(Samples& samples, const Format& format, int kind) {
  switch (kind % 5) {
    case 0:
      return samples.moderate(format);
    case 1:
      return samples.any(format);
    case 2:
      return samples.small(format);
    case 3:
      return samples.chance(3) ? samples.any(format) : 0.0;
    default:
      return samples.special(format);
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
bool all_finite(const std::vector<Carrier>& values) {
  for (const Carrier x : values) {
    if (!std::isfinite(x)) return false;
  }
  return true;
}

template <class Carrier>
void record_products(Transcript& transcript, const std::string& name, const Format& operand,
                     const Accumulation& accumulation, std::uint64_t seed, int repeats) {
  Samples samples(seed);
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const int rows = samples.integer(1, 9), inner = samples.integer(1, 40), columns = samples.integer(1, 70);
    const std::vector<Carrier> a = drawn<Carrier>(samples, operand, repeat, rows * inner),
                               b = drawn<Carrier>(samples, operand, repeat, inner * columns);
    std::vector<Carrier> c = drawn<Carrier>(samples, accumulation.format, repeat, rows * columns);
    ProductTask<Carrier> task = dense_task<Carrier>(a.data(), b.data(), c.data(), rows, inner, columns, operand);
    task.finite = all_finite(a) && all_finite(b) && all_finite(c);
    task.skip_zeros = task.finite && accumulation.rounding != Rounding::down &&
                      !contains_negative_zero(static_cast<const Carrier*>(c.data()), rows * columns);
    task.draws = seed;
    accumulate_product(task, accumulation);
    transcript.push_back(record_of<Carrier>(fmt::format("{}, {} x {} x {}", name, rows, inner, columns), c));
  }
}

struct ProductKind {
  std::string name;
  Format operand;
  Accumulation accumulation;
  bool in_double;
};

std::vector<ProductKind> product_kinds() {
  std::vector<ProductKind> kinds;
  const auto add = [&](const char* operand, const char* format, Rounding rounding, bool fma, AccumulationModel model,
                       bool in_double) {
    kinds.push_back({fmt::format("{} to {}, {}{}, {}{}", operand, format, name_of(model), fma ? " fma" : "",
                                 name_of(rounding), in_double ? ", double" : ""),
                     format_of(operand, "selftest"),
                     {format_of(format, "selftest"), rounding, fma, model, {}},
                     in_double});
  };
  constexpr AccumulationModel sequential = AccumulationModel::sequential;
  for (const char* operand : {"fp16", "bf16", "tf32", "e4m3", "e5m2", "e5m7", "e8m12", "fp32"}) {
    for (const bool fma : {false, true}) {
      for (const Rounding mode : deterministic_roundings()) add(operand, operand, mode, fma, sequential, false);
      add(operand, "fp32", Rounding::nearest_even, fma, sequential, false);
      add(operand, operand, Rounding::nearest_even, fma, sequential, true);
      add(operand, operand, Rounding::stochastic, fma, sequential, false);
    }
    add(operand, "fp32", Rounding::nearest_even, false, AccumulationModel::pairwise, false);
    add(operand, "fp32", Rounding::nearest_even, false, AccumulationModel::exact, false);
  }
  for (const char* format : {"fp64", "e9m50", "fp32"}) {
    for (const bool fma : {false, true}) {
      add("fp64", format, Rounding::nearest_even, fma, sequential, true);
      add("fp64", format, Rounding::toward_zero, fma, sequential, true);
    }
  }
  for (const UnitPreset& preset : unit_presets()) {
    const Arithmetic arithmetic = make_arithmetic(preset.name, Json::object(), "selftest");
    kinds.push_back({preset.name, arithmetic.operand, arithmetic.product, false});
  }
  return kinds;
}

template <class Carrier>
void record_rows(Transcript& transcript, const Format& format, std::uint64_t seed) {
  constexpr Operation operations[] = {Operation::add, Operation::subtract, Operation::multiply, Operation::divide,
                                      Operation::square_root};
  const Format& carrier = sizeof(Carrier) == sizeof(float) ? fp32_format() : fp64_format();
  Samples samples(seed);
  const auto record = [&](const char* what, Rounding mode, const std::vector<Carrier>& values) {
    transcript.push_back(record_of<Carrier>(
        fmt::format("{}, {}, {}, {} elements", what, format.name, name_of(mode), values.size()), values));
  };
  for (int kind = 0; kind < 5; ++kind) {
    const int count = samples.integer(1, 150);
    const auto x = drawn<Carrier>(samples, format, kind, count), y = drawn<Carrier>(samples, format, kind, count),
               wide = drawn<Carrier>(samples, carrier, kind, count);
    std::vector<Carrier> z(x.size());
    for (const Rounding mode : deterministic_roundings()) {
      for (const Operation operation : operations) {
        apply_operation(operation, x.data(), y.data(), z.data(), count, format, mode);
        record("single operation", mode, z);
      }
      for (const Carrier sign : {Carrier{1}, Carrier{-1}}) {
        z = x;
        accumulate_sum(z.data(), y.data(), sign, count, {format, mode});
        record("sum", mode, z);
      }
      round_row(wide.data(), z.data(), count, format, mode);
      record("rounding", mode, z);
      z = wide;
      RowStatistics statistics;
      gather_statistics(static_cast<const Carrier*>(z.data()), count, statistics);
      round_row_counted(z.data(), count, format, mode, statistics);
      record("counted rounding", mode, z);
      transcript.push_back(
          {fmt::format("counts of {}, {}", format.name, name_of(mode)),
           {bits_of(statistics.largest), static_cast<std::uint64_t>(statistics.nonfinite),
            static_cast<std::uint64_t>(statistics.overflows), static_cast<std::uint64_t>(statistics.underflows),
            contains_negative_zero(static_cast<const Carrier*>(wide.data()), count) ? 1U : 0U}});
    }
  }
}

// Runs every item at the baseline, then at every other level.
void compare_levels(const Runner& runner, std::size_t items, Tally& tally,
                    const std::function<Transcript(std::size_t)>& transcript_of) {
  std::vector<Transcript> baseline(items);
  {
    const UseLevel use(simd_levels().back());
    Tally none;
    runner.over(
        items, [&](std::size_t item, Tally&) { baseline[item] = transcript_of(item); }, none);
  }
  for (const SimdLevel& level : simd_levels()) {
    if (level.target == simd_levels().back().target) continue;
    const UseLevel use(level);
    runner.over(
        items,
        [&](std::size_t item, Tally& own) {
          const Transcript found = transcript_of(item);
          for (std::size_t r = 0; r < found.size(); ++r) {
            const std::vector<std::uint64_t>&bits = found[r].bits, &expected = baseline[item][r].bits;
            for (std::size_t e = 0; e < bits.size(); ++e) {
              if (bits[e] == expected[e]) continue;
              own.mismatch([&] {
                return fmt::format("{}, {}, element {}: 0x{:016x}, at the baseline 0x{:016x}", found[r].what,
                                   level.name, e, bits[e], expected[e]);
              });
            }
            own.count(static_cast<std::int64_t>(bits.size()));
          }
        },
        tally);
  }
}

}  // namespace

void check_product_levels(const Runner& runner, Effort effort, Tally& tally) {
  const std::vector<ProductKind> kinds = product_kinds();
  const int repeats = effort == Effort::exhaustive ? 100 : 40;
  compare_levels(runner, kinds.size(), tally, [&](std::size_t item) {
    const ProductKind& kind = kinds[item];
    Transcript transcript;
    if (kind.in_double) {
      record_products<double>(transcript, kind.name, kind.operand, kind.accumulation, item + 1, repeats);
    } else {
      record_products<float>(transcript, kind.name, kind.operand, kind.accumulation, item + 1, repeats);
    }
    return transcript;
  });
}

void check_row_levels(const Runner& runner, Effort effort, Tally& tally) {
  const std::vector<Format>& formats = named_formats();
  const std::size_t seeds = effort == Effort::exhaustive ? 100 : 30;
  compare_levels(runner, formats.size() * seeds, tally, [&](std::size_t item) {
    const Format& format = formats[item / seeds];
    Transcript transcript;
    if (format.inside(fp32_format())) record_rows<float>(transcript, format, item + 1);
    record_rows<double>(transcript, format, item + 1);
    return transcript;
  });
}

}  // namespace tristab::selftest
