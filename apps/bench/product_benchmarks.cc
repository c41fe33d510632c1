// Emulated products against Eigen's float product.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <memory>

#include "benchmarks.h"
#include "peer.h"
#include "registration.h"
#include "timed_batch.h"
#include "tristab/base/json.h"

namespace tristab {
namespace {

// One line for each arithmetic. Any of tristab list arithmetics can be added if fp32 contains its formats.
struct ArithmeticChoice {
  const char* name;
  const char* parameters;  // JSON
};
constexpr ArithmeticChoice choices[] = {
    {"fp32", R"({"fma": true})"},
    {"tf32", "{}"},
    {"fp16", "{}"},
    {"bf16", "{}"},
    {"fp16-pure", "{}"},
    {"fp16-pure", R"({"fma": true})"},
    {"bf16-pure", "{}"},
    {"bf16-pure", R"({"fma": true})"},
    {"e6m9-pure", R"({"fma": true})"},
    {"e8m12-pure", R"({"fma": true})"},
    {"bf16-h100", "{}"},
    {"tf32-h100", "{}"},
    {"fp16-h100", R"({"accumulate": "fp16"})"},
    {"fp8-h100", "{}"},
    {"fp16-ascend910b", "{}"},
    {"int8", "{}"},
};

// Copies of the operands, for Eigen.
struct Operands {
  explicit Operands(const EmulatedProduct& product) : a(floats(product.a())), b(floats(product.b())) {}
  hwy::AlignedFreeUniquePtr<float[]> a, b;

 private:
  static hwy::AlignedFreeUniquePtr<float[]> floats(const Matrix& x) {
    auto copy = hwy::AllocateAligned<float>(x.values().size());
    std::transform(x.values().begin(), x.values().end(), copy.get(), [](double e) { return static_cast<float>(e); });
    return copy;
  }
};

constexpr std::size_t fewest_alternations = 7;  // for slow products, which fill the time with few runs

// Whether ||C - C_E||_F <= ||C_E||_F / 4. Rounding errors are far smaller in every arithmetic of the table; the
// error of a missing or wrong product is larger.
bool agrees(const Matrix& c, const float* eigen) {
  double difference = 0, size = 0;
  for (std::size_t k = 0; k < c.values().size(); ++k) {
    const double x = c.values()[k], y = eigen[k];
    difference += (x - y) * (x - y);
    size += y * y;
  }
  return size > 0 && difference <= size / 16;
}

void run_product(benchmark::State& state, const SimdLevel& level, EigenProduct eigen_product,
                 const Arithmetic& arithmetic, int n, Structure structure, int& calls) {
  force_level(level);
  EmulatedProduct product(arithmetic, n, structure);
  const Operands own(product), dense(EmulatedProduct(arithmetic, n, Structure::dense));
  const auto eigen_result = hwy::AllocateAligned<float>(static_cast<std::size_t>(n) * static_cast<std::size_t>(n));

  product.run();
  eigen_product(n, n, n, own.a.get(), own.b.get(), eigen_result.get());
  if (!agrees(product.result(), eigen_result.get())) return state.SkipWithError("C is not near A B");

  TimedBatch emulated([&] { product.run(); }, calls);
  calls = emulated.calls();
  TimedBatch eigen([&] { eigen_product(n, n, n, dense.a.get(), dense.b.get(), eigen_result.get()); });
  const auto run_eigen = [&] {
    eigen.warm_up();
    eigen.run();
    emulated.warm_up();
  };
  while (state.KeepRunningBatch(emulated.calls())) {
    emulated.run();
    state.PauseTiming();
    run_eigen();
    state.ResumeTiming();
  }
  while (emulated.samples().size() < fewest_alternations) {
    emulated.run();
    run_eigen();
  }
  benchmark::DoNotOptimize(eigen_result.get());

  std::vector<double> ratios;
  for (std::size_t k = 0; k < emulated.samples().size(); ++k) {
    ratios.push_back(emulated.samples()[k] / eigen.samples()[k]);
  }
  const double operations = 2.0 * n * n * n;
  state.counters["ratio_to_eigen"] = emulated.median() / eigen.median();
  state.counters["ratio_spread"] = (quantile_of(ratios, 0.75) - quantile_of(ratios, 0.25)) / quantile_of(ratios, 0.5);
  state.counters["us_per_product"] = 1e6 * emulated.median();
  state.counters["eigen_gflops"] = 1e-9 * operations / eigen.median();
}

}  // namespace

std::vector<ProductBenchmark> register_product_benchmarks(std::span<const SimdLevel> levels) {
  std::vector<ProductBenchmark> registered;
  for (const SimdLevel& level : levels) {
    const EigenProduct eigen_product = load_eigen_product(level);
    for (const Structure structure : {Structure::dense, Structure::strictly_lower}) {
      for (const auto& [name, parameters] : choices) {
        const Arithmetic arithmetic = make_arithmetic(name, Json::parse(parameters), "product benchmarks");
        for (const int n : benchmark_sizes) {
          const std::string label = arithmetic.label;
          const std::string stem =
              fmt::format("{}/{}/{}", structure == Structure::dense ? "product" : "triangular", label, n);
          const std::string full = benchmark_name(stem, level, levels.size() > 1);
          registered.push_back({full, structure, label, level.name, n});
          const auto body = [=](benchmark::State& state, int& calls) {
            run_product(state, level, eigen_product, arithmetic, n, structure, calls);
          };
          add_benchmark(full, body, benchmark::kMicrosecond);
        }
      }
    }
  }
  return registered;
}

}  // namespace tristab
