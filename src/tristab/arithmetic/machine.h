// The Machine: methods are written against it. Values are opaque and immutable. Exact operations (views, negation,
// selection, assembly) belong to the Machine; every operation that can round belongs to a Stage. Cost, growth, overflow
// and depth are counted here, so that a method contains nothing but its formula.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/arithmetic/stage.h"
#include "tristab/matrix/matrix.h"

namespace tristab {

class Machine {
 public:
  // One arithmetic for every stage.
  explicit Machine(std::unique_ptr<Engine> engine);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

  // Starts a case: resets all counters, keeps the buffers. Stages that are not named take the arithmetic of "*". Values
  // of earlier cases must be gone. A name such as "powers.3" is that of one step of a stage. Arithmetics must outlive
  // the case. `draws` is the identity of the case for stochastic rounding: it makes its draws differ from those of
  // other cases.
  void start(std::map<std::string, const Arithmetic*, std::less<>> arithmetics, std::uint64_t draws = 0);

  // The stage of this name; the same name gives the same counters.
  Stage stage(std::string_view name);

  // A as the method sees it: the matrix (already rounded to the input format), stored in the default stage's format and
  // padded with zero rows and columns to `size`. `events`: what happened when it was rounded, for the counters.
  Value input(const Matrix& a, int size, const RowStatistics& events = {});
  // A matrix of any shape whose elements are all in `format`: an operand that no stage has made.
  Value load(const Matrix& x, const Format& format);
  Matrix output(const Value& x);       // batch 1
  Matrix corrections(const Value& x);  // what output() rounds off; empty if nothing
  void set_result(const Value& x);     // the trace reports the depth of x

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
  void recheck_finite(Value& x);
  // The key of the draws for the next operation that rounds.
  std::uint64_t next_draws(const Arithmetic& arithmetic);
  Value masked_blocks(const Value& x, int m, int first);
  const Arithmetic& arithmetic_of(const std::string& stage, int step) const;

  std::unique_ptr<Engine> engine_;
  std::vector<std::unique_ptr<Buffer>> buffers_;
  std::vector<std::vector<Buffer*>> free_;  // by the exponent of the capacity
  std::map<std::string, const Arithmetic*, std::less<>> arithmetics_;
  bool has_steps_ = false;  // some arithmetic is of a step
  std::int64_t bytes_alive_ = 0;
  std::uint64_t case_ = 0, draws_ = 0, roundings_ = 0;
  Trace trace_;
};

}  // namespace tristab
