// Quantised arithmetics and their parameters: integers (int4, int8, int16), the OCP microscaling formats (mxfp8, mxfp6,
// mxfp4, mxint8) and NVFP4.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tristab/arithmetic/presets.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab {
namespace {

constexpr int kMicroscalingBlock = 32, kNvfp4Block = 16;

struct IntegerPreset {
  std::string name;
  int bits;
  const char* accumulate;  // what holds its sums at the sizes of chunks
};

const std::vector<IntegerPreset>& integer_presets() {
  static const std::vector<IntegerPreset> presets{{"int4", 4, "int32"}, {"int8", 8, "int32"}, {"int16", 16, "int64"}};
  return presets;
}

struct MicroscalingPreset {
  std::string name;
  std::vector<std::string> elements;  // the default first
};

const std::vector<MicroscalingPreset>& microscaling_presets() {
  static const std::vector<MicroscalingPreset> presets{
      {"mxfp8", {"e4m3", "e5m2"}}, {"mxfp6", {"e2m3", "e3m2"}}, {"mxfp4", {"e2m1"}}, {"mxint8", {"int8"}}};
  return presets;
}

template <class Preset>
const Preset* find(const std::vector<Preset>& presets, std::string_view name) {
  const auto found =
      std::find_if(presets.begin(), presets.end(), [&](const Preset& preset) { return preset.name == name; });
  return found == presets.end() ? nullptr : &*found;
}

Parameter identity_parameter() {
  return Parameter::choice("identity", "outside", {"outside", "inside"},
                           "whether the main diagonal stays outside the quantiser (kept in fp32) or is quantised too");
}

Description integer_description(const IntegerPreset& preset) {
  const int largest = (1 << (preset.bits - 1)) - 1;
  Description description;
  description.name = preset.name;
  description.summary = fmt::format("symmetric {}-bit integers with exact integer sums", preset.bits);
  description.formula =
      fmt::format("q = clamp(rint(x / s), -{0}, {0}), s = amax / {0}; y = s_a s_b sum_k q_a q_b", largest);
  description.source = "arXiv 2606.06034; Jacob et al., arXiv 1712.05877, with zero point 0";
  description.parameters = {
      Parameter::choice("scale", "tensor", {"tensor", "row", "block"},
                        "one scale a tensor, one a row of the left and a column of the right operand, or one "
                        "for each block of these along k"),
      Parameter::integer("block_size", nullptr, 1, 65536, "scale block: elements of a block (default 32)"),
      Parameter::choice("scale_rule", "amax", {"amax", "power-of-two", "static"},
                        "s = amax / qmax, the next power of two at or above it, or static_amax / qmax"),
      Parameter::real("static_amax", nullptr, 1e-30, 1e30,
                      "scale_rule static: the calibrated largest magnitude; larger values saturate"),
      Parameter::choice("range", "symmetric", {"symmetric", "full"},
                        fmt::format("codes -{0} .. {0}, or -{1} .. {0} with the same scale (reached by static "
                                    "scales alone)",
                                    largest, largest + 1)),
      Parameter::choice("accumulate", preset.accumulate, {"int32", "int64"},
                        "format of the sums of codes; a sum beyond it wraps around and counts as an "
                        "overflow"),
      identity_parameter(),
      Parameter::choice("output", "accumulator", {"accumulator", "storage"},
                        "format of a method's last result: fp32, or requantised"),
  };
  return description;
}

// Parameters that microscaling and NVFP4 share.
void add_block_scaled_parameters(Description& description) {
  description.parameters.push_back(identity_parameter());
  description.parameters.push_back(
      Parameter::boolean("fma", false, "products are added by fused multiply-adds, rounded once"));
  for (Parameter& parameter : accumulation_parameters(Preset{})) {
    if (parameter.name == "accumulator_rounding") std::erase(parameter.choices, "stochastic");
    description.parameters.push_back(std::move(parameter));
  }
}

Description microscaling_description(const MicroscalingPreset& preset) {
  Description description;
  description.name = preset.name;
  description.summary = fmt::format(
      "OCP microscaling: blocks of {} {} elements along k with a power-of-two "
      "scale; results and vector operations in fp32",
      kMicroscalingBlock, join_names(preset.elements));
  description.formula = "x = 2^e q, e = floor(log2 amax) - emax; c := fl_acc(c + 2^(e_a + e_b) q_a q_b)";
  description.source = "OCP Microscaling Formats (MX) Specification 1.0, sections 5 and 6";
  if (preset.elements.size() > 1)
    description.parameters.push_back(
        Parameter::choice("element", preset.elements.front(), preset.elements, "format of the elements, saturating"));
  description.parameters.push_back(
      Parameter::choice("scale_rule", "floor", {"floor", "ceil", "floor+1", "power-of-two"},
                        "exponent of the scale: floor(log2 amax) - emax, ceil(log2 amax) - emax, floor(log2 "
                        "amax) + 1 - emax, or "
                        "the least that clamps no element"));
  add_block_scaled_parameters(description);
  return description;
}

Description nvfp4_description() {
  Description description;
  description.name = "nvfp4";
  description.summary = fmt::format(
      "NVFP4: blocks of {} e2m1 elements along k with an e4m3 scale, and an fp32 "
      "scale for the tensor; results and vector operations in fp32",
      kNvfp4Block);
  description.formula =
      "x = s s_b q, s = amax / (448 6), s_b = e4m3(amax_b / 6 / s); c := fl(c + s_A s_B sum_k (q_a s_a)(q_b "
      "s_b))";
  description.source =
      "NVIDIA, arXiv 2509.25149; https://docs.nvidia.com/deeplearning/cudnn/frontend/latest/operations/"
      "BlockScaling.html";
  add_block_scaled_parameters(description);
  return description;
}

// Refuses a parameter that only one choice of another parameter uses, if that choice is not taken.
void check_belongs(const Settings& settings, const char* parameter, const char* owner, const char* choice,
                   std::string_view place) {
  if (settings.has(parameter) && settings.text(owner) != choice)
    throw UsageError(fmt::format("{}.{}: found {} with {} {}; allowed: with {} {}", place, parameter,
                                 quoted(settings.at(parameter)), owner, settings.text(owner), owner, choice));
}

Quantiser integer_quantiser(const IntegerPreset& preset, const Settings& settings, std::string_view place) {
  check_belongs(settings, "block_size", "scale", "block", place);
  check_belongs(settings, "static_amax", "scale_rule", "static", place);
  const std::string &scale = settings.text("scale"), &rule = settings.text("scale_rule");
  if (rule == "static" && !settings.has("static_amax"))
    refuse(fmt::format("{}.static_amax", place), "none with scale_rule static", "a positive number");
  Quantiser quantiser;
  quantiser.bits = preset.bits;
  quantiser.largest_code = (1 << (preset.bits - 1)) - 1;
  quantiser.scale = scale == "tensor" ? Quantiser::Scale::tensor
                    : scale == "row"  ? Quantiser::Scale::row
                                      : Quantiser::Scale::block;
  quantiser.rule = rule == "amax"           ? Quantiser::Rule::amax
                   : rule == "power-of-two" ? Quantiser::Rule::power_of_two
                                            : Quantiser::Rule::static_amax;
  if (settings.has("block_size")) quantiser.block_size = static_cast<int>(settings.integer("block_size"));
  if (settings.has("static_amax")) quantiser.static_amax = settings.real("static_amax");
  quantiser.full_range = settings.text("range") == "full";
  quantiser.accumulator_bits = settings.text("accumulate") == "int32" ? 32 : 64;
  return quantiser;
}

Quantiser microscaling_quantiser(const MicroscalingPreset& preset, const Settings& settings) {
  const std::string& element = settings.has("element") ? settings.text("element") : preset.elements.front();
  const std::string& rule = settings.text("scale_rule");
  Quantiser quantiser;
  quantiser.kind = Quantiser::Kind::microscaling;
  quantiser.scale = Quantiser::Scale::block;
  quantiser.block_size = kMicroscalingBlock;
  quantiser.rule = rule == "floor"     ? Quantiser::Rule::floor
                   : rule == "ceil"    ? Quantiser::Rule::ceil
                   : rule == "floor+1" ? Quantiser::Rule::floor_plus_one
                                       : Quantiser::Rule::power_of_two;
  // Multiples of 2^-6 below 2: a format with one binade and subnormals.
  quantiser.element = element == "int8" ? Format{"int8 with the scale 2^-6", 7, 0, 0, 8, 0, Overflow::saturate, true}
                                        : with_overflow(format_of(element, "element"), Overflow::saturate);
  quantiser.bits = quantiser.element.bits;
  return quantiser;
}

Quantiser nvfp4_quantiser() {
  Quantiser quantiser;
  quantiser.kind = Quantiser::Kind::nvfp4;
  quantiser.scale = Quantiser::Scale::block;
  quantiser.block_size = kNvfp4Block;
  quantiser.element = format_of("e2m1", "element");
  quantiser.bits = quantiser.element.bits;
  return quantiser;
}

}  // namespace

