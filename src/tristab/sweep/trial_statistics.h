// What the trials of one setting on one input show together: counts, and for each number a distribution. Summaries,
// rankings, tables, closing lines, pages and exports all take their statistics from here, with one rule for each number
// (Field::info.aggregate) for trials that were not finite.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tristab/base/spool.h"
#include "tristab/metric/verdict.h"
#include "tristab/sweep/field.h"

namespace tristab {

// The value below which the fraction p of the sorted values lies, interpolated linearly between order statistics
// (Hyndman and Fan 1996, definition 7: NumPy's and R's default); not interpolated towards an infinity. `sorted`
// ascending, not empty.
double quantile(const std::vector<double>& sorted, double p);

// Of values in any order; NaN is left out, and is the median of nothing.
double median(std::vector<double> values);

inline constexpr std::size_t tail_trials = 20;

// One number over the trials that count for it. NaN where no trial has a value; may be infinite.
struct Distribution {
  std::size_t count = 0;     // trials with a value
  std::size_t infinite = 0;  // of these: +infinity, for signal-to-noise ratios the exact results
  double median = 0;
  double tail = 0;   // 95th percentile (5th where larger is better); NaN for fewer than tail_trials values
  double worst = 0;  // maximum (minimum where larger is better)
  double mean = 0;   // of the finite values, for a number in decibels; infinite without any, NaN for other numbers
};

// `values` in any order, without NaN.
Distribution distribution_of(std::vector<double> values, const NumberInfo& info);

// The numbers that one trial brings, in the order of the fields that are collected: NaN where it has none, infinite
// where the definition gives an infinity (Measured::ranked).
struct TrialNumbers {
  Status status = Status::ok;
  std::optional<Verdict> verdict;
  std::vector<double> values;
};

// The numbers of a record for `fields`.
TrialNumbers trial_numbers(const MatrixResult& matrix, const Record& record, std::span<const Field* const> fields);

class TrialStatistics {
 public:
  // Collects `fields`, which outlive it.
  explicit TrialStatistics(std::span<const Field* const> fields);

  int trials = 0, nonfinite = 0, failed = 0;  // of all trials those with infinities or NaN, and those without an answer
  int pass = 0, marginal = 0, fail = 0;       // verdicts; the others are nonfinite or failed

  int lost() const { return nonfinite + failed; }

  // Long lists of values are kept in `spool`, the same one for every call.
  void add(const TrialNumbers& trial, Spool& spool);

  // Of the field at this position among the collected ones, whose aggregate is a distribution.
  Distribution distribution(std::size_t field, const Spool& spool) const;
  // Of one whose aggregate is largest or sum; NaN where no trial has a value.
  double count(std::size_t field) const { return numbers_[field].count; }

  // The value of every trial in their order, whatever the rule; NaN where there is none.
  std::vector<double> all_values(std::size_t field, const Spool& spool) const;

 private:
  struct Numbers {
    const Field* field;
    SpooledNumbers values;  // of every trial
    double count = 0;
  };
  std::vector<Numbers> numbers_;
  SpooledNumbers finite_;  // of every trial: 1 where the result is finite
};

}  // namespace tristab
