#include "tristab/hunt/objective.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

struct Special {
  const char* name;
  HuntObjective::Kind kind;
  const char* meaning;
};

constexpr Special specials[] = {
    {"overflow", HuntObjective::Kind::overflow, "largest intermediate over the largest number of its stage's format"},
    {"achievable", HuntObjective::Kind::achievable, "total error over that of the exact inverse as it is stored"},
    {"difference", HuntObjective::Kind::difference, "||Xh - Xh'||_F / ||X||_F of the two settings"},
    {"ratio", HuntObjective::Kind::ratio, "total error over that of the second setting"}};

constexpr std::string_view gate_prefix = "gate:";

}  // namespace

const std::vector<std::string>& special_objectives() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Special& special : specials) all.emplace_back(special.name);
    return all;
  }();
  return names;
}

HuntObjective make_objective(const std::string& text, std::string_view place) {
  HuntObjective objective;
  objective.name = text;
  if (text.starts_with(gate_prefix)) {
    objective.kind = HuntObjective::Kind::gate;
    objective.gate = make_gate(text.substr(gate_prefix.size()), place);
    return objective;
  }
  for (const Special& special : specials) {
    if (text != special.name) continue;
    objective.kind = special.kind;
    return objective;
  }
  objective.field = find_field(text);
  if (objective.field == nullptr || !objective.field->is_number()) {
    std::vector<std::string> names = special_objectives();
    for (const Field& field : record_fields()) {
      if (field.is_number()) names.push_back(field.name());
    }
    if (objective.field != nullptr)
      refuse(place, text + ", which is not a number", "a number, such as total_frobenius");
    names.emplace_back("gate:GATE");
    throw_unknown_name(place, "objective", text, names);
  }
  return objective;
}

std::string meaning_of(const HuntObjective& objective) {
  if (objective.kind == HuntObjective::Kind::field) return objective.field->info.formula;
  if (objective.kind == HuntObjective::Kind::gate)
    return fmt::format("the larger error of the layer's outputs and state where {} passes T", objective.gate.label);
  return std::ranges::find(specials, objective.kind, &Special::kind)->meaning;
}

}  // namespace tristab
