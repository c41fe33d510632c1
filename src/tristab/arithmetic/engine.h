// What a Machine runs on: storage of elements and the operations that touch every one of them, virtual once
// per operation. Engines: float carriers, double carriers (both emulated arithmetic), and MPFR
// (exact_engine.cc). An engine keeps nothing from one operation to the next but MPFR's inexact flag.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/arithmetic/kernels.h"
#include "tristab/arithmetic/quantise.h"
#include "tristab/matrix/matrix.h"

namespace tristab {

// A pooled array of elements, counted by the Values that view it.
class Buffer {
 public:
  virtual ~Buffer() = default;
  std::size_t capacity = 0;  // elements
  int references = 0;
  std::size_t stored_bytes = 0;  // bytes in the emulated storage format, for the workspace count
};

// A batch of equal blocks in a buffer: element (b, i, j) lies at offset + b batch_stride + i row_stride + j.
struct View {
  Buffer* buffer = nullptr;
  std::ptrdiff_t offset = 0;
  int rows = 0, columns = 0, batch = 1;
  std::ptrdiff_t row_stride = 0, batch_stride = 0;
  bool operator==(const View&) const = default;
};

// The elements that a method keeps: the diagonal blocks of size `block`, or everything (0).
struct Region {
  int block = 0;
};

// Statistics of live elements and of those that the method discards.
struct RegionStatistics {
  RowStatistics live, dead;
};

// Where and how a quantised tensor got its codes: value = scale * code; scale 0 means that the elements are
// no codes.
struct Codes {
  double scale = 0;
  int largest_code = 0;
};

// An operand of a product of quantised tensors. Element (i, i + diagonal) of the view lies on the main
// diagonal of the matrix.
struct QuantisedOperand {
  View view;
  Codes codes;
  int diagonal = 0;
};

// How a product rounds. What stochastic rounding draws is a function of `draws` and of an element's place
// alone.
struct ProductRounding {
  const Accumulation& accumulation;
  const Format& operand;   // that the elements of both operands have
  bool finite = false;     // all elements of both operands and of the accumulator
  bool from_zero = false;  // whatever the accumulator holds
  std::uint64_t draws = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  virtual std::unique_ptr<Buffer> new_buffer(std::size_t elements) const = 0;

  // Exact operations.
  virtual void read(const Matrix& source,
                    const View& target) const = 0;  // batch 1; source elements fit the carrier
  virtual void write(const View& source, int batch_index, Matrix& target) const = 0;  // nearest double
  virtual void clear(const View& target) const = 0;
  virtual void copy(const View& source, const View& target, double factor) const = 0;  // factor 1, -1 or 2
  virtual void set_diagonal(const View& target, double value) const = 0;
  virtual void keep_band(const View& target,
                         int lower_bandwidth) const = 0;   // zero unless 0 <= i - j <= bandwidth
  virtual void replace_nan(const View& target) const = 0;  // NaN becomes +0

  // Operations that round, in the arithmetic given.
  virtual void convert(const View& target, const Format& format, Rounding rounding, std::uint64_t draws) const = 0;
  virtual void accumulate(const View& accumulator, const View& a, const View& b,
                          const ProductRounding& rounding) const = 0;
  virtual void sum(const View& target, const View& y, double sign, const Accumulation& accumulation,
                   std::uint64_t draws) const = 0;
  // x_ij y_ij for i >= j, rounded once; zero above.
  virtual void multiply_lower(const View& target, const View& y, const Accumulation& accumulation,
                              std::uint64_t draws) const = 0;

  // Statistics of a finished result, and its rounding to storage where `storage` is not null.
  virtual RegionStatistics finish(const View& target, const Format* storage, Rounding rounding, Region live,
                                  std::uint64_t draws) const = 0;
  virtual std::int64_t count_nonfinite(const View& view) const = 0;

  // Quantised tensors; `counts` gains what the operation met. Integers: requantise takes one scale for the
  // whole view (tensor), one a row or one a piece of a row (block), and gives the scale that all elements
  // share, if any.
  virtual Codes requantise(const View& target, int diagonal, const Quantiser& quantiser,
                           QuantiserCounts& counts) const = 0;
  // Elements outside `live` are discarded: what happens in them is counted apart.
  virtual void accumulate_codes(const View& accumulator, const QuantisedOperand& a, const QuantisedOperand& b,
                                const Quantiser& quantiser, Region live, QuantiserCounts& counts) const = 0;
  // Block-scaled formats. An engine that rounds nothing multiplies the operands as they are.
  virtual void accumulate_block_scaled(const View& accumulator, const QuantisedOperand& a, const QuantisedOperand& b,
                                       const Quantiser& quantiser, const ProductRounding& rounding,
                                       QuantiserCounts& counts) const = 0;

  // Whether results are those of exact arithmetic since the case began (MPFR's inexact flag); emulated
  // engines never say so.
  virtual bool exact_so_far() const { return false; }
  virtual void begin_case() {}
};

// Emulated arithmetic on float carriers (every format inside fp32) or double carriers (every format).
std::unique_ptr<Engine> make_float_engine();
std::unique_ptr<Engine> make_double_engine();

// MPFR at `bits` of precision, every operation rounded to nearest at that precision; formats and quantisers
// are not applied. exact_so_far() says whether nothing has been rounded at all.
std::unique_ptr<Engine> make_exact_engine(int bits);

}  // namespace tristab
