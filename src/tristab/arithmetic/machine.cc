#include "tristab/arithmetic/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>

namespace tristab {

// ---- buffers ----

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

// ---- tags ----

Depth Depth::joined(const Depth& other) const {
  return {std::max(products, other.products), std::max(vector_steps, other.vector_steps)};
}

Grid Grid::of(const Format& format) { return {format.precision, format.lsb_min(), format.max_exponent}; }
Grid Grid::joined(const Grid& other) const {
  return {std::max(precision, other.precision), std::min(lsb_min, other.lsb_min),
          std::max(max_exponent, other.max_exponent)};
}
bool Grid::inside(const Format& format) const {
  return precision <= format.precision && lsb_min >= format.lsb_min() && max_exponent <= format.max_exponent;
}

// ---- trace ----

StageTrace Trace::total() const {
  StageTrace total;
  for (const StageTrace& stage : stages) {
    total.matmuls += stage.matmuls;
    total.vector_steps += stage.vector_steps;
    total.matmul_flops += stage.matmul_flops;
    total.vector_flops += stage.vector_flops;
    total.largest_live = std::max(total.largest_live, stage.largest_live);
    total.largest_dead = std::max(total.largest_dead, stage.largest_dead);
    total.overflows_live += stage.overflows_live;
    total.overflows_dead += stage.overflows_dead;
    total.underflows += stage.underflows;
    total.saturations += stage.saturations;
  }
  return total;
}

// ---- machine ----

Machine::Machine(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Machine::~Machine() = default;

void Machine::start(std::map<std::string, const Arithmetic*, std::less<>> arithmetics) {
  if (!arithmetics.contains("*")) throw std::logic_error("a machine needs the default arithmetic '*'");
  arithmetics_ = std::move(arithmetics);
  trace_ = Trace{};
  engine_->forget_inexact();
}

Stage Machine::stage(std::string_view name) {
  auto arithmetic = arithmetics_.find(name);
  if (arithmetic == arithmetics_.end()) arithmetic = arithmetics_.find("*");
  auto& stages = trace_.stages;
  const auto found =
      std::find_if(stages.begin(), stages.end(), [&](const StageTrace& s) { return s.name == name; });
  const auto index = static_cast<std::size_t>(found - stages.begin());
  if (found == stages.end()) {
    stages.emplace_back();
    stages.back().name = name;
  }
  return Stage(*this, *arithmetic->second, index);
}

Value Machine::allocate(int rows, int columns, int batch) {
  const auto elements =
      static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) * static_cast<std::size_t>(batch);
  const auto size_class = static_cast<std::size_t>(std::bit_width(std::max<std::size_t>(elements, 1) - 1));
  if (free_.size() <= size_class) free_.resize(size_class + 1);
  Buffer* buffer = nullptr;
  if (!free_[size_class].empty()) {
    buffer = free_[size_class].back();
    free_[size_class].pop_back();
  } else {
    buffers_.push_back(engine_->new_buffer(std::size_t{1} << size_class));
    buffer = buffers_.back().get();
    buffer->capacity = std::size_t{1} << size_class;
  }
  Value value;
  value.buffer_ = BufferHandle(*this, buffer);
  value.view_ = {buffer, 0, rows, columns, batch, columns, static_cast<std::ptrdiff_t>(rows) * columns};
  return value;
}

void Machine::set_stored_bits(Value& x, int bits) {
  x.stored_bits_ = bits;
  Buffer* buffer = x.buffer_.get();
  const std::int64_t elements = static_cast<std::int64_t>(x.view_.rows) * x.view_.columns * x.view_.batch;
  const auto bytes = (elements * bits + 7) / 8;
  bytes_alive_ += bytes - static_cast<std::int64_t>(buffer->stored_bytes);
  buffer->stored_bytes = static_cast<std::size_t>(bytes);
  trace_.workspace_bytes = std::max(trace_.workspace_bytes, bytes_alive_);
}

void Machine::release(Buffer* buffer) {
  bytes_alive_ -= static_cast<std::int64_t>(buffer->stored_bytes);
  buffer->stored_bytes = 0;
  free_[static_cast<std::size_t>(std::bit_width(buffer->capacity - 1))].push_back(buffer);
}

Value Machine::input(const Matrix& a, int size) {
  Value value = allocate(size, size, 1);
  if (size != a.rows()) engine_->clear(value.view_);
  View part = value.view_;
  part.rows = a.rows();
  part.columns = a.columns();
  engine_->read(a, part);
  const Arithmetic& arithmetic = *arithmetics_.find("*")->second;
  if (arithmetic.quantiser && arithmetic.quantiser->scale == Quantiser::Scale::tensor) {
    value.codes_ = engine_->requantise(value.view_, 0, *arithmetic.quantiser);
    value.grid_ = Grid::of(fp32_format());
    set_stored_bits(value, arithmetic.quantiser->bits);
  } else {
    value.grid_ = Grid::of(arithmetic.operand);
    set_stored_bits(value, arithmetic.operand.bits);
  }
  return value;
}

Matrix Machine::output(const Value& x) {
  Matrix result(x.rows(), x.columns());
  engine_->write(x.view_, 0, result);
  return result;
}

void Machine::set_result(const Value& x) {
  trace_.product_depth = x.depth_.products;
  trace_.vector_depth = x.depth_.vector_steps;
}

Value Machine::identity(int n, int batch, double value) {
  Value result = allocate(n, n, batch);
  engine_->clear(result.view_);
  engine_->set_diagonal(result.view_, value);
  int exponent = 0;
  const bool power = std::frexp(std::fabs(value), &exponent) == 0.5;
  result.grid_ = power ? Grid{1, exponent - 1, exponent - 1} : Grid::of(fp64_format());
  set_stored_bits(result, 0);  // a constant: no kernel stores it
  return result;
}

Value Machine::negate(const Value& x) {
  Value result = allocate(x.rows(), x.columns(), x.batch());
  const View view = result.view_;
  const BufferHandle buffer = result.buffer_;
  engine_->copy(x.view_, view, -1);
  result = x;
  result.buffer_ = buffer;
  result.view_ = view;
  set_stored_bits(result, 0);  // a sign is applied on the way into an operation
  return result;
}

Value Machine::twice(const Value& x) {
  Value result = allocate(x.rows(), x.columns(), x.batch());
  const View view = result.view_;
  const BufferHandle buffer = result.buffer_;
  engine_->copy(x.view_, view, 2);
  result = x;
  result.buffer_ = buffer;
  result.view_ = view;
  result.grid_.max_exponent += 1;
  result.codes_.scale *= 2;
  set_stored_bits(result, 0);
  return result;
}

Value Machine::band(const Value& x, int lower_bandwidth) {
  Value result = allocate(x.rows(), x.columns(), x.batch());
  const View view = result.view_;
  const BufferHandle buffer = result.buffer_;
  engine_->copy(x.view_, view, 1);
  engine_->keep_band(view, lower_bandwidth);
  result = x;
  result.buffer_ = buffer;
  result.view_ = view;
  // What the band drops may have been all that was not finite: look again.
  result.finite_ =
      x.finite_ || engine_->finish(view, nullptr, Rounding::nearest_even, Region{}).live.nonfinite == 0;
  set_stored_bits(result, x.stored_bits_);
  return result;
}

Value Machine::masked_blocks(const Value& x, int m, int first) {
  if (x.rows() != x.columns() || x.rows() % (2 * m) != 0)
    throw std::logic_error("even and odd blocks need n divisible by 2m");
  Value result = allocate(x.rows(), x.columns(), x.batch());
  engine_->clear(result.view_);
  for (int begin = first; begin < x.rows(); begin += 2 * m) {
    View from = x.view_, to = result.view_;
    from.offset += begin * (from.row_stride + 1);
    to.offset += begin * (to.row_stride + 1);
    from.rows = from.columns = to.rows = to.columns = m;
    engine_->copy(from, to, 1);
  }
  result.grid_ = x.grid_;
  result.depth_ = x.depth_;
  result.diagonal_ = x.diagonal_;
  result.codes_ = x.codes_;
  result.finite_ =
      x.finite_ ||
      engine_->finish(result.view_, nullptr, Rounding::nearest_even, Region{}).live.nonfinite == 0;
  set_stored_bits(result, x.stored_bits_);
  return result;
}

Value Machine::even(const Value& x, int m) { return masked_blocks(x, m, 0); }
Value Machine::odd(const Value& x, int m) { return masked_blocks(x, m, m); }

Value Machine::block_diagonal(const Value& blocks) {
  const int b = blocks.rows(), n = b * blocks.batch();
  Value result = allocate(n, n, 1);
  engine_->clear(result.view_);
  for (int s = 0; s < blocks.batch(); ++s) {
    View from = blocks.view_, to = result.view_;
    from.offset += s * from.batch_stride;
    from.batch = 1;
    to.offset += s * b * (to.row_stride + 1);
    to.rows = to.columns = b;
    engine_->copy(from, to, 1);
  }
  result.grid_ = blocks.grid_;
  result.depth_ = blocks.depth_;
  result.finite_ = blocks.finite_;
  result.codes_ = blocks.codes_;
  set_stored_bits(result, blocks.stored_bits_);
  return result;
}

Value Machine::assemble(int rows, int columns, std::span<const Placed> parts) {
  Value result = allocate(rows, columns, parts.empty() ? 1 : parts.front().value.batch());
  engine_->clear(result.view_);
  int bits = 0;
  for (const Placed& part : parts) {
    View to = result.view_;
    to.offset += part.row * to.row_stride + part.column;
    to.rows = part.value.rows();
    to.columns = part.value.columns();
    if (part.value.batch() != to.batch || part.row + to.rows > rows || part.column + to.columns > columns) {
      throw std::logic_error("a part does not fit into the assembled matrix");
    }
    engine_->copy(part.value.view_, to, 1);
    result.grid_ = result.grid_.joined(part.value.grid_);
    result.depth_ = result.depth_.joined(part.value.depth_);
    result.finite_ = result.finite_ && part.value.finite_;
    bits = std::max(bits, part.value.stored_bits_);
  }
  set_stored_bits(result, bits);
  return result;
}

Value Machine::block(const Value& x, int row, int column, int rows, int columns) {
  if (row < 0 || column < 0 || rows < 1 || columns < 1 || row + rows > x.rows() ||
      column + columns > x.columns()) {
    throw std::logic_error(fmt::format("block {}x{} at ({}, {}) lies outside {}x{}", rows, columns, row,
                                       column, x.rows(), x.columns()));
  }
  Value result = x;
  result.view_.offset += row * x.view_.row_stride + column;
  result.view_.rows = rows;
  result.view_.columns = columns;
  result.diagonal_ += row - column;
  return result;
}

Value Machine::blocks(const Value& x, int row, int column, int size, int step) {
  if (x.batch() != 1) throw std::logic_error("a batch has no strided blocks");
  Value result = block(x, row, column, size, size);
  result.view_.batch = (x.rows() - std::max(row, column) - size) / step + 1;
  result.view_.batch_stride = static_cast<std::ptrdiff_t>(step) * (x.view_.row_stride + 1);
  return result;
}

Value Machine::diagonal_blocks(const Value& x, int b) {
  if (x.rows() != x.columns() || x.rows() % b != 0)
    throw std::logic_error("diagonal blocks must divide the matrix");
  return blocks(x, 0, 0, b, b);
}

// ---- stage ----

Stage Stage::live(Region region) const {
  Stage stage = *this;
  stage.live_ = region;
  return stage;
}

Value Stage::fl(const Factors& product) const {
  return multiply(nullptr, {&product, 1}, Last::rounded, Unit::matrix, AddendOrder::first);
}
Value Stage::fl(const Value& c, const Factors& product) const {
  return multiply(&c, {&product, 1}, Last::rounded, Unit::matrix, AddendOrder::first);
}
Value Stage::fl(const Value& c, std::span<const Factors> products) const {
  return multiply(&c, products, Last::rounded, Unit::matrix, AddendOrder::first);
}
Value Stage::fl(std::span<const Factors> products) const {
  return multiply(nullptr, products, Last::rounded, Unit::matrix, AddendOrder::first);
}
Value Stage::kept(const Factors& product) const {
  return multiply(nullptr, {&product, 1}, Last::kept, Unit::matrix, AddendOrder::first);
}
Value Stage::kept(const Value& c, const Factors& product) const {
  return multiply(&c, {&product, 1}, Last::kept, Unit::matrix, AddendOrder::first);
}
Value Stage::kept(const Value& c, std::span<const Factors> products) const {
  return multiply(&c, products, Last::kept, Unit::matrix, AddendOrder::first);
}
Value Stage::kept(std::span<const Factors> products) const {
  return multiply(nullptr, products, Last::kept, Unit::matrix, AddendOrder::first);
}
Value Stage::finished(Last last, const Value& c, const Factors& product) const {
  return multiply(&c, {&product, 1}, last, Unit::matrix, AddendOrder::first);
}
Value Stage::finished(Last last, const Factors& product) const {
  return multiply(nullptr, {&product, 1}, last, Unit::matrix, AddendOrder::first);
}
Value Stage::vector(const Value& c, const Factors& product, AddendOrder order) const {
  return multiply(&c, {&product, 1}, Last::rounded, Unit::vector, order);
}
Value Stage::add(const Value& x, const Value& y) const { return combine(x, y, 1); }
Value Stage::subtract(const Value& x, const Value& y) const { return combine(x, y, -1); }

Value Stage::fl(const Value& x) const {
  Value result = machine_->allocate(x.rows(), x.columns(), x.batch());
  machine_->engine_->copy(x.view_, result.view_, 1);
  result.diagonal_ = x.diagonal_;
  result.depth_ = x.depth_;
  finish(result, Last::rounded, Unit::matrix, x.grid_, arithmetic_->storage.bits, x.finite_);
  return result;
}

Value Stage::entered(const Value& x, Unit unit) const {
  const bool matrix = unit == Unit::matrix;
  const Format& format = matrix ? arithmetic_->operand : arithmetic_->vector.format;
  const bool by_rows =
      !matrix && arithmetic_->quantiser && arithmetic_->quantiser->scale == Quantiser::Scale::row;
  if (by_rows && x.columns() > 1) {  // a row of one element is its own scale
    Value result = machine_->allocate(x.rows(), x.columns(), x.batch());
    machine_->engine_->copy(x.view_, result.view_, 1);
    machine_->engine_->requantise(result.view_, x.diagonal_, *arithmetic_->quantiser);
    result.grid_ = Grid::of(format);
    result.depth_ = x.depth_;
    result.diagonal_ = x.diagonal_;
    result.finite_ = x.finite_;
    return result;
  }
  if (x.grid_.inside(format)) return x;
  Value result = machine_->allocate(x.rows(), x.columns(), x.batch());
  machine_->engine_->copy(x.view_, result.view_, 1);
  machine_->engine_->convert(result.view_, format,
                             matrix ? arithmetic_->operand_rounding : arithmetic_->vector.rounding);
  result.grid_ = Grid::of(format);
  result.depth_ = x.depth_;
  result.diagonal_ = x.diagonal_;
  result.codes_ = x.codes_;
  result.finite_ = x.finite_;
  if (x.finite_ && x.grid_.max_exponent >= format.max_exponent) {
    const RegionStatistics after =
        machine_->engine_->finish(result.view_, nullptr, Rounding::nearest_even, live_);
    result.finite_ = after.live.nonfinite + after.dead.nonfinite == 0;
    note_overflow(after.live.nonfinite, after.dead.nonfinite);
  }
  return result;
}

Value Stage::multiply(const Value* c, std::span<const Factors> products, Last last, Unit unit,
                      AddendOrder order) const {
  const Engine& engine = *machine_->engine_;
  const bool matrix = unit == Unit::matrix;
  const Accumulation& accumulation = matrix ? arithmetic_->product : arithmetic_->vector;
  const Value& left_shape = products.front().first;
  const Value& right_shape = products.front().second;
  Value result = machine_->allocate(left_shape.rows(), right_shape.columns(), left_shape.batch());
  result.diagonal_ = left_shape.diagonal_ + right_shape.diagonal_;
  bool finite = true;

  const auto load_addend = [&](const View& target) {
    if (c->rows() != target.rows || c->columns() != target.columns || c->batch() != target.batch) {
      throw std::logic_error("the addend of a product has another shape than the product");
    }
    engine.copy(c->view_, target, 1);
    if (!c->grid_.inside(accumulation.format))
      engine.convert(target, accumulation.format, accumulation.rounding);
    result.depth_ = result.depth_.joined(c->depth_);
    result.diagonal_ = c->diagonal_;
    finite = finite && c->finite_;
  };
  if (c != nullptr && order == AddendOrder::first) {
    load_addend(result.view_);
  } else {
    engine.clear(result.view_);
  }

  StageTrace& counts = machine_->trace_.stages[index_];
  for (const auto& [p, q] : products) {
    if (p.columns() != q.rows() || p.rows() != result.rows() || q.columns() != result.columns() ||
        p.batch() != q.batch() || p.batch() != result.batch()) {
      throw std::logic_error(fmt::format("{}x{} times {}x{} (batches {} and {}) does not give {}x{}",
                                         p.rows(), p.columns(), q.rows(), q.columns(), p.batch(), q.batch(),
                                         result.rows(), result.columns()));
    }
    const double flops = 2.0 * p.rows() * p.columns() * q.columns() * p.batch();
    if (matrix && arithmetic_->quantiser) {
      engine.accumulate_codes(result.view_, p.view_, p.codes_, p.diagonal_, q.view_, q.codes_, q.diagonal_,
                              *arithmetic_->quantiser);
      finite = finite && p.finite_ && q.finite_;
    } else {
      const Value left = entered(p, unit), right = entered(q, unit);
      finite = finite && left.finite_ && right.finite_;
      const Format& operand = matrix ? arithmetic_->operand : arithmetic_->vector.format;
      engine.accumulate(result.view_, left.view_, right.view_, accumulation, operand.precision, finite);
    }
    result.depth_ = result.depth_.joined(p.depth_).joined(q.depth_);
    if (matrix) {
      ++result.depth_.products;
      ++counts.matmuls;
      counts.matmul_flops += flops;
      auto& shapes = machine_->trace_.products;
      const ProductShape shape{p.rows(), p.columns(), q.columns(), p.batch(), 1};
      const auto same = std::find_if(shapes.begin(), shapes.end(), [&](const ProductShape& s) {
        return s.rows == shape.rows && s.inner == shape.inner && s.columns == shape.columns &&
               s.batch == shape.batch;
      });
      same == shapes.end() ? shapes.push_back(shape) : static_cast<void>(++same->count);
    } else {
      ++result.depth_.vector_steps;
      ++counts.vector_steps;
      counts.vector_flops += flops;
    }
  }
  if (c != nullptr && order == AddendOrder::last) {
    Value addend = machine_->allocate(result.rows(), result.columns(), result.batch());
    load_addend(addend.view_);
    engine.sum(addend.view_, result.view_, 1, accumulation);
    addend.depth_ = result.depth_;
    addend.diagonal_ = result.diagonal_;
    result = addend;
  }
  finish(result, last, unit, Grid::of(accumulation.format), accumulation.format.bits, finite);
  return result;
}

Value Stage::combine(const Value& x, const Value& y, double sign) const {
  if (x.rows() != y.rows() || x.columns() != y.columns() || x.batch() != y.batch()) {
    throw std::logic_error("values of different shapes cannot be added");
  }
  const Engine& engine = *machine_->engine_;
  const Value left = entered(x, Unit::vector), right = entered(y, Unit::vector);
  Value result = machine_->allocate(x.rows(), x.columns(), x.batch());
  engine.copy(left.view_, result.view_, 1);
  engine.sum(result.view_, right.view_, sign, arithmetic_->vector);
  result.depth_ = x.depth_.joined(y.depth_);
  result.diagonal_ = x.diagonal_;
  ++result.depth_.vector_steps;
  StageTrace& counts = machine_->trace_.stages[index_];
  ++counts.vector_steps;
  counts.vector_flops += static_cast<double>(x.rows()) * x.columns() * x.batch();
  finish(result, Last::rounded, Unit::vector, Grid::of(arithmetic_->vector.format),
         arithmetic_->vector.format.bits, left.finite_ && right.finite_);
  return result;
}

// Statistics, rounding to storage, tags and overflow counts of a result whose elements lie on the grid
// `unrounded`.
void Stage::finish(Value& result, Last last, Unit unit, const Grid& unrounded, int unrounded_bits,
                   bool operands_finite) const {
  const Engine& engine = *machine_->engine_;
  StageTrace& counts = machine_->trace_.stages[index_];
  const auto& quantiser = arithmetic_->quantiser;
  const bool to_codes = last == Last::rounded && quantiser &&
                        (quantiser->scale == Quantiser::Scale::tensor || unit == Unit::vector);
  const bool to_storage = last == Last::rounded && !quantiser && !unrounded.inside(arithmetic_->storage);

  const RegionStatistics statistics = engine.finish(
      result.view_, to_storage ? &arithmetic_->storage : nullptr, arithmetic_->storage_rounding, live_);
  const std::int64_t live = statistics.live.nonfinite + statistics.live.overflows;
  const std::int64_t dead = statistics.dead.nonfinite + statistics.dead.overflows;
  result.finite_ = live + dead == 0;
  result.grid_ = to_storage ? Grid::of(arithmetic_->storage) : unrounded;
  if (to_codes) {
    result.codes_ = engine.requantise(result.view_, result.diagonal_, *quantiser);
    machine_->set_stored_bits(result, quantiser->bits);
  } else {
    machine_->set_stored_bits(result, last == Last::rounded ? arithmetic_->storage.bits : unrounded_bits);
  }
  counts.largest_live = std::max(counts.largest_live, statistics.live.largest);
  counts.largest_dead = std::max(counts.largest_dead, statistics.dead.largest);
  counts.underflows += statistics.live.underflows + statistics.dead.underflows;
  // Out of operands that are not finite, non-finite results are inherited: they are no overflows of their
  // own.
  if (operands_finite) note_overflow(live, dead);
  ++machine_->trace_.operations;
}

void Stage::note_overflow(std::int64_t live, std::int64_t dead) const {
  if (live + dead == 0) return;
  Trace& trace = machine_->trace_;
  StageTrace& counts = trace.stages[index_];
  counts.overflows_live += live;
  counts.overflows_dead += dead;
  if (trace.first_overflow.stage.empty()) trace.first_overflow = {counts.name, trace.operations, live > 0};
}

// ---- rows ----

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
  machine_->set_stored_bits(whole_, std::max(whole_.stored_bits_, row.stored_bits_));
  whole_.grid_ = whole_.grid_.joined(row.grid_);
  whole_.depth_ = whole_.depth_.joined(row.depth_);
  whole_.finite_ = whole_.finite_ && row.finite_;
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
