// Rounding of a row of fp32 values to a format.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <hwy/aligned_allocator.h>

#include "benchmarks.h"
#include "registration.h"
#include "timed_batch.h"
#include "tristab/arithmetic/kernels.h"
#include "tristab/base/random.h"

namespace tristab {
namespace {

constexpr const char* format_names[] = {"fp16", "bf16", "tf32", "e4m3", "e6m9"};
constexpr int elements = 4096;

// The row is rounded again and again where it lies: copying fresh values would cost as much as rounding them,
// and the time does not depend on the values, because the kernels do not branch on them.
void run_rounding(benchmark::State& state, const SimdLevel& level, const Format& format, int& calls) {
  force_level(level);
  const RandomStream stream("bench/round");
  const auto row = hwy::AllocateAligned<float>(elements);
  for (std::size_t i = 0; i < elements; ++i) row[i] = static_cast<float>(stream.normal(i));
  TimedBatch rounding([&] { round_row(row.get(), row.get(), elements, format, Rounding::nearest_even); }, calls);
  calls = rounding.calls();
  while (state.KeepRunningBatch(rounding.calls())) rounding.run();
  benchmark::DoNotOptimize(row.get());
  state.counters["ns_per_element"] = 1e9 * rounding.median() / elements;
}

}  // namespace

void register_rounding_benchmarks(std::span<const SimdLevel> levels) {
  for (const SimdLevel& level : levels) {
    for (const char* name : format_names) {
      const Format format = format_of(name, "rounding benchmarks");
      const std::string stem = fmt::format("round/{}/{}", name, elements);
      const auto body = [=](benchmark::State& state, int& calls) { run_rounding(state, level, format, calls); };
      add_benchmark(benchmark_name(stem, level, levels.size() > 1), body, benchmark::kNanosecond);
    }
  }
}

}  // namespace tristab
