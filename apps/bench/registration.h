// Adds benchmarks to those that Google Benchmark runs.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <string>

#include "simd_level.h"

namespace tristab {

// What a benchmark does. `calls` belongs to the benchmark: 0 at first, then the number of calls in a batch
// (timed_batch.h), which must be the same for all repetitions.
using BenchmarkBody = std::function<void(benchmark::State& state, int& calls)>;

// Times are printed in `unit`.
void add_benchmark(const std::string& name, BenchmarkBody body, benchmark::TimeUnit unit);

// "product/fp16/64", with "/level:avx2" at the end where several levels are measured in one run.
std::string benchmark_name(const std::string& stem, const SimdLevel& level, bool several_levels);

}  // namespace tristab
