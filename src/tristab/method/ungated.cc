// Ungated inversion (FlashQLA): for scalar gates A = A_u .* Gamma with Gamma_ij = exp(G_i - G_j), i >= j, and
//   X = (I + A_u)^-1 .* Gamma
// because Gamma_ij = d_i / d_j makes I + A = diag(d) (I + A_u) diag(d)^-1. The base method inverts I + A_u; its result
// is rounded where the stage `result` says, and the factors are applied by the vector unit of the stage `decay`.
// Source: FlashQLA, github.com/QwenLM/FlashQLA, kkt_solve.py and fused_fwd.py.
// Cost: that of the base and one vector step of n (n + 1)/2 multiplications. The conditioning is that of the decay-free
// matrix; the decay cannot improve it.
#include <fmt/format.h>

#include <optional>

#include "tristab/base/elementary.h"
#include "tristab/base/errors.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/method/nested.h"
#include "tristab/method/registry.h"

namespace tristab {

namespace {

// A_u: A without its decay.
Matrix decay_free(const TokenInputs* tokens) {
  std::optional<GatedFactors> factors;
  if (tokens != nullptr) factors = factors_of(*tokens);
  if (!factors || factors->left_before_decay || factors->log_decay.columns() > 1)
    refuse("method ungated", "a matrix without its decay factors", "families with scalar gates (gdn)");
  factors->log_decay = Matrix(tokens->rows(), 0);
  return gated_product(*factors, Triangle::strictly_lower);
}

Value decayed(const Value& x, const TokenInputs& tokens, Machine& machine) {
  const Stage decay = machine.stage("decay");
  const Format& format = decay.arithmetic().vector.format;
  if (format != fp64_format() && format.precision > 26) {
    refuse("stage decay", fmt::format("the vector format {} of {} bits", format.name, format.precision),
           "fp64, or up to 26 bits");
  }
  const Matrix sums = running_sums(tokens.log_decay);
  const int n = tokens.rows();
  Matrix gamma(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) gamma(i, j) = sums.columns() == 0 ? 1.0 : exponential(sums(i, 0) - sums(j, 0));
  }
  return decay.decayed(x, gamma);
}

}  // namespace

void check_not_ungated(const MethodSpec& base, std::string_view place) {
  if (base.method->input != nullptr) {
    refuse(fmt::format("{}.base", place), base.method->description.name,
           fmt::format("any other method ({} goes outermost)", base.method->description.name));
  }
}

Method ungated_method() {
  Method method;
  method.description = {"ungated",
                        "inverts the decay-free matrix and applies the decay factors afterwards (FlashQLA)",
                        "X = (I + A_u)^-1 .* exp(G_i - G_j), A = A_u .* exp(G_i - G_j)",
                        "github.com/QwenLM/FlashQLA, kkt_solve.py and fused_fwd.py",
                        {Parameter::nested("base", "blocked-substitution",
                                           "the method that inverts the decay-free matrix, with its parameters")}};
  method.cost = "the base's products, one vector step more";
  method.stability = "that of the base on the decay-free matrix";
  method.stages = {"substitution", "powers", "diagonal", "merge", "refine", "decay"};
  method.input = decay_free;
  method.from_input_inverse = decayed;
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