std::span<const std::string> quantised_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const IntegerPreset& preset : integer_presets()) list.push_back(preset.name);
    for (const MicroscalingPreset& preset : microscaling_presets()) list.push_back(preset.name);
    list.emplace_back("nvfp4");
    return list;
  }();
  return names;
}

Description quantised_description(std::string_view name) {
  if (const IntegerPreset* preset = find(integer_presets(), name)) return integer_description(*preset);
  if (const MicroscalingPreset* preset = find(microscaling_presets(), name)) return microscaling_description(*preset);
  return nvfp4_description();
}

Arithmetic make_quantised(std::string_view name, const Settings& settings, std::string_view place) {
  Arithmetic arithmetic;
  Quantiser quantiser = nvfp4_quantiser();
  if (const IntegerPreset* preset = find(integer_presets(), name)) {
    quantiser = integer_quantiser(*preset, settings, place);
    arithmetic.output_in_storage = settings.text("output") == "storage";
  } else if (const MicroscalingPreset* block = find(microscaling_presets(), name)) {
    quantiser = microscaling_quantiser(*block, settings);
  }
  quantiser.identity_outside = settings.text("identity") == "outside";
  arithmetic.quantiser = quantiser;
  arithmetic.operand = arithmetic.storage = fp32_format();
  arithmetic.product = arithmetic.vector = {fp32_format(), Rounding::nearest_even, false};
  arithmetic.addend = arithmetic.vector_operand = fp32_format();
  return arithmetic;
}

}  // namespace tristab
