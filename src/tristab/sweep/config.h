// The configuration of a sweep, with every default filled in.
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
  std::uint64_t seed = 1;           // for scenarios that do not set one
  std::vector<Scenario> scenarios;  // a plain configuration has one, without a name

  bool has_scenarios() const { return !scenarios.front().name.empty(); }
  Json json() const;  // the `config` object of a result; itself a valid configuration
};

// Validates a configuration. `place` is the file's name (or a word for a configuration that consists of options
// only). Paths in the configuration are relative to `folders`, paths in overrides to the working directory.
// `default_name` is used if the configuration has no "name". Overrides of seed and trials apply to every scenario;
// other overrides are refused if there are scenarios. Throws UsageError with the place and JSON path or option, what
// was found, what is allowed, and the nearest name; also if a setting is given twice.
SweepConfig make_config(const Json& given, const ConfigOverrides& overrides, std::string_view place,
                        const Folders& folders, std::string_view default_name);

// Reads and validates a file. "-" is standard input; it is called "sweep" unless it has a "name", and its paths are
// relative to the working directory. Throws InputError if the file cannot be read.
SweepConfig load_config(const std::filesystem::path& file, const ConfigOverrides& overrides);

}  // namespace tristab
