#include "tristab/arithmetic/arithmetic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

constexpr std::string_view kPure = "-pure";

std::vector<std::string> rounding_choices() { return {rounding_names().begin(), rounding_names().end()}; }

std::vector<Parameter> floating_parameters(bool pure, const std::string& accumulator) {
  std::vector<Parameter> parameters{
      Parameter::choice(
          "rounding", "nearest-even", rounding_choices(),
          "of every rounding to the format: operands, results between steps, vector operations (tf32: "
          "operands of products only)"),
      Parameter::boolean("fma", false, "products are added by fused multiply-adds, rounded once"),
      Parameter::choice("output", "accumulator", {"accumulator", "storage"},
                        "format of a method's last result: the accumulator's, or rounded to storage"),
  };
  if (!pure) {
    parameters.push_back(
        Parameter::text("accumulate", accumulator, "format in which products are summed, k ascending"));
    parameters.push_back(Parameter::choice("accumulator_rounding", "nearest-even", rounding_choices(),
                                           "rounding of the accumulator"));
  }
  return parameters;
}

std::vector<Parameter> integer_parameters() {
  return {
      Parameter::choice("scale", "tensor", {"tensor", "row"},
                        "one scale a tensor, or one a row of the left and a column of the right operand"),
      Parameter::choice("scale_rule", "amax", {"amax", "power-of-two"},
                        "s = amax / qmax, or the next power of two at or above it"),
      Parameter::choice(
          "identity", "outside", {"outside", "inside"},
          "whether the main diagonal stays outside the quantiser (kept in fp32) or is quantised too"),
      Parameter::choice("output", "accumulator", {"accumulator", "storage"},
                        "format of a method's last result: fp32, or requantised"),
  };
}

Description floating_description(const std::string& name, bool pure) {
  Description description;
  description.name = name;
  if (pure) {
    description.summary =
        fmt::format("every single operation rounded to {}: c := fl(c + fl(a b)), k ascending", name);
    description.name += kPure;
  } else if (name == "fp64" || name == "fp32") {
    description.summary = fmt::format("everything in {}", name);
  } else if (name == "tf32") {
    description.summary = "operands of products rounded to tf32, everything else in fp32";
  } else {
    description.summary = fmt::format(
        "operands, results between steps and vector operations in {}, products summed in fp32", name);
  }
  description.formula = pure ? "c := fl(c + fl(a_k b_k))" : "c := fl_acc(c + fl_acc(a_k b_k)); X := fl(c)";
  description.source = "definition; Higham, Accuracy and Stability of Numerical Algorithms, section 2.2";
  // Matrix units accumulate in fp32, or in the operand format where that is wider.
  const bool wider = looks_like_format(name) && !format_of(name, "").inside(fp32_format());
  description.parameters = floating_parameters(pure, wider ? name : "fp32");
  return description;
}

Description integer_description(int bits) {
  Description description;
  description.name = fmt::format("int{}", bits);
  description.summary =
      fmt::format("symmetric {}-bit integers, exact integer sums, requantised after every product", bits);
  description.formula = fmt::format(
      "q = clamp(rint(x / s), -{0}, {0}), s = amax / {0}; y = s_a s_b sum_k q_a q_b", (1 << (bits - 1)) - 1);
  description.source = "arXiv 2606.06034; Jacob et al., arXiv 1712.05877, with zero point 0";
  description.parameters = integer_parameters();
  return description;
}

Arithmetic make_floating(const Format& format, bool pure, const Settings& settings, std::string_view place) {
  Arithmetic arithmetic;
  arithmetic.operand = format;
  arithmetic.storage = format;
  const Rounding rounding = rounding_of(settings.text("rounding"));
  const bool fma = settings.flag("fma");
  arithmetic.operand_rounding = rounding;
  arithmetic.storage_rounding = rounding;
  arithmetic.vector = {format, rounding, fma};
  if (pure) {
    arithmetic.product = arithmetic.vector;
  } else {
    const Format accumulator = format_of(settings.text("accumulate"), fmt::format("{}.accumulate", place));
    arithmetic.product = {accumulator, rounding_of(settings.text("accumulator_rounding")), fma};
    if (format.name == "tf32") {  // an operand format: elements are stored, and vectors computed, in fp32
      arithmetic.storage = fp32_format();
      arithmetic.storage_rounding = Rounding::nearest_even;
      arithmetic.vector = {fp32_format(), Rounding::nearest_even, fma};
    }
  }
  arithmetic.output_in_storage = settings.text("output") == "storage";
  for (const Accumulation* unit : {&arithmetic.product, &arithmetic.vector}) {
    if (unit->format.precision == 53 && unit->rounding != Rounding::nearest_even) {
      throw UsageError(
          fmt::format("{}: fp64 operations found with rounding {}; allowed: nearest-even (narrower formats "
                      "take every rounding)",
                      place, name_of(unit->rounding)));
    }
  }
  return arithmetic;
}

Arithmetic make_integer(int bits, const Settings& settings) {
  Arithmetic arithmetic;
  Quantiser quantiser;
  quantiser.bits = bits;
  quantiser.largest_code = (1 << (bits - 1)) - 1;
  quantiser.scale = settings.text("scale") == "row" ? Quantiser::Scale::row : Quantiser::Scale::tensor;
  quantiser.rule =
      settings.text("scale_rule") == "amax" ? Quantiser::Rule::amax : Quantiser::Rule::power_of_two;
  quantiser.identity_outside = settings.text("identity") == "outside";
  arithmetic.quantiser = quantiser;
  arithmetic.operand = arithmetic.storage = fp32_format();
  arithmetic.product = arithmetic.vector = {fp32_format(), Rounding::nearest_even, false};
  arithmetic.output_in_storage = settings.text("output") == "storage";
  return arithmetic;
}

