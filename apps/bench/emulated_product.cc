#include "emulated_product.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tristab/arithmetic/kernels.h"
#include "tristab/arithmetic/quantise.h"
#include "tristab/base/random.h"

namespace tristab {
namespace {

using Elements = hwy::AlignedFreeUniquePtr<float[]>;

std::size_t elements_of(int n) { return static_cast<std::size_t>(n) * static_cast<std::size_t>(n); }

Elements random_operand(const char* name, int n, Structure structure) {
  const RandomStream stream(name);
  Elements x = hwy::AllocateAligned<float>(elements_of(n));
  for (std::size_t i = 0, k = 0; i < static_cast<std::size_t>(n); ++i) {
    for (std::size_t j = 0; j < static_cast<std::size_t>(n); ++j, ++k) {
      x[k] =
          structure == Structure::dense || j < i ? static_cast<float>(stream.normal(k) / std::sqrt(n)) : 0.0F;
    }
  }
  return x;
}

}  // namespace

EmulatedProduct::EmulatedProduct(Arithmetic arithmetic, int n, Structure structure)
    : arithmetic_(std::move(arithmetic)),
      n_(n),
      structure_(structure),
      a_(random_operand("bench/a", n, structure)),
      b_(random_operand("bench/b", n, structure)),
      a_copy_(hwy::AllocateAligned<float>(elements_of(n))),
      b_copy_(hwy::AllocateAligned<float>(elements_of(n))),
      c_(hwy::AllocateAligned<float>(elements_of(n))) {}

void EmulatedProduct::run() {
  if (arithmetic_.quantiser) return run_codes();
  ProductTask<float> task = dense_task<float>(a_.get(), b_.get(), c_.get(), n_, n_, n_, arithmetic_.operand);
  task.from_zero = true;
  task.finite = true;
  task.skip_zeros = structure_ == Structure::strictly_lower && arithmetic_.product.rounding != Rounding::down;
  // Roundings to nearest even go with the product, the others before and after it.
  if (!fp32_format().inside(arithmetic_.operand)) {
    if (arithmetic_.operand_rounding == Rounding::nearest_even) {
      task.round_operands = &arithmetic_.operand;
    } else {
      task.a = rounded(a_.get(), a_copy_.get());
      task.b = rounded(b_.get(), b_copy_.get());
    }
  }
  const bool rounds_sums = !arithmetic_.product.format.inside(arithmetic_.storage);
  const bool nearest = arithmetic_.storage_rounding == Rounding::nearest_even;
  if (rounds_sums && nearest) task.round_sums = &arithmetic_.storage;
  accumulate_product(task, arithmetic_.product);
  if (rounds_sums && !nearest)
    round_row(c_.get(), c_.get(), n_ * n_, arithmetic_.storage, arithmetic_.storage_rounding);
}

const float* EmulatedProduct::rounded(const float* x, float* copy) const {
  round_row(x, copy, n_ * n_, arithmetic_.operand, arithmetic_.operand_rounding);
  return copy;
}

// Operands are quantised on entry, and the result is requantised.
void EmulatedProduct::run_codes() {
  std::fill(c_.get(), c_.get() + elements_of(n_), 0.0F);
  const Quantiser& quantiser = *arithmetic_.quantiser;
  const CodedBlock<float> a{a_.get(), n_, n_, n_, 0, 0}, b{b_.get(), n_, n_, n_, 0, 0},
      c{c_.get(), n_, n_, n_, 0, 0};
  accumulate_coded_product(c_.get(), n_, a, b, quantiser);
  requantise_block(c, quantiser_scale(quantised_magnitude(c, quantiser), quantiser), quantiser);
}

}  // namespace tristab
