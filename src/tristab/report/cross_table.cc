#include "tristab/report/cross_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tristab/sweep/summary.h"

namespace tristab {
namespace {

// Two files of one name in two directories keep their labels.
void distinguish(std::vector<CrossInput>& inputs) {
  std::map<std::string, int> count;
  for (const CrossInput& input : inputs) ++count[input.name];
  for (CrossInput& input : inputs) {
    if (count[input.name] > 1) input.name = input.label;
  }
}

// Where a name or a label stands in a list of names; behind all of them when it does not.
std::size_t position_in(const std::vector<std::string>& names, const std::string& name,
                        const std::string& label) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& wanted) {
    return names_setting(wanted, name, label);
  });
  return static_cast<std::size_t>(found - names.begin());
}

CrossStatistics statistics_of(std::vector<double> values, const SummaryQuantity& quantity) {
  const double none = std::nan("");
  if (values.empty()) return {none, none, none};
  CrossStatistics result;
  result.mean = quantity.in_decibels ? finite_mean(values) : none;
  std::sort(values.begin(), values.end());
  result.median = quantile(values, 0.5);
  result.exact_trials = static_cast<int>(std::count(values.begin(), values.end(), HUGE_VAL));
  result.worst = quantity.larger_is_better ? values.front() : values.back();
  return result;
}

CrossCell cell_of(const std::vector<const ResultRecord*>& trials, const std::vector<std::string>& metrics) {
  CrossCell cell;
  cell.trials = static_cast<int>(trials.size());
  std::vector<std::vector<double>> values(metrics.size());
  for (const ResultRecord* record : trials) {
    cell.nonfinite_trials += record->status == "nonfinite";
    cell.failed_trials += record->status == "failed";
    if (record->status != "ok") continue;
    for (std::size_t m = 0; m < metrics.size(); ++m) {
      if (!std::isnan(record->metrics[m])) values[m].push_back(record->metrics[m]);
    }
  }
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    cell.metrics.push_back(statistics_of(std::move(values[m]), summary_quantity(metrics[m])));
  }
  return cell;
}

}  // namespace

std::vector<std::string> cross_metrics() {
  std::vector<std::string> names;
  for (const SummaryQuantity& quantity : summary_quantities()) names.push_back(quantity.name);
  return names;
}

CrossTable cross_table(const std::vector<ResultRecord>& records, const RankingSelection& selection,
                       const std::vector<std::string>& metrics) {
  struct RowKey {
    std::size_t selected, appearance;
  };
  CrossTable table;
  table.metrics = metrics;
  std::map<std::string, std::size_t> input_index, row_index;
  std::vector<std::size_t> input_order;  // of each input in the selection
  std::vector<RowKey> row_order;         // of each row
  std::map<std::pair<std::size_t, std::size_t>, std::vector<const ResultRecord*>> trials;  // by row and input
  for (const ResultRecord& record : records) {
    if (!selection.includes(record)) continue;
    const auto [input, new_input] = input_index.emplace(record.family_key, table.inputs.size());
    if (new_input) {
      table.inputs.push_back({input_name(record), record.family_label});
      input_order.push_back(std::min(position_in(selection.families, record.family, record.family_label),
                                     position_in(selection.families, record.family, input_name(record))));
    }
    const auto [row, new_row] =
        row_index.emplace(fmt::format("{} {}", record.n, record.setting_key), table.rows.size());
    if (new_row) {
      table.rows.push_back({record.method_label, record.kernel, record.arithmetic_label, record.n, {}});
      const bool from_kernels = !record.kernel.empty();
      const std::size_t position =
          from_kernels
              ? selection.methods.size() + position_in(selection.kernels, kernel_name(record), record.kernel)
              : position_in(selection.methods, record.method, record.method_label);
      row_order.push_back({position, table.rows.size()});
    }
    trials[{row->second, input->second}].push_back(&record);
  }
  distinguish(table.inputs);

  std::vector<std::size_t> inputs(table.inputs.size()), rows(table.rows.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] = i;
  for (std::size_t r = 0; r < rows.size(); ++r) rows[r] = r;
  std::stable_sort(inputs.begin(), inputs.end(),
                   [&](std::size_t a, std::size_t b) { return input_order[a] < input_order[b]; });
  const bool chosen = !selection.methods.empty() || !selection.kernels.empty();
  std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    if (chosen && row_order[a].selected != row_order[b].selected)
      return row_order[a].selected < row_order[b].selected;
    if (table.rows[a].n != table.rows[b].n) return table.rows[a].n < table.rows[b].n;
    return row_order[a].appearance < row_order[b].appearance;
  });

  CrossTable ordered{metrics, {}, {}};
  for (const std::size_t i : inputs) ordered.inputs.push_back(table.inputs[i]);
  for (const std::size_t r : rows) {
    ordered.rows.push_back(table.rows[r]);
    for (const std::size_t i : inputs) {
      const auto found = trials.find({r, i});
      ordered.rows.back().cells.push_back(found == trials.end() ? CrossCell{}
                                                                : cell_of(found->second, metrics));
    }
  }
  return ordered;
}

}  // namespace tristab
