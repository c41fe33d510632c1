// Gauss-Jordan elimination in place, as kernels do it in registers with one row in each lane. Pivots ascend. A pivot's
// column is scaled by -1, and the pivot's row, already a row of X, is added to the rows below it:
//   for k = 0 .. n-2:  for r > k:  x_rj = fl(x_rj - a_rk x_kj), j < k;  x_rk = -a_rk
// Here written as one rank-one update of X for each pivot; X starts as I (x_rk = fl(0 - a_rk 1) is exact). Each x_rj
// starts as -a_rj and takes the terms -a_rk x_kj in the order k = j+1 .. r-1, so its roundings are those of the column
// sweep. `fma` of the vector arithmetic says whether a step rounds once (compilers fuse it) or twice.
// Source: FlashInfer, flat_collective_inverse.hpp, compute_diagonal_inverse_NxN (8 x 8); cuLA (16 x 16).
// Cost: no products, n - 1 vector steps. Stable like substitution.
#include "tristab/method/registry.h"

namespace tristab {
namespace {

Value gauss_jordan(const Value& a, Machine& machine, const Stage& stage) {
  const int n = a.rows();
  const Value minus_a = machine.negate(a);
  Value x = machine.identity(n, a.batch());
  for (int k = 0; k < n - 1; ++k) {
    const int below = n - k - 1;
    const Value updated = stage.vector(machine.block(x, k + 1, 0, below, k + 1),
                                       {machine.block(minus_a, k + 1, k, below, 1), machine.block(x, k, 0, 1, k + 1)});
    const Machine::Placed parts[] = {{0, 0, x}, {k + 1, 0, updated}};
    x = machine.assemble(n, n, parts);
  }
  return x;
}

}  // namespace

Method gauss_jordan_method() {
  Method method;
  method.description = {"gauss-jordan",
                        "Gauss-Jordan elimination in place, pivot by pivot",
                        "for k = 0 .. n-2, r > k: x_rj = fl(x_rj - a_rk x_kj) for j < k, x_rk = -a_rk",
                        "FlashInfer flat_collective_inverse.hpp, compute_diagonal_inverse_NxN; cuLA",
                        {}};
  method.cost = "no products, n - 1 vector steps";
  method.stability = "stable";
  method.stages = {"substitution"};
  method.invert_blocks = [](const Value& blocks, Machine& machine, const Stage& stage, const Settings&, RoundTo) {
    return gauss_jordan(blocks, machine, stage);
  };
  return in_one_stage(method);
}

}  // namespace tristab
