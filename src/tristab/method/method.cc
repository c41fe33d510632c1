#include "tristab/method/method.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <mutex>

#include "tristab/arithmetic/kernels.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/rule/rule.h"

namespace tristab {

namespace {

std::string nested_label(const Json& value) { return expand_method(value, "base").front().label; }

// Given data is not computed by a method, so its rounding takes no draws.
Rounding given_rounding(Rounding rounding) {
  return rounding == Rounding::stochastic ? Rounding::nearest_even : rounding;
}

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
    specs.push_back(
        {{chosen.name, settings, label_of(chosen.name, settings.json(), defaults.json(), nested_label)}, &method});
  }
  return specs;
}

Matrix rounded_to(Matrix matrix, const Format& format, Rounding rounding) {
  if (format == fp64_format()) return matrix;
  round_row(matrix.values().data(), matrix.values().data(), static_cast<int>(matrix.values().size()), format,
            given_rounding(rounding));
  return matrix;
}

Matrix round_input(const Matrix& a, const Arithmetic& arithmetic) {
  if (arithmetic.quantiser) return a;
  return rounded_to(a, arithmetic.storage, arithmetic.storage_rounding);
}

bool takes_given(const MethodSpec& spec) { return spec.method->input != nullptr; }

Matrix rounded_input(const MethodSpec& spec, const Matrix& a, const Arithmetic& arithmetic) {
  return takes_given(spec) ? a : round_input(a, arithmetic);
}

RowStatistics input_events(const MethodSpec& spec, const Matrix& a, const Arithmetic& arithmetic) {
  RowStatistics events;
  if (takes_given(spec) || arithmetic.quantiser || arithmetic.storage == fp64_format()) return events;
  Matrix rounded = a;
  const Rounding rounding = given_rounding(arithmetic.storage_rounding);
  round_row_counted(rounded.values().data(), static_cast<int>(rounded.values().size()), arithmetic.storage, rounding,
                    events);
  return events;
}

Inversion invert(const MethodSpec& spec, const StageArithmetics& arithmetics, const InversionInput& input,
                 Machine& machine, std::uint64_t draws) {
  const Method& method = *spec.method;
  const Arithmetic& arithmetic = *arithmetics.at("*");
  const int n = input.a.rows();
  Inversion inversion;
  inversion.padded_to = method.padded_size ? method.padded_size(n, spec.settings) : n;
  machine.start(arithmetics, draws);
  Matrix other;
  if (method.input != nullptr) {
    other = method.input(input.tokens);
    if (!input.unrounded) other = round_input(other, arithmetic);
  }
  Value x = method.invert(machine.input(method.input == nullptr ? input.a : other, inversion.padded_to, input.events),
                          machine, spec.settings);
  Value before = x;
  if (arithmetics.contains("result")) x = machine.stage("result").stored(x, RoundingKind::output);
  if (method.from_input_inverse != nullptr)
    before = x = method.from_input_inverse(machine.block(x, 0, 0, n, n), *input.tokens, machine);
  if (arithmetics.contains("output") || arithmetic.output_in_storage) {
    before = x;
    x = machine.stage("output").stored(x, RoundingKind::output);
  }
  machine.set_result(x);
  inversion.x = machine.output(machine.block(x, 0, 0, n, n));
  inversion.low = machine.corrections(machine.block(x, 0, 0, n, n));
  inversion.before_output = before.is_same_view(x) ? inversion.x : machine.output(machine.block(before, 0, 0, n, n));
  inversion.trace = machine.trace();
  return inversion;
}

Inversion invert(const MethodSpec& spec, const Arithmetic& arithmetic, const InversionInput& input, Machine& machine,
                 std::uint64_t draws) {
  return invert(spec, {{"*", &arithmetic}}, input, machine, draws);
}

