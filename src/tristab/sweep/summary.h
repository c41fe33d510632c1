// Medians and worst cases over the trials of one setting.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/spool.h"
#include "tristab/sweep/plan.h"
#include "tristab/sweep/record.h"

namespace tristab {

// A quantity of a record that summaries describe: every metric that is no count, total_frobenius, growth.
struct SummaryQuantity {
  std::string name;
  bool larger_is_better = false;  // then the worst is the minimum
  bool in_decibels = false;       // then its finite values have a mean, as published (arXiv 2606.06034)
};

const std::vector<SummaryQuantity>& summary_quantities();

// The quantity of that name. Throws std::out_of_range when there is none.
const SummaryQuantity& summary_quantity(std::string_view name);

// Quantiles over the finite trials. NaN: there is none, for the reason given in `undefined`.
struct QuantileRow {
  double median = 0;
  double tail = 0;   // 95th percentile (5th where larger is better); NaN below 20 trials
  double worst = 0;  // maximum (minimum where larger is better)
  double mean = 0;   // of a quantity in decibels; NaN for the others
  std::string undefined_median, undefined_tail, undefined_worst,
      undefined_mean;  // "" where defined, for a tail of few trials, and for a mean that is not wanted
};

inline constexpr std::size_t tail_trials = 20;

// All trials of one scenario, family, size, method and arithmetic.
struct SummaryRow {
  const Scenario* scenario = nullptr;
  const FamilySpec* family = nullptr;
  int n = 0;
  const MethodSpec* method = nullptr;
  const Arithmetic* arithmetic = nullptr;
  const Formation* formation = nullptr;  // null: exact
  const Recipe* kernel = nullptr;
  int trials = 0, nonfinite_trials = 0, failed_trials = 0;
  int pass = 0, marginal = 0, fail = 0;  // verdicts; the non-finite ones are nonfinite_trials
  double overflows = 0;                  // over all trials, of values that methods keep
  double matmuls = 0, depth = 0, vector_depth = 0, workspace_bytes = 0;  // of the costliest trial
  std::vector<QuantileRow> quantities;  // in the order of summary_quantities()
};

// Mean of the values that are finite, added in their order; infinite without any. (The SNR of an exact result is
// infinite: one of them would be the mean of all.) `values` not empty.
double finite_mean(const std::vector<double>& values);

// The value below which the fraction p of the sorted values lies, interpolated linearly between order
// statistics (Hyndman and Fan 1996, definition 7: NumPy's and R's default). `sorted` ascending, not empty.
double quantile(const std::vector<double>& sorted, double p);

// Collects records in case order; a finished group keeps nothing but its rows. Values of many trials are kept on disk.
class SummaryBuilder {
 public:
  explicit SummaryBuilder(const Plan& plan) : plan_(plan) {}
  void add(const MatrixResult& result);
  std::vector<SummaryRow> finish();  // in case order

 private:
  struct Cell {
    SummaryRow row;
    std::vector<SpooledNumbers> values;  // one list a quantity; infinities stay in them
  };
  void close_group();

  const Plan& plan_;
  Spool spool_;  // of the current group
  std::size_t group_ = 0;
  std::vector<Cell> cells_;  // methods x arithmetics of the current group
  std::vector<SummaryRow> rows_;
};

}  // namespace tristab
