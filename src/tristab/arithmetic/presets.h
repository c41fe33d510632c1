// The named arithmetics and their parameters: the only place that defines "bf16", "fp16-pure" or "tf32-h100".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/arithmetic/arithmetic.h"

namespace tristab {

// A machine with its own accumulation, neither fp32 nor the operand format.
struct UnitPreset {
  std::string name;
  std::string machine;  // "h100"
  std::string operand;  // format
  Rounding operand_rounding;
  AccumulationModel model;
  MatrixUnit unit;
  std::string accumulate;  // format of the sums
  Rounding final_rounding =
      Rounding::toward_zero;  // of sums with the exponents of fp32; into fp16 all round to nearest
  std::string evidence;       // what the emulation was checked against, or that it is a model only
  std::string source;
};

std::span<const UnitPreset> unit_presets();

// The machines of NVIDIA's among them, newest first: h100, h200, ...
std::vector<std::string> tensor_core_names();

// A resolved name: its parts and its parameter table.
struct Preset {
  Description description;
  std::optional<Format> format;      // of floating-point arithmetics
  bool pure = false;                 // every operation is rounded to the format
  bool split = false;                // products made of three
  const UnitPreset* unit = nullptr;  // set for the machines of unit_presets()
  bool quantised = false;            // integers and block-scaled formats
};

// Throws UsageError naming `place` and the nearest name.
Preset find_preset(std::string_view name, std::string_view place);

// Parameters of how products are summed, for presets that do not round every operation: accumulate,
// accumulator_rounding, model, terms, fraction_bits, addend.
std::vector<Parameter> accumulation_parameters(const Preset& preset);

// Integers and block-scaled formats (quantised_arithmetic.cc). make_quantised does not read the accumulation
// parameters, which say how block-scaled products are summed.
std::span<const std::string> quantised_names();
Description quantised_description(std::string_view name);
Arithmetic make_quantised(std::string_view name, const Settings& settings, std::string_view place);

}  // namespace tristab
