// The operations that round: products on the matrix unit, operations of the vector unit, and what is counted
// of them.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "tristab/arithmetic/machine.h"

namespace tristab {
namespace {

// Counts that are waiting when a stage's operation begins come from quantising the input.
void count_input(Machine& machine, Trace& trace) {
  const std::int64_t saturations = machine.engine().take_counts().saturations;
  if (saturations == 0) return;
  machine.stage("input");
  for (StageTrace& stage : trace.stages) {
    if (stage.name == "input") stage.saturations += saturations;
  }
}

}  // namespace

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
  count_input(*machine_, machine_->trace_);
  Value result = machine_->allocate(x.rows(), x.columns(), x.batch());
  machine_->engine_->copy(x.view_, result.view_, 1);
  result.diagonal_ = x.diagonal_;
  result.depth_ = x.depth_;
  finish(result, Last::rounded, Unit::matrix, x.grid_, arithmetic_->storage.bits, x.finite_);
  return result;
}

Value Stage::entered(const Value& x, Unit unit) const {
  const bool matrix = unit == Unit::matrix;
  const Format& format = matrix ? arithmetic_->operand : arithmetic_->vector_operand;
  const auto& quantiser = arithmetic_->quantiser;
  const bool by_rows = !matrix && quantiser && quantiser->kind == Quantiser::Kind::integer &&
                       quantiser->scale != Quantiser::Scale::tensor;
  const bool own_scale = x.columns() == 1 && quantiser && quantiser->rule == Quantiser::Rule::amax;
  if (by_rows && !own_scale) {  // under the amax rule a row of one element is its own scale
    Value result = machine_->allocate(x.rows(), x.columns(), x.batch());
    machine_->engine_->copy(x.view_, result.view_, 1);
    machine_->engine_->requantise(result.view_, x.diagonal_, *quantiser);
    result.grid_ = Grid::of(format);
    result.depth_ = x.depth_;
    result.diagonal_ = x.diagonal_;
    result.finite_ = x.finite_;
    return result;
  }
  if (x.grid_.inside(format)) return x;
  Value result = machine_->allocate(x.rows(), x.columns(), x.batch());
  machine_->engine_->copy(x.view_, result.view_, 1);
  machine_->next_draws(*arithmetic_);
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
  count_input(*machine_, machine_->trace_);
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
    const Format& addend = matrix ? arithmetic_->addend : arithmetic_->vector_operand;
    if (!c->grid_.inside(addend)) {
      machine_->next_draws(*arithmetic_);
      engine.convert(target, addend, accumulation.rounding);
    }
    result.depth_ = result.depth_.joined(c->depth_);
    result.diagonal_ = c->diagonal_;
    finite = finite && c->finite_;
  };
  bool from_zero = c == nullptr || order == AddendOrder::last;  // until there is something to add to
  if (!from_zero) load_addend(result.view_);

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
      finite = finite && p.finite_ && q.finite_;
      const Quantiser& quantiser = *arithmetic_->quantiser;
      machine_->engine_->live_region = live_;
      if (from_zero) engine.clear(result.view_);
      if (quantiser.kind == Quantiser::Kind::integer) {
        engine.accumulate_codes(result.view_, p.view_, p.codes_, p.diagonal_, q.view_, q.codes_, q.diagonal_,
                                quantiser);
      } else {
        engine.accumulate_block_scaled(result.view_, p.view_, p.diagonal_, q.view_, q.diagonal_, quantiser,
                                       accumulation, finite);
      }
    } else {
      const Value left = entered(p, unit);
      const Value right = p.is_same_view(q) ? left : entered(q, unit);
      finite = finite && left.finite_ && right.finite_;
      const Format& operand = matrix ? arithmetic_->operand : arithmetic_->vector.format;
      if (matrix && arithmetic_->split) {
        accumulate_split(result.view_, left, right, from_zero);
      } else {
        accumulate(result.view_, left, right, accumulation, operand, finite, from_zero);
      }
    }
    from_zero = false;
    result.depth_ = result.depth_.joined(p.depth_).joined(q.depth_);
    if (matrix) {
      ++result.depth_.products;
      const int passes = arithmetic_->split ? 3 : 1;
      counts.matmuls += passes;
      counts.matmul_flops += passes * flops;
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
    machine_->next_draws(*arithmetic_);
    engine.sum(addend.view_, result.view_, 1, accumulation);
    addend.depth_ = result.depth_;
    addend.diagonal_ = result.diagonal_;
    result = addend;
  }
  const bool split_sum = matrix && arithmetic_->split;  // the last addition is one of fp32
  const Format& sums = split_sum ? fp32_format() : accumulation.format;
  finish(result, last, unit, Grid::of(sums), sums.bits, finite);
  return result;
}

