// Whole cases, exact inverses and sweeps: what a user waits for.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <memory>
#include <type_traits>

#include "benchmarks.h"
#include "peer.h"
#include "registration.h"
#include "timed_batch.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/norms.h"
#include "tristab/metric/facts.h"
#include "tristab/metric/measure.h"
#include "tristab/reference/condition.h"
#include "tristab/reference/inverse.h"
#include "tristab/report/result_writer.h"
#include "tristab/sweep/run.h"
#include "tristab/sweep/stopwatch.h"

namespace tristab {
namespace {

constexpr const char* place = "case benchmarks";
constexpr const char* method_names[] = {"row-substitution", "mch", "mxr", "newton-schulz"};
constexpr const char* arithmetic_names[] = {"fp16", "fp16-pure", "int8"};
constexpr int case_sizes[] = {16, 64, 128, 256};

// A as DeltaNet makes it from correlated keys; without gates, so that no size has more zeros than another.
Matrix typical_matrix(int n) {
  const Json family{{"family", "delta-net"}, {"keys", "silu"}};
  return open_source(expand_family(family, place).front(), 1, 1, {}, place)->problem(n, 0).a;
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

// The exact inverse and the facts about it that metrics need, as the reference share of a sweep counts them;
// alternately, Eigen's float product of the same size.
void run_reference(benchmark::State& state, EigenProduct multiply, int n, int& calls) {
  const Matrix a = typical_matrix(n);
  const std::vector<float> operand(a.values().begin(), a.values().end());
  std::vector<float> product(operand.size());
  TimedBatch references(
      [&] {
        const Reference reference = invert_reference(a);
        ReferenceFacts facts = establish_facts(a, reference);
        benchmark::DoNotOptimize(facts);
      },
      calls);
  calls = references.calls();
  TimedBatch inverses([&] { benchmark::DoNotOptimize(invert_reference(a)); });
  const Reference reference = invert_reference(a);
  const double norm_2 = establish_facts(a, reference).whole.two;
  TimedBatch conditions([&] { benchmark::DoNotOptimize(report_condition(a, reference, norm_2)); });
  TimedBatch eigen([&] { multiply(n, n, n, operand.data(), operand.data(), product.data()); });
  while (state.KeepRunningBatch(references.calls())) {
    references.run();
    state.PauseTiming();
    inverses.run();
    conditions.run();
    eigen.warm_up();
    eigen.run();
    references.warm_up();
    state.ResumeTiming();
  }
  state.counters["us_per_reference"] = 1e6 * references.median();
  state.counters["us_inverse"] = 1e6 * inverses.median();
  state.counters["us_condition"] = 1e6 * conditions.median();
  state.counters["ratio_to_eigen"] = references.median() / eigen.median();
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

// Writes a result file and counts the seconds of that, on all threads together.
class WritingSink final : public ResultSink {
 public:
  explicit WritingSink(std::unique_ptr<ResultSink> writer) : writer_(std::move(writer)) {}
  SerializedRecords render(const MatrixResult& result) const override {
    return timed([&] { return writer_->render(result); });
  }
  void accept(const MatrixResult& result, SerializedRecords rendered) override {
    timed([&] { writer_->accept(result, std::move(rendered)); });
  }
  std::string render_layer(const LayerResult& result) const override {
    return timed([&] { return writer_->render_layer(result); });
  }
  void accept_layer(const LayerResult& result, std::string rendered) override {
    timed([&] { writer_->accept_layer(result, std::move(rendered)); });
  }
  void finish(const SweepReport& report) override {
    timed([&] { writer_->finish(report); });
    share_ = seconds_ / (seconds_ + report.busy.total());
  }
  double share() const { return share_; }

 private:
  template <class Work>
  std::invoke_result_t<Work> timed(const Work& work) const {
    struct Addition {
      ~Addition() { total.fetch_add(own); }
      std::atomic<double>& total;
      double own = 0;
    } addition{seconds_};
    const Stopwatch watch(addition.own);
    return work();
  }

  std::unique_ptr<ResultSink> writer_;
  mutable std::atomic<double> seconds_ = 0;
  double share_ = 0;
};

double share_of_output(const SweepConfig& config, const Plan& plan) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / fmt::format("tristab-bench-{}.json", getpid());
  double share = 0;
  {
    RunHeader header{{"tristab-bench"}, "", config.json(), config.seed, plan.cases};
    header.plan = &plan;  // with a journal, as sweep does it
    WritingSink sink(make_json_writer(path.string(), header));
    run_sweep(config, plan, {}, sink);
    share = sink.share();
  }
  std::filesystem::remove(path);
  return share;
}

// All cores, without writing of results; alternately, on one thread.
void run_whole_sweep(benchmark::State& state, const SimdLevel& level, const std::string& name) {
  force_level(level);
  ReportSink sink;
  std::vector<double> rates, rates_of_one;
  try {
    const SweepConfig config = load_config(std::filesystem::path(TRISTAB_SWEEPS) / (name + ".json"), {});
    const Plan plan = make_plan(config);
    while (state.KeepRunning()) {
      run_sweep(config, plan, {}, sink);
      rates.push_back(sink.report.cases_per_second());
      state.PauseTiming();
      ReportSink one;
      RunOptions one_thread;
      one_thread.jobs = 1;
      run_sweep(config, plan, one_thread, one);
      rates_of_one.push_back(one.report.cases_per_second());
      state.ResumeTiming();
    }
    state.counters["share_output"] = share_of_output(config, plan);
  } catch (const InputError& error) {  // the program was moved away from its sources
    return state.SkipWithError(error.what());
  }
  const Seconds& busy = sink.report.busy;
  const double total = busy.total();
  state.counters["cases_per_second"] = quantile_of(rates, 0.5);
  state.counters["threads"] = sink.report.threads;
  state.counters["ratio_to_one_thread"] = quantile_of(rates, 0.5) / quantile_of(rates_of_one, 0.5);
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
    const auto body = [=](benchmark::State& state, int& calls) {
      force_level(level);
      run_reference(state, multiply, n, calls);
    };
    add_benchmark(fmt::format("reference/{}", n), body, benchmark::kMicrosecond);
  }
  const auto body = [=](benchmark::State& state, int&) { run_whole_sweep(state, level, "quick"); };
  add_benchmark("sweep/quick", body, benchmark::kMillisecond);
}

}  // namespace tristab
