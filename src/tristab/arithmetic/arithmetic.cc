#include "tristab/arithmetic/arithmetic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/arithmetic/presets.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab {
namespace {

// The format with the overflow rule and the flushing that the settings ask for.
Format adapted(const Format& format, const Settings& settings, bool flush) {
  Format result = format;
  if (settings.has("overflow")) {
    const std::string& rule = settings.text("overflow");
    result = with_overflow(result, rule == "infinity" ? Overflow::infinity
                                   : rule == "nan"    ? Overflow::nan
                                                      : Overflow::saturate);
  }
  return flush && result != fp64_format() ? without_subnormals(result) : result;
}

// Refuses fused, stochastic or wider sums for models that do not have them.
void check_product(const Arithmetic& arithmetic, std::string_view place) {
  const Accumulation& product = arithmetic.product;
  if (product.model == AccumulationModel::sequential) return;
  const std::string& model = name_of(product.model);
  if (product.fma) refuse(place, fmt::format("fma with model {}", model), "fma with model sequential");
  if (product.rounding == Rounding::stochastic && product.model != AccumulationModel::exact)
    refuse(place, fmt::format("accumulator_rounding stochastic with model {}", model),
           "stochastic with the models sequential and exact");
  if (product.model != AccumulationModel::matrix_unit && product.model != AccumulationModel::bf16_pairs) return;
  if (!product.format.inside(fp32_format()) || !arithmetic.operand.inside(fp32_format()))
    refuse(place,
           fmt::format("model {} with operands {} and sums in {}", model, arithmetic.operand.name, product.format.name),
           "operands and sums inside fp32");
  if (product.model == AccumulationModel::bf16_pairs &&
      (!arithmetic.operand.inside(format_of("bf16", place)) || product.format != fp32_format() ||
       product.rounding != Rounding::nearest_even))
    refuse(place,
           fmt::format("model {} with operands {} and sums in {}, {}", model, arithmetic.operand.name,
                       product.format.name, name_of(product.rounding)),
           "bf16 operands and sums in fp32, nearest-even");
}

Accumulation make_product(const Preset& preset, const Settings& settings, bool flush, std::string_view place) {
  Accumulation product;
  if (preset.pure) {  // what the vector unit does, k ascending
    product.format = adapted(*preset.format, settings, flush);
    product.rounding = rounding_of(settings.text("rounding"));
    product.fma = settings.flag("fma");
    return product;
  }
  const Format format = format_of(settings.text("accumulate"), fmt::format("{}.accumulate", place));
  product.format = flush && format != fp64_format() ? without_subnormals(format) : format;
  product.fma = settings.flag("fma");
  if (settings.has("model")) product.model = accumulation_model_of(settings.text("model"));
  if (preset.unit != nullptr) product.unit = preset.unit->unit;
  if (settings.has("terms")) product.unit.terms = static_cast<int>(settings.integer("terms"));
  if (settings.has("fraction_bits")) product.unit.fraction_bits = static_cast<int>(settings.integer("fraction_bits"));
  if (settings.has("addend")) product.unit.addend_floor = settings.text("addend") == "floor";
  if (settings.has("accumulator_rounding")) {
    product.rounding = rounding_of(settings.text("accumulator_rounding"));
  } else if (preset.unit != nullptr && format.max_exponent == 127) {
    product.rounding = preset.unit->final_rounding;
  }
  if (preset.unit == nullptr && product.model != AccumulationModel::matrix_unit) {
    for (const char* parameter : {"terms", "fraction_bits", "addend"}) {
      if (settings.has(parameter))
        refuse(fmt::format("{}.{}", place, parameter),
               fmt::format("{} without model bfma", quoted(settings.at(parameter))), "with model bfma");
    }
  }
  return product;
}

Arithmetic make_floating(const Preset& preset, const Settings& settings, std::string_view place) {
  const std::string subnormals = settings.has("subnormals") ? settings.text("subnormals") : "kept";
  const bool flush_inputs = subnormals == "flush" || subnormals == "flush-inputs";
  const bool flush_outputs = subnormals == "flush" || subnormals == "flush-outputs";
  const Rounding rounding = rounding_of(settings.text("rounding"));
  const bool fma = settings.flag("fma");
  const bool stored_as_fp32 = preset.split || preset.format->name == "tf32";

  Arithmetic arithmetic;
  const Format& named = *preset.format;
  arithmetic.operand = adapted(preset.split ? fp32_format() : named, settings, flush_inputs);
  arithmetic.operand_rounding = preset.split ? Rounding::nearest_even : rounding;
  if (preset.split) {
    // tf32: h as cvt.rna gives it; the unit truncates l like any operand.
    const bool tf32 = named.name == "tf32";
    arithmetic.split = SplitProduct{named, tf32 ? Rounding::nearest_away : Rounding::nearest_even,
                                    tf32 ? Rounding::toward_zero : Rounding::nearest_even};
  }
  const bool vectors_in_fp32 = stored_as_fp32 && !preset.pure;  // an operand format: elements are fp32
  const Format storage = settings.has("storage") ? format_of(settings.text("storage"), fmt::format("{}.storage", place))
                         : vectors_in_fp32       ? fp32_format()
                                                 : named;
  arithmetic.storage = adapted(storage, settings, flush_outputs);
  arithmetic.storage_rounding = vectors_in_fp32 ? Rounding::nearest_even : rounding;
  arithmetic.vector.format = arithmetic.storage;
  arithmetic.vector.rounding = arithmetic.storage_rounding;
  arithmetic.vector.fma = fma;
  if (settings.has("vector_lanes")) {
    arithmetic.vector.model = AccumulationModel::lanes;
    const std::string at = fmt::format("{}.vector_lanes", place);
    arithmetic.vector.lanes = lane_tree_of(settings.text("vector_lanes"), at);
    if (arithmetic.vector.rounding == Rounding::stochastic)
      refuse(at, "it with rounding stochastic", "deterministic roundings");
  }
  arithmetic.product = make_product(preset, settings, flush_outputs, place);
  const auto entering = [&](const Format& format) {
    return flush_inputs && format != fp64_format() ? without_subnormals(format) : format;
  };
  arithmetic.addend = entering(arithmetic.product.format);
  arithmetic.vector_operand = entering(arithmetic.vector.format);
  arithmetic.output_in_storage = settings.text("output") == "storage";
  if (settings.has("seed")) arithmetic.seed = static_cast<std::uint64_t>(settings.integer("seed"));
  check_product(arithmetic, place);
  return arithmetic;
}

// Block-scaled operands are exact in fp32, and so is what the vector unit adds to their sums.
void sum_block_scaled(Arithmetic& arithmetic, const Preset& preset, const Settings& settings, std::string_view place) {
  arithmetic.product = make_product(preset, settings, false, place);
  arithmetic.addend = arithmetic.product.format;
  if (!arithmetic.product.format.inside(fp32_format()))
    refuse(fmt::format("{}.accumulate", place), arithmetic.product.format.name, "formats inside fp32");
  check_product(arithmetic, place);
}

Arithmetic build(const Preset& preset, const Settings& settings, std::string_view place) {
  Arithmetic arithmetic = preset.quantised ? make_quantised(preset.description.name, settings, place)
                                           : make_floating(preset, settings, place);
  if (arithmetic.is_block_scaled()) sum_block_scaled(arithmetic, preset, settings, place);
  arithmetic.name = preset.description.name;
  arithmetic.settings = settings;
  return arithmetic;
}

// RN, RA, RZ, RU, RD, RO, SR: the usual abbreviations; a line below every listing explains them.
std::string_view short_name(Rounding rounding) {
  constexpr std::string_view kNames[] = {"RN", "RA", "RZ", "RU", "RD", "RO", "SR"};
  return kNames[static_cast<std::size_t>(rounding)];
}

std::string words(const Format& format, Rounding rounding) {
  return fmt::format("{} {}", format.name, short_name(rounding));
}

std::string words(const Accumulation& unit) {
  const std::string rounding = words(unit.format, unit.rounding);
  switch (unit.model) {
    case AccumulationModel::sequential:
      return fmt::format("{}, {}", unit.fma ? "fma" : "mul, add", rounding);
    case AccumulationModel::pairwise:
      return fmt::format("tree, {}", rounding);
    case AccumulationModel::matrix_unit:
      return fmt::format("{} terms, F {}{}, {}", unit.unit.terms, unit.unit.fraction_bits,
                         unit.unit.addend_floor ? ", c floor" : "", rounding);
    case AccumulationModel::bf16_pairs:
      return fmt::format("pairs, odd first, {}", rounding);
    case AccumulationModel::exact:
      return fmt::format("exact, {}", rounding);
    case AccumulationModel::lanes:
      return fmt::format("{}-lane tree, {}", 1 << unit.lanes.order.size(), rounding);
  }
  return "";
}

std::string words(const Quantiser& quantiser) {
  constexpr std::string_view kRules[] = {"amax",
                                         "power of two",
                                         "static",
                                         "2^(floor(log2 amax) - emax)",
                                         "2^(ceil(log2 amax) - emax)",
                                         "2^(floor(log2 amax) + 1 - emax)"};
  std::string scale = "tensor";
  if (quantiser.scale == Quantiser::Scale::row) scale = "row and column";
  if (quantiser.scale == Quantiser::Scale::block) scale = fmt::format("block of {} along k", quantiser.block_size);
  if (quantiser.kind == Quantiser::Kind::nvfp4) scale += " (e4m3) and tensor (fp32)";
  std::string rule(kRules[static_cast<std::size_t>(quantiser.rule)]);
  if (quantiser.rule == Quantiser::Rule::static_amax) rule += fmt::format(" amax {}", quantiser.static_amax);
  return fmt::format("scale per {}, {}{}, identity {}", scale, rule, quantiser.full_range ? ", full range" : "",
                     quantiser.identity_outside ? "outside" : "inside");
}

std::string evidence_of(const Arithmetic& arithmetic) {
  const Preset preset = find_preset(arithmetic.name, arithmetic.name);
  if (preset.unit != nullptr && preset.split && preset.unit->operand == "bf16")
    return "model only: the order of tf32x3, the unit's own arithmetic";
  if (preset.unit != nullptr) return preset.unit->evidence;
  if (arithmetic.is_block_scaled()) return "model only: the definition, element by element; no hardware records";
  return arithmetic.quantiser ? "against exact integers, operation by operation"
                              : "against MPFR, operation by operation";
}

}  // namespace

