// The files of configs/kernels as they were when the program was built.
#pragma once

#include <span>
#include <string_view>

namespace tristab {

struct BuiltinRecipe {
  std::string_view name;  // the file's, without ".json"
  std::string_view text;
};

std::span<const BuiltinRecipe> builtin_recipes();  // by name

}  // namespace tristab
