// Recipes: the kernels that real systems ship, as data. A recipe is a method with its parameters and an arithmetic for
// each of the method's stages. configs/kernels holds one file for each kernel; users can add their own files.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/base/named.h"
#include "tristab/layer/layer_arithmetic.h"
#include "tristab/method/method.h"

namespace tristab {

// A recipe file with one choice for each of its parameters.
struct Recipe : Named {
  std::string given;                // as results name it: the name, or the path of a file with a hash of what it says
  std::string file;                 // where it was read, for messages: "mine.json", "the built-in fla-solve-tril"
  std::string summary;              // one line
  std::string source;               // repository or thread
  std::string date;                 // when the source was read
  std::string known;                // how the recipe is known, a name of knowledge(); empty: not said
  std::vector<std::string> phases;  // what the kernel does and where it rounds, in words
  std::vector<int> chunks;          // the sizes that the kernel supports; empty: any
  MethodSpec method;
  std::map<std::string, Arithmetic, std::less<>> arithmetics;  // by stage; "*" for the others and for A

  // The arithmetic as records give it: named "recipe", with the stages' arithmetics as settings. Apart from that it
  // is the arithmetic of "*", in which A is stored; quantised if a stage is.
  Arithmetic summary_arithmetic;

  // How the kernel forms A if keys and gates are given; exact: A is taken as given.
  Formation formation;
  // The arithmetic in which the surrounding kernels compute w, u, the state and o; none: the sweep's layer arithmetic.
  std::optional<LayerArithmetic> layer;

  bool is_builtin() const { return given == name; }
  // `given`; a path relative to `from` instead of the working directory.
  std::string stored_name(const std::filesystem::path& from) const;
  Json json(std::string_view key) const;  // {"kernel": given, "dot": "tf32", ...}
  bool takes(int n) const;
  // Throws UsageError naming `place` if the kernel takes none of these sizes.
  void check_takes(std::span<const int> sizes, std::string_view place) const;
  StageArithmetics stages() const;  // pointers into `arithmetics`
};

// The description of one file for listings: name, summary, source, parameters.
struct RecipeEntry {
  Description description;
  std::string date, known;
  std::vector<int> chunks;
};

// What a file's key `known` may say about how the recipe is known, and what that means.
struct Knowledge {
  const char* name;
  const char* meaning;
};
std::span<const Knowledge> knowledge();

// The built-in recipes, by name.
std::span<const RecipeEntry> recipe_entries();

// "fla-solve-tril", {"kernel": "fla-solve-tril", "dot": ["ieee", "tf32"]}, or the same with a path ending in ".json" as
// the kernel (relative to `directory`): one Recipe for each combination of the lists. Throws UsageError with place,
// what was found, what is allowed and the nearest name (unknown kernels, parameters, methods, stages, keys of a recipe
// file), InputError for a file that cannot be read.
std::vector<Recipe> expand_recipe(const Json& given, std::string_view place, const std::filesystem::path& directory);

// Whether a file is in `directory` and says what it said when it was named so.
bool holds_recipe(const HashedPath& file, const std::filesystem::path& directory);

// A recipe of these parts, without a file: "*" must be among the arithmetics. Throws UsageError if a stage is not one
// of the method's.
Recipe recipe_of(const MethodSpec& method, std::map<std::string, Arithmetic, std::less<>> arithmetics,
                 const Formation& formation, const std::optional<LayerArithmetic>& layer, std::string_view place);

}  // namespace tristab
