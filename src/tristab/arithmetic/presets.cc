#include "tristab/arithmetic/presets.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/format/format_name.h"

namespace tristab {
namespace {

constexpr std::string_view kPure = "-pure";
constexpr std::string_view kSplit = "x3";

const char* const kKhattak = "Khattak and Mikaitis, arXiv 2512.07004; MMA-Sim, arXiv 2511.10909";
const char* const kFasi = "Fasi et al., PeerJ Computer Science 7:e330 (2021); Khattak and Mikaitis, arXiv 2512.07004";
const char* const kChained = "bit for bit: recorded H100 products, mma.sync and wgmma, single and chained";
// What these records do not hold is part of the evidence: nothing is claimed beyond it.
const char* const kRecorded =
    "recorded products agree in every bit (random ones of one instruction; no chains, subnormals or overflows)";
const char* const kKernels = "bit for bit: recorded products, and kernels that an H200 ran";
const char* const kRounded =
    "recorded products of mma.sync agree in every bit: correctly rounded sums of 32 products and c (F 30 or more "
    "fits); "
    "nothing is recorded of tcgen05";
const char* const kSimulator = "model only: read from a published simulator, not checked";
const char* const kParametric = "model only: nothing bit-accurate is public; a parametric stand-in, no claim";

// NVIDIA's machines. The unit of a 16-bit format takes `terms` products at once, that of tf32 half as many.
struct TensorCore {
  const char* machine;
  std::vector<const char*> formats;
  int terms, fraction_bits;
  const char* evidence;
  const char* source;
  int fp8_terms = 0;                   // 0: no fp8, or nothing known of it
  int fp8_fraction_bits = 13;          // 13: sums are e8m13, with the exponents of fp32; more: nearest fp32
  const char* fp8_evidence = nullptr;  // null: `evidence`
};

std::vector<TensorCore> tensor_cores() {
  const std::vector<const char*> all{"bf16", "fp16", "tf32"};
  return {
      {"h100", all, 16, 25, kChained, kKhattak, 32, 13, "bit for bit: recorded H100 products, wgmma, chained"},
      {"h200", all, 16, 25, kKernels, kKhattak},
      {"b200", all, 16, 25, kRecorded, kKhattak, 32, 40, kRounded},
      {"ada", all, 8, 24, kRecorded, kKhattak, 16},
      {"l40s", all, 8, 24, kRecorded, kKhattak, 16},
      {"a100", all, 8, 24, kRecorded, kFasi},
      {"a2", all, 8, 24, kRecorded, kFasi},
      {"v100", {"fp16"}, 4, 23, kRecorded, kFasi},
  };
}

UnitPreset unit(const std::string& format, const char* machine, int terms, int fraction_bits, const char* evidence,
                const char* source) {
  UnitPreset preset;
  preset.operand = format;
  preset.machine = machine;
  // The usual name of e4m3 in unit names is fp8.
  preset.name = fmt::format("{}-{}", format == "e4m3" ? "fp8" : format, machine);
  // NVIDIA's units drop the low bits of tf32 operands. Narrower operands are stored as such: software has rounded them.
  preset.operand_rounding = format == "tf32" ? Rounding::toward_zero : Rounding::nearest_even;
  preset.model = AccumulationModel::matrix_unit;
  preset.unit.terms = terms;
  preset.unit.fraction_bits = fraction_bits;
  preset.accumulate = "fp32";
  preset.evidence = evidence;
  preset.source = source;
  return preset;
}

UnitPreset cdna3(const char* name, const char* operand, int terms) {
  UnitPreset preset = unit(operand, "cdna3", terms, 24, kSimulator, "MMA-Sim, arXiv 2511.10909");
  preset.name = name;
  preset.unit.addend_floor = true;
  preset.final_rounding = Rounding::nearest_even;
  return preset;
}

std::vector<UnitPreset> make_unit_presets() {
  std::vector<UnitPreset> presets;
  for (const TensorCore& core : tensor_cores()) {
    for (const char* format : core.formats) {
      const int terms = std::string_view(format) == "tf32" ? core.terms / 2 : core.terms;
      presets.push_back(unit(format, core.machine, terms, core.fraction_bits, core.evidence, core.source));
    }
    if (core.fp8_terms == 0) continue;
    for (const char* format : {"e4m3", "e5m2"}) {
      presets.push_back(unit(format, core.machine, core.fp8_terms, core.fp8_fraction_bits,
                             core.fp8_evidence != nullptr ? core.fp8_evidence : core.evidence, core.source));
      if (core.fp8_fraction_bits == 13) {
        presets.back().accumulate = "e8m13";
      } else {
        presets.back().final_rounding = Rounding::nearest_even;
      }
    }
  }
  presets.push_back(cdna3("bf16-cdna3", "bf16", 8));
  presets.push_back(cdna3("fp16-cdna3", "fp16", 8));
  presets.push_back(cdna3("tf32-cdna3", "tf32", 4));
  // CDNA3's e4m3 is the FNUZ variant: bias 8, one NaN and no infinities, largest 240.
  presets.push_back(cdna3("fp8-cdna3", "p4emin-7emax7-nan", 16));
  // A unit of 16 x 16 x 16 tiles. The simplest machine of that shape: the exact sum of 16 products and c, rounded once
  // to nearest.
  UnitPreset ascend = unit("fp16", "ascend910b", 16, 40, kParametric,
                           "arXiv 2605.21325 ran on it; nothing bit-accurate is public of its unit");
  ascend.final_rounding = Rounding::nearest_even;
  presets.push_back(ascend);
  UnitPreset avx = unit("bf16", "avx512", 16, 25, "bit for bit: the VDPBF16PS instruction of a Zen 5",
                        "Intel SDM volume 2, VDPBF16PS; checked against a Zen 5");
  avx.model = AccumulationModel::bf16_pairs;
  avx.final_rounding = Rounding::nearest_even;
  presets.push_back(avx);
  return presets;
}

std::vector<std::string> rounding_choices() { return {rounding_names().begin(), rounding_names().end()}; }

Parameter optional_choice(std::string name, std::vector<std::string> choices, std::string help) {
  return Parameter::choice(std::move(name), nullptr, std::move(choices), std::move(help));
}

// Parameters of every floating-point arithmetic. Those without a default are absent unless given.
std::vector<Parameter> floating_parameters(const Preset& preset) {
  const UnitPreset* unit = preset.unit;
  std::vector<Parameter> parameters{
      Parameter::choice("rounding", unit != nullptr ? name_of(unit->operand_rounding) : "nearest-even",
                        rounding_choices(),
                        "of every rounding to the format: operands, results between steps, vector operations (tf32: "
                        "operands of products only)"),
      Parameter::boolean("fma", false, "products are added by fused multiply-adds, rounded once"),
      Parameter::choice("output", "accumulator", {"accumulator", "storage"},
                        "format of a method's last result: the accumulator's, or rounded to storage"),
      optional_choice("overflow", {"infinity", "nan", "saturate"},
                      "result of an overflow (default: the format's own rule)"),
      optional_choice("subnormals", {"kept", "flush-inputs", "flush-outputs", "flush"},
                      "flush: subnormal operands, results or both are zeros (default: kept)"),
      Parameter::text("vector_lanes", nullptr,
                      "vector sums over the lanes of a warp: bits of the lane index in the order of the additions, "
                      "'f' after a fused first, e.g. 2f,1,8,4 (default: k ascending)"),
      Parameter::integer("seed", nullptr, 0, 9007199254740991, "of stochastic rounding (default 0)"),
  };
  if (preset.pure) return parameters;
  parameters.push_back(Parameter::text("storage", nullptr,
                                       "format of results between steps and of the vector unit (default: that of the "
                                       "operands; tf32 and split products: fp32)"));
  for (Parameter& parameter : accumulation_parameters(preset)) parameters.push_back(std::move(parameter));
  return parameters;
}

Description floating_description(const std::string& name, const Preset& preset) {
  Description description;
  description.name = name;
  description.source = "definition; Higham, Accuracy and Stability of Numerical Algorithms, section 2.2";
  description.formula = preset.pure ? "c := fl(c + fl(a_k b_k))" : "c := fl_acc(c + fl_acc(a_k b_k)); X := fl(c)";
  if (preset.split) {
    description.summary =
        fmt::format("fp32 operands as sums of two {} parts, products from three of them; everything else in fp32",
                    preset.format->name);
    description.formula = "a b = a_l b_h + a_h b_l + a_h b_h, summed in this order";
    description.source = "Triton, F32DotTC (tf32x3); Henry, Tang and Heinecke, arXiv 1904.06376 (bf16x3)";
  } else if (preset.unit != nullptr) {
    const UnitPreset& unit = *preset.unit;
    description.source = unit.source;
    if (unit.model == AccumulationModel::matrix_unit) {
      description.summary = fmt::format("{} operands on a matrix unit: groups of {} products, {} fraction bits. {}",
                                        unit.operand, unit.unit.terms, unit.unit.fraction_bits, unit.evidence);
      description.formula = "c := fl(trunc(c) + sum of trunc(a_k b_k)), trunc to multiples of 2^(e* - F)";
    } else {
      description.summary = fmt::format("bf16 operands, AVX512-BF16's VDPBF16PS. {}", unit.evidence);
      description.formula = "c := fl(c + a_(2m+1) b_(2m+1)); c := fl(c + a_(2m) b_(2m)), subnormals flushed";
    }
  } else if (preset.pure) {
    description.summary =
        fmt::format("every single operation rounded to {}: c := fl(c + fl(a b)), k ascending", preset.format->name);
  } else if (name == "fp64" || name == "fp32") {
    description.summary = fmt::format("everything in {}", name);
  } else if (name == "tf32") {
    description.summary = "operands of products rounded to tf32, everything else in fp32";
  } else {
    description.summary =
        fmt::format("operands, results between steps and vector operations in {}, products summed in fp32", name);
  }
  description.parameters = floating_parameters(preset);
  return description;
}

std::vector<std::string> arithmetic_names() {
  std::vector<std::string> names;
  for (const Description& description : arithmetic_descriptions()) names.push_back(description.name);
  return names;
}

}  // namespace

std::span<const UnitPreset> unit_presets() {
  static const std::vector<UnitPreset> presets = make_unit_presets();
  return presets;
}

std::vector<std::string> tensor_core_names() {
  std::vector<std::string> names;
  for (const TensorCore& core : tensor_cores()) names.emplace_back(core.machine);
  return names;
}

std::vector<Parameter> accumulation_parameters(const Preset& preset) {
  const UnitPreset* unit = preset.unit;
  std::vector<Parameter> parameters;
  // Matrix units accumulate in fp32, or in the operand format if that is wider.
  const bool wider = preset.format && !preset.format->inside(fp32_format());
  const std::string accumulator = unit != nullptr ? unit->accumulate : wider ? preset.format->name : "fp32";
  parameters.push_back(Parameter::text("accumulate", accumulator, "format in which products are summed"));
  const bool final_rounding_depends = unit != nullptr && unit->model == AccumulationModel::matrix_unit;
  parameters.push_back(final_rounding_depends
                           ? optional_choice("accumulator_rounding", rounding_choices(),
                                             "rounding of the accumulator (default: the unit's own, see `model`)")
                           : Parameter::choice("accumulator_rounding", "nearest-even", rounding_choices(),
                                               "rounding of the accumulator"));
  std::vector<std::string> choices(accumulation_model_names().begin(), accumulation_model_names().end());
  std::erase(choices, name_of(AccumulationModel::lanes));  // of the vector unit
  const std::string help =
      "how a sum of products is accumulated: k ascending, a balanced tree, a matrix unit's groups, VDPBF16PS's pairs, "
      "or exactly with one rounding";
  parameters.push_back(unit != nullptr ? Parameter::choice("model", name_of(unit->model), choices, help)
                                       : optional_choice("model", choices, help + " (default: sequential)"));
  const bool groups = unit != nullptr && unit->model == AccumulationModel::matrix_unit;
  const Json terms = groups ? Json(unit->unit.terms) : Json(nullptr);
  const Json bits = groups ? Json(unit->unit.fraction_bits) : Json(nullptr);
  parameters.push_back(Parameter::integer("terms", terms, 1, 64, "bfma: products summed at once"));
  parameters.push_back(Parameter::integer("fraction_bits", bits, 1, 40,
                                          "bfma: bits below the largest exponent that terms are truncated to"));
  parameters.push_back(
      optional_choice("addend", {"truncated", "floor"}, "bfma: how c is aligned (default: truncated; CDNA3: floor)"));
  return parameters;
}

Preset find_preset(std::string_view given, std::string_view place) {
  const std::string usual = usual_format_name(given);
  const std::string_view name = usual;
  Preset preset;
  for (const std::string& quantised : quantised_names()) {
    if (name != quantised) continue;
    preset.description = quantised_description(name);
    preset.quantised = true;
    return preset;
  }
  std::string_view format_name = name;
  for (const UnitPreset& unit : unit_presets()) {
    if (unit.name == name) preset.unit = &unit;
  }
  // tf32x3, bf16x3, and the same on a unit: tf32x3-h100.
  const std::size_t split = name.find(kSplit);
  if (preset.unit == nullptr && split != std::string_view::npos) {
    const std::string without = std::string(name.substr(0, split)).append(name.substr(split + kSplit.size()));
    for (const UnitPreset& unit : unit_presets()) {
      if (unit.name == without && (unit.operand == "tf32" || unit.operand == "bf16") &&
          unit.model == AccumulationModel::matrix_unit)
        preset.unit = &unit;
    }
    preset.split = preset.unit != nullptr || without == "tf32" || without == "bf16";
    if (preset.split) format_name = name.substr(0, split);
  }
  if (preset.unit != nullptr) {
    format_name = preset.unit->operand;
  } else if (format_name.ends_with(kPure)) {
    format_name.remove_suffix(kPure.size());
    preset.pure = true;
  }
  if (!looks_like_format(format_name)) throw_unknown_name(place, "arithmetic", given, arithmetic_names());
  preset.format = format_of(format_name, place);
  preset.description = floating_description(usual, preset);
  return preset;
}

std::span<const Description> arithmetic_descriptions() {
  static const std::vector<Description> descriptions = [] {
    std::vector<Description> list;
    const auto add = [&](const std::string& name) { list.push_back(find_preset(name, "").description); };
    for (const char* name : {"fp64", "fp32", "tf32", "bf16", "fp16", "fp32-pure", "tf32-pure", "bf16-pure", "fp16-pure",
                             "tf32x3", "bf16x3", "e4m3", "e5m2"})
      add(name);
    for (const UnitPreset& unit : unit_presets()) add(unit.name);
    add("tf32x3-h100");
    add("bf16x3-h100");
    for (const std::string& name : quantised_names()) add(name);
    Description exmy = find_preset("e5m7", "").description;
    exmy.name = "eXmY";
    exmy.summary = "any format as an arithmetic, e.g. e5m7; and eXmY-pure";
    list.push_back(exmy);
    return list;
  }();
  return descriptions;
}

}  // namespace tristab
