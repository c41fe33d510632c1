#include "tristab/arithmetic/site_engine.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "tristab/arithmetic/carrier_buffer.h"
#include "tristab/arithmetic/scalar_rows.h"
#include "tristab/arithmetic/site_quantise.h"
#include "tristab/arithmetic/site_sums.h"

namespace tristab {
namespace {

// A buffer of the double engine holds the leading parts in its first half and the corrections in its second.
View corrections(const View& view) {
  View low = view;
  low.offset += static_cast<std::ptrdiff_t>(view.buffer->capacity);
  return low;
}

class SiteEngine final : public Engine {
 public:
  explicit SiteEngine(SiteRun& run) : run_(run), doubles_(make_double_engine()) {}

  std::unique_ptr<Buffer> new_buffer(std::size_t elements) const override {
    auto buffer = doubles_->new_buffer(2 * elements);
    buffer->capacity = elements;
    return buffer;
  }

  void begin_case() override {
    next_operation_ = 0;
    steps_.clear();
    run_.operations.clear();
  }
  void begin_operation(const std::string& stage) override {
    on_ = run_.at(next_operation_++);
    next_call_ = 0;
    const int step = ++steps_[stage];
    if (!run_.survey && !run_.keep_results) return;
    run_.operations.emplace_back();
    run_.operations.back().stage = stage;
    run_.operations.back().step = step;
  }
  void end_operation(const View& result) override {
    if (!run_.survey && !run_.keep_results) return;
    SiteOperation& operation = run_.operations.back();
    operation.rows = result.rows;
    operation.columns = result.columns;
    operation.batch = result.batch;
    if (!run_.keep_results) return;
    for (int b = 0; b < result.batch; ++b) {
      const PairMatrix block = load(result, b);
      operation.high.insert(operation.high.end(), block.high.begin(), block.high.end());
      operation.low.insert(operation.low.end(), block.low.begin(), block.low.end());
    }
  }

  // Exact operations: on leading parts and corrections alike.
  void read(const Matrix& source, const View& target) const override {
    doubles_->read(source, target);
    doubles_->clear(corrections(target));
  }
  void read_rounded(const Matrix& source, const View& target, const Format& format, Rounding rounding) const override {
    read(source, target);
    rounded(target, {RoundingKind::operand}, format,
            [&] { round_each(target, SiteRounding(format, rounding, on_, RoundingKind::operand), 0); });
  }
  void write(const View& source, int batch_index, Matrix& target) const override {
    doubles_->write(source, batch_index, target);
  }
  bool write_corrections(const View& source, int batch_index, Matrix& target) const override {
    doubles_->write(corrections(source), batch_index, target);
    return true;
  }
  void clear(const View& target) const override {
    doubles_->clear(target);
    doubles_->clear(corrections(target));
  }
  void copy(const View& source, const View& target, double factor) const override {
    doubles_->copy(source, target, factor);
    doubles_->copy(corrections(source), corrections(target), factor);
  }
  void set_diagonal(const View& target, double value) const override {
    doubles_->set_diagonal(target, value);
    doubles_->set_diagonal(corrections(target), 0);
  }
  void keep_band(const View& target, int lower_bandwidth) const override {
    doubles_->keep_band(target, lower_bandwidth);
    doubles_->keep_band(corrections(target), lower_bandwidth);
  }
  void replace_nan(const View& target) const override { doubles_->replace_nan(target); }
  std::int64_t count_nonfinite(const View& view) const override { return doubles_->count_nonfinite(view); }

  void convert(const View& target, const Format& format, Rounding rounding, std::uint64_t draws) const override {
    const RoundingKind kind = next_;
    rounded(target, {kind}, format, [&] {
      if (fast(kind, {}) && are_doubles(target)) return doubles_->convert(target, format, rounding, draws);
      round_each(target, SiteRounding(format, rounding, on_, kind), draws);
    });
  }

  RegionStatistics finish(const View& target, const Format* storage, Rounding rounding, Region live,
                          std::uint64_t draws) const override {
    const RoundingKind kind = next_;
    RegionStatistics statistics = doubles_->finish(target, nullptr, rounding, live, draws);
    if (kind != RoundingKind::operand) note_size(statistics);
    if (storage == nullptr) return statistics;
    if (kind != RoundingKind::operand) note_format(*storage);
    rounded(target, {kind}, *storage, [&] {
      if (fast(kind, {}) && are_doubles(target)) {
        statistics = doubles_->finish(target, storage, rounding, live, draws);
      } else {
        statistics.live.overflows = round_each(target, SiteRounding(*storage, rounding, on_, kind), draws);
      }
    });
    return statistics;
  }

