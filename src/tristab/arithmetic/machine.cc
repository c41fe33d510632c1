#include "tristab/arithmetic/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace tristab {

Machine::Machine(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Machine::~Machine() = default;

void Machine::start(std::map<std::string, const Arithmetic*, std::less<>> arithmetics, std::uint64_t draws) {
  if (!arithmetics.contains("*")) throw std::logic_error("a machine needs the default arithmetic '*'");
  arithmetics_ = std::move(arithmetics);
  has_steps_ =
      std::ranges::any_of(arithmetics_, [](const auto& named) { return named.first.find('.') != std::string::npos; });
  trace_ = Trace{};
  draws_ = draws;
  roundings_ = 0;
  ++case_;
  engine_->begin_case();
}

std::uint64_t Machine::next_draws(const Arithmetic& arithmetic) {
  // An odd multiplier scatters consecutive operations (and blocks of one batch) over all 64-bit keys.
  return draws_ + (++roundings_ + (arithmetic.seed << 32)) * 0x9e3779b97f4a7c15ULL;
}

const Arithmetic& Machine::arithmetic_of(const std::string& stage, int step) const {
  auto arithmetic = arithmetics_.find(fmt::format("{}.{}", stage, step));
  if (arithmetic == arithmetics_.end()) arithmetic = arithmetics_.find(stage);
  if (arithmetic == arithmetics_.end()) arithmetic = arithmetics_.find("*");
  return *arithmetic->second;
}

Stage Machine::stage(std::string_view name) {
  auto arithmetic = arithmetics_.find(name);
  if (arithmetic == arithmetics_.end()) arithmetic = arithmetics_.find("*");
  auto& stages = trace_.stages;
  const auto found = std::find_if(stages.begin(), stages.end(), [&](const StageTrace& s) { return s.name == name; });
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
  x.tags_.stored_bits = bits;
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

Value Machine::input(const Matrix& a, int size, const RowStatistics& events) {
  Value value = allocate(size, size, 1);
  if (size != a.rows()) engine_->clear(value.view_);
  View part = value.view_;
  part.rows = a.rows();
  part.columns = a.columns();
  engine_->read(a, part);
  engine_->begin_operation("input");
  engine_->next_rounds(RoundingKind::entry);
  const Arithmetic& arithmetic = *arithmetics_.find("*")->second;
  if (arithmetic.quantiser) engine_->convert(value.view_, fp32_format(), Rounding::nearest_even, 0);
  if (arithmetic.quantiser && arithmetic.quantiser->scale == Quantiser::Scale::tensor) {
    QuantiserCounts counts;
    value.tags_.codes = engine_->requantise(value.view_, 0, *arithmetic.quantiser, counts);
    value.tags_.grid = Grid::of(fp32_format());
    set_stored_bits(value, arithmetic.quantiser->bits);
    if (counts.saturations > 0) stage("input").counts().saturations += counts.saturations;
  } else {
    value.tags_.grid = Grid::of(arithmetic.storage);
    set_stored_bits(value, arithmetic.storage.bits);
  }
  engine_->end_operation(value.view_);
  // An entry beyond the input format became infinite when A was rounded, or its largest number if it saturates.
  const std::int64_t nonfinite = engine_->count_nonfinite(value.view_);
  value.tags_.finite = nonfinite == 0;
  if (nonfinite + events.overflows + events.underflows > 0) {
    StageTrace& counts = stage("input").counts();
    counts.underflows += events.underflows;
    if (nonfinite == 0) counts.saturations += events.overflows;
    stage("input").note_overflow(std::max(nonfinite, events.overflows), 0);
  }
  return value;
}

Value Machine::load(const Matrix& x, const Format& format) {
  Value value = allocate(x.rows(), x.columns(), 1);
  engine_->read(x, value.view_);
  value.tags_.grid = Grid::of(format);
  value.tags_.finite = engine_->count_nonfinite(value.view_) == 0;
  set_stored_bits(value, format.bits);
  return value;
}

// A part of x was dropped. If that part held all non-finite elements, x is now finite.
void Machine::recheck_finite(Value& x) { x.tags_.finite = x.tags_.finite || engine_->count_nonfinite(x.view_) == 0; }

Matrix Machine::output(const Value& x) {
  Matrix result(x.rows(), x.columns());
  engine_->write(x.view_, 0, result);
  return result;
}

Matrix Machine::corrections(const Value& x) {
  Matrix result(x.rows(), x.columns());
  return engine_->write_corrections(x.view_, 0, result) ? result : Matrix();
}

void Machine::set_result(const Value& x) {
  trace_.product_depth = x.tags_.depth.products;
  trace_.vector_depth = x.tags_.depth.vector_steps;
}

Value Machine::identity(int n, int batch, double value) {
  // A quantised kernel's constants are in fp32: no quantiser sees a diagonal.
  if (arithmetics_.find("*")->second->quantiser) value = static_cast<double>(static_cast<float>(value));
  Value result = allocate(n, n, batch);
  engine_->clear(result.view_);
  engine_->set_diagonal(result.view_, value);
  int exponent = 0;
  const bool power = std::frexp(std::fabs(value), &exponent) == 0.5;
  result.tags_.grid =
      power ? Grid{1, exponent - 1, exponent - 1, exponent - 1, std::fabs(value)} : Grid::of(fp64_format());
  set_stored_bits(result, 0);  // kernels do not store constants
  return result;
}

// factor * x with the tags of x.
Value Machine::copied(const Value& x, double factor) {
  Value result = allocate(x.rows(), x.columns(), x.batch());
  engine_->copy(x.view_, result.view_, factor);
  result.tags_ = x.tags_;
  return result;
}

Value Machine::negate(const Value& x) {
  Value result = copied(x, -1);
  set_stored_bits(result, 0);  // the sign is applied when the value enters an operation
  return result;
}

Value Machine::twice(const Value& x) {
  Value result = copied(x, 2);
  result.tags_.grid.max_exponent += 1;
  result.tags_.grid.largest *= 2;
  result.tags_.codes.scale *= 2;
  set_stored_bits(result, 0);
  return result;
}

Value Machine::band(const Value& x, int lower_bandwidth) {
  Value result = copied(x, 1);
  engine_->keep_band(result.view_, lower_bandwidth);
  recheck_finite(result);
  set_stored_bits(result, x.tags_.stored_bits);
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
  result.tags_ = x.tags_;
  recheck_finite(result);
  set_stored_bits(result, x.tags_.stored_bits);
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
  result.tags_ = blocks.tags_;
  result.tags_.diagonal = 0;
  set_stored_bits(result, blocks.tags_.stored_bits);
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
    const Tags& tags = part.value.tags_;
    result.tags_.grid = result.tags_.grid.joined(tags.grid);
    result.tags_.depth = result.tags_.depth.joined(tags.depth);
    result.tags_.finite = result.tags_.finite && tags.finite;
    bits = std::max(bits, tags.stored_bits);
  }
  set_stored_bits(result, bits);
  return result;
}

Value Machine::block(const Value& x, int row, int column, int rows, int columns) {
  if (row < 0 || column < 0 || rows < 1 || columns < 1 || row + rows > x.rows() || column + columns > x.columns()) {
    throw std::logic_error(
        fmt::format("block {}x{} at ({}, {}) lies outside {}x{}", rows, columns, row, column, x.rows(), x.columns()));
  }
  Value result = x;
  result.view_.offset += row * x.view_.row_stride + column;
  result.view_.rows = rows;
  result.view_.columns = columns;
  result.tags_.diagonal += row - column;
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
  if (x.rows() != x.columns() || x.rows() % b != 0) throw std::logic_error("diagonal blocks must divide the matrix");
  return blocks(x, 0, 0, b, b);
}

}  // namespace tristab
