#include "tristab/report/selection.h"

#include <algorithm>

namespace tristab {
namespace {

bool selected(const std::vector<std::string>& names, const std::string& name, const std::string& label) {
  return names.empty() ||
         std::ranges::any_of(names, [&](const std::string& wanted) { return names_setting(wanted, name, label); });
}

}  // namespace

bool names_setting(std::string_view wanted, std::string_view name, std::string_view label) {
  if (wanted == name || wanted == label) return true;
  return wanted == std::string(name) + ":" && label == name;
}

bool CaseSelection::includes(const CaseInput& input, const CaseSetting& setting, int n) const {
  if (!selected(families, input.family, input.label) && !selected(families, input.family, input.name)) return false;
  if (!chunks.empty() && std::ranges::find(chunks, n) == chunks.end()) return false;
  const bool from_methods = !methods.empty() || !arithmetics.empty();
  if (!setting.kernel.empty())
    return kernels.empty() ? !from_methods : selected(kernels, setting.kernel_name(), setting.kernel);
  return (kernels.empty() || from_methods) && selected(methods, setting.method, setting.method_label) &&
         selected(arithmetics, setting.arithmetic, setting.arithmetic_label);
}

}  // namespace tristab