  void accumulate(const View& accumulator, const View& a, const View& b,
                  const ProductRounding& rounding) const override {
    if (rounding.from_zero) clear(accumulator);
    const Accumulation& accumulation = rounding.accumulation;
    const bool unit = accumulation.model == AccumulationModel::matrix_unit;
    note_format(accumulation.format);
    PairMatrices terms;
    if (noting()) {
      run_.operations.back().flops += 2.0 * a.rows * a.columns * b.columns * a.batch;
      if (run_.survey) terms = terms_of(accumulator, a, b);
    }
    Kinds kinds{RoundingKind::accumulator};
    if (unit) kinds.insert(kinds.begin(), RoundingKind::alignment);
    rounded(accumulator, kinds, accumulation.format, [&] {
      const bool given = fast(RoundingKind::accumulator, unit ? RoundingKind::alignment : RoundingKind::accumulator) &&
                         holds(a, rounding.operand) && holds(b, rounding.operand) &&
                         holds(accumulator, accumulation.format);
      for (int block = 0; block < accumulator.batch; ++block) {
        const std::uint64_t draws = rounding.draws + static_cast<std::uint64_t>(block);
        if (given) {
          fast_product(accumulator, a, b, block, rounding, draws);
          continue;
        }
        PairMatrix c = load(accumulator, block);
        const PairMatrix left = load(a, block), right = load(b, block);
        if (rounds_sums(unit)) {
          add_rounded_product(c, left, right, accumulation, rounding.operand.min_exponent, on_, draws);
        } else {
          add_exact_product(c, left, right);
        }
        store(c, accumulator, block);
      }
    });
    note_cancellation(terms, accumulator);
  }

  void sum(const View& target, const View& y, double sign, const Accumulation& accumulation,
           std::uint64_t draws) const override {
    const RoundingKind kind = RoundingKind::accumulator;
    note_format(accumulation.format);
    PairMatrices terms;
    for (int block = 0; block < target.batch && run_.survey && noting(); ++block) {
      terms.push_back(load(target, block));
      const PairMatrix other = load(y, block);
      for (std::size_t k = 0; k < other.high.size(); ++k)
        terms.back().high[k] = std::fabs(terms.back().high[k]) + std::fabs(other.high[k]);
    }
    rounded(target, {kind}, accumulation.format, [&] {
      if (fast(kind, {}) && holds(target, accumulation.format) && holds(y, accumulation.format))
        return doubles_->sum(target, y, sign, accumulation, draws);
      for (int block = 0; block < target.batch; ++block) {
        PairMatrix x = load(target, block);
        const PairMatrix other = load(y, block);
        for (std::size_t k = 0; k < x.high.size(); ++k) {
          const DoubleDouble s = tristab::sum({x.high[k], x.low[k]}, {sign * other.high[k], sign * other.low[k]});
          x.high[k] = s.high;
          x.low[k] = s.low;
        }
        store(x, target, block);
      }
      round_each(target, SiteRounding(accumulation.format, accumulation.rounding, on_, kind), draws);
    });
    note_cancellation(terms, target);
  }

  void multiply_lower(const View& target, const View& y, const Accumulation& accumulation,
                      std::uint64_t draws) const override {
    note_format(accumulation.format);
    rounded(target, {RoundingKind::accumulator}, accumulation.format, [&] {
      if (fast(RoundingKind::accumulator, {}) && are_doubles(target) && are_doubles(y))
        return doubles_->multiply_lower(target, y, accumulation, draws);
      for (int block = 0; block < target.batch; ++block)
        store(lower_products(load(target, block), load(y, block)), target, block);
      round_each(target, SiteRounding(accumulation.format, accumulation.rounding, on_, RoundingKind::accumulator),
                 draws);
    });
  }

