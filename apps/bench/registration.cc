#include "registration.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace tristab {
namespace {

class BodyBenchmark final : public benchmark::internal::Benchmark {
 public:
  BodyBenchmark(const std::string& name, BenchmarkBody body) : Benchmark(name.c_str()), body_(std::move(body)) {}
  void Run(benchmark::State& state) override { body_(state, calls_); }

 private:
  BenchmarkBody body_;
  int calls_ = 0;
};

}  // namespace

void add_benchmark(const std::string& name, BenchmarkBody body, benchmark::TimeUnit unit) {
  auto added = std::make_unique<BodyBenchmark>(name, std::move(body));
  added->Unit(unit);
  benchmark::internal::RegisterBenchmarkInternal(added.release());  // which owns it from here on
}

std::string benchmark_name(const std::string& stem, const SimdLevel& level, bool several_levels) {
  return several_levels ? fmt::format("{}/level:{}", stem, level.name) : stem;
}

}  // namespace tristab
