#include "tristab/judge/variant.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "tristab/arithmetic/presets.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/method/method.h"

namespace tristab {
namespace {

constexpr const char* kPlace = "variant";

// How a kernel in fp32 forms A: element by element or by one product, sums in other orders, by another exponential.
const Json kFormedInFp32[] = {
    {{"formation", "anchored"}, {"product", "fp32"}, {"anchor", "first"}, {"block", 16}, {"diagonal", "differences"}},
    {{"formation", "gram"}, {"product", "fp32"}},
    {{"formation", "gram"}, {"product", "fp32:model=pairwise"}, {"scan", 32}},
    {{"formation", "gram"}, {"product", "fp32"}, {"exponential", "binary"}, {"scan", 16}},
};

void replace(Json& target, const Json& change) {
  for (const auto& [key, value] : change.items()) target[key] = value;
}

const Arithmetic& arithmetic_of(const Recipe& recipe, const std::string& stage) {
  const auto named = recipe.arithmetics.find(stage);
  if (named != recipe.arithmetics.end()) return named->second;
  const auto whole = recipe.arithmetics.find(stage.substr(0, stage.find('.')));
  return whole != recipe.arithmetics.end() ? whole->second : recipe.arithmetics.at("*");
}

bool is_plain_floating(const Arithmetic& arithmetic) {
  return !arithmetic.quantiser && !arithmetic.name.ends_with("-pure");
}

// A name of a preset or a format without its machine: "tf32" of "tf32-h100".
std::string operand_name(const Arithmetic& arithmetic) { return arithmetic.name.substr(0, arithmetic.name.find('-')); }

// What an arithmetic says that its name alone does not.
Json own_settings(const Arithmetic& arithmetic) {
  const Json defaults = expand_arithmetic(Json(arithmetic.name), kPlace).front().settings.json();
  const Json given = arithmetic.json("arithmetic");
  Json own = Json::object();
  for (const auto& [key, value] : given.items()) {
    if (key != "arithmetic" && !value.is_null() && (!defaults.contains(key) || defaults[key] != value))
      own[key] = value;
  }
  return own;
}

// A unit sums and rounds in its own way. It stands for another one where nothing was said of that.
bool is_replaced_by_units(const Arithmetic& arithmetic) {
  const Json own = own_settings(arithmetic);
  return !own.contains("accumulate") && !own.contains("rounding") && !own.contains("accumulator_rounding");
}

void arithmetic_edits(const Recipe& recipe, const std::string& stage, std::vector<Edit>& edits) {
  const Arithmetic& now = arithmetic_of(recipe, stage);
  const auto add = [&](Json change, std::string text, bool benign) {
    edits.push_back({Edit::Part::arithmetic, stage, std::move(change), fmt::format("{}: {}", stage, text), benign});
  };
  const bool step = stage.find('.') != std::string::npos;
  if (stage == "output" || stage == "result") {
    for (const char* format : {"fp32", "bf16", "fp16"}) {
      if (now.storage.name != format) add({{"arithmetic", format}}, format, false);
    }
    return;
  }
  const std::string operand = operand_name(now);
  if (is_plain_floating(now)) {
    // Machines of the same operands.
    const bool benign = is_replaced_by_units(now);
    for (const UnitPreset& unit : unit_presets()) {
      if (unit.operand == now.operand.name && unit.name != now.name && !now.split && !step)
        add(with_unit(now, unit.name), unit.name, benign);
    }
    if (operand != now.name && !step) add(with_unit(now, operand), fmt::format("{}, k ascending", operand), benign);
    if (now.product.model == AccumulationModel::sequential && !step) {
      add({{"fma", !now.product.fma}}, now.product.fma ? "not fused" : "fused multiply-add", true);
      add({{"model", "pairwise"}}, "sums in a balanced tree", true);
    }
    if (!step) {
      add({{"accumulate", "fp16"}}, "sums in fp16", false);
      add({{"accumulate", "bf16"}}, "sums in bf16", false);
      add({{"subnormals", "flush"}}, "subnormals flushed", true);
      for (const char* format : {"fp32", "bf16", "fp16"}) {
        if (now.storage.name != format) add({{"storage", format}}, fmt::format("stored in {}", format), false);
      }
      if (now.product.model == AccumulationModel::matrix_unit) {
        const MatrixUnit& unit = now.product.unit;
        for (const int terms : {4, 8, 16, 32}) {
          if (terms != unit.terms) add({{"terms", terms}}, fmt::format("groups of {}", terms), true);
        }
        for (const int bits : {23, 24, 25, 26}) {
          if (bits != unit.fraction_bits) add({{"fraction_bits", bits}}, fmt::format("{} fraction bits", bits), true);
        }
        add({{"addend", unit.addend_floor ? "truncated" : "floor"}},
            unit.addend_floor ? "addend truncated" : "addend by floor", true);
      }
    }
  }
  // Other formats of the operands.
  for (const char* name :
       {"fp32", "tf32", "bf16", "fp16", "tf32-h100", "bf16-h100", "fp16-h100", "tf32x3", "bf16x3", "tf32x3-h100",
        "bf16x3-h100", "bf16-cdna3", "fp16-ascend910b", "tf32-a100", "bf16-a100", "fp16-a100"}) {
    const std::string other(name);
    if (other == now.name || (other.substr(0, other.find('-')) == operand && !step)) continue;
    if (step && other.find('-') == std::string::npos && other != "fp32") continue;
    const bool fused = other == "fp32";
    Json change = {{"arithmetic", other}};
    if (fused) change["fma"] = true;
    add(std::move(change), other, false);
  }
}

// Sums over lanes: every order of four bits, with the first step fused or not.
void lane_edits(const std::string& stage, const std::string& now, std::vector<Edit>& edits) {
  std::vector<int> bits{1, 2, 4, 8};
  do {
    for (const char* fused : {"f", ""}) {
      const std::string lanes = fmt::format("{}{},{},{},{}", bits[0], fused, bits[1], bits[2], bits[3]);
      if (lanes == now) continue;
      edits.push_back({Edit::Part::arithmetic, stage, Json{{"vector_lanes", lanes}},
                       fmt::format("{}: sums over lanes {}", stage, lanes), true});
    }
  } while (std::ranges::next_permutation(bits).found);
  if (!now.empty())
    edits.push_back({Edit::Part::arithmetic, stage, Json{{"vector_lanes", nullptr}},
                     fmt::format("{}: sums one after the other", stage), true});
}

std::vector<Json> other_values(const Parameter& parameter, const Json& now, int n) {
  std::vector<Json> values;
  const auto add = [&](Json value) {
    if (value != now) values.push_back(std::move(value));
  };
  switch (parameter.kind) {
    case Parameter::Kind::choice:
      for (const std::string& choice : parameter.choices) add(choice);
      break;
    case Parameter::Kind::boolean:
      add(true);
      add(false);
      break;
    case Parameter::Kind::integer:
      if (parameter.name == "block") {
        for (const int block : {4, 8, 16, 32, 64}) {
          if (block < n) add(block);
        }
      } else {
        const std::int64_t value = now.is_number() ? now.get<std::int64_t>() : 2 * std::llround(std::log2(n));
        for (const int step : {-2, -1, 1, 2}) {
          if (value + step >= static_cast<std::int64_t>(parameter.minimum)) add(value + step);
        }
      }
      break;
    default:
      break;
  }
  return values;
}

void method_edits(const MethodSpec& spec, int n, const std::string& inside, std::vector<Edit>& edits) {
  for (const Parameter& parameter : spec.method->description.parameters) {
    const Json now = spec.settings.has(parameter.name) ? spec.settings.at(parameter.name) : Json();
    if (parameter.kind == Parameter::Kind::nested) {
      if (!inside.empty() || !now.is_object()) continue;
      const std::string name = now.value("method", "");
      const MethodSpec nested = expand_method(now, kPlace).front();
      method_edits(nested, 16, parameter.name, edits);
      for (const char* other : {"row-substitution", "gauss-jordan", "column-sweep", "mch", "neumann"}) {
        if (name != other)
          edits.push_back({Edit::Part::method, "", Json{{parameter.name, Json{{"method", other}}}},
                           fmt::format("{}: {}", parameter.name, other), false});
      }
      continue;
    }
    for (Json& value : other_values(parameter, now, n)) {
      const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
      Json change{{parameter.name, std::move(value)}};
      if (!inside.empty()) {
        Json whole = spec.json("method");
        replace(whole, change);
        change = Json{{inside, std::move(whole)}};
      }
      edits.push_back({Edit::Part::method, "", std::move(change),
                       fmt::format("{}{}={}", inside.empty() ? "" : inside + ": ", parameter.name, shown),
                       parameter.effect == Parameter::Effect::order});
    }
  }
}

}  // namespace

Json with_unit(const Arithmetic& arithmetic, const std::string& name) {
  const Json own = own_settings(arithmetic);
  Json result = {{"arithmetic", name}};
  for (const char* key : {"storage", "output", "subnormals", "vector_lanes", "overflow"}) {
    if (own.contains(key)) result[key] = own[key];
  }
  return result;
}

std::string Edit::subject() const {
  const std::string key = change.json().empty() ? std::string() : change.json().begin().key();
  const bool whole = part == Part::arithmetic && change.json().contains("arithmetic");
  return fmt::format("{}/{}/{}", static_cast<int>(part), stage, whole ? "arithmetic" : key);
}

std::optional<Recipe> edited(const Recipe& recipe, std::span<const Edit* const> edits) {
  try {
    Json method = recipe.method.json("method");
    std::map<std::string, Json> arithmetics;
    for (const auto& [stage, arithmetic] : recipe.arithmetics) arithmetics[stage] = arithmetic.json("arithmetic");
    Json formation = recipe.formation.json("formation");
    Json layer = recipe.layer ? recipe.layer->json() : Json();
    std::vector<std::string> texts;
    for (const Edit* edit : edits) {
      texts.push_back(edit->text);
      const Json& change = edit->change;
      switch (edit->part) {
        case Edit::Part::method:
          replace(method, change);
          break;
        case Edit::Part::arithmetic: {
          auto [found, fresh] = arithmetics.try_emplace(edit->stage);
          if (fresh) found->second = arithmetic_of(recipe, edit->stage).json("arithmetic");
          if (change.contains("arithmetic")) {
            found->second = change;
          } else {
            replace(found->second, change);
          }
          break;
        }
        case Edit::Part::formation:
          replace(formation, change);
          break;
        case Edit::Part::layer: {
          if (change.contains("arithmetic")) {
            // The parameters of another unit are its own.
            Json other = {{"scores", layer["scores"]}, {"exponential", layer["exponential"]}, {"scan", layer["scan"]}};
            layer = std::move(other);
          }
          replace(layer, change);
          break;
        }
      }
    }
    std::map<std::string, Arithmetic, std::less<>> made;
    for (auto& [stage, given] : arithmetics) {
      for (auto key = given.begin(); key != given.end();) key = key->is_null() ? given.erase(key) : std::next(key);
      made.emplace(stage, expand_arithmetic(given, kPlace).front());
    }
    std::optional<LayerArithmetic> made_layer;
    if (!layer.is_null()) made_layer = make_layer_arithmetic(layer, kPlace);
    Recipe result = recipe_of(expand_method(method, kPlace).front(), std::move(made),
                              expand_formation(formation, kPlace).front(), made_layer, kPlace);
    result.name = recipe.name;
    result.label = texts.empty() ? recipe.label : fmt::format("{}, {}", recipe.label, fmt::join(texts, ", "));
    result.chunks = recipe.chunks;
    return result;
  } catch (const UsageError&) {
    return {};
  }
}

std::vector<Edit> inverse_edits(const Recipe& recipe, int n) {
  std::vector<Edit> edits;
  std::vector<std::string> stages = tristab::stages(recipe.method, n);
  for (const std::string& stage : stages) {
    arithmetic_edits(recipe, stage, edits);
    if (is_plain_floating(arithmetic_of(recipe, stage)) && (stage == "diagonal" || stage == "substitution")) {
      const Settings& settings = arithmetic_of(recipe, stage).settings;
      lane_edits(stage, settings.has("vector_lanes") ? settings.text("vector_lanes") : "", edits);
    }
  }
  for (const char* stage : {"result", "output"}) arithmetic_edits(recipe, stage, edits);
  // A itself is stored in the format of "*".
  for (const char* format : {"fp32", "bf16", "fp16"}) {
    if (arithmetic_of(recipe, "*").storage.name != format && !arithmetic_of(recipe, "*").quantiser)
      edits.push_back({Edit::Part::arithmetic, "*", Json{{"storage", format}}, fmt::format("A in {}", format), false});
  }
  method_edits(recipe.method, n, "", edits);
  return edits;
}

std::vector<Edit> formation_edits(const Recipe& recipe) {
  std::vector<Edit> edits;
  if (recipe.formation.kind == Formation::Kind::exact) return edits;
  const Json now = recipe.formation.json("formation");
  const auto add = [&](const char* key, Json value, bool benign) {
    if (!now.contains(key) || now[key] == value) return;
    const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
    edits.push_back(
        {Edit::Part::formation, "", Json{{key, std::move(value)}}, fmt::format("A: {}={}", key, shown), benign});
  };
  for (const int scan : {0, 2, 4, 8, 16, 32, 64}) add("scan", scan, true);
  for (const Description& description : formation_descriptions()) {
    if (description.name != recipe.formation.name) continue;
    for (const Parameter& parameter : description.parameters) {
      if (parameter.kind == Parameter::Kind::choice) {
        for (const std::string& choice : parameter.choices)
          add(parameter.name.c_str(), choice, parameter.effect == Parameter::Effect::order);
      } else if (parameter.kind == Parameter::Kind::boolean) {
        add(parameter.name.c_str(), true, false);
        add(parameter.name.c_str(), false, false);
      }
    }
  }
  for (const char* key : {"storage", "beta", "gates", "factors"}) {
    for (const char* format : {"fp32", "bf16", "fp16"}) add(key, format, false);
  }
  const std::string operand = operand_name(recipe.formation.product);
  for (const UnitPreset& unit : unit_presets()) {
    if (unit.name.starts_with(operand + "-")) add("product", unit.name, true);
  }
  for (const char* product : {"fp32", "tf32", "bf16", "fp16", "tf32-h100", "bf16-h100", "fp16-h100"}) {
    if (!std::string(product).starts_with(operand + "-")) add("product", product, operand == product);
  }
  return edits;
}

std::vector<Edit> layer_edits(const Recipe& recipe, const LayerArithmetic& layer) {
  std::vector<Edit> edits;
  const LayerArithmetic& arithmetic = recipe.layer ? *recipe.layer : layer;
  const std::string operand = operand_name(arithmetic.products);
  const bool benign = is_replaced_by_units(arithmetic.products);
  for (const UnitPreset& unit : unit_presets()) {
    if (unit.name.starts_with(operand + "-") && unit.name != arithmetic.name)
      edits.push_back({Edit::Part::layer, "", with_unit(arithmetic.products, unit.name),
                       fmt::format("layer: {}", unit.name), benign});
  }
  const Json now = arithmetic.json();
  const auto add = [&](const char* key, Json value) {
    if (now.contains(key) && now[key] == value) return;
    const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
    edits.push_back(
        {Edit::Part::layer, "", Json{{key, std::move(value)}}, fmt::format("layer: {}={}", key, shown), true});
  };
  for (const int scan : {0, 2, 4, 8, 16, 32, 64}) add("scan", scan);
  for (const std::string& name : exponential_names()) add("exponential", name);
  for (const char* name : {"fp32", "tf32", "bf16", "fp16"}) {
    if (arithmetic.name != name)
      edits.push_back({Edit::Part::layer, "", with_unit(arithmetic.products, name), fmt::format("layer: {}", name),
                       operand == name && benign});
  }
  return edits;
}

std::vector<Recipe> benign_variants(const Recipe& recipe, int n, const LayerArithmetic& layer) {
  Recipe base = recipe;
  if (!base.layer) base.layer = layer;
  std::vector<Edit> edits = inverse_edits(base, n);
  for (auto& more : {formation_edits(base), layer_edits(base, layer)})
    edits.insert(edits.end(), more.begin(), more.end());
  std::vector<Recipe> variants;
  const auto add = [&](std::span<const Edit* const> chosen) {
    if (std::optional<Recipe> variant = edited(base, chosen)) variants.push_back(std::move(*variant));
  };
  // Where the recipe takes A as it is, a kernel that forms it does so in fp32.
  if (base.formation.kind == Formation::Kind::exact) {
    for (const Json& formed : kFormedInFp32) {
      Recipe forming = base;
      forming.formation = expand_formation(formed, kPlace).front();
      forming.label += ", A formed in fp32";
      variants.push_back(std::move(forming));
    }
  }
  // One machine in all stages at once.
  std::map<std::string, std::vector<const Edit*>> by_machine;
  int lanes = 0;
  for (const Edit& edit : edits) {
    if (!edit.benign) continue;
    // Of the many orders of lanes every sixth: they are alike.
    if (edit.change.json().contains("vector_lanes") && lanes++ % 6 != 0) continue;
    const Edit* one = &edit;
    add({&one, 1});
    for (const std::string& machine : tensor_core_names()) {
      if (edit.text.ends_with("-" + machine)) by_machine[machine].push_back(one);
    }
  }
  for (const auto& [machine, all] : by_machine) {
    if (all.size() > 1) add(all);
  }
  return variants;
}

std::vector<Recipe> other_choices(const Recipe& recipe) {
  std::vector<Recipe> others;
  if (recipe.given.empty()) return others;
  for (const auto& [name, value] : recipe.settings.json().items()) {
    for (const RecipeEntry& entry : recipe_entries()) {
      if (entry.description.name != recipe.name) continue;
      for (const Parameter& parameter : entry.description.parameters) {
        if (parameter.name != name) continue;
        for (const std::string& choice : parameter.choices) {
          if (value == choice) continue;
          Json given = recipe.json("kernel");
          given[name] = choice;
          others.push_back(expand_recipe(given, kPlace, "").front());
        }
      }
    }
  }
  return others;
}

}  // namespace tristab