  Codes requantise(const View& target, int diagonal, const Quantiser& quantiser,
                   QuantiserCounts& counts) const override {
    const RoundingKind kind = next_;
    QuantiserCounts found;
    Codes codes;
    rounded(target, {kind, RoundingKind::scale, RoundingKind::saturation}, fp32_format(), [&] {
      found = {};
      if (fast(kind, RoundingKind::scale) && holds(target, fp32_format())) {
        codes = doubles_->requantise(target, diagonal, quantiser, found);
        return;
      }
      const bool by_tensor = quantiser.scale == Quantiser::Scale::tensor;
      double largest = 0;
      for (int block = 0; block < target.batch && by_tensor; ++block)
        largest = std::max(largest, largest_pair({load(target, block), diagonal, 0}, quantiser));
      const double scale = by_tensor ? pair_scale(largest, quantiser, on_) : 0;
      for (int block = 0; block < target.batch; ++block) {
        PairTensor x{load(target, block), diagonal, 0};
        if (by_tensor) {
          quantise_pairs(x, scale, quantiser, on_, kind);
        } else {
          quantise_pairs_by_rows(x, quantiser, on_, kind);
        }
        store(x.elements, target, block);
      }
      codes = by_tensor ? Codes{scale, quantiser.largest_code} : Codes{};
    });
    counts += found;
    return codes;
  }

  void accumulate_codes(const View& accumulator, const QuantisedOperand& a, const QuantisedOperand& b,
                        const Quantiser& quantiser, Region live, bool from_zero,
                        QuantiserCounts& counts) const override {
    if (from_zero) clear(accumulator);
    note_format(fp32_format());
    if (noting()) run_.operations.back().flops += 2.0 * a.view.rows * a.view.columns * b.view.columns * a.view.batch;
    QuantiserCounts found;
    rounded(accumulator,
            {RoundingKind::operand, RoundingKind::scale, RoundingKind::accumulator, RoundingKind::saturation},
            fp32_format(), [&] {
              found = {};
              if (fast_quantised(accumulator, a, b, quantiser))
                return doubles_->accumulate_codes(accumulator, a, b, quantiser, live, false, found);
              for (int block = 0; block < accumulator.batch; ++block) {
                PairMatrix c = load(accumulator, block);
                add_coded_pairs(c, tensor(a, block, quantiser), tensor(b, block, quantiser), quantiser, on_);
                store(c, accumulator, block);
              }
            });
    counts += found;
  }

  void accumulate_block_scaled(const View& accumulator, const QuantisedOperand& a, const QuantisedOperand& b,
                               const Quantiser& quantiser, const ProductRounding& rounding,
                               QuantiserCounts& counts) const override {
    const bool unit = rounding.accumulation.model == AccumulationModel::matrix_unit;
    note_format(rounding.accumulation.format);
    if (noting()) run_.operations.back().flops += 2.0 * a.view.rows * a.view.columns * b.view.columns * a.view.batch;
    Kinds kinds{RoundingKind::operand, RoundingKind::scale, RoundingKind::accumulator, RoundingKind::saturation};
    if (unit) kinds.insert(kinds.begin() + 2, RoundingKind::alignment);
    QuantiserCounts found;
    rounded(accumulator, kinds, rounding.accumulation.format, [&] {
      found = {};
      if (fast_quantised(accumulator, a, b, quantiser) && on_.has(RoundingKind::alignment))
        return doubles_->accumulate_block_scaled(accumulator, a, b, quantiser, rounding, found);
      const bool nvfp4 = quantiser.kind == Quantiser::Kind::nvfp4;
      const double left = nvfp4 ? tensor_scale(a, quantiser) : 0, right = nvfp4 ? tensor_scale(b, quantiser) : 0;
      for (int block = 0; block < accumulator.batch; ++block) {
        PairMatrix c = load(accumulator, block);
        add_block_scaled_pairs(c, {load(a.view, block), a.diagonal, left}, {load(b.view, block), b.diagonal, right},
                               quantiser, rounding.accumulation, on_);
        store(c, accumulator, block);
      }
    });
    counts += found;
  }

 private:
  using PairMatrices = std::vector<PairMatrix>;

  using Kinds = std::vector<RoundingKind>;

