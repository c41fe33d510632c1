#include "tristab/method/method.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"
#include "tristab/format/round.h"

namespace tristab {

std::vector<MethodSpec> expand_method(const Json& given, std::string_view place) {
  Json object = given;
  if (given.is_string()) object = Json{{"method", given}};
  if (!object.is_object() || !object.contains("method") || !object["method"].is_string()) {
    throw UsageError(
        fmt::format("{}: found {}; allowed: a method's name, or an object such as "
                    "{{\"method\": \"mxr\", \"block\": 8}}",
                    place, given.dump()));
  }
  const std::string name = object["method"];
  object.erase("method");
  const std::string name_place = given.is_string() ? std::string(place) : fmt::format("{}.method", place);
  const Method& method = find_method(name, name_place);
  std::vector<MethodSpec> specs;
  for (Settings& settings : expand_settings(method.description.parameters, object, "method " + name, place)) {
    if (method.check) settings = method.check(settings, place);
    specs.push_back({&method, std::move(settings)});
  }
  return specs;
}

Matrix round_input(const Matrix& a, const Arithmetic& arithmetic) {
  if (arithmetic.quantiser || arithmetic.operand == fp64_format()) return a;
  const RoundingTarget<double> target(arithmetic.operand);
  Matrix rounded = a;
  for (double& x : rounded.values()) x = round_value(x, target, arithmetic.operand_rounding);
  return rounded;
}

Inversion invert(const MethodSpec& spec, const Arithmetic& arithmetic, const Matrix& a, Machine& machine) {
  const Method& method = *spec.method;
  const int n = a.rows();
  Inversion inversion;
  inversion.padded_to = method.padded_size ? method.padded_size(n, spec.settings) : n;
  machine.start({{"*", &arithmetic}});
  Value x = method.invert(machine.input(a, inversion.padded_to), machine, spec.settings);
  if (arithmetic.output_in_storage) x = machine.stage("output").fl(x);
  machine.set_result(x);
  inversion.x = machine.output(inversion.padded_to == n ? x : machine.block(x, 0, 0, n, n));
  inversion.trace = machine.trace();
  return inversion;
}

Machines::Machines()
    : float_machine_(std::make_unique<Machine>(make_float_engine())),
      double_machine_(std::make_unique<Machine>(make_double_engine())) {}
Machines::~Machines() = default;

Machine& Machines::machine_for(const Arithmetic& arithmetic) {
  const Format* formats[] = {&arithmetic.operand, &arithmetic.storage, &arithmetic.product.format,
                             &arithmetic.vector.format};
  const bool in_float = std::all_of(std::begin(formats), std::end(formats),
                                    [](const Format* f) { return f->inside(fp32_format()); });
  return in_float ? *float_machine_ : *double_machine_;
}

}  // namespace tristab
