#include "tristab/sweep/summary.h"

#include <algorithm>
#include <stdexcept>

namespace tristab {
namespace {

std::size_t position_of(std::string_view name, const std::vector<const Field*>& fields) {
  const auto found = std::ranges::find(fields, name, &Field::name);
  if (found == fields.end()) throw std::out_of_range("no such field of a summary: " + std::string(name));
  return static_cast<std::size_t>(found - fields.begin());
}

}  // namespace

double SummaryRow::count(std::string_view field) const { return counts[position_of(field, counted_fields())]; }

const Distribution& SummaryRow::distribution(std::string_view field) const {
  return distributions[position_of(field, distributed_fields())];
}

SummaryBuilder::SummaryBuilder(const Plan& plan) : plan_(plan), fields_(counted_fields()) {
  fields_.insert(fields_.end(), distributed_fields().begin(), distributed_fields().end());
}

void SummaryBuilder::close_group() {
  const std::size_t counts = counted_fields().size();
  for (Cell& cell : cells_) {
    const TrialStatistics& s = cell.statistics;
    const MatrixGroup& group = plan_.groups[group_];
    SummaryRow row{s, group.input(), cell.setting, {}, {}};
    for (std::size_t k = 0; k < counts; ++k) row.counts.push_back(s.count(k));
    for (std::size_t k = counts; k < fields_.size(); ++k) row.distributions.push_back(s.distribution(k, spool_));
    rows_.push_back(std::move(row));
  }
  cells_.clear();
  spool_.clear();
}

void SummaryBuilder::add(const MatrixResult& result) {
  if (result.group != group_) close_group();
  group_ = result.group;
  if (cells_.empty()) {
    const MatrixGroup& group = plan_.groups[group_];
    for (const Setting& setting : group.scenario->settings(group.n))
      cells_.push_back({setting, TrialStatistics(fields_)});
  }
  for (std::size_t i = 0; i < result.records.size(); ++i)
    cells_[i].statistics.add(trial_numbers(result, result.records[i], fields_), spool_);
}

std::vector<SummaryRow> SummaryBuilder::finish() {
  close_group();
  return std::move(rows_);
}

}  // namespace tristab
