// The Machine: what a method is written against. Values are opaque and immutable; exact operations (views,
// negation, selection, assembly) belong to the Machine, every operation that can round belongs to a Stage,
// and cost, growth, overflow and depth are counted here, so that a method is nothing but its formula.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/arithmetic/engine.h"
#include "tristab/arithmetic/trace.h"
#include "tristab/matrix/matrix.h"

namespace tristab {

class Machine;
class Stage;

// A counted reference to a pooled buffer.
class BufferHandle {
 public:
  BufferHandle() = default;
  BufferHandle(Machine& machine, Buffer* buffer);
  BufferHandle(const BufferHandle& other);
  BufferHandle(BufferHandle&& other) noexcept;
  BufferHandle& operator=(BufferHandle other) noexcept;
  ~BufferHandle();
  Buffer* get() const { return buffer_; }

 private:
  Machine* machine_ = nullptr;
  Buffer* buffer_ = nullptr;
};

// Longest chains behind a value; two independent lengths, never added.
struct Depth {
  std::int64_t products = 0, vector_steps = 0;
  Depth joined(const Depth& other) const;
};

// A grid that holds all elements: enough to know whether entering an operation rounds.
struct Grid {
  int precision = 1, lsb_min = 1 << 20, max_exponent = -(1 << 20);  // of zero, which fits everywhere
  int smallest_exponent = 1 << 20;                                  // of a non-zero element
  double largest = 0;
  static Grid of(const Format& format);
  Grid joined(const Grid& other) const;
  bool inside(const Format& format) const;
};

// An immutable matrix, or a batch of equal blocks: a view of a pooled buffer. Cheap to copy.
class Value {
 public:
  int rows() const { return view_.rows; }
  int columns() const { return view_.columns; }
  int batch() const { return view_.batch; }
  const Depth& depth() const { return depth_; }
  bool finite() const { return finite_; }
  bool is_same_view(const Value& other) const { return view_ == other.view_; }

 private:
  friend class Machine;
  friend class Stage;
  friend class Rows;
  BufferHandle buffer_;
  View view_;
  Grid grid_;
  Depth depth_;
  bool finite_ = true;
  int diagonal_ = 0;     // element (i, i + diagonal_) lies on the main diagonal of the whole matrix
  Codes codes_;          // set where all elements are integer codes times one scale
  int stored_bits_ = 0;  // of an element, for the workspace count; 0: not stored
};

using Factors = std::pair<Value, Value>;  // the product first * second

// Whether an addend starts the accumulator or is added to the finished sum.
enum class AddendOrder { first, last };

// Whether the last result of a nested method is rounded to storage or stays in the accumulator's format.
enum class Last { rounded, kept };

// A named part of a method with its own arithmetic and counters.
class Stage {
 public:
  // The same stage where only the elements of `region` will be kept; the others' growth is counted apart.
  Stage live(Region region) const;

  // fl(P Q), fl(C + P Q), fl(C + P Q + R S ...): C starts the accumulator, the products form one accumulation
  // chain, and one rounding leads to storage. Operands are rounded to the operand format on entry, C only
  // where the accumulator's format is too narrow for it.
  Value fl(const Factors& product) const;
  Value fl(const Value& c, const Factors& product) const;
  Value fl(const Value& c, std::span<const Factors> products) const;
  Value fl(std::span<const Factors> products) const;
  Value fl(const Value& x) const;  // rounding to storage alone

  // The same without the rounding to storage: the result stays in the accumulator's format.
  Value kept(const Factors& product) const;
  Value kept(const Value& c, const Factors& product) const;
  Value kept(const Value& c, std::span<const Factors> products) const;
  Value kept(std::span<const Factors> products) const;

  // fl or kept, as a nested method is told.
  Value finished(Last last, const Value& c, const Factors& product) const;
  Value finished(Last last, const Factors& product) const;

  // On the vector unit: fl(C + P Q) with every multiplication and addition in the vector arithmetic.
  Value vector(const Value& c, const Factors& product, AddendOrder order = AddendOrder::first) const;
  Value add(const Value& x, const Value& y) const;       // fl(X + Y)
  Value subtract(const Value& x, const Value& y) const;  // fl(X - Y)

  const Arithmetic& arithmetic() const { return *arithmetic_; }

