// Matrix column sweep (MCS): X = M_{n-2} ... M_1 M_0 with M_k = I - A_{:,k} e_k^T, X rounded after every product.
// Source: arXiv 2605.21325, its matrix column sweep.
// Cost: n - 1 products from I, n - 2 from M_0, all in one chain. Stable: it forms the column sweep's sums on the matrix
// unit.
#include "tristab/method/registry.h"

namespace tristab {

Method matrix_column_sweep_method() {
  Method method;
  method.description = {"matrix-column-sweep",
                        "matrix column sweep (MCS): a product of elementary matrices",
                        "X = M_{n-2} ... M_1 M_0, M_k = I - A_{:,k} e_k^T",
                        "arXiv 2605.21325, MCS",
                        {Parameter::choice("start", "identity", {"identity", "first"},
                                           "the first product is M_0 I, or the chain starts at M_0")}};
  method.cost = "n - 1 products (n - 2 from M_0), depth the same";
  method.stability = "stable";
  method.stages = {"substitution"};
  method.invert_blocks = [](const Value& a, Machine& machine, const Stage& stage, const Settings& settings,
                            RoundTo last) {
    const int n = a.rows();
    const Value minus_a = machine.negate(a), identity = machine.identity(n, a.batch());
    const auto elementary = [&](int k) {
      const Machine::Placed parts[] = {{0, 0, identity}, {k + 1, k, machine.block(minus_a, k + 1, k, n - k - 1, 1)}};
      return machine.assemble(n, n, parts);
    };
    const bool from_first = settings.text("start") == "first" || n == 1;
    Value x = from_first && n > 1 ? elementary(0) : identity;
    for (int k = from_first ? 1 : 0; k <= n - 2; ++k) {
      x = stage.fl({elementary(k), x}, k == n - 2 ? last : RoundTo::storage);
    }
    return x;
  };
  return in_one_stage(method);
}

}  // namespace tristab
