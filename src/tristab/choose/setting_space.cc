#include "tristab/choose/setting_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/elementary.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/judge/variant_search.h"
#include "tristab/matrix/norms.h"

namespace tristab {
namespace {

constexpr const char* kPlace = "recommend";

std::vector<std::int64_t> numbers_up_to(std::int64_t least, std::int64_t most, bool every) {
  std::vector<std::int64_t> values;
  for (std::int64_t value = least; value <= most; ++value) {
    const bool small = value <= (every ? 16 : 6);
    std::int64_t odd = value;
    while (odd > 0 && odd % 2 == 0) odd /= 2;
    if (small || odd == 1 || odd == 3) values.push_back(value);
  }
  return values;
}

std::vector<Json> values_of(const Parameter& parameter, int n, bool orders, bool every) {
  std::vector<Json> values;
  if (parameter.effect == Parameter::Effect::name) return values;
  if (parameter.effect == Parameter::Effect::order && !orders) return values;
  switch (parameter.kind) {
    case Parameter::Kind::choice:
      values.assign(parameter.choices.begin(), parameter.choices.end());
      break;
    case Parameter::Kind::boolean:
      values = {true, false};
      break;
    case Parameter::Kind::integer: {
      const std::int64_t least = static_cast<std::int64_t>(parameter.minimum);
      const std::int64_t most = std::min(static_cast<std::int64_t>(parameter.maximum), std::int64_t{n});
      if (parameter.name == "block") {
        for (std::int64_t block = 2; block < n; block *= 2) {
          if (block >= least && n % block == 0) values.push_back(block);
        }
      } else {
        for (const std::int64_t value : numbers_up_to(std::max<std::int64_t>(least, 1), most, every))
          values.push_back(value);
      }
      if (parameter.automatic) values.push_back("auto");
      break;
    }
    case Parameter::Kind::nested:
      for (const Method& each : methods()) {
        if (each.input != nullptr || each.solve != nullptr) continue;
        if (parameter.name == "diagonal" && !each.invert_blocks) continue;
        values.push_back(Json{{"method", each.description.name}});
      }
      break;
    default:
      break;
  }
  return values;
}

// Calls `visit` with every combination of positions in lists of these sizes; the last one runs fastest.
template <class Visit>
void for_each_combination(const std::vector<std::size_t>& sizes, Visit visit) {
  std::vector<std::size_t> at(sizes.size(), 0);
  for (bool more = true; more;) {
    visit(at);
    more = false;
    for (std::size_t k = sizes.size(); k-- > 0 && !more;) {
      more = ++at[k] < sizes[k];
      if (!more) at[k] = 0;
    }
  }
}

// The arithmetic whose storage holds the most: A must reach the stage that needs it most exactly.
const Arithmetic* widest(const std::vector<const Arithmetic*>& arithmetics) {
  const auto rank = [](const Arithmetic* each) {
    return std::tuple(!each->quantiser, each->storage.bits, each->storage.precision);
  };
  return *std::max_element(arithmetics.begin(), arithmetics.end(),
                           [&](const Arithmetic* x, const Arithmetic* y) { return rank(x) < rank(y); });
}

double bytes_of(const Arithmetic& arithmetic) { return arithmetic.quantiser ? 2 : arithmetic.storage.bits / 8.0; }

// The unit that computes an arithmetic: that of its operands, or the vector unit for fp32.
const HardwareUnit* unit_for(const Arithmetic& arithmetic, const SpaceRequest& request) {
  const HardwareUnit& vector = request.hardware->vector;
  if (const HardwareUnit* same = request.hardware->unit(arithmetic.name)) {
    const bool offered = same == &vector || std::ranges::find(request.units, same) != request.units.end();
    return offered ? same : nullptr;
  }
  for (const HardwareUnit* unit : request.units) {
    const Arithmetic& own = unit->arithmetic;
    if (own.operand.name == arithmetic.operand.name && own.split.has_value() == arithmetic.split.has_value() &&
        own.quantiser.has_value() == arithmetic.quantiser.has_value() &&
        (!own.quantiser ||
         (own.quantiser->kind == arithmetic.quantiser->kind && own.quantiser->bits == arithmetic.quantiser->bits)))
      return unit;
  }
  const bool in_fp32 = arithmetic.operand.name == vector.arithmetic.operand.name && !arithmetic.quantiser;
  return in_fp32 ? &vector : nullptr;
}

// The arithmetic on this machine's unit, if it says nothing else about how products are summed than its name does.
Arithmetic on_unit(const Arithmetic& arithmetic, const HardwareUnit& unit) {
  const auto named = [&](const std::string& name) {
    return expand_arithmetic(with_unit(arithmetic, name), kPlace).front();
  };
  const bool usual = named(arithmetic.name).identity() == arithmetic.identity();
  return usual && !arithmetic.name.ends_with("-pure") ? named(unit.arithmetic.name) : arithmetic;
}

}  // namespace

const Format& Candidate::result_format() const {
  for (const char* stage : {"output", "result"}) {
    if (const auto found = stages.find(stage); found != stages.end()) return found->second->storage;
  }
  return input().product.format;
}

std::string Candidate::label() const {
  if (!origin.empty()) return origin;
  std::vector<std::string> names;
  for (const auto& [stage, arithmetic] : stages) {
    if (stage != "*" && stage != "output") names.push_back(arithmetic->label);
  }
  const bool same = std::ranges::all_of(names, [&](const std::string& name) { return name == names.front(); });
  std::string text = method->label;
  if (same && !names.empty()) text += fmt::format(" {}", names.front());
  for (const auto& [stage, arithmetic] : stages) {
    if (stage != "*" && stage != "output" && !same) text += fmt::format(", {}: {}", stage, arithmetic->label);
  }
  if (const auto output = stages.find("output"); output != stages.end())
    text += fmt::format(", output: {}", output->second->label);
  return text;
}

Recipe Candidate::recipe(const std::string& name, int n) const {
  std::map<std::string, Arithmetic, std::less<>> arithmetics;
  for (const auto& [stage, arithmetic] : stages) arithmetics.emplace(stage, *arithmetic);
  Recipe recipe = recipe_of(*method, std::move(arithmetics), Formation(), std::nullopt, kPlace);
  recipe.name = recipe.given = name;
  recipe.label = name;
  recipe.chunks = {n};
  return recipe;
}

std::vector<MethodSpec> settings_of(const Method& method, int n, bool orders, bool every) {
  std::vector<MethodSpec> all;
  Json given{{"method", method.description.name}};
  std::vector<std::pair<std::string, std::vector<Json>>> axes;
  for (const Parameter& parameter : method.description.parameters) {
    std::vector<Json> values = values_of(parameter, n, orders, every);
    if (!values.empty()) axes.emplace_back(parameter.name, std::move(values));
  }
  std::vector<std::size_t> sizes;
  for (const auto& [name, values] : axes) sizes.push_back(values.size());
  for_each_combination(sizes, [&](const std::vector<std::size_t>& at) {
    for (std::size_t k = 0; k < axes.size(); ++k) given[axes[k].first] = axes[k].second[at[k]];
    try {
      all.push_back(expand_method(given, kPlace).front());
    } catch (const UsageError&) {  // these values do not go together
    }
  });
  return all;
}

const Arithmetic* SettingSpace::kept(const Arithmetic& arithmetic) {
  auto& place = arithmetics_[arithmetic.identity()];
  if (!place) place = std::make_unique<Arithmetic>(arithmetic);
  return place.get();
}

// A run in int16 with a scale for each tensor shows how large the tensors of each stage are, off the diagonal.
std::map<std::string, double> SettingSpace::calibrated(const MethodSpec& spec, const std::vector<Matrix>& matrices) {
  static const Arithmetic codes = make_arithmetic("int16", Json{{"accumulate", "int64"}}, kPlace);
  std::map<std::string, double> largest;
  for (const Matrix& a : matrices) {
    const double entry = max_abs(a);
    for (const StageTrace& stage : invert(spec, codes, {a}, machines_.machine_for(codes)).trace.stages) {
      double& known = largest[stage.name];
      known = std::max({known, entry, stage.largest_coded});
    }
  }
  return largest;
}

const Arithmetic* SettingSpace::arithmetic_of(const HardwareUnit& unit, const Choice& choice,
                                              const std::string& stage) {
  const auto largest = choice.largest.find(stage);
  const bool integers = unit.arithmetic.quantiser && unit.arithmetic.quantiser->kind == Quantiser::Kind::integer;
  if (!integers || largest == choice.largest.end()) return unit_arithmetics_.at(&unit);
  Json given = unit.arithmetic.json("arithmetic");
  given["scale_rule"] = "static";
  // Three digits, rounded up, are as good and can be read.
  const double digit = power_of_ten(std::floor(log10_of(largest->second)) - 2);
  given["static_amax"] = std::stod(fmt::format("{:.3g}", std::ceil(largest->second / digit) * digit));
  return kept(expand_arithmetic(given, kPlace).front());
}

const SettingSpace::Choice* SettingSpace::choice_of(const MethodSpec& spec, const SpaceRequest& request) {
  const auto [found, fresh] = choice_index_.try_emplace(spec.identity());
  if (!fresh) return found->second;
  try {
    auto choice = std::make_unique<Choice>();
    choice->spec = spec;
    choice->cost = count_cost(spec, n_, machines_);
    for (const StageTrace& stage : choice->cost.trace.stages) {
      if (stage.steps > 0) choice->stages.push_back(stage.name);
    }
    choice->largest = calibrated(spec, request.calibration);
    found->second = choice.get();
    choices_.push_back(std::move(choice));
  } catch (const UsageError&) {  // it does not take this size, or needs the keys
  }
  return found->second;
}

void SettingSpace::add(Candidate candidate, const Choice& choice, const std::vector<StageUnit>& units,
                       const SpaceRequest& request) {
  // Equal methods and arithmetics are one object each.
  std::vector<const void*> identity{&choice};
  for (const auto& [stage, arithmetic] : candidate.stages) {
    if (stage == "*" || std::ranges::find(choice.stages, stage) != choice.stages.end() || stage == "output" ||
        stage == "result")
      identity.push_back(arithmetic);
  }
  if (!known_.insert(std::move(identity)).second) {
    ++duplicates_;
    return;
  }
  const double elements = static_cast<double>(n_) * n_;
  candidate.method = &choice.spec;
  candidate.time = estimate_time(choice.cost, units, elements * bytes_of(candidate.input()),
                                 elements * candidate.result_format().bits / 8, *request.hardware);
  candidate.time = correction_->corrected(candidate.time, choice.spec.name);
  // A measured time stands for all settings of this method and arithmetic: only the format of the result may differ.
  const HardwareUnit* unit = units.front().unit;
  if (std::ranges::all_of(units, [&](const StageUnit& each) { return each.unit == unit; })) {
    const auto measured = std::ranges::find_if(request.hardware->measured, [&](const MeasuredTime& time) {
      return time.n == n_ && time.method == choice.spec.label && time.arithmetic == unit->arithmetic.label;
    });
    if (measured != request.hardware->measured.end()) {
      candidate.time.ns = std::max(measured->ns, candidate.time.memory);
      candidate.time.limit = TimeEstimate::Limit::measured;
    }
  }
  candidates_.push_back(std::move(candidate));
}

void SettingSpace::add_method(const MethodSpec& spec, const SpaceRequest& request) {
  const Choice* choice = choice_of(spec, request);
  if (choice == nullptr) return;
  const std::vector<std::string>& stages = choice->stages;
  // What each stage may compute in. Without products only the vector unit matters, and tf32 is fp32 there.
  std::vector<std::vector<const HardwareUnit*>> options;
  for (const StageTrace& stage : choice->cost.trace.stages) {
    if (stage.steps == 0) continue;
    std::vector<const HardwareUnit*> units = request.units;
    if (stage.matmuls == 0)
      std::erase_if(units, [](const HardwareUnit* unit) {
        return unit->arithmetic.vector.format.bits == 32 && !unit->arithmetic.quantiser;
      });
    units.push_back(&request.hardware->vector);
    options.push_back(std::move(units));
  }
  std::vector<std::size_t> sizes;
  for (const auto& units : options) sizes.push_back(units.size());
  for_each_combination(sizes, [&](const std::vector<std::size_t>& at) {
    std::vector<StageUnit> units;
    std::vector<const Arithmetic*> arithmetics;
    for (std::size_t k = 0; k < stages.size(); ++k) {
      units.push_back({stages[k], options[k][at[k]]});
      arithmetics.push_back(arithmetic_of(*options[k][at[k]], *choice, stages[k]));
    }
    if (units.empty()) {
      units.push_back({"*", &request.hardware->vector});
      arithmetics.push_back(unit_arithmetics_.at(&request.hardware->vector));
    }
    for (const Arithmetic* output : outputs_) {
      Candidate candidate;
      for (std::size_t k = 0; k < stages.size(); ++k) candidate.stages[stages[k]] = arithmetics[k];
      candidate.stages["*"] = widest(arithmetics);
      candidate.stages["output"] = output;
      add(std::move(candidate), *choice, units, request);
    }
  });
}

// With the machine's own units in place of those of other machines.
void SettingSpace::add_recipe(const Recipe& recipe, const SpaceRequest& request, int edits) {
  const Choice* choice = choice_of(recipe.method, request);
  if (choice == nullptr) return;
  Candidate candidate;
  candidate.edits = edits;
  candidate.origin = recipe.label;
  std::map<std::string, const HardwareUnit*> unit_of;
  for (const auto& [stage, arithmetic] : recipe.arithmetics) {
    const HardwareUnit* unit = unit_for(arithmetic, request);
    const bool stored = stage == "output" || stage == "result";
    if (unit == nullptr && !stored) return;
    unit_of[stage] = unit;
    const bool own = stored || unit == &request.hardware->vector || arithmetic.quantiser;
    candidate.stages[stage] = kept(own ? arithmetic : on_unit(arithmetic, *unit));
  }
  std::vector<StageUnit> units;
  for (const std::string& stage : choice->stages) {
    const auto own = unit_of.find(stage);
    units.push_back({stage, own != unit_of.end() ? own->second : unit_of.at("*")});
  }
  if (units.empty()) units.push_back({"*", unit_of.at("*")});
  add(std::move(candidate), *choice, units, request);
}

void SettingSpace::sort() {
  std::stable_sort(candidates_.begin(), candidates_.end(),
                   [](const Candidate& x, const Candidate& y) { return x.cost() < y.cost(); });
  if (candidates_.empty())
    throw UsageError(
        fmt::format("{}: found no setting for chunks of {}; allowed: a method and an arithmetic that take "
                    "this size",
                    kPlace, n_));
}

void SettingSpace::prepare(const SpaceRequest& request) {
  correction_ = std::make_unique<TimeCorrection>(*request.hardware, n_, machines_);
  for (const Format& output : request.outputs)
    outputs_.push_back(kept(make_arithmetic(output.name, Json::object(), kPlace)));
  for (const HardwareUnit* unit : request.units) unit_arithmetics_[unit] = kept(unit->arithmetic);
  unit_arithmetics_[&request.hardware->vector] = kept(request.hardware->vector.arithmetic);
}

SettingSpace::SettingSpace(const SpaceRequest& request) : n_(request.n) {
  prepare(request);
  if (!request.tuned.empty()) {
    for (const MethodSpec& spec : settings_of(find_method(request.tuned, "--tune"), n_, request.orders, true))
      add_method(spec, request);
  } else if (!request.methods.empty()) {
    for (const MethodSpec& spec : request.methods) add_method(spec, request);
  } else {
    for (const Method& method : methods()) {
      // Without the keys, another matrix cannot be inverted in its place; a solver has no inverse.
      if (method.input != nullptr || method.solve != nullptr) continue;
      for (const MethodSpec& spec : settings_of(method, n_, request.orders, false)) add_method(spec, request);
    }
  }
  if (request.recipes) {
    for (const Recipe& recipe : listed_recipes(n_)) add_recipe(recipe, request, 0);
  }
  sort();
}

SettingSpace::SettingSpace(const SpaceRequest& request, const Recipe& recipe) : n_(request.n) {
  prepare(request);
  add_recipe(recipe, request, 0);
  if (candidates_.empty())
    throw UsageError(
        fmt::format("--like: found {}, which {} cannot compute with the units that may be used; allowed: a "
                    "kernel of their arithmetics, or others in --arithmetics",
                    recipe.label, request.hardware->name));
  std::vector<Edit> edits = inverse_edits(recipe, n_);
  std::erase_if(edits, [](const Edit& edit) { return edit.benign; });
  for (const Edit& edit : edits) {
    const Edit* one = &edit;
    if (const std::optional<Recipe> changed = edited(recipe, {&one, 1})) add_recipe(*changed, request, 1);
  }
  // Another method, with blocks of any size, is one change. Stages that it has too keep their arithmetic, or all stages
  // take that of "*".
  for (const Method& method : methods()) {
    if (method.input != nullptr || method.solve != nullptr) continue;
    std::vector<Json> blocks{nullptr};
    for (const Parameter& parameter : method.description.parameters) {
      if (parameter.name == "block") blocks = values_of(parameter, n_, false, false);
    }
    for (const Json& block : blocks) {
      Json given{{"method", method.description.name}};
      if (!block.is_null()) given["block"] = block;
      Recipe changed = recipe;
      changed.method = expand_method(given, kPlace).front();
      changed.label = fmt::format("{}, method: {}", recipe.label, changed.method.label);
      std::erase_if(changed.arithmetics, [&](const auto& each) {
        return each.first != "*" && each.first != "output" && each.first != "result" &&
               std::ranges::find(method.stages, each.first) == method.stages.end();
      });
      add_recipe(changed, request, 1);
      changed.label += fmt::format(" in {}", recipe.arithmetics.at("*").label);
      std::erase_if(changed.arithmetics, [](const auto& each) {
        return each.first != "*" && each.first != "output" && each.first != "result";
      });
      add_recipe(changed, request, 1);
    }
  }
  // So is one unit for all stages.
  std::vector<const HardwareUnit*> units = request.units;
  units.push_back(&request.hardware->vector);
  for (const HardwareUnit* unit : units) {
    Recipe changed = recipe;
    for (auto& [stage, arithmetic] : changed.arithmetics) {
      if (stage != "output" && stage != "result") arithmetic = unit->arithmetic;
    }
    changed.label = fmt::format("{}, all stages: {}", recipe.label, unit->arithmetic.label);
    add_recipe(changed, request, 1);
  }
  for (std::size_t k = 0; k < edits.size(); ++k) {
    for (std::size_t m = 0; m < k; ++m) {
      if (edits[k].subject() == edits[m].subject()) continue;
      const std::array<const Edit*, 2> both{&edits[m], &edits[k]};
      if (const std::optional<Recipe> changed = edited(recipe, both)) add_recipe(*changed, request, 2);
    }
  }
  sort();
}

}  // namespace tristab