void Stage::accumulate(const View& target, const Value& left, const Value& right,
                       const Accumulation& accumulation, const Format& operand, bool finite,
                       bool from_zero) const {
  machine_->next_draws(*arithmetic_);
  machine_->engine_->accumulate(target, left.view_, right.view_, accumulation, operand, finite, from_zero);
}

// x = h + l, both in the format of the parts.
std::pair<Value, Value> Stage::split(const Value& x) const {
  const SplitProduct& parts = *arithmetic_->split;
  const Engine& engine = *machine_->engine_;
  Value high = machine_->allocate(x.rows(), x.columns(), x.batch());
  engine.copy(x.view_, high.view_, 1);
  engine.convert(high.view_, parts.part, parts.high);
  Value low = machine_->allocate(x.rows(), x.columns(), x.batch());
  engine.copy(x.view_, low.view_, 1);
  engine.sum(low.view_, high.view_, -1, {fp32_format()});
  engine.convert(low.view_, parts.part, parts.low);
  return {high, low};
}

void Stage::accumulate_split(const View& target, const Value& left, const Value& right,
                             bool from_zero) const {
  const Format& part = arithmetic_->split->part;
  const Engine& engine = *machine_->engine_;
  const auto [left_high, left_low] = split(left);
  const auto [right_high, right_low] = split(right);
  const Value sum = machine_->allocate(target.rows, target.columns, target.batch);
  // An infinity has no parts (inf - inf), so nothing is known to be finite.
  accumulate(sum.view_, left_low, right_high, arithmetic_->product, part, false, true);
  accumulate(sum.view_, left_high, right_low, arithmetic_->product, part, false, false);
  engine.replace_nan(sum.view_);
  accumulate(sum.view_, left_high, right_high, arithmetic_->product, part, false, false);
  if (from_zero) engine.clear(target);
  engine.sum(target, sum.view_, 1, {fp32_format()});
}

Value Stage::combine(const Value& x, const Value& y, double sign) const {
  if (x.rows() != y.rows() || x.columns() != y.columns() || x.batch() != y.batch()) {
    throw std::logic_error("values of different shapes cannot be added");
  }
  const Engine& engine = *machine_->engine_;
  count_input(*machine_, machine_->trace_);
  const Value left = entered(x, Unit::vector), right = entered(y, Unit::vector);
  Value result = machine_->allocate(x.rows(), x.columns(), x.batch());
  engine.copy(left.view_, result.view_, 1);
  machine_->next_draws(*arithmetic_);
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
  const bool integers = quantiser && quantiser->kind == Quantiser::Kind::integer;
  const bool to_codes = last == Last::rounded && integers &&
                        (quantiser->scale == Quantiser::Scale::tensor || unit == Unit::vector);
  const bool to_storage = last == Last::rounded && !integers && !unrounded.inside(arithmetic_->storage);

  machine_->next_draws(*arithmetic_);
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
  const QuantiserCounts quantised = engine.take_counts();
  counts.saturations += quantised.saturations;
  // Out of operands that are not finite, non-finite results are inherited: they are no overflows of their
  // own. Sums of codes that wrapped around are.
  note_overflow((operands_finite ? live : 0) + quantised.overflows_live,
                (operands_finite ? dead : 0) + quantised.overflows_dead);
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

}  // namespace tristab
