#include "tristab/library/declared_setting.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/random.h"

namespace tristab {

std::string Wording::usage() const {
  return prefix.empty() ? "method and arithmetic, or kernel" : "--method M --arithmetic F, or --kernel K";
}

void refuse_several(std::size_t count, const std::string& place) {
  refuse(place, fmt::format("{} settings", count), "one value for each parameter");
}

namespace {

bool is_named(const JsonValue& name) { return !name.is_null() && name != JsonValue(""); }

}  // namespace

DeclaredSetting::DeclaredSetting(const SettingNames& names, const Wording& wording) {
  if (is_named(names.kernel)) {
    for (const auto& [name, value] : {std::pair("method", &names.method), std::pair("arithmetic", &names.arithmetic),
                                      std::pair("formation", &names.formation)}) {
      if (is_named(*value))
        refuse(wording.who, wording.named("kernel") + " with " + wording.named(name),
               wording.named("kernel") + " alone, which has its own");
    }
    const std::string place = wording.named("kernel");
    kernel = only_one(expand_recipe(names.kernel, place, ""), place);
    method = kernel->method;
    arithmetic = kernel->summary_arithmetic;
    formation = kernel->formation;
    return;
  }
  for (const auto& [name, value] : {std::pair("method", &names.method), std::pair("arithmetic", &names.arithmetic)}) {
    if (!is_named(*value)) refuse(wording.who, "no " + wording.named(name), wording.usage());
  }
  method = only_one(expand_method(names.method, wording.named("method")), wording.named("method"));
  arithmetic = only_one(expand_arithmetic(names.arithmetic, wording.named("arithmetic")), wording.named("arithmetic"));
  if (is_named(names.formation))
    formation = only_one(expand_formation(names.formation, wording.named("formation")), wording.named("formation"));
}

std::string DeclaredSetting::label() const {
  return kernel ? fmt::format("by the kernel {}", kernel->label)
                : fmt::format("by {} in {}", method.label, arithmetic.label);
}

Recipe DeclaredSetting::recipe(const Wording& wording) const {
  if (kernel) return *kernel;
  std::map<std::string, Arithmetic, std::less<>> arithmetics;
  arithmetics.emplace("*", arithmetic);
  Recipe recipe = recipe_of(method, std::move(arithmetics), formation, std::nullopt, wording.who);
  recipe.name = method.name;
  recipe.label = fmt::format("{} {}", method.label, arithmetic.label);
  return recipe;
}

Dtype result_dtype(const Setting& setting) {
  const StageArithmetics stages = setting.stages();
  const bool fits = std::all_of(stages.begin(), stages.end(), [](const auto& stage) {
    return stage.second->product.format.inside(fp32_format()) && stage.second->vector.format.inside(fp32_format());
  });
  return fits ? Dtype::f32 : Dtype::f64;
}

Inversion computed_inverse(const Problem& problem, const Setting& setting, Machines& machines) {
  const TokenInputs* tokens = problem.tokens.get();
  const std::optional<Matrix> formed = formed_matrix(tokens, setting, machines);
  const Matrix a = rounded_input(*setting.method, formed ? *formed : problem.a, *setting.arithmetic);
  return invert(setting, {a, tokens}, machines, hash_text(problem.id));
}

}  // namespace tristab
