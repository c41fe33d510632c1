// Buffers and tags of Values, the matrix that grows by rows, and the totals of a trace.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tristab/arithmetic/machine.h"

namespace tristab {

BufferHandle::BufferHandle(Machine& machine, Buffer* buffer) : machine_(&machine), buffer_(buffer) {
  ++buffer_->references;
}
BufferHandle::BufferHandle(const BufferHandle& other) : machine_(other.machine_), buffer_(other.buffer_) {
  if (buffer_ != nullptr) ++buffer_->references;
}
BufferHandle::BufferHandle(BufferHandle&& other) noexcept
    : machine_(other.machine_), buffer_(std::exchange(other.buffer_, nullptr)) {}
BufferHandle& BufferHandle::operator=(BufferHandle other) noexcept {
  std::swap(machine_, other.machine_);
  std::swap(buffer_, other.buffer_);
  return *this;
}
BufferHandle::~BufferHandle() {
  if (buffer_ != nullptr && --buffer_->references == 0) machine_->release(buffer_);
}

Depth Depth::joined(const Depth& other) const {
  return {std::max(products, other.products), std::max(vector_steps, other.vector_steps)};
}

Grid Grid::of(const Format& format) {
  return {format.precision, format.lsb_min(), format.max_exponent, format.smallest_exponent(), format.largest()};
}
Grid Grid::joined(const Grid& other) const {
  return {std::max(precision, other.precision), std::min(lsb_min, other.lsb_min),
          std::max(max_exponent, other.max_exponent), std::min(smallest_exponent, other.smallest_exponent),
          std::max(largest, other.largest)};
}
bool Grid::inside(const Format& format) const {
  return precision <= format.precision && lsb_min >= format.lsb_min() && max_exponent <= format.max_exponent &&
         smallest_exponent >= format.smallest_exponent() && largest <= format.largest();
}

void StageTrace::count_product(const ProductShape& shape) {
  const auto same = std::find_if(products.begin(), products.end(), [&](const ProductShape& s) {
    return s.rows == shape.rows && s.inner == shape.inner && s.columns == shape.columns && s.batch == shape.batch;
  });
  same == products.end() ? products.push_back(shape) : static_cast<void>(same->count += shape.count);
}

StageTrace Trace::total() const {
  StageTrace total;
  for (const StageTrace& stage : stages) {
    total.matmuls += stage.matmuls;
    total.vector_steps += stage.vector_steps;
    total.matmul_flops += stage.matmul_flops;
    total.vector_flops += stage.vector_flops;
    total.casts += stage.casts;
    for (const ProductShape& shape : stage.products) total.count_product(shape);
    total.largest_live = std::max(total.largest_live, stage.largest_live);
    total.largest_dead = std::max(total.largest_dead, stage.largest_dead);
    total.largest_coded = std::max(total.largest_coded, stage.largest_coded);
    total.overflows_live += stage.overflows_live;
    total.overflows_dead += stage.overflows_dead;
    total.underflows += stage.underflows;
    total.saturations += stage.saturations;
  }
  return total;
}

Rows::Rows(Machine& machine, int rows, int columns, int batch)
    : machine_(&machine), whole_(machine.allocate(rows, columns, batch)) {}

void Rows::append(const Value& row) {
  if (written_ == whole_.rows() || row.rows() != 1 || row.columns() != whole_.columns() ||
      row.batch() != whole_.batch()) {
    throw std::logic_error("a row of another shape cannot be appended");
  }
  View target = whole_.view_;
  target.offset += written_ * target.row_stride;
  target.rows = 1;
  machine_->engine_->copy(row.view_, target, 1);
  ++written_;
  machine_->set_stored_bits(whole_, std::max(whole_.tags_.stored_bits, row.tags_.stored_bits));
  whole_.tags_.grid = whole_.tags_.grid.joined(row.tags_.grid);
  whole_.tags_.depth = whole_.tags_.depth.joined(row.tags_.depth);
  whole_.tags_.finite = whole_.tags_.finite && row.tags_.finite;
}

Value Rows::top() const {
  Value value = whole_;
  value.view_.rows = written_;
  return value;
}

Value Rows::all() const {
  if (written_ != whole_.rows()) throw std::logic_error("rows are missing");
  return whole_;
}

}  // namespace tristab
