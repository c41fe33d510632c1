// Neumann series: X = sum_{i=0}^{d} (-A)^i; exact in exact arithmetic for d >= n - 1.
//   evaluation horner:  X = I - A;          d - 1 times: X = fl(I + (-A) X)                 forms no power of A
//   evaluation powers:  P = -A, X = I - A;  d - 1 times: P = fl(P (-A)), X = fl(X + P)
//   evaluation product: (I - A)(I + A^2)(I + A^4) ...; d + 1 a power of two (auto: the next one)
// `addend` accumulator: I (or X) starts the accumulator; separate: the product is rounded before it is added.
// Source: Higham, Accuracy and Stability of Numerical Algorithms, section 14.5.
// Cost: d - 1 products, depth d - 1 (product: 2 log2(d + 1) - 2, depth log2(d + 1)). The truncation error is of order
// ||A^{d+1}||. The powers and the product form are unstable like every sum of large powers; Horner is much less so.
#include <bit>

#include "tristab/base/json.h"
#include "tristab/method/mch.h"
#include "tristab/method/registry.h"

namespace tristab {
namespace {

Value by_horner(const Value& a, int degree, Machine& machine, const Stage& stage, bool separate, RoundTo last) {
  const Value identity = machine.identity(a.rows(), a.batch()), minus_a = machine.negate(a);
  Value x = stage.subtract(identity, a);
  for (int i = 2; i <= degree; ++i) {
    x = separate ? stage.add(identity, stage.fl({minus_a, x}))
                 : stage.fl(identity, {minus_a, x}, i == degree ? last : RoundTo::storage);
  }
  return x;
}

Value by_powers(const Value& a, int degree, Machine& machine, const Stage& stage, bool separate, RoundTo last) {
  const Value minus_a = machine.negate(a);
  Value power = minus_a, x = stage.subtract(machine.identity(a.rows(), a.batch()), a);
  for (int i = 2; i <= degree; ++i) {
    if (i == degree && !separate) return stage.fl(x, {power, minus_a}, last);  // needed only in the sum
    power = stage.fl({power, minus_a});
    x = stage.add(x, power);
  }
  return x;
}

Value neumann(const Value& a, Machine& machine, const Stage& stage, const Settings& settings, RoundTo last) {
  const int degree = series_degree(settings, a.rows());
  const bool separate = settings.text("addend") == "separate";
  if (degree == 0) return stage.stored(machine.identity(a.rows(), a.batch()));
  if (settings.text("evaluation") == "horner") return by_horner(a, degree, machine, stage, separate, last);
  if (settings.text("evaluation") == "powers") return by_powers(a, degree, machine, stage, separate, last);
  MchOptions options;
  if (separate) options.addend = DoublingAddend::separate;
  return mch(a, degree + 1, machine, stage, options, last);
}

Settings check(const Settings& settings, std::string_view place) {
  if (settings.text("evaluation") == "product" && !settings.is_automatic("degree") &&
      !std::has_single_bit(static_cast<unsigned>(settings.integer("degree") + 1))) {
    throw_conflict(place, "evaluation = product", "degree = " + settings.at("degree").dump(),
                   "a degree one below a power of two (0, 1, 3, 7, 15, ...), or evaluation = horner | powers");
  }
  return settings;
}

}  // namespace

Parameter degree_parameter() {
  Parameter degree =
      Parameter::integer("degree", "auto", 0, 255, "d; auto is n - 1, which is exact in exact arithmetic");
  degree.automatic = true;
  return degree;
}

int series_degree(const Settings& settings, int n) {
  return settings.is_automatic("degree") ? n - 1 : static_cast<int>(settings.integer("degree"));
}

Method neumann_method() {
  Method method;
  method.description = {
      "neumann",
      "Neumann series to a given degree",
      "X = sum_{i=0}^{d} (-A)^i",
      "Higham, Accuracy and Stability of Numerical Algorithms, section 14.5",
      {degree_parameter(),
       Parameter::choice("evaluation", "horner", {"horner", "powers", "product"},
                         "X = fl(I + (-A) X), a sum of explicit powers, or (I - A)(I + A^2)(I + A^4) ..."),
       Parameter::choice("addend", "accumulator", {"accumulator", "separate"},
                         "the addend of a product starts the accumulator, or the product is rounded first")}};
  method.cost = "d - 1 products, depth d - 1 (product form: 2 log2(d + 1) - 2, depth log2(d + 1))";
  method.stability = "truncation error ||A^{d+1}||; unstable by powers and by the product form";
  method.stages = {"powers"};
  method.check = check;
  method.invert_blocks = neumann;
  method.one_round_less = [](const Settings& settings, int n) {
    const int degree = series_degree(settings, n);
    const bool product = settings.text("evaluation") == "product";
    return RoundLess{"degree",
                     product ? static_cast<int>(std::bit_ceil(static_cast<unsigned>(degree + 1))) / 2 - 1 : degree - 1};
  };
  return in_one_stage(method);
}

}  // namespace tristab
