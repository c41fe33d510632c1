// Whole cases, exact inverses and sweeps: what a user waits for.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "benchmarks.h"
#include "peer.h"
#include "registration.h"
#include "timed_batch.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/norms.h"
#include "tristab/metric/facts.h"
#include "tristab/metric/measure.h"
#include "tristab/reference/inverse.h"
#include "tristab/sweep/run.h"

namespace tristab {
namespace {

constexpr const char* place = "case benchmarks";
constexpr const char* method_names[] = {"row-substitution", "mch", "mxr", "newton-schulz"};
constexpr const char* arithmetic_names[] = {"fp16", "fp16-pure", "int8"};
constexpr int case_sizes[] = {64, 128};

// A as DeltaNet makes it from correlated keys; without gates, so that no size has more zeros than another.
Matrix typical_matrix(int n) {
  const Json family{{"family", "delta-net"}, {"keys", "silu"}};
  return open_source(expand_family(family, place).front(), 1, 1, {}, place)->problem(n, 0).a;
}

// Repeated until the time of the benchmark is over.
double median_seconds(benchmark::State& state, const std::function<void()>& work, int& calls) {
  TimedBatch batch(work, calls);
  calls = batch.calls();
  while (state.KeepRunningBatch(batch.calls())) batch.run();
  return batch.median();
}

// Eigen's dense float products of the shapes of a trace, each on operands of its own.
class DenseProducts {
 public:
  DenseProducts(EigenProduct multiply, std::vector<ProductShape> shapes)
      : multiply_(multiply), shapes_(std::move(shapes)) {
    std::size_t elements = 0;
    for (const ProductShape& s : shapes_) {
      const int largest = std::max({s.rows * s.inner, s.inner * s.columns, s.rows * s.columns});
      elements = std::max(elements, static_cast<std::size_t>(largest) * static_cast<std::size_t>(s.batch));
    }
    a_ = b_ = std::vector<float>(elements, 0.5F);
    c_.resize(elements);
  }

  void run() {
    for (const ProductShape& s : shapes_) {
      for (std::int64_t k = 0; k < s.count * s.batch; ++k) {
        const std::int64_t block = k % s.batch;
        multiply_(s.rows, s.inner, s.columns, a_.data() + block * s.rows * s.inner,
                  b_.data() + block * s.inner * s.columns, c_.data() + block * s.rows * s.columns);
      }
    }
    benchmark::DoNotOptimize(c_.data());
  }

  bool empty() const { return shapes_.empty(); }

 private:
  EigenProduct multiply_;
  std::vector<ProductShape> shapes_;
  std::vector<float> a_, b_, c_;
};

void run_case(benchmark::State& state, const SimdLevel& level, EigenProduct multiply, const MethodSpec& method,
              const Arithmetic& arithmetic, int n, int& calls) {
  force_level(level);
  const Matrix a = round_input(typical_matrix(n), arithmetic);
  const Reference reference = invert_reference(a);
  const ReferenceFacts facts = establish_facts(a, reference);
  Machines machines;
  Machine& machine = machines.machine_for(arithmetic);
  const Inversion first = invert(method, arithmetic, a, machine);
  // The metrics of a non-finite result end early, so such a case is labelled.
  if (!all_finite(first.x)) state.SetLabel("non-finite result");
  const int precision = arithmetic.quantiser ? 0 : arithmetic.storage.precision;
  const auto one_case = [&] {
    const Inversion inversion = invert(method, arithmetic, a, machine);
    MetricValues metrics = measure(
        {inversion.x, a, reference, facts, arithmetic.unit_roundoff(), precision, arithmetic.storage.min_exponent});
    benchmark::DoNotOptimize(metrics);
  };
  DenseProducts products(multiply, first.trace.total().products);
  TimedBatch cases(one_case, calls);
  calls = cases.calls();
  TimedBatch inversions([&] { benchmark::DoNotOptimize(invert(method, arithmetic, a, machine)); });
  TimedBatch peer([&] { products.run(); }, products.empty() ? 1 : 0);
  while (state.KeepRunningBatch(cases.calls())) {
    cases.run();
    state.PauseTiming();
    inversions.run();
    peer.warm_up();
    peer.run();
    cases.warm_up();
    state.ResumeTiming();
  }
  state.counters["us_per_case"] = 1e6 * cases.median();
  state.counters["us_inversion"] = 1e6 * inversions.median();
  if (!products.empty()) state.counters["ratio_to_products"] = cases.median() / peer.median();
}

// The exact inverse and the facts about it that metrics need, as the reference share of a sweep counts them.
void run_reference(benchmark::State& state, int n, int& calls) {
  const Matrix a = typical_matrix(n);
  const auto one_reference = [&] {
    const Reference reference = invert_reference(a);
    ReferenceFacts facts = establish_facts(a, reference);
    benchmark::DoNotOptimize(facts);
  };
  state.counters["us_per_reference"] = 1e6 * median_seconds(state, one_reference, calls);
}

// Keeps the last report and writes nothing.
class ReportSink : public ResultSink {
 public:
  SerializedRecords render(const MatrixResult&) const override { return {}; }
  void accept(const MatrixResult&, SerializedRecords) override {}
  std::string render_layer(const LayerResult&) const override { return {}; }
  void accept_layer(const LayerResult&, std::string) override {}
  void finish(const SweepReport& done) override { report = done; }
  SweepReport report;
};

// All cores, without writing of results.
void run_whole_sweep(benchmark::State& state, const SimdLevel& level, const std::string& name) {
  force_level(level);
  ReportSink sink;
  std::vector<double> rates;
  try {
    const SweepConfig config = load_config(std::filesystem::path(TRISTAB_SWEEPS) / (name + ".json"), {});
    const Plan plan = make_plan(config);
    while (state.KeepRunning()) {
      run_sweep(config, plan, {}, sink);
      rates.push_back(sink.report.cases_per_second());
    }
  } catch (const InputError& error) {  // the program was moved away from its sources
    return state.SkipWithError(error.what());
  }
  const Seconds& busy = sink.report.busy;
  const double total = busy.total();
  state.counters["cases_per_second"] = quantile_of(rates, 0.5);
  state.counters["threads"] = sink.report.threads;
  state.counters["share_generation"] = busy.generation / total;
  state.counters["share_reference"] = sink.report.reference_share();
  state.counters["share_inversion"] = busy.inversion / total;
  state.counters["share_metrics"] = busy.metrics / total;
}

}  // namespace

void register_case_benchmarks(const SimdLevel& level) {
  const EigenProduct multiply = load_eigen_product(level);
  for (const char* method_name : method_names) {
    const MethodSpec method = expand_method(method_name, place).front();
    for (const char* arithmetic_name : arithmetic_names) {
      const Arithmetic arithmetic = make_arithmetic(arithmetic_name, Json::object(), place);
      for (const int n : case_sizes) {
        const std::string name = fmt::format("case/{}/{}/{}", method.label, arithmetic.label, n);
        const auto body = [=](benchmark::State& state, int& calls) {
          run_case(state, level, multiply, method, arithmetic, n, calls);
        };
        add_benchmark(name, body, benchmark::kMicrosecond);
      }
    }
  }
  for (const int n : benchmark_sizes) {
    const auto body = [=](benchmark::State& state, int& calls) { run_reference(state, n, calls); };
    add_benchmark(fmt::format("reference/{}", n), body, benchmark::kMicrosecond);
  }
  const auto body = [=](benchmark::State& state, int&) { run_whole_sweep(state, level, "quick"); };
  add_benchmark("sweep/quick", body, benchmark::kMillisecond);
}

}  // namespace tristab
