#include "tristab/hunt/objective.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

struct Special {
  const char* name;
  HuntObjective::Kind kind;
};

constexpr Special specials[] = {{"overflow", HuntObjective::Kind::overflow},
                                {"achievable", HuntObjective::Kind::achievable},
                                {"difference", HuntObjective::Kind::difference},
                                {"ratio", HuntObjective::Kind::ratio}};

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

}  // namespace tristab
