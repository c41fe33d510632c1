// Neumann series: X = sum_{i=0}^{d} (-A)^i; exact in exact arithmetic for d >= n - 1.
//   evaluation horner: X = I - A;          d - 1 times: X = fl(I + (-A) X)                 forms no power of A
//   evaluation powers: P = -A, X = I - A;  d - 1 times: P = fl(P (-A)), X = fl(X + P)
// Source: Higham, Accuracy and Stability of Numerical Algorithms, section 14.5.
// Cost: d - 1 products, depth d - 1. Truncation error of order ||A^{d+1}||; by powers unstable like every sum of large
// powers, by Horner much less so.
#include "tristab/method/registry.h"

namespace tristab {

Method neumann_method() {
  Parameter degree =
      Parameter::integer("degree", "auto", 0, 255, "d; auto is n - 1, which is exact in exact arithmetic");
  degree.automatic = true;
  Method method;
  method.description = {"neumann",
                        "Neumann series to a given degree",
                        "X = sum_{i=0}^{d} (-A)^i",
                        "Higham, Accuracy and Stability of Numerical Algorithms, section 14.5",
                        {degree, Parameter::choice("evaluation", "horner", {"horner", "powers"},
                                                   "X = fl(I + (-A) X), or a sum of explicit powers")}};
  method.cost = "d - 1 products, depth d - 1";
  method.stability = "truncation error ||A^{d+1}||; unstable by powers";
  method.stages = {"powers"};
  method.invert = [](const Value& a, Machine& machine, const Settings& settings) {
    const Stage stage = machine.stage("powers");
    const int n = a.rows();
    const auto degree_used =
        settings.is_automatic("degree") ? n - 1 : static_cast<int>(settings.integer("degree"));
    const Value identity = machine.identity(n), minus_a = machine.negate(a);
    if (degree_used == 0) return stage.fl(identity);
    Value x = stage.subtract(identity, a);
    if (settings.text("evaluation") == "horner") {
      for (int i = 2; i <= degree_used; ++i) {
        x = stage.finished(i == degree_used ? Last::kept : Last::rounded, identity, {minus_a, x});
      }
      return x;
    }
    Value power = minus_a;
    for (int i = 2; i < degree_used; ++i) {
      power = stage.fl({power, minus_a});
      x = stage.add(x, power);
    }
    // The last power is needed in the sum only, so its product goes into the accumulator.
    return degree_used >= 2 ? stage.kept(x, {power, minus_a}) : x;
  };
  return method;
}

}  // namespace tristab
