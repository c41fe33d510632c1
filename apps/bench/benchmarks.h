// The benchmarks by kind; each function registers its own with Google Benchmark.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "emulated_product.h"
#include "simd_level.h"

namespace tristab {

inline constexpr int benchmark_sizes[] = {16, 32, 64, 128, 256};

// A product benchmark, for the table at the end of a run.
struct ProductBenchmark {
  std::string name;
  Structure structure = Structure::dense;
  std::string arithmetic, level;
  int n = 0;
};

// product/<arithmetic>/<n>, triangular/<arithmetic>/<n>. Counters: `ratio_to_eigen` (median time over the
// median time of Eigen's dense float product of that size; the two run alternately), `ratio_spread` (distance between
// the quartiles of the single ratios, over their median), `us_per_product` (median), `eigen_gflops`.
std::vector<ProductBenchmark> register_product_benchmarks(std::span<const SimdLevel> levels);

// round/<format>/4096, in place and hot in cache. Counter: `ns_per_element` (median).
void register_rounding_benchmarks(std::span<const SimdLevel> levels);

// case/<method>/<arithmetic>/<n>, reference/<n>, sweep/quick, at one level. Counters: `us_per_case` (median,
// inversion and metrics without the reference), `ratio_to_products` (over the median time of Eigen's dense float
// products of the shapes that the case multiplied; the two run alternately), `us_inversion`; `us_per_reference`
// (median, inverse and facts), `us_inverse`, `us_condition`, `ratio_to_eigen` (the reference beside Eigen's float
// product, as above); `cases_per_second`, `ratio_to_one_thread`, the shares of the threads' time, and `share_output`,
// that of a JSON file where one is written. scaling.py fits exponents of n to these times.
void register_case_benchmarks(const SimdLevel& level);

// form/<formation>/<family>/<n> (A from given keys and gates of head_dim 128), generate/<family>/<n> (keys and gates
// drawn, and A formed from them), at one level. Counter: `us_per_matrix` (median).
void register_formation_benchmarks(const SimdLevel& level);

}  // namespace tristab
