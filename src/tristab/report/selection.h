// Which groups of a result are shown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tristab/report/case_groups.h"

namespace tristab {

// Whether a text chooses a setting: its name (all of its settings), its label, or "mbh:", the setting whose label is
// the bare name.
bool names_setting(std::string_view wanted, std::string_view name, std::string_view label);

// Texts as above, of families the name of the input, too; an empty list is all of them. Methods and arithmetics
// choose among the groups of methods, kernels among those of kernels: where only one of the two is chosen from, the
// other is left out.
struct CaseSelection {
  std::vector<std::string> families{}, methods{}, arithmetics{}, kernels{};
  std::vector<int> chunks{};

  bool includes(const CaseInput& input, const CaseSetting& setting, int n) const;
  bool includes(const CaseGroups& groups, const CaseGroup& group) const {
    return includes(groups.input_of(group), groups.setting_of(group), group.n);
  }
};

}  // namespace tristab
