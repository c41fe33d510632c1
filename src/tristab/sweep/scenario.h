// A scenario runs every setting (methods x arithmetics x formations, and kernels) on every family at every size. A
// plain sweep is one scenario; a sweep of scenarios has several, each with its own expectations.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "tristab/base/named.h"
#include "tristab/matrix/source.h"
#include "tristab/sweep/config_reader.h"
#include "tristab/sweep/expectation.h"
#include "tristab/sweep/requirement.h"
#include "tristab/sweep/setting.h"

namespace tristab {

inline constexpr int smallest_chunk = 16, largest_chunk = 256;

struct FamilyEntry {
  FamilySpec spec;
  std::string place;                // file and JSON path, or option, for messages
  std::filesystem::path directory;  // its paths are relative to this
};

struct Scenario {
  std::string name;          // "" in a plain configuration
  std::string what, source;  // one sentence on what happened in practice, and where it is reported; or ""
  std::uint64_t seed = 1;
  int trials = 8;
  int trial = -1;  // only this matrix of each family and size; -1: all
  std::vector<int> chunks{64};
  bool has_chunks = false;            // they were given; else files of matrices bring their own (settle_sizes)
  std::vector<FamilyEntry> families;  // one for each combination of a family's axes, in the order of the configuration
  std::vector<MethodSpec> methods;
  std::vector<Arithmetic> arithmetics;
  std::vector<Formation> formations;  // how A is formed, crossed with methods and arithmetics
  std::vector<Recipe> kernels;        // never crossed with methods, arithmetics or formations
  bool compare_with_given = false;    // "reference": "given" instead of "rounded"
  Requirement requirement{Requirement::default_text, "require"};
  bool decompose = false;          // also the four parts of every total error
  bool layer = false;              // also compute outputs and states over whole sequences
  std::int64_t layer_chunks = 16;  // chunks of a generated sequence
  JsonValue layer_arithmetic_given = "bf16";
  LayerArithmetic layer_arithmetic;  // of all but A and its inverse; kernels may have their own
  std::vector<Expectation> expectations;

  Json json() const;  // with every default filled in; without "name"

  // The cases of a matrix of size n: methods x arithmetics x formations, then the kernels that take this size.
  std::vector<Setting> settings(int n) const;
  std::int64_t setting_count(int n) const;  // how many they are
};

// A key of a scenario that holds one value: its parameter, and how to get and set it. Reading, writing, defaults and
// the schema are derived from this. A scenario that does not set such a key inherits it from the configuration
// around it.
struct ScenarioKey {
  Parameter parameter;
  JsonValue (*get)(const Scenario& scenario);
  void (*set)(Scenario& scenario, const Json& value, const ConfigReader& given);
};
std::span<const ScenarioKey> scenario_keys();

// A key that holds a list of Named things. An item is a name, or an object with a name and parameters; a parameter
// may have a list of values.
struct ScenarioList {
  const char* key;       // "methods"
  const char* name_key;  // "method"
  const char* help;
  void (*read)(const ConfigReader& given, const ScenarioList& list, Scenario& scenario);
  Json (*json)(const Scenario& scenario, const ScenarioList& list);
};
std::span<const ScenarioList> scenario_lists();

// The keys that a scenario may inherit from the configuration around it, and the keys that it must have itself.
const std::vector<std::string>& shared_scenario_keys();
const std::vector<std::string>& own_scenario_keys();

// Reads the shared keys over `defaults`. Throws UsageError with the place and JSON path or option, what was found,
// what is allowed, and the nearest name; also if a setting is given twice.
Scenario read_shared_keys(const ConfigReader& given, const Scenario& defaults);

// Reads families, methods, arithmetics, formations, kernels and expectations into `scenario`; throws the same.
void read_own_keys(const ConfigReader& given, Scenario& scenario);

}  // namespace tristab
