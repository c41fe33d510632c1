// Settings that are crossed with each other: families x sizes x (methods x arithmetics x formations, and kernels). A
// plain sweep is one of these; a sweep of scenarios has several, each with what it is expected to show.
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
#include "tristab/sweep/setting.h"

namespace tristab {

inline constexpr int smallest_chunk = 16, largest_chunk = 256;

struct FamilyEntry {
  FamilySpec spec;
  std::string place;                // file and JSON path, or option, for messages
  std::filesystem::path directory;  // what its paths are relative to
};

struct Scenario {
  std::string name;          // "" in a plain configuration
  std::string what, source;  // one sentence on what happened in the field, and where it is told; "" in a plain one
  std::uint64_t seed = 1;
  int trials = 8;
  std::vector<int> chunks{64};
  std::vector<FamilyEntry> families;  // one for each combination of a family's axes, in the order of the configuration
  std::vector<MethodSpec> methods;
  std::vector<Arithmetic> arithmetics;
  std::vector<Formation> formations;  // how A is formed, crossed with methods and arithmetics
  std::vector<Recipe> kernels;        // never crossed with methods, arithmetics or formations
  bool compare_with_given = false;    // "reference": "given" instead of "rounded"
  bool layer = false;                 // also what the inverse feeds: outputs and state over whole sequences
  std::int64_t layer_chunks = 16;     // chunks of a generated sequence
  JsonValue layer_arithmetic_given = "bf16";
  LayerArithmetic layer_arithmetic;  // of all but the inverse, where a kernel does not bring its own
  std::vector<Expectation> expectations;

  Json json() const;  // with every default filled in; without "name"

  // The cases of a matrix of size n: methods x arithmetics x formations, then the kernels that take this size.
  std::vector<Setting> settings(int n) const;
};

// A key of a scenario that holds one value: what it takes, and where it is kept. Reading, writing, defaults and the
// schema follow from it. A scenario takes these keys from the configuration around it where it does not set them
// itself.
struct ScenarioKey {
  Parameter parameter;
  JsonValue (*get)(const Scenario& scenario);
  void (*set)(Scenario& scenario, const Json& value);
};
std::span<const ScenarioKey> scenario_keys();

// A key that holds a list of Named things: every item is a name or an object of a name and parameters, whose values may
// be lists.
struct ScenarioList {
  const char* key;       // "methods"
  const char* name_key;  // "method"
  const char* help;
  void (*read)(const ConfigReader& given, const ScenarioList& list, Scenario& scenario);
  Json (*json)(const Scenario& scenario, const ScenarioList& list);
};
std::span<const ScenarioList> scenario_lists();

// The names of all keys that a scenario shares with the configuration around it, and of those of its own.
const std::vector<std::string>& shared_scenario_keys();
const std::vector<std::string>& own_scenario_keys();

// Reads the shared keys over `defaults`. Throws UsageError naming place and JSON path, or option, what was found, what
// is allowed, and the nearest name; for one and the same setting given twice, too.
Scenario read_shared_keys(const ConfigReader& given, const Scenario& defaults);

// Reads families, methods, arithmetics, formations, kernels and expectations into `scenario`; throws the same.
void read_own_keys(const ConfigReader& given, Scenario& scenario);

}  // namespace tristab
