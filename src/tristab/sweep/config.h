// What a sweep is to compute: its configuration with every default filled in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/sweep/scenario.h"

namespace tristab {

struct SweepConfig {
  std::string name;
  std::uint64_t seed = 1;           // of scenarios without one of their own
  std::vector<Scenario> scenarios;  // of a plain configuration: one, without a name

  bool has_scenarios() const { return !scenarios.front().name.empty(); }
  Json json() const;  // the `config` object of a result; a configuration itself
};

// Validates a configuration. `place` is the file's name (or a word for a configuration made of options
// alone); `directory` is what paths in it are relative to (paths in overrides: the working directory).
// `default_name` names a configuration without "name". Overrides of seed and trials replace those of every scenario,
// other overrides are refused where there are scenarios. Throws UsageError naming place and JSON path, or
// option, what was found, what is allowed, and the nearest name; for one and the same setting given twice,
// too.
SweepConfig make_config(const Json& given, const ConfigOverrides& overrides, std::string_view place,
                        const std::filesystem::path& directory, std::string_view default_name);

// Reads and validates a file; "-" is standard input, named "sweep" unless it says otherwise, with paths relative
// to the working directory. Throws InputError when it cannot be read.
SweepConfig load_config(const std::filesystem::path& file, const ConfigOverrides& overrides);

}  // namespace tristab
