#include "tristab/sweep/trial_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tristab {
namespace {

constexpr std::array<TrialCount, 9> count_table{{{"trials", &TrialCounts::trials, "trials"},
                                                 {"nonfinite_trials", &TrialCounts::nonfinite, "nonfinite"},
                                                 {"failed_trials", &TrialCounts::failed, "failed"},
                                                 {"trivial", &TrialCounts::trivial, "trivial"},
                                                 {"fit", &TrialCounts::fit, "fit"},
                                                 {"unfit", &TrialCounts::unfit, "unfit"},
                                                 {"normal", &TrialCounts::normal},
                                                 {"high", &TrialCounts::high},
                                                 {"excessive", &TrialCounts::excessive}}};

bool is_distributed(const Field& field) {
  return field.info.aggregate == Aggregate::judged_trials || field.info.aggregate == Aggregate::all_trials;
}

std::size_t count_of(std::span<const Field* const> fields, bool distributed) {
  return static_cast<std::size_t>(
      std::ranges::count(fields, distributed, [](const Field* field) { return is_distributed(*field); }));
}

// The columns of a trial; those of its numbers follow.
constexpr std::size_t kind_column = 0, matrix_column = 1, first_column = 2;

// What the numbers of a trial count for.
constexpr double judged_kind = 0, trivial_kind = 1, nonfinite_kind = 2, no_answer_kind = 3;

// The mean of the finite values, added in their order; infinite if there are none. (The SNR of an exact result is
// infinite, and a single one would make the mean infinite.)
double finite_mean(const std::vector<double>& values) {
  double sum = 0;
  int count = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    sum += value;
    ++count;
  }
  return count == 0 ? values.front() : sum / count;
}

}  // namespace

double quantile(const std::vector<double>& sorted, double p) {
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const double fraction = position - static_cast<double>(below);
  if (fraction == 0 || sorted[below] == sorted[below + 1] || std::isinf(sorted[below])) return sorted[below];
  return sorted[below] + fraction * (sorted[below + 1] - sorted[below]);
}

double median(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return nan;
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

Distribution distribution_of(std::vector<double> values, const NumberInfo& info) {
  Distribution result{values.size(), 0, nan, nan, nan, nan};
  if (values.empty()) return result;
  if (info.decibels) result.mean = finite_mean(values);
  std::sort(values.begin(), values.end());
  result.infinite = static_cast<std::size_t>(std::count(values.begin(), values.end(), infinity));
  result.median = quantile(values, 0.5);
  if (values.size() >= tail_trials) result.tail = quantile(values, info.larger_is_better ? 0.05 : 0.95);
  result.worst = info.larger_is_better ? values.front() : values.back();
  return result;
}

void TrialCounts::add(Status status, std::optional<ForFormat> word, std::optional<Fit> fits) {
  ++trials;
  nonfinite += status == Status::nonfinite;
  failed += status == Status::failed;
  trivial += fits == Fit::trivial;
  fit += fits == Fit::fit;
  unfit += fits == Fit::unfit;
  normal += word == ForFormat::normal;
  high += word == ForFormat::high;
  excessive += word == ForFormat::excessive;
}

TrialCounts& TrialCounts::operator+=(const TrialCounts& other) {
  for (const TrialCount& count : count_table) this->*count.value += other.*count.value;
  return *this;
}

std::span<const TrialCount> trial_counts() { return count_table; }

TrialNumbers trial_numbers(const MatrixResult& matrix, const Record& record, std::span<const Field* const> fields) {
  TrialNumbers trial{record.status, record.for_format, record.fit, {}, 0};
  for (const Field* field : fields)
    trial.values.push_back(field->number(matrix, record).ranked(field->info.larger_is_better));
  return trial;
}

TrialStatistics::TrialStatistics(std::span<const Field* const> fields)
    : fields_(fields), counts_(count_of(fields, false), nan), rows_(first_column + count_of(fields, true)) {}

std::size_t TrialStatistics::column_of(std::size_t field) const {
  const bool distributed = is_distributed(*fields_[field]);
  return (distributed ? first_column : 0) + count_of(fields_.first(field), distributed);
}

void TrialStatistics::add(const TrialNumbers& trial, Spool& spool) {
  TrialCounts::add(trial.status, trial.for_format, trial.fit);
  const double kind = trial.status == Status::nonfinite ? nonfinite_kind
                      : trial.status == Status::failed  ? no_answer_kind
                      : trial.fit == Fit::trivial       ? trivial_kind
                                                        : judged_kind;
  std::vector<double> row{kind, static_cast<double>(trial.matrix)};
  std::size_t counted = 0;
  for (std::size_t k = 0; k < fields_.size(); ++k) {
    const double value = trial.values[k];
    if (is_distributed(*fields_[k])) {
      row.push_back(value);
      continue;
    }
    double& count = counts_[counted++];
    if (std::isnan(value)) continue;
    const double before = std::isnan(count) ? 0 : count;
    count = fields_[k]->info.aggregate == Aggregate::sum ? before + value : std::max(before, value);
  }
  rows_.append(row, spool);
}

Distribution TrialStatistics::distribution(std::size_t field, const Spool& spool) const {
  std::vector<double> values = counted_values(field, spool);
  std::erase_if(values, [](double value) { return std::isnan(value); });
  return distribution_of(std::move(values), fields_[field]->info);
}

std::vector<double> TrialStatistics::counted_values(std::size_t field, const Spool& spool) const {
  const NumberInfo& info = fields_[field]->info;
  std::vector<double> values = rows_.column(column_of(field), spool);
  if (lost() + trivial == 0) return values;
  const bool judges = info.aggregate == Aggregate::judged_trials;
  const double worst = info.larger_is_better ? -infinity : infinity;
  const std::vector<double> kinds = rows_.column(kind_column, spool);
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (kinds[k] == trivial_kind || kinds[k] == no_answer_kind) values[k] = nan;
    if (kinds[k] == nonfinite_kind && judges) values[k] = worst;
  }
  return values;
}

std::vector<std::size_t> TrialStatistics::matrices(const Spool& spool) const {
  const std::vector<double> positions = rows_.column(matrix_column, spool);
  return {positions.begin(), positions.end()};
}

}  // namespace tristab