  // Every call that rounds goes through here. `action` does it on `target` with the kinds in on_; `kinds` are those
  // that it can have besides flush and saturation in `format`, in the order in which they are told apart.
  template <class Action>
  void rounded(const View& target, Kinds kinds, const Format& format, const Action& action) const {
    const std::size_t call = next_call_++;
    if (run_.replay != nullptr) {
      const RoundingKinds chosen = on_;
      on_ = {};
      action();
      on_ = chosen;
      const auto& calls = (*run_.replay)[next_operation_ - 1].errors;
      for (const LocalError& error : calls[call]) {
        if (on_.has(error.kind)) add(error, target);
      }
      return;
    }
    if (!run_.survey || run_.operations.empty()) return action();
    const RoundingKinds all = on_;
    const PairMatrices before = load(target);
    on_ = {};
    action();
    PairMatrices last = load(target);
    if (!format.subnormals) kinds.push_back(RoundingKind::flush);
    if (kinds.back() != RoundingKind::saturation && comes_near(last, format.largest()))
      kinds.push_back(RoundingKind::saturation);
    std::vector<LocalError> errors;
    for (const RoundingKind kind : kinds) {
      store(before, target);
      on_.set(kind);
      if (kind == kinds.back()) on_ = all;
      action();
      PairMatrices now = load(target);
      LocalError error{kind, {}, {}};
      if (subtract(now, last, error)) {
        run_.operations.back().rounded.set(kind);
        errors.push_back(std::move(error));
      }
      last = std::move(now);
    }
    on_ = all;
    run_.operations.back().errors.resize(call + 1);
    run_.operations.back().errors[call] = std::move(errors);
  }

  static bool comes_near(const PairMatrices& sums, double largest) {
    return std::ranges::any_of(sums, [&](const PairMatrix& block) {
      return std::ranges::any_of(block.high, [&](double x) { return !(std::fabs(x) < 0.5 * largest); });
    });
  }
  // error := x - y, all blocks one after the other; whether any element is not zero.
  static bool subtract(const PairMatrices& x, const PairMatrices& y, LocalError& error) {
    bool any = false;
    for (std::size_t block = 0; block < x.size(); ++block) {
      for (std::size_t k = 0; k < x[block].high.size(); ++k) {
        const DoubleDouble d = tristab::sum({x[block].high[k], x[block].low[k]}, {-y[block].high[k], -y[block].low[k]});
        const bool same = x[block].high[k] == y[block].high[k] && x[block].low[k] == y[block].low[k];
        error.high.push_back(same ? 0 : d.high);
        error.low.push_back(same ? 0 : d.low);
        any = any || (!same && d.high != 0);
      }
    }
    return any;
  }
  void add(const LocalError& error, const View& target) const {
    std::size_t k = 0;
    each(target, [&](DoubleDouble x) {
      const DoubleDouble y = tristab::sum(x, {error.high[k], error.low[k]});
      ++k;
      return y;
    });
  }

  // Rounds every element; returns how many became infinite or NaN.
  std::int64_t round_each(const View& target, const SiteRounding& round, std::uint64_t draws) const {
    std::uint64_t index = 0;
    std::int64_t lost = 0;
    each(target, [&](DoubleDouble x) {
      const DoubleDouble y = round(x, round.takes_draws() ? element_draw(draws, index) : 0);
      ++index;
      lost += std::isfinite(x.high) && !std::isfinite(y.high) ? 1 : 0;
      return y;
    });
    return lost;
  }

  bool fast(RoundingKind first, RoundingKind second) const {
    return !run_.own_code && on_.has(first) && (second == RoundingKind::entry || on_.has(second)) &&
           on_.has(RoundingKind::flush) && on_.has(RoundingKind::saturation);
  }
  bool rounds_sums(bool unit) const {
    return on_.has(RoundingKind::accumulator) || on_.has(RoundingKind::saturation) || on_.has(RoundingKind::flush) ||
           (unit && on_.has(RoundingKind::alignment));
  }

  static PairMatrix lower_products(PairMatrix x, const PairMatrix& y) {
    for (int i = 0; i < x.rows; ++i) {
      for (int j = 0; j < x.columns; ++j) x.set(i, j, j <= i ? product(x(i, j), y(i, j)) : DoubleDouble{0, 0});
    }
    return x;
  }

  static double* high(const View& view, int block, int i) { return row_of<double>(view, block, i); }
  static double* low(const View& view, int block, int i) { return high(view, block, i) + view.buffer->capacity; }

