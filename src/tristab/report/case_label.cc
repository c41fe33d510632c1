#include "tristab/report/case_label.h"

#include <fmt/format.h>

#include "tristab/sweep/label.h"

namespace tristab {

std::string setting_label(const Setting& setting) {
  if (setting.kernel != nullptr) return label_of(*setting.kernel);
  const std::string text = fmt::format("{} {}", label_of(*setting.method), label_of(*setting.arithmetic));
  return setting.is_formed() ? fmt::format("{} {}", text, label_of(*setting.formation)) : text;
}

std::string input_label(const Scenario& scenario, const FamilySpec& family, int n) {
  const std::string text = fmt::format("{} n={}", label_of(family), n);
  return scenario.name.empty() ? text : fmt::format("{}: {}", scenario.name, text);
}

}  // namespace tristab
