// Ungated inversion (FlashQLA): for scalar gates A = A_u .* Gamma with Gamma_ij = exp(G_i - G_j), i >= j, and
//   X = (I + A_u)^-1 .* Gamma
// because Gamma_ij = d_i / d_j makes I + A = diag(d) (I + A_u) diag(d)^-1. The base method inverts I + A_u; its result
// is rounded where the stage `result` says, and the factors are applied by the vector unit of the stage `decay`.
// Source: FlashQLA.
// Cost: that of the base and one vector step of n (n + 1)/2 multiplications. Its conditioning is that of the
// decay-free matrix, which the decay cannot improve.
#include <fmt/format.h>

#include "tristab/base/errors.h"
#include "tristab/method/nested.h"
#include "tristab/method/registry.h"

namespace tristab {

void check_not_ungated(const MethodSpec& base, std::string_view place) {
  if (base.method->needs_decay) {
    throw UsageError(fmt::format("{}.base: found {}; allowed: any other method ({} goes outermost)", place,
                                 base.method->description.name, base.method->description.name));
  }
}

Method ungated_method() {
  Method method;
  method.description = {
      "ungated",
      "inverts the decay-free matrix and applies the decay factors afterwards (FlashQLA)",
      "X = (I + A_u)^-1 .* exp(G_i - G_j), A = A_u .* exp(G_i - G_j)",
      "github.com/QwenLM/FlashQLA, kkt_solve.py and fused_fwd.py",
      {Parameter::nested("base", "blocked-substitution",
                         "the method that inverts the decay-free matrix, with its parameters")}};
  method.cost = "the base's products, one vector step more";
  method.stability = "that of the base on the decay-free matrix";
  method.stages = {"substitution", "powers", "diagonal", "merge", "refine", "decay"};
  method.needs_decay = true;
  method.padded_size = [](int n, const Settings& settings) {
    const MethodSpec base = held_method(settings, "base");
    return base.method->padded_size ? base.method->padded_size(n, base.settings) : n;
  };
  method.check = [](const Settings& settings, std::string_view place) {
    const MethodSpec base = given_method(settings, "base", place);
    check_not_ungated(base, place);
    return with_method(settings, "base", base);
  };
  method.invert = [](const Value& ungated, Machine& machine, const Settings& settings) {
    const MethodSpec base = held_method(settings, "base");
    return base.method->invert(ungated, machine, base.settings);
  };
  return method;
}

}  // namespace tristab