 private:
  friend class Machine;
  enum class Unit { matrix, vector };
  Stage(Machine& machine, const Arithmetic& arithmetic, std::size_t index)
      : machine_(&machine), arithmetic_(&arithmetic), index_(index) {}
  Value multiply(const Value* c, std::span<const Factors> products, Last last, Unit unit,
                 AddendOrder order) const;
  Value combine(const Value& x, const Value& y, double sign) const;
  void accumulate(const View& target, const Value& left, const Value& right, const Accumulation& accumulation,
                  const Format& operand, bool finite, bool from_zero) const;
  void accumulate_split(const View& target, const Value& left, const Value& right, bool from_zero) const;
  std::pair<Value, Value> split(const Value& x) const;
  Value entered(const Value& x, Unit unit) const;
  void finish(Value& result, Last last, Unit unit, const Grid& unrounded, int unrounded_bits,
              bool operands_finite) const;
  void note_overflow(std::int64_t live, std::int64_t dead) const;

  Machine* machine_;
  const Arithmetic* arithmetic_;
  std::size_t index_;  // of the stage's counters
  Region live_;
};

// A matrix that grows by rows; what is written never changes, so values handed out stay valid.
class Rows {
 public:
  Rows(Machine& machine, int rows, int columns, int batch);
  void append(const Value& row);  // 1 x columns
  Value top() const;              // the rows so far
  Value all() const;              // throws std::logic_error before the last row

 private:
  Machine* machine_;
  Value whole_;
  int written_ = 0;
};

class Machine {
 public:
  // One arithmetic for every stage.
  explicit Machine(std::unique_ptr<Engine> engine);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

  // Starts a case: forgets all counters, keeps the buffers. Stages not named take the arithmetic of "*".
  // Values of earlier cases must be gone. Arithmetics must outlive the case.
  // `draws` tells apart what stochastic rounding draws: the case's own identity.
  void start(std::map<std::string, const Arithmetic*, std::less<>> arithmetics, std::uint64_t draws = 0);

  // The stage of this name; the same name gives the same counters.
  Stage stage(std::string_view name);

  // A as the method sees it: the matrix (already rounded to the input format), stored in the default stage's
  // format. Padded with zero rows and columns to `size`.
  Value input(const Matrix& a, int size);
  // A matrix of any shape whose elements are all in `format`: an operand that no stage made (layers).
  Value load(const Matrix& x, const Format& format);
  Matrix output(const Value& x);    // batch 1
  void set_result(const Value& x);  // whose depth the trace reports

  // Exact operations.
  Value identity(int n, int batch = 1, double value = 1);
  Value negate(const Value& x);
  Value twice(const Value& x);
  Value band(const Value& x, int lower_bandwidth);  // x_ij where 0 <= i - j <= lower_bandwidth, else 0
  Value even(const Value& x, int m);                // the even m-blocks of the diagonal (0, 2, ...), else 0
  Value odd(const Value& x, int m);                 // the odd ones
  Value block_diagonal(const Value& blocks);        // batch of b x b -> one matrix
  struct Placed {
    int row, column;
    Value value;
  };
  Value assemble(int rows, int columns,
                 std::span<const Placed> parts);  // zero elsewhere; parts of equal batch

  // Views (no copy).
  Value block(const Value& x, int row, int column, int rows, int columns);
  Value row(const Value& x, int i) { return block(x, i, 0, 1, x.columns()); }
  Value diagonal_blocks(const Value& x, int b);  // n x n -> batch of n / b blocks b x b
  Value blocks(const Value& x, int row, int column, int size,
               int step);  // blocks at (row + s step, column + s step)

  const Trace& trace() const { return trace_; }
  Engine& engine() { return *engine_; }

 private:
  friend class Stage;
  friend class Rows;
  friend class BufferHandle;
  Value allocate(int rows, int columns, int batch);
  void set_stored_bits(Value& x, int bits);
  void release(Buffer* buffer);
  Value copied(const Value& x, double factor);
  void next_draws(const Arithmetic& arithmetic);  // every operation that rounds draws anew
  Value masked_blocks(const Value& x, int m, int first);

  std::unique_ptr<Engine> engine_;
  std::vector<std::unique_ptr<Buffer>> buffers_;
  std::vector<std::vector<Buffer*>> free_;  // by the exponent of the capacity
  std::map<std::string, const Arithmetic*, std::less<>> arithmetics_;
  std::int64_t bytes_alive_ = 0;
  std::uint64_t draws_ = 0, roundings_ = 0;
  Trace trace_;
};

}  // namespace tristab
