#include "tristab/library/choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/sweep/config_text.h"
#include "tristab/sweep/plan.h"

namespace tristab {
namespace {

// The scenario of the inputs: configurations are read in one place.
SweepConfig read_inputs(const ChoiceWords& words, const Wording& wording) {
  const bool has_families = words.inputs.contains("families");
  if (has_families && !words.file.is_null())
    refuse(wording.who, fmt::format("{} and {}", wording.named("family"), wording.named("input")),
           "one of them; a file is also a family, file:path=k.safetensors");
  if (!has_families && words.file.is_null())
    refuse(wording.who, "no inputs",
           fmt::format("{} gdn:keys=silu, or {} k.safetensors: what your kernel gets", wording.named("family"),
                       wording.named("input")));
  ConfigOverrides overrides = words.inputs;
  if (!has_families) overrides.emplace("families", Override(words.file.json().dump(), wording.named("input")));
  const Json json{{"families", {"gdn"}}, {"methods", {"mbh"}}, {"arithmetics", {"fp32"}}, {"trials", 16}};
  SweepConfig config = make_config(json, overrides, wording.who, "", "recommend");
  settle_sizes(config);
  const Requirement& requirement = config.scenarios.front().requirement;
  if (!requirement.is_about_matrices() || requirement.bounds_layers())
    refuse(wording.named("require"), fmt::format("'{}'", requirement.text()),
           "a requirement about the inverse, such as 4x-bf16");
  return config;
}

// What products may be computed in: the machine's units with 16 bits or more, or those that are named.
std::vector<const HardwareUnit*> units_of(const std::string& names, const Hardware& hardware,
                                          const std::string& place) {
  std::vector<const HardwareUnit*> units;
  if (names.empty()) {
    for (const HardwareUnit& unit : hardware.matrix) {
      if (!unit.arithmetic.quantiser && unit.arithmetic.operand.bits >= 16) units.push_back(&unit);
    }
    return units;
  }
  std::vector<std::string> offered{hardware.vector.arithmetic.name};
  for (const HardwareUnit& unit : hardware.matrix) offered.push_back(unit.arithmetic.name);
  for (const std::string& name : split_list(names, place)) {
    const HardwareUnit* unit = hardware.unit(name);
    // "fp16" for the machine's own fp16-h200.
    for (const HardwareUnit& each : hardware.matrix) {
      if (unit == nullptr && each.arithmetic.name.starts_with(name + "-")) unit = &each;
    }
    if (unit == nullptr) throw_unknown_name(place, fmt::format("arithmetic of {}", hardware.name), name, offered);
    if (unit != &hardware.vector) units.push_back(unit);
  }
  return units;
}

}  // namespace

Choice::Choice(const ChoiceWords& words, const Wording& wording)
    : config_(read_inputs(words, wording)), hardware_(find_hardware(words.hardware, wording.named("hardware"))) {
  const auto place = [&](const char* name) { return wording.named(name); };
  const auto only_one_of = [&](const char* one, bool has_one, const char* other, bool has_other) {
    if (has_one && has_other) refuse(wording.who, fmt::format("{} and {}", place(one), place(other)), "one of them");
  };
  only_one_of("tune", !words.tune.empty(), "methods", !words.methods.empty());
  only_one_of("tune", !words.tune.empty(), "like", !words.like.empty());
  only_one_of("like", !words.like.empty(), "methods", !words.methods.empty());
  const Scenario& scenario = config_.scenarios.front();
  request_.scenario = &scenario;
  request_.exhaustive = words.exhaustive;
  request_.hunts = words.hunt > 0;
  request_.evaluations = words.hunt;
  SpaceRequest& space = request_.space;
  space.hardware = &hardware_;
  space.units = units_of(words.arithmetics, hardware_, place("arithmetics"));
  space.orders = words.orders;
  space.tuned = words.tune;
  if (!words.tune.empty()) find_method(words.tune, place("tune"));
  for (const std::string& output : split_list(words.outputs, place("outputs")))
    space.outputs.push_back(format_of(output, place("outputs")));
  if (!words.methods.empty()) {
    for (const std::string& given : split_list(words.methods, place("methods"))) {
      for (MethodSpec& spec : expand_method(Json(given), place("methods"))) space.methods.push_back(std::move(spec));
    }
  }
  space.recipes = space.methods.empty() && words.tune.empty();
  if (!words.like.empty()) {
    request_.like = only_one(expand_recipe(Json(words.like), place("like"), ""), place("like"));
    request_.like->check_takes(scenario.chunks, place("like"));
  }
  if (!words.calibrate.empty()) {
    if (words.file.is_null()) refuse(place("calibrate"), "no file", place("input") + " FILE with it");
    if (std::ranges::none_of(space.units,
                             [](const HardwareUnit* unit) { return unit->arithmetic.quantiser.has_value(); }))
      refuse(place("calibrate"), "no integers among the arithmetics",
             fmt::format("{} with {} int8", place("calibrate"), place("arithmetics")));
    const Range tried = range_of(words.tokens, fmt::format("{} with {}", place("tokens"), place("calibrate")));
    const Range shown = range_of(words.calibrate, place("calibrate"));
    if (shown.low < tried.high && tried.low < shown.high)
      refuse(place("calibrate"),
             fmt::format("{}, which overlaps {} {}", words.calibrate, place("tokens"), words.tokens),
             fmt::format("other tokens than {}, on which settings are tried", place("tokens")));
    Json part = words.file;
    part["tokens"] = words.calibrate;
    request_.calibration = FamilyEntry{expand_family(part, place("calibrate")).front(), place("calibrate"), ""};
  }
  if (!words.beta.empty()) request_.rate = range_of(words.beta, place("beta"));
  if (!words.decay.empty()) request_.log_decay = range_of(words.decay, place("decay"));
  if (!words.cosine.empty()) request_.cosine = range_of(words.cosine, place("cosine"));
}

}  // namespace tristab
