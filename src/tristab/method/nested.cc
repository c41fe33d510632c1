#include "tristab/method/nested.h"

#include <fmt/format.h>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab {

MethodSpec given_method(const Settings& settings, std::string_view name, std::string_view place) {
  const std::vector<MethodSpec> specs = expand_method(settings.at(name), fmt::format("{}.{}", place, name));
  if (specs.size() != 1) {
    throw UsageError(
        fmt::format("{0}.{1}: found {2} settings; allowed: one method without lists (make a list of entries "
                    "that hold one {1} each instead)",
                    place, name, specs.size()));
  }
  return specs.front();
}

Settings with_method(const Settings& settings, std::string_view name, const MethodSpec& spec) {
  Json completed = settings.json();
  completed[std::string(name)] = spec.json("method");
  return Settings(std::move(completed));
}

MethodSpec held_method(const Settings& settings, std::string_view name) {
  const Json& held = settings.at(name);
  const auto& method = held.at("method").get_ref<const std::string&>();
  return {{method, Settings(held), ""}, &find_method(method, name)};
}

Parameter diagonal_parameter(std::string_view default_method) {
  return Parameter::nested("diagonal", std::string(default_method),
                           "the method that inverts the diagonal blocks, with its parameters");
}

Settings check_diagonal(const Settings& settings, std::string_view place) {
  const MethodSpec spec = given_method(settings, "diagonal", place);
  if (!spec.method->invert_blocks) {
    std::vector<std::string> allowed;
    for (const Method& method : methods()) {
      if (method.invert_blocks) allowed.push_back(method.description.name);
    }
    refuse(fmt::format("{}.diagonal", place),
           fmt::format("{}, which has stages of its own", spec.method->description.name), join_names(allowed));
  }
  return with_method(settings, "diagonal", spec);
}

Value invert_diagonal(const Value& blocks, Machine& machine, const Stage& stage, const Settings& settings,
                      RoundTo last) {
  const MethodSpec spec = held_method(settings, "diagonal");
  return spec.method->invert_blocks(blocks, machine, stage, spec.settings, last);
}

}  // namespace tristab
