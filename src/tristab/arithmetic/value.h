// Values: immutable matrices of a Machine, and what is known of each besides its elements.
#pragma once

#include "tristab/arithmetic/engine.h"

namespace tristab {

class Machine;

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

// Longest chains behind a value: two separate lengths, never added.
struct Depth {
  std::int64_t products = 0, vector_steps = 0;
  Depth joined(const Depth& other) const;
};

// A grid that holds all elements. It tells whether entering an operation rounds.
struct Grid {
  int precision = 1, lsb_min = 1 << 20, max_exponent = -(1 << 20);  // of zero, which fits everywhere
  int smallest_exponent = 1 << 20;                                  // of a non-zero element
  double largest = 0;
  static Grid of(const Format& format);
  Grid joined(const Grid& other) const;
  bool inside(const Format& format) const;
};

// What is known of a Value besides its elements.
struct Tags {
  Grid grid;
  Depth depth;
  bool finite = true;
  int diagonal = 0;     // element (i, i + diagonal) lies on the main diagonal of the whole matrix
  Codes codes;          // set if all elements are integer codes times one scale
  int stored_bits = 0;  // of an element, for the workspace count; 0: not stored
};

// An immutable matrix, or a batch of equal blocks: a view of a pooled buffer. Cheap to copy.
class Value {
 public:
  int rows() const { return view_.rows; }
  int columns() const { return view_.columns; }
  int batch() const { return view_.batch; }
  const Depth& depth() const { return tags_.depth; }
  bool finite() const { return tags_.finite; }
  bool is_same_view(const Value& other) const { return view_ == other.view_; }

 private:
  friend class Machine;
  friend class Stage;
  friend class Rows;
  QuantisedOperand quantised() const { return {view_, tags_.codes, tags_.diagonal}; }
  BufferHandle buffer_;
  View view_;
  Tags tags_;
};

// A matrix that grows by rows. Rows once written never change, so earlier Values stay valid.
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

}  // namespace tristab