double Arithmetic::unit_roundoff() const {
  if (is_block_scaled()) return quantiser->element.unit_roundoff();
  if (quantiser) return 0.5 / quantiser->largest_code;
  return std::max(operand.unit_roundoff(), storage.unit_roundoff());
}

std::string Arithmetic::input_format() const { return quantiser ? "given" : storage.name; }

Arithmetic make_arithmetic(std::string_view name, const Json& parameters, std::string_view place) {
  Json given = parameters;
  given["arithmetic"] = name;
  const std::vector<Arithmetic> made = expand_arithmetic(given, place);
  return made.front();
}

std::vector<Arithmetic> expand_arithmetic(const Json& given, std::string_view place) {
  const GivenName chosen = read_given_name(given, "arithmetic", R"({"arithmetic": "int8", "scale": "row"})", place);
  const Preset preset = find_preset(chosen.name, chosen.place);
  const std::vector<Parameter>& table = preset.description.parameters;
  const Settings defaults = complete_settings(table, Json::object(), "", "");
  std::vector<Arithmetic> arithmetics;
  for (const Settings& settings :
       expand_settings(table, chosen.parameters, fmt::format("arithmetic {}", chosen.name), place)) {
    arithmetics.push_back(build(preset, settings, place));
    arithmetics.back().label = label_of(preset.description.name, settings.json(), defaults.json());
  }
  return arithmetics;
}

