// No inverse: (I + A) X = B is solved by forward substitution for the right-hand sides of a layer, B = diag(beta) (K o
// exp G) for W and B = diag(beta) V for U:
//   X_i = b_i - sum_{k<i} A_ik X_k                                        i = 0 .. n-1
// A row is one operation of the vector unit over k = 0 .. i-1, ascending; `order` as in row-substitution. A record
// about a matrix solves for the columns of the identity. How the method differs from others shows in W and U (layers).
// Source: Hugging Face transformers PR 47625; MLX; Higham, Accuracy and Stability of Numerical Algorithms, section 8.1.
// Cost: no products; n - 1 vector steps for every right-hand side.
// Stable: each column has a small componentwise backward error, (I + A + dA) x = b with |dA| <= n u |I + A|.
#include "tristab/method/registry.h"

namespace tristab {
namespace {

Value solve_rows(const Value& a, const Value& b, Machine& machine, const Settings& settings) {
  const Stage stage = machine.stage("substitution");
  const AddendOrder order = settings.text("order") == "axpy" ? AddendOrder::first : AddendOrder::last;
  const Value minus_a = machine.negate(a);
  Rows x(machine, a.rows(), b.columns(), a.batch());
  x.append(stage.stored(machine.row(b, 0)));
  for (int i = 1; i < a.rows(); ++i)
    x.append(stage.vector(machine.row(b, i), {machine.block(minus_a, i, 0, 1, i), x.top()}, order));
  return x.all();
}

}  // namespace

Method solve_method() {
  Method method;
  method.description = {
      "solve",
      "no inverse: forward substitution for the layer's right-hand sides",
      "X_i = b_i - sum_{k<i} A_ik X_k; B = I in a record about a matrix",
      "Hugging Face transformers PR 47625, MLX; Higham, Accuracy and Stability of Numerical Algorithms, "
      "section 8.1",
      {Parameter::choice("order", "axpy", {"axpy", "dot"},
                         "the addend b_i starts the sum, or is added to the finished sum")}};
  method.cost = "no products, n - 1 vector steps";
  method.stability = "stable";
  method.stages = {"substitution"};
  method.solve = solve_rows;
  method.invert = [](const Value& a, Machine& machine, const Settings& settings) {
    return solve_rows(a, machine.identity(a.rows(), a.batch()), machine, settings);
  };
  return method;
}

}  // namespace tristab
