// How a kernel forms A (and the products of queries and keys) from keys and gates: a separate stage with its own
// rounding, before any inversion.
//   exact     in double (matrix/gated_product.h)
//   gram      one product L R^T on the matrix unit, then decay and scale element by element (one gate a head): gram.cc
//   anchored  decayed factors L o exp(P - a) and R o exp(a - G) around an anchor a, so that A with channel gates is a
//             product as well: anchored.cc
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/arithmetic/machines.h"
#include "tristab/layer/product_unit.h"
#include "tristab/matrix/gated_product.h"

namespace tristab {

struct Formation : Named {
  Formation() { name = label = "exact"; }

  enum class Kind { exact, gram, anchored };
  // A row of the sub-block, or of the chunk; chunk_start lies before the chunk's first row, where the sums are 0.
  enum class Anchor { first, middle, last, chunk_start, chunk_middle, chunk_last };
  // What is done with an exponent above `exponent_limit` before e^x: nothing; the exponential is 0; it is the limit.
  enum class Beyond { kept, zero, limit };

  Kind kind = Kind::exact;
  Arithmetic product;  // of the matrix unit; every elementwise step has its accumulator's format
  Exponential exponential = Exponential::natural;
  int scan = 0;  // rows of a group of the gates' running sums; 0: one after the other (ProductUnit::running_sums)

  std::optional<Format> storage;  // of A; none: the accumulator's
  // What is rounded to a format of its own before it is used; none: the accumulator's.
  std::optional<Format> beta, gates, sums, factors;  // s_i, g, P and G, e^x
  Beyond beyond = Beyond::kept;
  double exponent_limit = 0;  // nats
  bool flush = false;         // exponentials below the smallest normal number are 0

  // gram: the steps after the product are rounded to storage, not to the accumulator's format.
  bool stored_steps = false;
  // gram: s_i multiplies the rows of L (rounded to storage), not the finished product.
  bool scaled_keys = false;
  // gram: the decay is the quotient of two running products of e^g, not e to a difference of sums.
  bool quotients = false;

  // anchored:
  Anchor anchor = Anchor::first;
  std::optional<Anchor> between;     // of the columns of earlier sub-blocks; none: the same
  double anchor_offset = 0;          // nats, added to the sums of the anchor's row
  int block = 16;                    // rows of a sub-block
  bool differences = false;          // blocks on the diagonal element by element, from differences of sums
  int lanes = 0;                     // these elements' sums over so many lanes of a warp; 0: one after the other
  bool even_channels_first = false;  // in every 16 channels of a product the even ones enter first
};

std::span<const Description> formation_descriptions();

// {"formation": "gram", "product": "bf16-h100", ...} or a name -> one formation per combination of its axes. Throws
// UsageError with place, what was found, what is allowed and the nearest name.
std::vector<Formation> expand_formation(const Json& given, std::string_view place);

bool operator==(const Formation& x, const Formation& y);

// M_ij of the factors, on the machine of the formation. n x n, zero outside the triangle; elements may be infinite or
// NaN if exponents leave the format. Throws UsageError if the gates are channel-wise and the formation is for one gate
// a head.
Matrix form(const GatedFactors& factors, Triangle triangle, const Formation& formation, Machines& machines);

// Rounds to nearest to a format; none: no rounding.
class StorageRounding {
 public:
  explicit StorageRounding(const std::optional<Format>& format);
  double operator()(double x) const;

 private:
  std::optional<RoundingTarget<double>> target_;
};

// The sums whose differences are the exponents: P of the left factor and G of the right one, as the formation rounds
// gates and sums.
struct GateSums {
  Matrix left, right;  // n x columns of the log decay
};
GateSums gate_sums(const GatedFactors& factors, const ProductUnit& unit, const Formation& formation);

// e^x of a difference of such sums, in the accumulator's format, as the formation limits, flushes and rounds it.
class DecayFactor {
 public:
  DecayFactor(const ProductUnit& unit, const Formation& formation);
  double operator()(double difference) const;

 private:
  const ProductUnit& unit_;
  const Formation& formation_;
  double limit_, smallest_;
  StorageRounding factors_;
};

// Checks that everything besides the products can be rounded once in double: the accumulator is fp64 or has at most 26
// bits. Throws UsageError naming place if not, and if ex2.approx is used with an accumulator that is not fp32.
void check_unit(const Arithmetic& product, Exponential exponential, std::string_view place);

Matrix form_gram(const GatedFactors& factors, Triangle triangle, const Formation& formation, Machines& machines);
Matrix form_anchored(const GatedFactors& factors, Triangle triangle, const Formation& formation, Machines& machines);

}  // namespace tristab
