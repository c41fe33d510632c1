// How a kernel forms A (and the products of queries and keys) from keys and gates: a stage of its own with its own
// rounding, before any inversion.
//   exact     in double (matrix/gated_product.h)
//   gram      one product L R^T on the matrix unit, then decay and scale element by element (one gate a head): gram.cc
//   anchored  decayed factors L o exp(P - a) and R o exp(a - G) around an anchor a, so that channel gates become a
//             product as well: anchored.cc
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/layer/product_unit.h"
#include "tristab/matrix/gated_product.h"
#include "tristab/arithmetic/machines.h"

namespace tristab {

struct Formation {
  enum class Kind { exact, gram, anchored };
  enum class Anchor { first, middle, chunk_middle };

  Kind kind = Kind::exact;
  std::string name = "exact";
  Settings settings;    // complete parameters
  Arithmetic product;   // of the matrix unit, whose accumulator's format every elementwise step has
  bool binary = false;  // exp(x) as 2^(x log2 e), the sums scaled once: as GPU kernels compute it
  bool scaled_keys =
      false;  // s_i multiplies the rows of L (rounded to the operand format), not the finished product
  Anchor anchor = Anchor::first;
  int block = 16;  // rows of a sub-block
  bool exact_diagonal =
      false;  // anchored: blocks on the diagonal element by element, with differences of sums
};

std::span<const Description> formation_descriptions();

// {"formation": "gram", "product": "bf16-h100", ...} or a name -> one formation per combination of its axes. Throws
// UsageError naming place, what was found, what is allowed and the nearest name.
std::vector<Formation> expand_formation(const Json& given, std::string_view place);

bool operator==(const Formation& x, const Formation& y);

// "gram:product=bf16-h100": the name and what is not default.
std::string label_of(const Formation& formation);

// M_ij of the factors, on the machine of the formation. n x n, zero outside the triangle; elements may be infinite or
// NaN where exponents leave the format. Throws UsageError where channel gates meet a formation for one gate a head.
Matrix form(const GatedFactors& factors, Triangle triangle, const Formation& formation, Machines& machines);

// Running sums of the log decay in the accumulator's format of `unit`, row after row; scaled by log2 e first where
// `binary` is set. Exclusive: the sum over the rows before.
Matrix rounded_sums(const Matrix& log_decay, const ProductUnit& unit, bool binary, bool exclusive);

Matrix form_gram(const GatedFactors& factors, Triangle triangle, const Formation& formation,
                 Machines& machines);
Matrix form_anchored(const GatedFactors& factors, Triangle triangle, const Formation& formation,
                     Machines& machines);

}  // namespace tristab
