// The Engine of a Machine stores elements and does the operations on them, with one virtual call per operation.
// Engines: float carriers and double carriers (both emulated arithmetic), MPFR (exact_engine.cc), and double-doubles in
// which any roundings can be left out (site_engine.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/arithmetic/kernels.h"
#include "tristab/arithmetic/quantise.h"
#include "tristab/arithmetic/site.h"
#include "tristab/matrix/matrix.h"

namespace tristab {

// A pooled array of elements; counts the Values that view it.
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

// The codes of a quantised tensor: value = scale * code. scale 0 means that the elements are not codes.
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

// How a product rounds. The draws of stochastic rounding depend only on `draws` and on an element's place.
struct ProductRounding {
  const Accumulation& accumulation;
  const Format& operand;   // the format of the elements of both operands
  bool finite = false;     // all elements of both operands and of the accumulator are finite
  bool from_zero = false;  // sums start at zero and ignore the accumulator's contents
  std::uint64_t draws = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  virtual std::unique_ptr<Buffer> new_buffer(std::size_t elements) const = 0;

  // Exact operations.
  virtual void read(const Matrix& source,
                    const View& target) const = 0;  // batch 1; source elements fit the carrier
  // Constants that a kernel holds in a format: they are rounded to it, whatever the carrier.
  virtual void read_rounded(const Matrix& source, const View& target, const Format& format, Rounding rounding) const;
  virtual void write(const View& source, int batch_index, Matrix& target) const = 0;  // nearest double
  // What write() rounds off, in engines whose elements are wider than double; false: there is nothing.
  virtual bool write_corrections(const View& /*source*/, int /*batch_index*/, Matrix& /*target*/) const {
    return false;
  }
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

  // Statistics of a finished result, and its rounding to storage if `storage` is not null.
  virtual RegionStatistics finish(const View& target, const Format* storage, Rounding rounding, Region live,
                                  std::uint64_t draws) const = 0;
  virtual std::int64_t count_nonfinite(const View& view) const = 0;

  // Quantised tensors. `counts` is increased by what the operation meets. requantise (integers) uses one scale for the
  // whole view (tensor), one for each row, or one for each piece of a row (block), and returns the common scale if
  // there is one.
  virtual Codes requantise(const View& target, int diagonal, const Quantiser& quantiser,
                           QuantiserCounts& counts) const = 0;
  // Elements outside `live` are discarded by the method; overflows in them are counted separately. `from_zero` as
  // above.
  virtual void accumulate_codes(const View& accumulator, const QuantisedOperand& a, const QuantisedOperand& b,
                                const Quantiser& quantiser, Region live, bool from_zero,
                                QuantiserCounts& counts) const = 0;
  // Block-scaled formats. An engine without rounding multiplies the operands as they are.
  virtual void accumulate_block_scaled(const View& accumulator, const QuantisedOperand& a, const QuantisedOperand& b,
                                       const Quantiser& quantiser, const ProductRounding& rounding,
                                       QuantiserCounts& counts) const = 0;

  // Whether every result since the case began is exact (MPFR's inexact flag). Emulated engines always return false.
  virtual bool exact_so_far() const { return false; }
  virtual void begin_case() {}

  // An operation of a stage begins; its result is complete. Engines that keep no sites do nothing.
  virtual void begin_operation(const std::string& /*stage*/) {}
  virtual void end_operation(const View& /*result*/) {}
  // What the next conversion (convert, finish, requantise) rounds.
  void next_rounds(RoundingKind kind) { next_ = kind; }

 protected:
  RoundingKind next_ = RoundingKind::storage;
};

// Emulated arithmetic on float carriers (every format inside fp32) or double carriers (every format).
std::unique_ptr<Engine> make_float_engine();
std::unique_ptr<Engine> make_double_engine();

// MPFR with `bits` of precision. Every operation is rounded to nearest at that precision; formats and quantisers are
// not applied. exact_so_far() says whether nothing has been rounded at all.
std::unique_ptr<Engine> make_exact_engine(int bits);

}  // namespace tristab
