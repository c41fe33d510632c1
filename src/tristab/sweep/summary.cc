#include "tristab/sweep/summary.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <type_traits>

namespace tristab {
namespace {

std::size_t position_of(std::string_view name, const std::vector<const Field*>& fields) {
  const auto found = std::ranges::find(fields, name, &Field::name);
  if (found == fields.end()) throw std::out_of_range("no such field of a summary: " + std::string(name));
  return static_cast<std::size_t>(found - fields.begin());
}

// A row on disk: what is the same for every row's list, then its numbers.
struct StoredRow {
  Input input;
  Setting setting;
  TrialCounts trials;
};
static_assert(std::is_trivially_copyable_v<StoredRow> && std::is_trivially_copyable_v<Distribution>);

std::size_t bytes_of_row() {
  return sizeof(StoredRow) + counted_fields().size() * sizeof(double) +
         distributed_fields().size() * sizeof(Distribution);
}

}  // namespace

double SummaryRow::count(std::string_view field) const { return counts[position_of(field, counted_fields())]; }

const Distribution& SummaryRow::distribution(std::string_view field) const {
  return distributions[position_of(field, distributed_fields())];
}

void Summary::push_back(const SummaryRow& row) {
  const StoredRow head{row.input, row.setting, row};
  std::string bytes(bytes_of_row(), '\0');
  char* to = bytes.data();
  const auto put = [&to](const void* from, std::size_t size) {
    std::memcpy(to, from, size);
    to += size;
  };
  put(&head, sizeof head);
  put(row.counts.data(), row.counts.size() * sizeof(double));
  put(row.distributions.data(), row.distributions.size() * sizeof(Distribution));
  spool_->append(bytes);
  ++size_;
}

SummaryRow Summary::operator[](std::size_t at) const {
  std::string bytes(bytes_of_row(), '\0');
  spool_->read(at * bytes.size(), bytes.data(), bytes.size());
  const char* from = bytes.data();
  const auto take = [&from](void* to, std::size_t size) {
    std::memcpy(to, from, size);
    from += size;
  };
  StoredRow head;
  take(&head, sizeof head);
  SummaryRow row{head.trials, head.input, head.setting, std::vector<double>(counted_fields().size()),
                 std::vector<Distribution>(distributed_fields().size())};
  take(row.counts.data(), row.counts.size() * sizeof(double));
  take(row.distributions.data(), row.distributions.size() * sizeof(Distribution));
  return row;
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
    rows_.push_back(row);
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

Summary SummaryBuilder::finish() {
  close_group();
  return rows_;
}

}  // namespace tristab
