#include "tristab/report/cross_table.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace tristab {
namespace {

// The position of a name or a label in a list of names; their number if it is not there.
std::size_t position_in(const std::vector<std::string>& names, const std::string& name, const std::string& label) {
  const auto found =
      std::ranges::find_if(names, [&](const std::string& wanted) { return names_setting(wanted, name, label); });
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace

CrossTable cross_table(const CaseGroups& groups, const CaseSelection& selection) {
  // Columns are sorted by the input's place in the selection, then by first appearance; rows by the setting's
  // place in the selection, then by size, then by first appearance.
  const auto input_place = [&](const CaseInput& input) {
    return std::min(position_in(selection.families, input.family, input.label),
                    position_in(selection.families, input.family, input.name));
  };
  const auto setting_place = [&](const CaseSetting& setting) {
    if (selection.methods.empty() && selection.kernels.empty()) return std::size_t{0};
    return setting.kernel.empty()
               ? position_in(selection.methods, setting.method, setting.method_label)
               : selection.methods.size() + position_in(selection.kernels, setting.kernel_name(), setting.kernel);
  };
  using InputKey = std::pair<std::size_t, std::size_t>;            // place, input
  using RowKey = std::tuple<std::size_t, int, std::size_t>;        // place, size, number of the row
  std::map<std::pair<int, std::size_t>, std::size_t> numbers;      // of rows by size and setting
  std::map<InputKey, std::size_t> inputs;                          // to columns
  std::map<RowKey, std::map<std::size_t, const CaseGroup*>> rows;  // by input
  for (const CaseGroup& group : groups.groups()) {
    if (!selection.includes(groups, group)) continue;
    inputs.try_emplace({input_place(groups.input_of(group)), group.input});
    const std::size_t row = numbers.try_emplace({group.n, group.setting}, numbers.size()).first->second;
    rows[{setting_place(groups.setting_of(group)), group.n, row}].emplace(group.input, &group);
  }
  CrossTable table{groups.fields(), {}, {}};
  for (const auto& [key, column] : inputs) table.inputs.push_back(&groups.inputs()[key.second]);
  for (const auto& [key, members] : rows) {
    CrossRow row{&groups.setting_of(*members.begin()->second), std::get<1>(key), {}};
    for (const auto& [input, column] : inputs) {
      CrossCell cell;
      if (const auto found = members.find(input.second); found != members.end()) {
        cell.group = found->second;
        cell.trials = &found->second->statistics;
        for (std::size_t k = 0; k < table.metrics.size(); ++k)
          cell.metrics.push_back(groups.distribution(*found->second, k));
      }
      row.cells.push_back(std::move(cell));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace tristab