Matrix solve(const MethodSpec& spec, const StageArithmetics& arithmetics, const Matrix& a, const Matrix& b,
             Machine& machine, std::uint64_t draws) {
  const Arithmetic& arithmetic = *arithmetics.at("*");
  if (arithmetic.quantiser) {
    refuse(fmt::format("method {}", spec.method->description.name),
           fmt::format("{} for right-hand sides of a layer", arithmetic.name), "floating-point arithmetics");
  }
  machine.start(arithmetics, draws);
  const Value x = spec.method->solve(
      machine.input(a, a.rows()),
      machine.load(rounded_to(b, arithmetic.vector.format, arithmetic.vector.rounding), arithmetic.vector.format),
      machine, spec.settings);
  return machine.output(x);
}

namespace {

// Tokens whose A is zero.
TokenInputs zero_tokens(int n) {
  TokenInputs tokens;
  tokens.rule = &delta_rules().front();
  tokens.keys = Matrix(n, 1);
  tokens.log_decay = Matrix(n, 0);
  for (const RulePart& part : tokens.rule->parts) tokens.parts[part.name] = Matrix(n, 1);
  return tokens;
}

}  // namespace

bool truncates(const MethodSpec& spec, int n) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, int>, bool> known;
  const std::pair<std::string, int> key{spec.label, n};
  {
    const std::lock_guard lock(mutex);
    if (const auto found = known.find(key); found != known.end()) return found->second;
  }
  bool result = false;
  if (!takes_given(spec)) {
    Matrix a(n, n), x(n, n);
    for (int i = 0; i < n; ++i) {
      if (i > 0) a(i, i - 1) = 2;
      for (int j = 0; j <= i; ++j) x(i, j) = ((i - j) % 2 == 0 ? 1 : -1) * power_of_two(i - j);
    }
    Machines machines;
    const Arithmetic fp64 = make_arithmetic("fp64", Json::object(), "truncates");
    result = invert(spec, fp64, a, machines.exact_machine()).x != x;
  }
  const std::lock_guard lock(mutex);
  return known.emplace(key, result).first->second;
}

namespace {

// What the method does at this size, found on the zero matrix.
Trace trace_at(const MethodSpec& spec, int n) {
  const Arithmetic fp64 = make_arithmetic("fp64", Json::object(), "stages");
  Machine machine(make_double_engine());
  const Matrix zeros(n, n);
  const TokenInputs tokens = zero_tokens(n);
  return invert(spec, fp64, {zeros, &tokens}, machine).trace;
}

}  // namespace

std::vector<std::string> stages(const MethodSpec& spec, int n) {
  std::vector<std::string> names;
  for (const StageTrace& stage : trace_at(spec, n).stages) names.push_back(stage.name);
  return names;
}

void check_stage_names(const MethodSpec& spec, int n, const StageArithmetics& arithmetics, std::string_view place) {
  const Trace trace = trace_at(spec, n);
  std::vector<std::string> allowed;
  for (const StageTrace& stage : trace.stages) allowed.push_back(stage.name);
  for (const char* name : {"result", "output", "*"}) allowed.emplace_back(name);
  for (const auto& [name, arithmetic] : arithmetics) {
    const std::size_t dot = name.find('.');
    const std::string stage = name.substr(0, dot);
    if (std::find(allowed.begin(), allowed.end(), stage) == allowed.end())
      throw_unknown_name(place, "stage of " + spec.method->description.name, stage, allowed);
    if (dot == std::string::npos) continue;
    const auto traced = std::ranges::find(trace.stages, stage, &StageTrace::name);
    const int steps = traced == trace.stages.end() ? 1 : traced->steps;
    const std::string number = name.substr(dot + 1);
    int step = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), step);
    if (error != std::errc() || end != number.data() + number.size() || step < 1 || step > steps)
      refuse(place, fmt::format("'{}'", name),
             fmt::format("{}.1 to {}.{}, the steps of the stage", stage, stage, steps));
  }
}

}  // namespace tristab
