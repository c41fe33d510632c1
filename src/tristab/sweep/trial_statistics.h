// Statistics over the trials of one setting on one input: counts, and a distribution of each number. Summaries,
// rankings, tables, closing lines, pages and exports all use them. Whether trials that are not finite count is
// decided for each number by Field::info.aggregate.
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
// (Hyndman and Fan 1996, definition 7: NumPy's and R's default); not interpolated towards an infinity. `sorted` is
// ascending and not empty.
double quantile(const std::vector<double>& sorted, double p);

// The median of values in any order. NaN values are left out; if no value remains, the median is NaN.
double median(std::vector<double> values);

inline constexpr std::size_t tail_trials = 20;

// One number over the trials that count for it. NaN if no trial has a value; may be infinite.
struct Distribution {
  std::size_t count = 0;     // trials with a value
  std::size_t infinite = 0;  // of these +infinity (exact results, for signal-to-noise ratios)
  double median = 0;
  double tail = 0;   // 95th percentile (5th where larger is better); NaN for fewer than tail_trials values
  double worst = 0;  // maximum (minimum where larger is better)
  double mean = 0;   // of finite values, only for decibels; infinite if there are none, NaN for other numbers
};

// `values` in any order, without NaN.
Distribution distribution_of(std::vector<double> values, const NumberInfo& info);

// The numbers of one trial, in the order of the collected fields: NaN if it has none, infinite if the definition
// gives an infinity (Measured::ranked).
struct TrialNumbers {
  Status status = Status::ok;
  std::optional<ForFormat> for_format;
  std::optional<Fit> fit;
  std::vector<double> values;
  std::size_t matrix = 0;  // a position, for those who ask which matrix each trial had
};

// The numbers of a record for `fields`.
TrialNumbers trial_numbers(const MatrixResult& matrix, const Record& record, std::span<const Field* const> fields);

// Counts of the trials of one setting on one input: of matrices, or of sequences.
struct TrialCounts {
  int trials = 0, nonfinite = 0, failed = 0;  // all of them, those with infinities or NaN, and those without an answer
  int trivial = 0;                            // inputs that show nothing: no statistics are taken of them
  int fit = 0, unfit = 0;                     // for the requirement; the others are trivial, nonfinite or failed
  int normal = 0, high = 0, excessive = 0;    // for their format; likewise

  void add(Status status, std::optional<ForFormat> word, std::optional<Fit> fits);
  TrialCounts& operator+=(const TrialCounts& other);

  int lost() const { return nonfinite + failed; }
  int unusable() const { return lost() + unfit; }
  int judged() const { return trials - trivial; }  // those that statistics of errors are taken of
};

struct TrialCount {
  const char* name;
  int TrialCounts::*value;
  const char* page_name = nullptr;  // in the data of pages; null: they do not have it
};
std::span<const TrialCount> trial_counts();

// There may be as many of them as trials, so they hold little but the numbers.
class TrialStatistics : public TrialCounts {
 public:
  // Collects `fields`; the list outlives it.
  explicit TrialStatistics(std::span<const Field* const> fields);

  // Long lists of values are kept in `spool`, the same one for every call.
  void add(const TrialNumbers& trial, Spool& spool);

  // Of the field at this position among the collected ones, if its aggregate is a distribution.
  Distribution distribution(std::size_t field, const Spool& spool) const;
  // The same if its aggregate is largest or sum; NaN if no trial has a value.
  double count(std::size_t field) const { return counts_[column_of(field)]; }

  // The value of every trial in order, as distribution() takes it: NaN where it does not count or there is none.
  std::vector<double> counted_values(std::size_t field, const Spool& spool) const;

  std::vector<std::size_t> matrices(const Spool& spool) const;  // of each trial

 private:
  // The place of a field's numbers among those of its sort: in rows_, or in counts_.
  std::size_t column_of(std::size_t field) const;

  std::span<const Field* const> fields_;
  std::vector<double> counts_;  // of fields without a distribution
  SpooledRows rows_;            // of every trial: what it counts for, its matrix, and numbers with a distribution
};

}  // namespace tristab