  PairMatrix load(const View& view, int block) const {
    PairMatrix matrix(view.rows, view.columns);
    for (int i = 0; i < view.rows; ++i) {
      std::copy_n(high(view, block, i), view.columns,
                  matrix.high.begin() + static_cast<std::ptrdiff_t>(matrix.at(i, 0)));
      std::copy_n(low(view, block, i), view.columns, matrix.low.begin() + static_cast<std::ptrdiff_t>(matrix.at(i, 0)));
    }
    return matrix;
  }
  void store(const PairMatrix& matrix, const View& view, int block) const {
    for (int i = 0; i < view.rows; ++i) {
      std::copy_n(matrix.high.begin() + static_cast<std::ptrdiff_t>(matrix.at(i, 0)), view.columns,
                  high(view, block, i));
      std::copy_n(matrix.low.begin() + static_cast<std::ptrdiff_t>(matrix.at(i, 0)), view.columns, low(view, block, i));
    }
  }
  PairMatrices load(const View& view) const {
    PairMatrices blocks;
    for (int block = 0; block < view.batch; ++block) blocks.push_back(load(view, block));
    return blocks;
  }
  void store(const PairMatrices& blocks, const View& view) const {
    for (int block = 0; block < view.batch; ++block) store(blocks[static_cast<std::size_t>(block)], view, block);
  }
  template <class Action>
  void each(const View& view, const Action& action) const {
    for (int b = 0; b < view.batch; ++b) {
      for (int i = 0; i < view.rows; ++i) {
        double* x = high(view, b, i);
        double* y = low(view, b, i);
        for (int j = 0; j < view.columns; ++j) {
          const DoubleDouble result = action({x[j], y[j]});
          x[j] = result.high;
          y[j] = result.low;
        }
      }
    }
  }
  bool are_doubles(const View& view) const {
    for (int b = 0; b < view.batch; ++b) {
      for (int i = 0; i < view.rows; ++i) {
        const double* y = low(view, b, i);
        if (std::any_of(y, y + view.columns, [](double x) { return x != 0; })) return false;
      }
    }
    return true;
  }
  // Whether every element is a number of the format, or not finite.
  bool holds(const View& view, const Format& format) const {
    if (!are_doubles(view)) return false;
    if (format == fp64_format()) return true;
    std::vector<double> rounded(static_cast<std::size_t>(view.columns));
    for (int b = 0; b < view.batch; ++b) {
      for (int i = 0; i < view.rows; ++i) {
        const double* x = high(view, b, i);
        round_row(x, rounded.data(), view.columns, format, Rounding::nearest_even);
        for (int j = 0; j < view.columns; ++j) {
          if (rounded[static_cast<std::size_t>(j)] != x[j] && std::isfinite(x[j])) return false;
        }
      }
    }
    return true;
  }

  // The kernels of matrix units take float carriers; elsewhere these are faster.
  void fast_product(const View& accumulator, const View& a, const View& b, int block, const ProductRounding& rounding,
                    std::uint64_t draws) const {
    if (!rounding.operand.inside(fp32_format()) || !rounding.accumulation.format.inside(fp32_format())) {
      View c = accumulator, left = a, right = b;
      for (View* view : {&c, &left, &right}) {
        view->offset += block * view->batch_stride;
        view->batch = 1;
      }
      ProductRounding one = rounding;
      one.draws = draws;
      one.finite = false;
      doubles_->accumulate(c, left, right, one);
      return;
    }
    std::vector<float> left = floats(a, block), right = floats(b, block), c = floats(accumulator, block);
    ProductTask<float> task =
        dense_task<float>(left.data(), right.data(), c.data(), a.rows, a.columns, b.columns, rounding.operand);
    task.draws = draws;
    accumulate_product(task, rounding.accumulation);
    store_floats(c, accumulator, block);
  }
  std::vector<float> floats(const View& view, int block) const {
    std::vector<float> values;
    values.reserve(static_cast<std::size_t>(view.rows) * static_cast<std::size_t>(view.columns));
    for (int i = 0; i < view.rows; ++i) {
      const double* x = high(view, block, i);
      for (int j = 0; j < view.columns; ++j) values.push_back(static_cast<float>(x[j]));
    }
    return values;
  }
  void store_floats(const std::vector<float>& values, const View& view, int block) const {
    for (int i = 0; i < view.rows; ++i) {
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(i) * view.columns, view.columns, high(view, block, i));
      std::fill_n(low(view, block, i), view.columns, 0.0);
    }
  }

  PairTensor tensor(const QuantisedOperand& x, int block, const Quantiser& quantiser) const {
    double scale = 0;
    if (quantiser.scale == Quantiser::Scale::tensor) {
      const bool coded = x.codes.scale != 0 && x.codes.largest_code == quantiser.largest_code;
      scale = coded ? x.codes.scale : 0;
      if (!coded && x.view.batch > 1) {
        // One scale for the batch: quantise here, so that every block has it.
        double largest = 0;
        for (int each = 0; each < x.view.batch; ++each)
          largest = std::max(largest, largest_pair({load(x.view, each), x.diagonal, 0}, quantiser));
        scale = pair_scale(largest, quantiser, on_);
        PairTensor result{load(x.view, block), x.diagonal, scale};
        quantise_pairs(result, scale, quantiser, on_, RoundingKind::operand);
        return result;
      }
    }
    return {load(x.view, block), x.diagonal, scale};
  }

