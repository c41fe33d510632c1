// No inverse: (I + A) X = B is solved by forward substitution for the right-hand sides of a layer, B = diag(beta) (K o
// exp G) for W and B = diag(beta) V for U:
//   X_i = b_i - sum_{k<i} A_ik X_k                                        i = 0 .. n-1
// A row is one operation of the vector unit over k = 0 .. i-1, ascending; `order` as in row-substitution.
// `block` b < n: block rows from the top; the block row's right-hand side is B_i - A_i,0..i-1 X_0..i-1, a product kept
// in the accumulator's format and subtracted on the vector unit, and its rows are substituted (sglang-jax, rocke). A
// record about a matrix solves for the columns of the identity. How the method differs from others shows in W and U
// (layers). Source: Hugging Face transformers PR 47625; MLX; Higham, Accuracy and Stability of Numerical Algorithms,
// section 8.1; blocks: sgl-project/sglang-jax PR 1505. Cost: no products, or n/b - 1; n - 1 vector steps for every
// right-hand side (and n/b - 1 subtractions). Stable: each column has a small componentwise backward error, (I + A +
// dA) x = b with |dA| <= n u |I + A|.
#include "tristab/method/registry.h"
#include "tristab/method/substitution.h"

namespace tristab {
namespace {

Value solve_rows(const Value& a, const Value& b, Machine& machine, const Settings& settings) {
  const int block = settings.is_automatic("block") ? a.rows() : static_cast<int>(settings.integer("block"));
  return solve_block_rows(a, b, block, substitution_order(settings), "substitution", machine);
}

}  // namespace

Method solve_method() {
  Parameter block = Parameter::integer(
      "block", "auto", 2, 256, "b: the part of a sum above a block of b rows is a product; auto is n, no blocks");
  block.automatic = true;
  Method method;
  method.description = {
      "solve",
      "no inverse: forward substitution for the layer's right-hand sides",
      "X_i = b_i - sum_{k<i} A_ik X_k; B = I in a record about a matrix",
      "Hugging Face transformers PR 47625, MLX; Higham, Accuracy and Stability of Numerical Algorithms, "
      "section 8.1",
      {Parameter::choice("order", "axpy", {"axpy", "dot"},
                         "the addend b_i starts the sum, or is added to the finished sum")
           .with_effect(Parameter::Effect::order),
       block}};
  method.cost = "no products, n - 1 vector steps; in blocks n/b - 1 products and n/b - 1 vector steps more";
  method.stability = "stable";
  method.stages = {"substitution", "merge"};
  method.solve = solve_rows;
  method.invert = [](const Value& a, Machine& machine, const Settings& settings) {
    return solve_rows(a, machine.identity(a.rows(), a.batch()), machine, settings);
  };
  return method;
}

}  // namespace tristab
