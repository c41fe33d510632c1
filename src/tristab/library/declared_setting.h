// How T is computed, as somebody names it: a kernel, or a method in an arithmetic, with a formation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tristab/base/dtype.h"
#include "tristab/matrix/source.h"
#include "tristab/sweep/formed_input.h"
#include "tristab/sweep/setting.h"

namespace tristab {

// How messages name what somebody wrote: an option --method of "tristab invert", or an argument method of
// "tristab.invert".
struct Wording {
  std::string who;            // the command, or the function
  std::string prefix = "--";  // of the names of options; "" for arguments

  std::string named(const std::string& option) const { return prefix + option; }
  std::string usage() const;  // "--method M --arithmetic F, or --kernel K"
};

// Names, with parameters or as objects; null or "": not named.
struct SettingNames {
  JsonValue kernel = {}, method = {}, arithmetic = {}, formation = {};
};

// The only one of what a name with parameters stands for. Throws UsageError for several.
template <class Thing>
Thing only_one(std::vector<Thing> things, const std::string& place);
[[noreturn]] void refuse_several(std::size_t count, const std::string& place);

struct DeclaredSetting {
  // Throws UsageError unless the names are those of one kernel, or of one method and one arithmetic and at most one
  // formation; and what unknown names and recipe files throw.
  DeclaredSetting(const SettingNames& names, const Wording& wording);

  MethodSpec method;
  Arithmetic arithmetic;
  std::optional<Recipe> kernel;  // if set, the others are the kernel's
  Formation formation;           // exact, if none is named

  Setting setting() const { return {&method, &arithmetic, kernel ? &*kernel : nullptr, &formation}; }
  std::string label() const;  // "by mch in fp16", "by the kernel fla-solve-tril"
  // The same as a recipe: of the method with its arithmetic in every stage.
  Recipe recipe(const Wording& wording) const;
};

// F64 if a step of the arithmetic is wider than fp32; else F32, which represents every result.
Dtype result_dtype(const Setting& setting);

// What the setting returns for a matrix of a source: A is formed and rounded as the setting says.
Inversion computed_inverse(const Problem& problem, const Setting& setting, Machines& machines);

template <class Thing>
Thing only_one(std::vector<Thing> things, const std::string& place) {
  if (things.size() != 1) refuse_several(things.size(), place);
  return std::move(things.front());
}

}  // namespace tristab
