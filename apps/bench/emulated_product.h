// One emulated product as a user of the arithmetic pays it: C = fl(fl(A) fl(B)), with the rounding of both
// operands from fp32 and the one rounding of the result.
#pragma once

#include <hwy/aligned_allocator.h>

#include "tristab/arithmetic/arithmetic.h"

namespace tristab {

enum class Structure { dense, strictly_lower };

class EmulatedProduct {
 public:
  // Random operands, n x n, with entries of variance 1 / n, so that C has entries of order 1. Every format of
  // the arithmetic lies inside fp32. Zero products may be left out only where the operands are strictly lower
  // triangular: finding none in a dense operand is no part of a product.
  EmulatedProduct(Arithmetic arithmetic, int n, Structure structure);

  void run();

  // n x n, row-major: the operands before rounding, and C.
  const float* a() const { return a_.get(); }
  const float* b() const { return b_.get(); }
  const float* c() const { return c_.get(); }

 private:
  void run_codes();
  const float* rounded(const float* x, float* copy) const;

  Arithmetic arithmetic_;
  int n_;
  Structure structure_;
  hwy::AlignedFreeUniquePtr<float[]> a_, b_, a_copy_, b_copy_, c_;
};

}  // namespace tristab