std::vector<std::string> arithmetic_names() {
  std::vector<std::string> names;
  for (const Description& description : arithmetic_descriptions()) names.push_back(description.name);
  return names;
}

// The table of parameters of `name`, and how to build it.
struct Preset {
  Description description;
  std::optional<Format> format;
  bool pure = false;
  int integer_bits = 0;
};

Preset find_preset(std::string_view name, std::string_view place) {
  Preset preset;
  for (const int bits : {8, 16}) {
    if (name == fmt::format("int{}", bits)) {
      preset.description = integer_description(bits);
      preset.integer_bits = bits;
      return preset;
    }
  }
  std::string_view format_name = name;
  if (name.ends_with(kPure)) {
    format_name.remove_suffix(kPure.size());
    preset.pure = true;
  }
  if (!looks_like_format(format_name)) throw_unknown_name(place, "arithmetic", name, arithmetic_names());
  preset.format = format_of(format_name, place);
  preset.description = floating_description(std::string(format_name), preset.pure);
  return preset;
}

Arithmetic build(const Preset& preset, const Settings& settings, std::string_view place) {
  Arithmetic arithmetic = preset.format ? make_floating(*preset.format, preset.pure, settings, place)
                                        : make_integer(preset.integer_bits, settings);
  arithmetic.name = preset.description.name;
  arithmetic.settings = settings;
  return arithmetic;
}

std::string words(const Accumulation& unit) {
  return fmt::format("{}, {}, {}", unit.format.name, unit.fma ? "fused multiply-add" : "multiply then add",
                     name_of(unit.rounding));
}

}  // namespace

double Arithmetic::unit_roundoff() const {
  if (quantiser) return 0.5 / quantiser->largest_code;
  return std::max(operand.unit_roundoff(), storage.unit_roundoff());
}

std::string Arithmetic::input_format() const { return quantiser ? "given" : operand.name; }

std::span<const Description> arithmetic_descriptions() {
  static const std::vector<Description> descriptions = [] {
    std::vector<Description> list;
    for (const char* name : {"fp64", "fp32", "tf32", "bf16", "fp16"})
      list.push_back(floating_description(name, false));
    for (const char* name : {"fp32", "tf32", "bf16", "fp16"})
      list.push_back(floating_description(name, true));
    for (const int bits : {8, 16}) list.push_back(integer_description(bits));
    Description exmy = floating_description("eXmY", false);
    exmy.summary = "any format as an arithmetic, e.g. e5m7; and eXmY-pure";
    list.push_back(exmy);
    return list;
  }();
  return descriptions;
}

Arithmetic make_arithmetic(std::string_view name, const Json& parameters, std::string_view place) {
  const Preset preset = find_preset(name, place);
  return build(
      preset,
      complete_settings(preset.description.parameters, parameters, fmt::format("arithmetic {}", name), place),
      place);
}

std::vector<Arithmetic> expand_arithmetic(const Json& given, std::string_view place) {
  if (given.is_string()) return {make_arithmetic(given.get<std::string>(), Json::object(), place)};
  if (!given.is_object() || !given.contains("arithmetic") || !given["arithmetic"].is_string()) {
    throw UsageError(
        fmt::format("{}: found {}; allowed: an arithmetic's name, or an object such as "
                    "{{\"arithmetic\": \"int8\", \"scale\": \"row\"}}",
                    place, given.dump()));
  }
  const std::string name = given["arithmetic"];
  Json parameters = given;
  parameters.erase("arithmetic");
  const Preset preset = find_preset(name, fmt::format("{}.arithmetic", place));
  std::vector<Arithmetic> arithmetics;
  for (const Settings& settings : expand_settings(preset.description.parameters, parameters,
                                                  fmt::format("arithmetic {}", name), place)) {
    arithmetics.push_back(build(preset, settings, place));
  }
  return arithmetics;
}

ArithmeticRow describe(const Arithmetic& arithmetic) {
  ArithmeticRow row;
  row.name = arithmetic.name;
  row.vector = words(arithmetic.vector);
  if (const auto& quantiser = arithmetic.quantiser) {
    const std::string codes = fmt::format("codes of {} bits", quantiser->bits);
    row.operand = codes;
    row.accumulator = "exact integer sum; dequantised sums added in fp32";
    row.storage = quantiser->scale == Quantiser::Scale::tensor
                      ? codes
                      : "fp32, quantised on entering a product; vector results as codes by rows";
    row.output = arithmetic.output_in_storage ? row.storage : "fp32";
    row.quantiser = fmt::format("scale per {}, {}, identity {}",
                                quantiser->scale == Quantiser::Scale::tensor ? "tensor" : "row and column",
                                quantiser->rule == Quantiser::Rule::amax ? "amax" : "power of two",
                                quantiser->identity_outside ? "outside" : "inside");
    row.operand = fmt::format("{}; {}", codes, row.quantiser);
  } else {
    row.operand = fmt::format("{}, {}", arithmetic.operand.name, name_of(arithmetic.operand_rounding));
    row.accumulator = words(arithmetic.product) + ", k ascending";
    row.storage = fmt::format("{}, {}", arithmetic.storage.name, name_of(arithmetic.storage_rounding));
    row.output = arithmetic.output_in_storage ? arithmetic.storage.name : arithmetic.product.format.name;
    row.quantiser = "none";
  }
  return row;
}

}  // namespace tristab
