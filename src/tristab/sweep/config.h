// What a sweep is to compute: its configuration with every default filled in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/base/parameters.h"
#include "tristab/matrix/source.h"
#include "tristab/method/method.h"
#include "tristab/recipe/recipe.h"

namespace tristab {

inline constexpr int smallest_chunk = 16, largest_chunk = 256;

struct FamilyEntry {
  FamilySpec spec;
  std::string place;                // file and JSON path, or option, for messages
  std::filesystem::path directory;  // what its paths are relative to
};

// What one case does to one matrix: a method in one arithmetic, or a recipe (whose method and summary these are
// then). Points into a SweepConfig.
struct Setting {
  const MethodSpec* method = nullptr;
  const Arithmetic* arithmetic = nullptr;
  const Recipe* kernel = nullptr;
};

struct SweepConfig {
  std::string name;
  std::uint64_t seed = 1;
  int trials = 8;
  std::vector<int> chunks;
  std::vector<FamilyEntry>
      families;  // one for each combination of a family's axes, in the order of the configuration
  std::vector<MethodSpec> methods;
  std::vector<Arithmetic> arithmetics;
  std::vector<Recipe> kernels;      // never crossed with methods or arithmetics
  bool compare_with_given = false;  // "reference": "given" instead of "rounded"
  std::int64_t layer_chunks = 16;   // without effect: layers are not computed by this version

  Json json() const;  // the `config` object of a result

  // The cases of a matrix of size n: methods x arithmetics, then the kernels that take this size.
  std::vector<Setting> settings(int n) const;
};

// Texts of command-line options that replace keys of a configuration: {"chunks", "16:256:*2"}, {"methods",
// "mxr:block=8/16,mbh"}. Keys: seed, trials, chunks, families, methods, arithmetics, kernels.
using ConfigOverrides = std::map<std::string, std::string, std::less<>>;

// Validates a configuration. `place` is the file's name (or a word for a configuration made of options
// alone); `directory` is what paths in it are relative to (paths in overrides: the working directory).
// `default_name` names a configuration without "name". Throws UsageError naming place and JSON path, or
// option, what was found, what is allowed, and the nearest name; for one and the same setting given twice,
// too.
SweepConfig make_config(const Json& given, const ConfigOverrides& overrides, std::string_view place,
                        const std::filesystem::path& directory, std::string_view default_name);

// Reads and validates a file; "-" is standard input, named "sweep" unless it says otherwise, with paths relative
// to the working directory. Throws InputError when it cannot be read.
SweepConfig load_config(const std::filesystem::path& file, const ConfigOverrides& overrides);

}  // namespace tristab
