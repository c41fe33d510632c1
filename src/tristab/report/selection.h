// Selects the groups of a result that are shown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tristab/report/case_groups.h"

namespace tristab {

// Whether a text selects a setting. It may be the name (then it selects all settings of that name), the label, or
// "mbh:" for the setting whose label is just the name.
bool names_setting(std::string_view wanted, std::string_view name, std::string_view label);

// Lists of such texts; `families` may also have names of inputs. An empty list selects everything. `methods` and
// `arithmetics` select among the groups of methods, `kernels` among those of kernels; if only one of the two kinds
// is selected from, the other is left out.
struct CaseSelection {
  std::vector<std::string> families{}, methods{}, arithmetics{}, kernels{};
  std::vector<int> chunks{};

  bool includes(const CaseInput& input, const CaseSetting& setting, int n) const;
  bool includes(const CaseGroups& groups, const CaseGroup& group) const {
    return includes(groups.input_of(group), groups.setting_of(group), group.n);
  }
};

}  // namespace tristab
