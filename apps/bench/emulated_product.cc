#include "emulated_product.h"

#include <cmath>

#include "tristab/base/random.h"
#include "tristab/method/method.h"

namespace tristab {
namespace {

Matrix random_operand(const char* name, int n, Structure structure) {
  const RandomStream stream(name);
  Matrix x(n, n);
  std::uint64_t k = 0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j, ++k) {
      if (structure == Structure::dense || j < i) x(i, j) = static_cast<float>(stream.normal(k) / std::sqrt(n));
    }
  }
  return x;
}

}  // namespace

EmulatedProduct::EmulatedProduct(const Arithmetic& arithmetic, int n, Structure structure)
    : arithmetic_(arithmetic),
      machine_(machines_.machine_for(arithmetic_)),
      a_(random_operand("bench/a", n, structure)),
      b_(random_operand("bench/b", n, structure)) {
  machine_.start({{"*", &arithmetic_}});
  a_value_ = machine_.input(round_input(a_, arithmetic_), n);
  b_value_ = machine_.input(round_input(b_, arithmetic_), n);
}

void EmulatedProduct::run() { c_value_ = machine_.stage("product").fl({a_value_, b_value_}); }

Matrix EmulatedProduct::result() { return machine_.output(c_value_); }

}  // namespace tristab
