#include "tristab/sweep/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string_view>

#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// The values of a record in the order of summary_quantities().
void append_values(const Record& record, std::vector<SpooledNumbers>& values, Spool& spool) {
  std::size_t k = 0;
  const auto append = [&](double value) {
    if (!std::isnan(value)) values[k].append(value, spool);
    ++k;
  };
  for (const MetricInfo& info : metrics()) {
    if (!info.is_count) append(ranked_value(record.metrics, info.metric));
  }
  append(record.total_frobenius);
  append(record.growth);
}

void set_defined(double value, double& out, std::string& reason) {
  out = std::isfinite(value) ? value : nan;
  if (!std::isfinite(value)) reason = "infinite";
}

QuantileRow describe(std::vector<double> values, const SummaryQuantity& quantity) {
  const bool larger_better = quantity.larger_is_better;
  QuantileRow row;
  row.mean = nan;
  if (values.empty()) {
    row.median = row.tail = row.worst = nan;
    row.undefined_median = row.undefined_worst = "no trial has a value";
    if (quantity.in_decibels) row.undefined_mean = row.undefined_median;
    return row;
  }
  if (quantity.in_decibels) set_defined(finite_mean(values), row.mean, row.undefined_mean);
  std::sort(values.begin(), values.end());
  set_defined(quantile(values, 0.5), row.median, row.undefined_median);
  set_defined(larger_better ? values.front() : values.back(), row.worst, row.undefined_worst);
  if (values.size() < tail_trials) {
    row.tail = nan;
  } else {
    set_defined(quantile(values, larger_better ? 0.05 : 0.95), row.tail, row.undefined_tail);
  }
  return row;
}

}  // namespace

const std::vector<SummaryQuantity>& summary_quantities() {
  static const std::vector<SummaryQuantity> quantities = [] {
    std::vector<SummaryQuantity> list;
    for (const MetricInfo& info : metrics()) {
      if (!info.is_count) {
        list.push_back(
            {std::string(info.name), larger_is_better(info.metric), info.name.starts_with("snr_db")});
      }
    }
    list.push_back({"total_frobenius"});
    list.push_back({"growth"});
    return list;
  }();
  return quantities;
}

const SummaryQuantity& summary_quantity(std::string_view name) {
  for (const SummaryQuantity& quantity : summary_quantities()) {
    if (quantity.name == name) return quantity;
  }
  throw std::out_of_range("no quantity of a summary is called " + std::string(name));
}

double finite_mean(const std::vector<double>& values) {
  double sum = 0;
  int count = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    sum += value;
    ++count;
  }
  return count == 0 ? infinity : sum / count;
}

double quantile(const std::vector<double>& sorted, double p) {
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const double fraction = position - static_cast<double>(below);
  // Between an infinity and a number nothing can be interpolated.
  if (fraction == 0 || sorted[below] == sorted[below + 1] || std::isinf(sorted[below])) return sorted[below];
  return sorted[below] + fraction * (sorted[below + 1] - sorted[below]);
}

void SummaryBuilder::close_group() {
  for (Cell& cell : cells_) {
    for (std::size_t k = 0; k < cell.values.size(); ++k) {
      cell.row.quantities.push_back(describe(cell.values[k].all(spool_), summary_quantities()[k]));
    }
    rows_.push_back(std::move(cell.row));
  }
  cells_.clear();
  spool_.clear();
}

void SummaryBuilder::add(const MatrixResult& result) {
  if (result.group != group_) close_group();
  group_ = result.group;
  if (cells_.empty()) {
    const MatrixGroup& group = plan_.groups[group_];
    for (const Setting& setting : group.scenario->settings(group.n)) {
      Cell cell;
      cell.row.scenario = group.scenario;
      cell.row.family = &group.family->spec;
      cell.row.n = group.n;
      cell.row.method = setting.method;
      cell.row.arithmetic = setting.arithmetic;
      cell.row.kernel = setting.kernel;
      cell.row.formation = setting.is_formed() ? setting.formation : nullptr;
      cell.values.resize(summary_quantities().size());
      cells_.push_back(std::move(cell));
    }
  }
  for (std::size_t i = 0; i < result.records.size(); ++i) {
    const Record& record = result.records[i];
    SummaryRow& row = cells_[i].row;
    ++row.trials;
    row.nonfinite_trials += record.status == Status::nonfinite;
    row.failed_trials += record.status == Status::failed;
    row.pass += record.verdict == Verdict::pass;
    row.marginal += record.verdict == Verdict::marginal;
    row.fail += record.verdict == Verdict::fail;
    const StageTrace total = record.trace.total();
    row.overflows += static_cast<double>(total.overflows_live);
    row.matmuls = std::max(row.matmuls, static_cast<double>(total.matmuls));
    row.depth = std::max(row.depth, static_cast<double>(record.trace.product_depth));
    row.vector_depth = std::max(row.vector_depth, static_cast<double>(record.trace.vector_depth));
    row.workspace_bytes = std::max(row.workspace_bytes, static_cast<double>(record.trace.workspace_bytes));
    if (record.finite()) append_values(record, cells_[i].values, spool_);
  }
}

std::vector<SummaryRow> SummaryBuilder::finish() {
  close_group();
  return std::move(rows_);
}

}  // namespace tristab
