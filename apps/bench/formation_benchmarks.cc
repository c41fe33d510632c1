// Drawing keys and gates, and forming A from them.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "benchmarks.h"
#include "registration.h"
#include "timed_batch.h"
#include "tristab/base/json.h"
#include "tristab/layer/formation.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/matrix/source.h"

namespace tristab {
namespace {

constexpr const char* place = "formation benchmarks";
constexpr const char* families[] = {"delta-net", "gdn", "kda"};
constexpr int sizes[] = {64, 128};

double median_seconds(benchmark::State& state, const std::function<void()>& work, int& calls) {
  TimedBatch batch(work, calls);
  calls = batch.calls();
  while (state.KeepRunningBatch(batch.calls())) batch.run();
  return batch.median();
}

std::unique_ptr<Source> source_of(const char* family) {
  return open_source(expand_family(Json{{"family", family}, {"keys", "silu"}}, place).front(), 1, 1, {}, place);
}

void run_formation(benchmark::State& state, const SimdLevel& level, const char* family, const Formation& formation,
                   int n, int& calls) {
  force_level(level);
  const std::shared_ptr<const TokenInputs> tokens = source_of(family)->problem(n, 0).tokens;
  Machines machines;
  const auto one_matrix = [&] {
    Matrix a = form(factors_of(*tokens), Triangle::strictly_lower, formation, machines);
    benchmark::DoNotOptimize(a);
  };
  state.counters["us_per_matrix"] = 1e6 * median_seconds(state, one_matrix, calls);
}

// Keys, betas and gates of one chunk, and A formed from them.
void run_generation(benchmark::State& state, const char* family, int n, int& calls) {
  const std::unique_ptr<Source> source = source_of(family);
  const auto one_problem = [&] {
    Problem problem = source->problem(n, 0);
    benchmark::DoNotOptimize(problem);
  };
  state.counters["us_per_matrix"] = 1e6 * median_seconds(state, one_problem, calls);
}

}  // namespace

void register_formation_benchmarks(const SimdLevel& level) {
  const Formation exact = expand_formation("exact", place).front(),
                  gram = expand_formation("gram:product=bf16-h100", place).front();
  for (const char* family : families) {
    for (const int n : sizes) {
      for (const Formation& formation : {exact, gram}) {
        if (formation.kind == Formation::Kind::gram && std::string_view(family) == "kda") continue;
        const auto body = [=](benchmark::State& state, int& calls) {
          run_formation(state, level, family, formation, n, calls);
        };
        add_benchmark(fmt::format("form/{}/{}/{}", formation.name, family, n), body, benchmark::kMicrosecond);
      }
      const auto body = [=](benchmark::State& state, int& calls) { run_generation(state, family, n, calls); };
      add_benchmark(fmt::format("generate/{}/{}", family, n), body, benchmark::kMicrosecond);
    }
  }
}

}  // namespace tristab