ArithmeticRow describe(const Arithmetic& arithmetic) {
  ArithmeticRow row;
  row.name = arithmetic.name;
  row.vector = words(arithmetic.vector);
  row.evidence = evidence_of(arithmetic);
  if (const auto& quantiser = arithmetic.quantiser) {
    row.quantiser = words(*quantiser);
    row.storage = "fp32";
    if (arithmetic.is_block_scaled()) {
      row.operand = fmt::format("{}; {}", quantiser->element.name, row.quantiser);
      row.accumulator = words(arithmetic.product);
      if (quantiser->kind == Quantiser::Kind::nvfp4) row.accumulator += ", times both tensors' scales";
    } else {
      const std::string codes = fmt::format("codes of {} bits", quantiser->bits);
      row.operand = fmt::format("{}; {}", codes, row.quantiser);
      row.accumulator = fmt::format("exact in int{}; dequantised sums added in fp32", quantiser->accumulator_bits);
      if (quantiser->scale == Quantiser::Scale::tensor) row.storage = codes;
      if (quantiser->scale != Quantiser::Scale::tensor)
        row.storage += fmt::format(", quantised on entering a product; vector results as codes by {}rows",
                                   quantiser->scale == Quantiser::Scale::block ? "pieces of " : "");
    }
    row.output = arithmetic.output_in_storage ? row.storage : arithmetic.product.format.name;
  } else {
    row.operand = words(arithmetic.operand, arithmetic.operand_rounding);
    if (const auto& split = arithmetic.split)
      row.operand = fmt::format("{} + {}", words(split->part, split->high), words(split->part, split->low));
    row.accumulator = words(arithmetic.product);
    row.storage = words(arithmetic.storage, arithmetic.storage_rounding);
    row.output = arithmetic.output_in_storage ? arithmetic.storage.name : arithmetic.product.format.name;
    row.quantiser = "none";
  }
  return row;
}

}  // namespace tristab
