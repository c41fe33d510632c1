#include "tristab/method/method.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/format/round.h"

namespace tristab {

namespace {

std::string nested_label(const Json& value) { return expand_method(value, "base").front().label; }

}  // namespace

std::vector<MethodSpec> expand_method(const Json& given, std::string_view place) {
  const GivenName chosen = read_given_name(given, "method", R"({"method": "mxr", "block": 8})", place);
  const Method& method = find_method(chosen.name, chosen.place);
  const std::vector<Parameter>& table = method.description.parameters;
  const auto complete = [&](const Settings& settings) {
    return method.check ? method.check(settings, place) : settings;
  };
  const Settings defaults = complete(complete_settings(table, Json::object(), "", ""));
  std::vector<MethodSpec> specs;
  for (const Settings& listed : expand_settings(table, chosen.parameters, "method " + chosen.name, place)) {
    const Settings settings = complete(listed);
    specs.push_back({{chosen.name, settings, label_of(chosen.name, settings.json(), defaults.json(), nested_label)},
                     &method});
  }
  return specs;
}

namespace {

// What is given or taken over is not computed: nothing is drawn for its rounding.
Matrix rounded_to(Matrix matrix, const Format& format, Rounding rounding) {
  if (format == fp64_format()) return matrix;
  const RoundingTarget<double> target(format);
  const Rounding used = rounding == Rounding::stochastic ? Rounding::nearest_even : rounding;
  for (double& x : matrix.values()) x = round_value(x, target, used);
  return matrix;
}

// fl(x_ij g_ij) with g = factors, both rounded to the vector format: for two values of at most 26 bits the product is
// exact in double, so that it is rounded once; in fp64 it is double's own.
Matrix decayed(const Matrix& x, const Matrix& factors, const Arithmetic& arithmetic) {
  const Accumulation& vector = arithmetic.vector;
  if (vector.format != fp64_format() && vector.format.precision > 26) {
    throw UsageError(
        fmt::format("stage decay: found the vector format {} of {} bits; allowed: fp64, or up to 26 bits",
                    vector.format.name, vector.format.precision));
  }
  const Matrix left = rounded_to(x, vector.format, vector.rounding);
  const Matrix right = rounded_to(factors, vector.format, vector.rounding);
  Matrix product(x.rows(), x.columns());
  for (int i = 0; i < x.rows(); ++i) {
    for (int j = 0; j <= i; ++j) product(i, j) = left(i, j) * right(i, j);
  }
  return rounded_to(product, vector.format, vector.rounding);
}

void count_decay(Trace& trace, int n) {
  StageTrace counts;
  counts.name = "decay";
  counts.vector_steps = 1;
  counts.vector_flops = 0.5 * n * (n + 1);
  trace.stages.push_back(counts);
  ++trace.vector_depth;
  ++trace.operations;
}

}  // namespace

Matrix round_input(const Matrix& a, const Arithmetic& arithmetic) {
  if (arithmetic.quantiser) return a;
  return rounded_to(a, arithmetic.operand, arithmetic.operand_rounding);
}

Inversion invert(const MethodSpec& spec, const StageArithmetics& arithmetics, const Matrix& a,
                 Machine& machine, std::uint64_t draws, const Decay* decay) {
  const Method& method = *spec.method;
  if (method.needs_decay && decay == nullptr) {
    throw UsageError(fmt::format(
        "method {}: found a matrix without its decay factors; allowed: families with scalar gates (gdn)",
        method.description.name));
  }
  const auto arithmetic_of = [&](std::string_view name) -> const Arithmetic& {
    const auto found = arithmetics.find(name);
    return found == arithmetics.end() ? *arithmetics.at("*") : *found->second;
  };
  const bool rounds_output = arithmetics.contains("output") || arithmetic_of("*").output_in_storage;
  const int n = a.rows();
  Inversion inversion;
  inversion.padded_to = method.padded_size ? method.padded_size(n, spec.settings) : n;
  machine.start(arithmetics, draws);
  Value x = method.invert(machine.input(method.needs_decay ? decay->ungated : a, inversion.padded_to),
                          machine, spec.settings);
  if (arithmetics.contains("result")) x = machine.stage("result").fl(x);
  if (rounds_output && !method.needs_decay) x = machine.stage("output").fl(x);
  machine.set_result(x);
  inversion.x = machine.output(inversion.padded_to == n ? x : machine.block(x, 0, 0, n, n));
  inversion.trace = machine.trace();
  if (method.needs_decay) {
    inversion.x = decayed(inversion.x, decay->factors, arithmetic_of("decay"));
    count_decay(inversion.trace, n);
    const Arithmetic& output = arithmetic_of("output");
    if (rounds_output) inversion.x = rounded_to(inversion.x, output.storage, output.storage_rounding);
  }
  return inversion;
}

Inversion invert(const MethodSpec& spec, const Arithmetic& arithmetic, const Matrix& a, Machine& machine,
                 std::uint64_t draws, const Decay* decay) {
  return invert(spec, {{"*", &arithmetic}}, a, machine, draws, decay);
}

Matrix solve(const MethodSpec& spec, const StageArithmetics& arithmetics, const Matrix& a, const Matrix& b,
             Machine& machine, std::uint64_t draws) {
  const Arithmetic& arithmetic = *arithmetics.at("*");
  if (arithmetic.quantiser) {
    throw UsageError(fmt::format(
        "method {}: found {} for right-hand sides of a layer; allowed: floating-point arithmetics",
        spec.method->description.name, arithmetic.name));
  }
  machine.start(arithmetics, draws);
  const Value x =
      spec.method->solve(machine.input(a, a.rows()),
                         machine.load(rounded_to(b, arithmetic.vector.format, arithmetic.vector.rounding),
                                      arithmetic.vector.format),
                         machine, spec.settings);
  return machine.output(x);
}

std::vector<std::string> stages(const MethodSpec& spec, int n) {
  const Arithmetic fp64 = make_arithmetic("fp64", Json::object(), "stages");
  Machine machine(make_double_engine());
  const Matrix zeros(n, n);
  const Decay decay{zeros, zeros};
  const Inversion inversion = invert(spec, fp64, zeros, machine, 0, &decay);
  std::vector<std::string> names;
  for (const StageTrace& stage : inversion.trace.stages) names.push_back(stage.name);
  return names;
}

void check_stage_names(const MethodSpec& spec, int n, const StageArithmetics& arithmetics,
                       std::string_view place) {
  std::vector<std::string> allowed = stages(spec, n);
  for (const char* name : {"result", "output", "*"}) allowed.emplace_back(name);
  for (const auto& [name, arithmetic] : arithmetics) {
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
      throw_unknown_name(place, "stage of " + spec.method->description.name, name, allowed);
    }
  }
}

}  // namespace tristab