  bool fast_quantised(const View& accumulator, const QuantisedOperand& a, const QuantisedOperand& b,
                      const Quantiser& quantiser) const {
    if (!fast(RoundingKind::accumulator, RoundingKind::operand) || !on_.has(RoundingKind::scale)) return false;
    const auto ready = [&](const QuantisedOperand& x) {
      if (!holds(x.view, fp32_format())) return false;
      if (x.codes.scale == 0 || quantiser.scale != Quantiser::Scale::tensor ||
          x.codes.largest_code != quantiser.largest_code)
        return true;
      if (static_cast<double>(static_cast<float>(x.codes.scale)) != x.codes.scale) return false;
      for (int block = 0; block < x.view.batch; ++block) {
        PairTensor given{load(x.view, block), x.diagonal, x.codes.scale}, coded = given;
        quantise_pairs(coded, x.codes.scale, quantiser, RoundingKinds::all(), RoundingKind::operand);
        if (coded.elements.high != given.elements.high) return false;
      }
      return true;
    };
    return ready(a) && ready(b) && holds(accumulator, fp32_format());
  }

  bool noting() const { return (run_.survey || run_.keep_results) && !run_.operations.empty(); }
  // The last one holds: a result is rounded to storage after its sums.
  void note_format(const Format& format) const {
    if (!noting()) return;
    SiteOperation& operation = run_.operations.back();
    operation.format = format.name;
    operation.largest_number = format.largest();
    operation.smallest_normal = format.smallest_normal();
  }
  void note_size(const RegionStatistics& found) const {
    if (!noting()) return;
    SiteOperation& operation = run_.operations.back();
    operation.largest_kept = std::max(operation.largest_kept, found.live.largest);
    operation.largest_discarded = std::max(operation.largest_discarded, found.dead.largest);
  }
  // |c| + |a| |b|
  PairMatrices terms_of(const View& accumulator, const View& a, const View& b) const {
    PairMatrices all;
    for (int block = 0; block < accumulator.batch; ++block) {
      PairMatrix terms = load(accumulator, block);
      const PairMatrix left = load(a, block), right = load(b, block);
      for (double& x : terms.high) x = std::fabs(x);
      for (int i = 0; i < left.rows; ++i) {
        for (int k = 0; k < left.columns; ++k) {
          const double factor = std::fabs(left.high[left.at(i, k)]);
          if (factor == 0) continue;
          for (int j = 0; j < right.columns; ++j)
            terms.high[terms.at(i, j)] += factor * std::fabs(right.high[right.at(k, j)]);
        }
      }
      all.push_back(std::move(terms));
    }
    return all;
  }
  void note_cancellation(const PairMatrices& terms, const View& result) const {
    if (terms.empty()) return;
    SiteOperation& operation = run_.operations.back();
    for (int block = 0; block < result.batch; ++block) {
      const PairMatrix sums = load(result, block);
      const PairMatrix& sizes = terms[static_cast<std::size_t>(block)];
      for (std::size_t k = 0; k < sums.high.size(); ++k) {
        const double size = sizes.high[k];
        if (size > 0 && std::isfinite(size) && sums.high[k] != 0)
          operation.cancellation =
              std::max(operation.cancellation, std::min(53.0, std::log2(size / std::fabs(sums.high[k]))));
      }
    }
  }
  double tensor_scale(const QuantisedOperand& x, const Quantiser& quantiser) const {
    double largest = 0;
    for (int block = 0; block < x.view.batch; ++block)
      largest = std::max(largest, largest_pair({load(x.view, block), x.diagonal, 0}, quantiser));
    return static_cast<double>(nvfp4_tensor_scale(largest));
  }

  SiteRun& run_;
  std::unique_ptr<Engine> doubles_;
  mutable RoundingKinds on_;  // of the operation
  std::size_t next_operation_ = 0;
  mutable std::size_t next_call_ = 0;  // of the operation
  std::map<std::string, int, std::less<>> steps_;
};

}  // namespace

std::unique_ptr<Engine> make_site_engine(SiteRun& run) { return std::make_unique<SiteEngine>(run); }

}  // namespace tristab
