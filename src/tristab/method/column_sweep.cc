// Vector column sweep (VCS): per column j, b = e_j; for k = j .. n-1: x_k = b_k, b_{k+1..} -= A_{k+1..,k} x_k.
// All columns at once: row k of B is row k of X, and the rows below it get one rank-one update,
//   X_k = B_k;  B_{k+1..,:} = fl(B_{k+1..,:} - fl(A_{k+1..,k} X_k))         k = 0 .. n-1, B = I at the start
// order dot: every element as a dot product, x_ij = fl(e_ij - sum_k A_ik x_kj).
// Source: arXiv 2605.21325, its vector column sweep.
// Cost: no products, n - 1 vector steps, n^3/3 operations on the non-zeros. Stable like row substitution: the same sums
// in the same order.
#include "tristab/method/registry.h"
#include "tristab/method/substitution.h"

namespace tristab {

Method column_sweep_method() {
  Method method;
  method.description = {"column-sweep",
                        "vector column sweep (VCS): right-looking substitution by rank-one updates",
                        "x_k = b_k; b_{k+1..} := fl(b_{k+1..} - fl(A_{k+1..,k} x_k))",
                        "arXiv 2605.21325, VCS",
                        {Parameter::choice("order", "axpy", {"axpy", "dot"},
                                           "rank-one updates of what is left, or one dot product an element")
                             .with_effect(Parameter::Effect::order)}};
  method.cost = "no products, n - 1 vector steps, n^3/3 operations";
  method.stability = "stable";
  method.stages = {"substitution"};
  method.invert_blocks = [](const Value& a, Machine& machine, const Stage& stage, const Settings& settings, RoundTo) {
    if (settings.text("order") == "dot") {
      return substitute_rows(a, machine, stage, SubstitutionForm::unit, AddendOrder::last);
    }
    const int n = a.rows();
    const Value minus_a = machine.negate(a);
    Rows x(machine, n, n, a.batch());
    Value b = machine.identity(n, a.batch());
    for (int k = 0; k < n - 1; ++k) {
      const Value x_k = machine.row(b, 0);
      x.append(x_k);
      b = stage.vector(machine.block(b, 1, 0, n - k - 1, n), {machine.block(minus_a, k + 1, k, n - k - 1, 1), x_k});
    }
    x.append(b);
    return x.all();
  };
  return in_one_stage(method);
}

}  // namespace tristab
