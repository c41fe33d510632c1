// One emulated product with everything that it costs in a sweep: C = fl(A B) by a Stage of a Machine, the statistics
// of the result, its rounding to storage (or requantisation) and the buffers. The operands are already rounded, as
// in a method.
#pragma once

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/arithmetic/machines.h"
#include "tristab/matrix/matrix.h"

namespace tristab {

enum class Structure { dense, strictly_lower };

class EmulatedProduct {
 public:
  // Random operands, n x n, with entries of variance 1 / n, so that C has entries of order 1.
  EmulatedProduct(const Arithmetic& arithmetic, int n, Structure structure);

  void run();
  Matrix result();  // C of the last run, n x n

  // The operands before rounding.
  const Matrix& a() const { return a_; }
  const Matrix& b() const { return b_; }

 private:
  Arithmetic arithmetic_;
  Machines machines_;
  Machine& machine_;
  Matrix a_, b_;
  Value a_value_, b_value_, c_value_;
};

}  // namespace tristab
