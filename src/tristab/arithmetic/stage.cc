// The operations that round: products on the matrix unit, operations of the vector unit, and their counts.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "tristab/arithmetic/machine.h"

namespace tristab {
namespace {

// The same sums with infinities; none if the format does not saturate.
std::optional<Accumulation> without_saturation(const Accumulation& accumulation) {
  if (accumulation.format.overflow != Overflow::saturate) return std::nullopt;
  Accumulation unbounded = accumulation;
  unbounded.format = with_overflow(accumulation.format, Overflow::infinity);
  return unbounded;
}

}  // namespace

Stage::Stage(Machine& machine, const Arithmetic& arithmetic, std::size_t index)
    : machine_(&machine), arithmetic_(&arithmetic), index_(index), case_(machine.case_) {}

StageTrace& Stage::counts() const {
  if (case_ != machine_->case_) throw std::logic_error("a stage of an earlier case");
  return machine_->trace_.stages[index_];
}

void Stage::begin() const {
  StageTrace& counts = this->counts();
  ++counts.steps;
  if (machine_->has_steps_) arithmetic_ = &machine_->arithmetic_of(counts.name, counts.steps);
  machine_->engine_->begin_operation(counts.name);
  machine_->engine_->next_rounds(RoundingKind::operand);
}

Stage Stage::live(Region region) const {
  Stage stage = *this;
  stage.live_ = region;
  return stage;
}

Value Stage::fl(const Factors& product, RoundTo format) const {
  return multiply(nullptr, {&product, 1}, format, Unit::matrix, AddendOrder::first);
}
Value Stage::fl(const Value& c, const Factors& product, RoundTo format) const {
  return multiply(&c, {&product, 1}, format, Unit::matrix, AddendOrder::first);
}
Value Stage::fl_chain(std::span<const Factors> products, RoundTo format) const {
  return multiply(nullptr, products, format, Unit::matrix, AddendOrder::first);
}
Value Stage::vector(const Value& c, const Factors& product, AddendOrder order) const {
  return multiply(&c, {&product, 1}, RoundTo::storage, Unit::vector, order);
}
Value Stage::add(const Value& x, const Value& y) const { return combine(x, y, 1); }
Value Stage::subtract(const Value& x, const Value& y) const { return combine(x, y, -1); }

Value Stage::stored(const Value& x, RoundingKind kind) const {
  begin();
  Value result = machine_->copied(x, 1);
  result.tags_.codes = {};
  finish(result, RoundTo::storage, Unit::matrix, arithmetic_->storage, x.tags_.grid,
         {.finite = x.tags_.finite, .quantised = {}, .rounds = kind});
  return result;
}

// Returns x as an operand of the unit.
Value Stage::entered(const Value& x, Unit unit, Operation& operation) const {
  const bool matrix = unit == Unit::matrix;
  const Format& format = matrix ? arithmetic_->operand : arithmetic_->vector_operand;
  const auto& quantiser = arithmetic_->quantiser;
  const bool by_rows = !matrix && quantiser && quantiser->kind == Quantiser::Kind::integer &&
                       quantiser->scale != Quantiser::Scale::tensor;
  const bool own_scale = x.columns() == 1 && quantiser && quantiser->rule == Quantiser::Rule::amax;
  const auto count_casts = [&] { counts().casts += std::int64_t{x.rows()} * x.columns() * x.batch(); };
  if (by_rows && !own_scale) {  // under the amax rule a row of one element is its own scale
    count_casts();
    Value result = machine_->copied(x, 1);
    machine_->engine_->requantise(result.view_, x.tags_.diagonal, *quantiser, operation.quantised);
    result.tags_.grid = Grid::of(format);
    result.tags_.codes = {};
    operation.finite = operation.finite && x.tags_.finite;
    return result;
  }
  if (x.tags_.grid.inside(format)) {
    operation.finite = operation.finite && x.tags_.finite;
    return x;
  }
  count_casts();
  Value result = machine_->copied(x, 1);
  const Rounding rounding = matrix ? arithmetic_->operand_rounding : arithmetic_->vector.rounding;
  const std::uint64_t draws = machine_->next_draws(*arithmetic_);
  result.tags_.grid = Grid::of(format);
  if (x.tags_.finite &&
      (x.tags_.grid.max_exponent >= format.max_exponent || x.tags_.grid.smallest_exponent < format.min_exponent)) {
    const RegionStatistics events = machine_->engine_->finish(result.view_, &format, rounding, live_, draws);
    // Twice a number can be beyond the carrier before it is rounded.
    const std::int64_t nonfinite = events.live.nonfinite + events.dead.nonfinite;
    const std::int64_t overflows = events.live.overflows + events.dead.overflows;
    counts().underflows += events.live.underflows + events.dead.underflows;
    if (format.overflow == Overflow::saturate) {
      counts().saturations += overflows;
      result.tags_.finite = nonfinite == 0;
    } else {
      result.tags_.finite = nonfinite + overflows == 0;
    }
    note_overflow(events.live.nonfinite + events.live.overflows, events.dead.nonfinite + events.dead.overflows);
  } else {
    machine_->engine_->convert(result.view_, format, rounding, draws);
  }
  operation.finite = operation.finite && result.tags_.finite;
  return result;
}

Value Stage::multiply(const Value* c, std::span<const Factors> products, RoundTo format, Unit unit,
                      AddendOrder order) const {
  begin();
  const Engine& engine = *machine_->engine_;
  const bool matrix = unit == Unit::matrix;
  const Accumulation& accumulation = matrix ? arithmetic_->product : arithmetic_->vector;
  const Value& left_shape = products.front().first;
  const Value& right_shape = products.front().second;
  Value result = machine_->allocate(left_shape.rows(), right_shape.columns(), left_shape.batch());
  result.tags_.diagonal = left_shape.tags_.diagonal + right_shape.tags_.diagonal;
  Operation operation;

  const auto load_addend = [&](const View& target) {
    if (c->rows() != target.rows || c->columns() != target.columns || c->batch() != target.batch) {
      throw std::logic_error("the addend of a product has another shape than the product");
    }
    engine.copy(c->view_, target, 1);
    const Format& addend = matrix ? arithmetic_->addend : arithmetic_->vector_operand;
    if (!c->tags_.grid.inside(addend))
      engine.convert(target, addend, accumulation.rounding, machine_->next_draws(*arithmetic_));
    result.tags_.depth = result.tags_.depth.joined(c->tags_.depth);
    result.tags_.diagonal = c->tags_.diagonal;
    operation.finite = operation.finite && c->tags_.finite;
  };
  bool from_zero = c == nullptr || order == AddendOrder::last;  // until the accumulator holds something
  if (!from_zero) load_addend(result.view_);
  const bool integers = matrix && arithmetic_->quantiser && arithmetic_->quantiser->kind == Quantiser::Kind::integer;
  const std::optional<Accumulation> without_cuts = integers ? std::nullopt : without_saturation(accumulation);
  Value unbounded;  // the same sums without cuts
  if (without_cuts) {
    unbounded = machine_->copied(result, 1);
    if (from_zero) engine.clear(unbounded.view_);
  }

  for (const auto& [p, q] : products) {
    if (p.columns() != q.rows() || p.rows() != result.rows() || q.columns() != result.columns() ||
        p.batch() != q.batch() || p.batch() != result.batch()) {
      throw std::logic_error(fmt::format("{}x{} times {}x{} (batches {} and {}) does not give {}x{}", p.rows(),
                                         p.columns(), q.rows(), q.columns(), p.batch(), q.batch(), result.rows(),
                                         result.columns()));
    }
    if (matrix && arithmetic_->quantiser) {
      const Quantiser& quantiser = *arithmetic_->quantiser;
      operation.finite = operation.finite && p.tags_.finite && q.tags_.finite;
      if (integers) {
        engine.accumulate_codes(result.view_, p.quantised(), q.quantised(), quantiser, live_, from_zero,
                                operation.quantised);
      } else {
        if (from_zero) engine.clear(result.view_);
        engine.accumulate_block_scaled(result.view_, p.quantised(), q.quantised(), quantiser,
                                       {accumulation, fp32_format(), operation.finite}, operation.quantised);
        QuantiserCounts counted;  // by the other product
        if (without_cuts)
          engine.accumulate_block_scaled(unbounded.view_, p.quantised(), q.quantised(), quantiser,
                                         {*without_cuts, fp32_format(), false}, counted);
      }
    } else {
      const Value left = entered(p, unit, operation);
      const Value right = p.is_same_view(q) ? left : entered(q, unit, operation);
      if (matrix && arithmetic_->split) {
        SplitDraws draws;
        for (std::uint64_t& each : draws) each = machine_->next_draws(*arithmetic_);
        accumulate_split(result.view_, left, right, accumulation, draws, from_zero);
        if (without_cuts) accumulate_split(unbounded.view_, left, right, *without_cuts, draws, from_zero);
      } else {
        const Format& operand = matrix ? arithmetic_->operand : arithmetic_->vector.format;
        const std::uint64_t draws = machine_->next_draws(*arithmetic_);
        accumulate(result.view_, left, right, {accumulation, operand, operation.finite, from_zero}, draws);
        if (without_cuts) accumulate(unbounded.view_, left, right, {*without_cuts, operand, false, from_zero}, draws);
      }
    }
    from_zero = false;
    result.tags_.depth = result.tags_.depth.joined(p.tags_.depth).joined(q.tags_.depth);
    const double flops = 2.0 * p.rows() * p.columns() * q.columns() * p.batch();
    if (matrix) {
      ++result.tags_.depth.products;
      const int passes = arithmetic_->split ? 3 : 1;
      counts().matmuls += passes;
      counts().matmul_flops += passes * flops;
      counts().count_product({p.rows(), p.columns(), q.columns(), p.batch(), passes});
    } else {
      count_vector_step(result, flops);
    }
  }
  if (c != nullptr && order == AddendOrder::last) {
    Value addend = machine_->allocate(result.rows(), result.columns(), result.batch());
    load_addend(addend.view_);
    const std::uint64_t draws = machine_->next_draws(*arithmetic_);
    if (without_cuts) {
      const Value whole = machine_->copied(addend, 1);
      engine.sum(whole.view_, unbounded.view_, 1, *without_cuts, draws);
      unbounded = whole;
    }
    engine.sum(addend.view_, result.view_, 1, accumulation, draws);
    addend.tags_ = result.tags_;
    result = addend;
  }
  if (without_cuts) count_cut(unbounded, operation);
  const bool split_sum = matrix && arithmetic_->split;  // the last addition is in fp32
  const Format& sums = split_sum ? fp32_format() : accumulation.format;
  finish(result, format, unit, sums, Grid::of(sums), operation);
  return result;
}

void Stage::count_vector_step(Value& result, double flops) const {
  ++result.tags_.depth.vector_steps;
  ++counts().vector_steps;
  counts().vector_flops += flops;
}

// A saturating format cuts sums on the way, and they can end anywhere. The same sums in a format with infinities tell
// which elements were cut: they are infinite or NaN.
void Stage::count_cut(const Value& unbounded, Operation& operation) const {
  const RegionStatistics found = machine_->engine_->finish(unbounded.view_, nullptr, Rounding::nearest_even, live_, 0);
  operation.cut_live += found.live.nonfinite;
  operation.cut_dead += found.dead.nonfinite;
}

void Stage::accumulate(const View& target, const Value& left, const Value& right, const ProductRounding& rounding,
                       std::uint64_t draws) const {
  ProductRounding drawn = rounding;
  drawn.draws = draws;
  machine_->engine_->accumulate(target, left.view_, right.view_, drawn);
}

// x = h + l, both in the format of the parts.
std::pair<Value, Value> Stage::split(const Value& x) const {
  const SplitProduct& parts = *arithmetic_->split;
  const Engine& engine = *machine_->engine_;
  Value high = machine_->copied(x, 1), low = machine_->copied(x, 1);
  engine.convert(high.view_, parts.part, parts.high, 0);
  engine.sum(low.view_, high.view_, -1, {fp32_format()}, 0);
  engine.convert(low.view_, parts.part, parts.low, 0);
  return {high, low};
}

void Stage::accumulate_split(const View& target, const Value& left, const Value& right,
                             const Accumulation& accumulation, const SplitDraws& draws, bool from_zero) const {
  const Format& part = arithmetic_->split->part;
  const Engine& engine = *machine_->engine_;
  const auto [left_high, left_low] = split(left);
  const auto [right_high, right_low] = split(right);
  const Value sum = machine_->allocate(target.rows, target.columns, target.batch);
  // Infinities give NaN parts (inf - inf), so no part is known to be finite.
  accumulate(sum.view_, left_low, right_high, {accumulation, part, false, true}, draws[0]);
  accumulate(sum.view_, left_high, right_low, {accumulation, part, false, false}, draws[1]);
  engine.replace_nan(sum.view_);
  accumulate(sum.view_, left_high, right_high, {accumulation, part, false, false}, draws[2]);
  if (from_zero) engine.clear(target);
  engine.sum(target, sum.view_, 1, {fp32_format()}, 0);
}

Value Stage::combine(const Value& x, const Value& y, double sign) const {
  if (x.rows() != y.rows() || x.columns() != y.columns() || x.batch() != y.batch()) {
    throw std::logic_error("values of different shapes cannot be added");
  }
  begin();
  Operation operation;
  const Value left = entered(x, Unit::vector, operation), right = entered(y, Unit::vector, operation);
  Value result = machine_->copied(left, 1);
  const std::uint64_t draws = machine_->next_draws(*arithmetic_);
  machine_->engine_->sum(result.view_, right.view_, sign, arithmetic_->vector, draws);
  if (const std::optional<Accumulation> without_cuts = without_saturation(arithmetic_->vector)) {
    const Value unbounded = machine_->copied(left, 1);
    machine_->engine_->sum(unbounded.view_, right.view_, sign, *without_cuts, draws);
    count_cut(unbounded, operation);
  }
  result.tags_.codes = {};
  result.tags_.depth = x.tags_.depth.joined(y.tags_.depth);
  count_vector_step(result, static_cast<double>(x.rows()) * x.columns() * x.batch());
  finish(result, RoundTo::storage, Unit::vector, arithmetic_->vector.format, Grid::of(arithmetic_->vector.format),
         operation);
  return result;
}

Value Stage::decayed(const Value& x, const Matrix& factors) const {
  begin();
  Operation operation;
  const Format& format = arithmetic_->vector.format;
  const bool stochastic = arithmetic_->vector.rounding == Rounding::stochastic;
  const Value left = entered(x, Unit::vector, operation);
  Value constants = machine_->allocate(factors.rows(), factors.columns(), 1);
  machine_->engine_->read_rounded(factors, constants.view_, format,
                                  stochastic ? Rounding::nearest_even : arithmetic_->vector.rounding);
  constants.tags_.grid = Grid::of(format);
  const Value right = entered(constants, Unit::vector, operation);
  Value result = machine_->copied(left, 1);
  machine_->engine_->multiply_lower(result.view_, right.view_, arithmetic_->vector, machine_->next_draws(*arithmetic_));
  result.tags_.codes = {};
  result.tags_.depth = x.tags_.depth;
  count_vector_step(result, 0.5 * x.rows() * (x.rows() + 1) * x.batch());
  finish(result, RoundTo::accumulator, Unit::vector, format, Grid::of(format), operation);
  return result;
}

// Statistics, rounding to storage, tags and overflow counts of a result. The result is in the format `sums`; its
// elements lie on the grid `unrounded`.
void Stage::finish(Value& result, RoundTo format, Unit unit, const Format& sums, const Grid& unrounded,
                   Operation operation) const {
  const Engine& engine = *machine_->engine_;
  const auto& quantiser = arithmetic_->quantiser;
  const bool rounded = format == RoundTo::storage;
  const bool integers = quantiser && quantiser->kind == Quantiser::Kind::integer;
  const bool to_codes = rounded && integers && (quantiser->scale == Quantiser::Scale::tensor || unit == Unit::vector);
  const bool to_storage = rounded && !integers && !unrounded.inside(arithmetic_->storage);

  machine_->engine_->next_rounds(operation.rounds);
  const RegionStatistics statistics =
      engine.finish(result.view_, to_storage ? &arithmetic_->storage : nullptr, arithmetic_->storage_rounding, live_,
                    machine_->next_draws(*arithmetic_));
  const std::int64_t stored_overflows = statistics.live.overflows + statistics.dead.overflows;
  const bool saturating = to_storage && arithmetic_->storage.overflow == Overflow::saturate;
  const std::int64_t live = statistics.live.nonfinite + statistics.live.overflows + operation.cut_live;
  const std::int64_t dead = statistics.dead.nonfinite + statistics.dead.overflows + operation.cut_dead;
  result.tags_.finite =
      statistics.live.nonfinite + statistics.dead.nonfinite + (saturating ? 0 : stored_overflows) == 0;
  result.tags_.grid = to_storage ? Grid::of(arithmetic_->storage) : unrounded;
  if (to_codes)
    result.tags_.codes = engine.requantise(result.view_, result.tags_.diagonal, *quantiser, operation.quantised);
  machine_->set_stored_bits(result, to_codes ? quantiser->bits : (rounded ? arithmetic_->storage : sums).bits);
  StageTrace& counts = this->counts();
  if (to_storage || to_codes) counts.casts += std::int64_t{result.rows()} * result.columns() * result.batch();
  if (to_codes) {
    // A tensor of zeros has the scale 1, which says nothing of its size.
    const double held = result.tags_.codes.scale * result.tags_.codes.largest_code;
    const double largest = std::max(statistics.live.largest, statistics.dead.largest);
    if (held <= 1.01 * largest) counts.largest_coded = std::max(counts.largest_coded, held);
  }
  counts.largest_live = std::max(counts.largest_live, statistics.live.largest);
  counts.largest_dead = std::max(counts.largest_dead, statistics.dead.largest);
  counts.underflows += statistics.live.underflows + statistics.dead.underflows;
  counts.saturations += operation.quantised.saturations + operation.cut_live + operation.cut_dead;
  if (saturating) counts.saturations += stored_overflows;
  // If the operands are not finite, non-finite results are inherited and do not count as overflows. Sums of codes that
  // wrapped around always count.
  note_overflow((operation.finite ? live : 0) + operation.quantised.overflows_live,
                (operation.finite ? dead : 0) + operation.quantised.overflows_dead);
  ++machine_->trace_.operations;
  machine_->engine_->end_operation(result.view_);
}

void Stage::note_overflow(std::int64_t live, std::int64_t dead) const {
  if (live + dead == 0) return;
  Trace& trace = machine_->trace_;
  StageTrace& counts = this->counts();
  counts.overflows_live += live;
  counts.overflows_dead += dead;
  if (trace.first_overflow.stage.empty()) trace.first_overflow = {counts.name, trace.operations, live > 0};
}

}  // namespace tristab
