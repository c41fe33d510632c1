#include "tristab/sweep/trial_statistics.h"

#include <algorithm>
#include <cmath>

namespace tristab {
namespace {

bool is_distributed(const Field& field) {
  return field.info.aggregate == Aggregate::judged_trials || field.info.aggregate == Aggregate::all_trials;
}

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

TrialNumbers trial_numbers(const MatrixResult& matrix, const Record& record, std::span<const Field* const> fields) {
  TrialNumbers trial{record.status, record.for_format, record.fit, {}};
  for (const Field* field : fields)
    trial.values.push_back(field->number(matrix, record).ranked(field->info.larger_is_better));
  return trial;
}

TrialStatistics::TrialStatistics(std::span<const Field* const> fields) {
  for (const Field* field : fields) numbers_.push_back({field, {}, nan});
}

void TrialStatistics::add(const TrialNumbers& trial, Spool& spool) {
  ++trials;
  nonfinite += trial.status == Status::nonfinite;
  failed += trial.status == Status::failed;
  trivial += trial.fit == Fit::trivial;
  fit += trial.fit == Fit::fit;
  unfit += trial.fit == Fit::unfit;
  normal += trial.for_format == ForFormat::normal;
  high += trial.for_format == ForFormat::high;
  excessive += trial.for_format == ForFormat::excessive;
  const double kind = trial.status == Status::nonfinite ? nonfinite_kind
                      : trial.status == Status::failed  ? no_answer_kind
                      : trial.fit == Fit::trivial       ? trivial_kind
                                                        : judged_kind;
  kinds_.append(kind, spool);
  for (std::size_t k = 0; k < numbers_.size(); ++k) {
    Numbers& numbers = numbers_[k];
    const double value = trial.values[k];
    if (is_distributed(*numbers.field)) {
      numbers.values.append(value, spool);
    } else if (!std::isnan(value)) {
      const double before = std::isnan(numbers.count) ? 0 : numbers.count;
      numbers.count = numbers.field->info.aggregate == Aggregate::sum ? before + value : std::max(before, value);
    }
  }
}

Distribution TrialStatistics::distribution(std::size_t field, const Spool& spool) const {
  std::vector<double> values = counted_values(field, spool);
  std::erase_if(values, [](double value) { return std::isnan(value); });
  return distribution_of(std::move(values), numbers_[field].field->info);
}

std::vector<double> TrialStatistics::counted_values(std::size_t field, const Spool& spool) const {
  const Numbers& numbers = numbers_[field];
  std::vector<double> values = numbers.values.all(spool);
  if (lost() + trivial == 0) return values;
  const bool judges = numbers.field->info.aggregate == Aggregate::judged_trials;
  const double worst = numbers.field->info.larger_is_better ? -infinity : infinity;
  const std::vector<double> kinds = kinds_.all(spool);
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (kinds[k] == trivial_kind || kinds[k] == no_answer_kind) values[k] = nan;
    if (kinds[k] == nonfinite_kind && judges) values[k] = worst;
  }
  return values;
}

}  // namespace tristab
