// Emulated arithmetic on float or double carriers. Every format is inside its carrier, so elements are held exactly.
#include <algorithm>
#include <cmath>

#include "tristab/arithmetic/block_scale.h"
#include "tristab/arithmetic/carrier_buffer.h"
#include "tristab/arithmetic/exact_sum.h"
#include "tristab/arithmetic/scalar_rows.h"

namespace tristab {
namespace {

template <class Carrier>
class CarrierEngine final : public Engine {
 public:
  std::unique_ptr<Buffer> new_buffer(std::size_t elements) const override {
    return std::make_unique<CarrierBuffer<Carrier>>(elements);
  }

  void read(const Matrix& source, const View& target) const override {
    for (int i = 0; i < target.rows; ++i) {
      const double* from = source.row(i);
      Carrier* to = row(target, 0, i);
      for (int j = 0; j < target.columns; ++j) to[j] = static_cast<Carrier>(from[j]);
    }
  }

  void write(const View& source, int batch_index, Matrix& target) const override {
    for (int i = 0; i < source.rows; ++i) {
      const Carrier* from = row(source, batch_index, i);
      std::copy(from, from + source.columns, target.row(i));
    }
  }

  void clear(const View& target) const override {
    for_each_row(target, [](Carrier* x, int count) { std::fill(x, x + count, Carrier{0}); });
  }

  void copy(const View& source, const View& target, double factor) const override {
    const auto scale = static_cast<Carrier>(factor);
    const auto gapless = [](const View& view) { return view.row_stride == view.columns; };
    if (factor == 1 && gapless(source) && gapless(target)) {
      for (int b = 0; b < target.batch; ++b)
        std::copy_n(row(source, b, 0), std::ptrdiff_t{target.rows} * target.columns, row(target, b, 0));
      return;
    }
    for (int b = 0; b < target.batch; ++b) {
      for (int i = 0; i < target.rows; ++i) {
        const Carrier* from = row(source, b, i);
        Carrier* to = row(target, b, i);
        if (factor == 1) {
          std::copy(from, from + target.columns, to);
        } else {
          for (int j = 0; j < target.columns; ++j) to[j] = from[j] * scale;
        }
      }
    }
  }

  void set_diagonal(const View& target, double value) const override {
    for (int b = 0; b < target.batch; ++b) {
      for (int i = 0; i < std::min(target.rows, target.columns); ++i)
        row(target, b, i)[i] = static_cast<Carrier>(value);
    }
  }

  void keep_band(const View& target, int lower_bandwidth) const override {
    for (int b = 0; b < target.batch; ++b) {
      for (int i = 0; i < target.rows; ++i) {
        Carrier* x = row(target, b, i);
        std::fill(x, x + std::clamp(i - lower_bandwidth, 0, target.columns), Carrier{0});
        std::fill(x + std::min(i + 1, target.columns), x + target.columns, Carrier{0});
      }
    }
  }

  void replace_nan(const View& target) const override {
    for_each_row(target, [](Carrier* x, int count) {
      for (int i = 0; i < count; ++i) x[i] = std::isnan(x[i]) ? Carrier{0} : x[i];
    });
  }

  void convert(const View& target, const Format& format, Rounding rounding, std::uint64_t draws) const override {
    std::uint64_t first = 0;
    for_each_row(target, [&](Carrier* x, int count) {
      round_row(x, x, count, format, rounding, draws, first);
      first += static_cast<std::uint64_t>(count);
    });
  }

  void accumulate(const View& accumulator, const View& a, const View& b,
                  const ProductRounding& rounding) const override {
    ProductTask<Carrier> task;
    task.rows = a.rows;
    task.inner = a.columns;
    task.columns = b.columns;
    task.a_stride = a.row_stride;
    task.b_stride = b.row_stride;
    task.accumulator_stride = accumulator.row_stride;
    task.operand_precision = rounding.operand.precision;
    task.operand_min_exponent = rounding.operand.min_exponent;
    task.operand_max_exponent = rounding.operand.max_exponent;
    task.finite = rounding.finite;
    task.from_zero = rounding.from_zero;
    for (int block = 0; block < accumulator.batch; ++block) {
      task.a = row(a, block, 0);
      task.b = row(b, block, 0);
      task.accumulator = row(accumulator, block, 0);
      task.draws = rounding.draws + static_cast<std::uint64_t>(block);
      // Zero products must stay if their sign matters: added to -0, or under `down`, where x - x is -0.
      task.skip_zeros = rounding.finite && rounding.accumulation.rounding != Rounding::down &&
                        (rounding.from_zero || !holds_negative_zero(accumulator, block));
      accumulate_product(task, rounding.accumulation);
    }
  }

  void sum(const View& target, const View& y, double sign, const Accumulation& accumulation,
           std::uint64_t draws) const override {
    const bool gapless = target.row_stride == target.columns && y.row_stride == y.columns;
    const int rows = gapless ? 1 : target.rows;
    const int count = gapless ? target.rows * target.columns : target.columns;
    std::uint64_t first = 0;
    for (int b = 0; b < target.batch; ++b) {
      for (int i = 0; i < rows; ++i, first += static_cast<std::uint64_t>(count)) {
        accumulate_sum(row(target, b, i), static_cast<const Carrier*>(row(y, b, i)), static_cast<Carrier>(sign), count,
                       accumulation, draws, first);
      }
    }
  }

  void multiply_lower(const View& target, const View& y, const Accumulation& accumulation,
                      std::uint64_t draws) const override {
    std::uint64_t first = 0;
    std::vector<double> products(static_cast<std::size_t>(target.columns));
    for (int b = 0; b < target.batch; ++b) {
      for (int i = 0; i < target.rows; ++i, first += static_cast<std::uint64_t>(target.columns)) {
        Carrier* x = row(target, b, i);
        const Carrier* factor = row(y, b, i);
        if (is_directed_double(accumulation.format, accumulation.rounding)) {
          for (int j = 0; j < target.columns; ++j)
            x[j] = static_cast<Carrier>(
                j <= i ? exact_product(x[j], factor[j], accumulation, draws, first + static_cast<std::uint64_t>(j))
                       : 0.0);
          continue;
        }
        for (int j = 0; j < target.columns; ++j)  // exact in double for two values of at most 26 bits
          products[static_cast<std::size_t>(j)] = j <= i ? static_cast<double>(x[j]) * factor[j] : 0.0;
        if (accumulation.format != fp64_format())
          round_row(products.data(), products.data(), target.columns, accumulation.format, accumulation.rounding, draws,
                    first);
        std::copy(products.begin(), products.end(), x);
      }
    }
  }

  std::int64_t count_nonfinite(const View& view) const override {
    RowStatistics statistics;
    for_each_row(view,
                 [&](Carrier* x, int count) { gather_statistics(static_cast<const Carrier*>(x), count, statistics); });
    return statistics.nonfinite;
  }

  RegionStatistics finish(const View& target, const Format* storage, Rounding rounding, Region live,
                          std::uint64_t draws) const override {
    RegionStatistics statistics;
    std::uint64_t first = 0;
    const auto pass = [&](Carrier* x, int count, RowStatistics& counts) {
      if (count <= 0) return;
      if (storage == nullptr) {
        gather_statistics(static_cast<const Carrier*>(x), count, counts);
      } else {
        finish_row(x, count, *storage, rounding, counts, draws, first);
      }
      first += static_cast<std::uint64_t>(count);
    };
    if (live.block == 0 || live.block >= std::max(target.rows, target.columns)) {
      for_each_row(target, [&](Carrier* x, int count) { pass(x, count, statistics.live); });
      return statistics;
    }
    for (int b = 0; b < target.batch; ++b) {
      for (int i = 0; i < target.rows; ++i) {
        Carrier* x = row(target, b, i);
        const int begin = std::min(i / live.block * live.block, target.columns);
        const int end = std::min(begin + live.block, target.columns);
        pass(x, begin, statistics.dead);
        pass(x + begin, end - begin, statistics.live);
        pass(x + end, target.columns - end, statistics.dead);
      }
    }
    return statistics;
  }

  Codes requantise(const View& target, int diagonal, const Quantiser& quantiser,
                   QuantiserCounts& counts) const override {
    if (quantiser.scale != Quantiser::Scale::tensor) {
      for (int b = 0; b < target.batch; ++b)
        counts.saturations += requantise_rows(coded(target, b, diagonal, 0), quantiser);
      return {};  // no single scale
    }
    const double largest = largest_quantised(target, diagonal, quantiser);
    const double scale = quantiser_scale(largest, quantiser);
    for (int b = 0; b < target.batch; ++b)
      counts.saturations += requantise_block(coded(target, b, diagonal, 0), scale, quantiser, largest);
    return {scale, quantiser.largest_code};
  }

  void accumulate_codes(const View& accumulator, const QuantisedOperand& a, const QuantisedOperand& b,
                        const Quantiser& quantiser, Region live, bool from_zero,
                        QuantiserCounts& counts) const override {
    const auto holds_codes = [&](const QuantisedOperand& x) {
      return x.codes.scale != 0 && x.codes.largest_code == quantiser.largest_code;
    };
    const auto tensor_scale = [&](const QuantisedOperand& x) {
      if (quantiser.scale != Quantiser::Scale::tensor) return 0.0;
      if (holds_codes(x)) return x.codes.scale;
      return static_cast<double>(quantiser_scale(largest_quantised(x.view, x.diagonal, quantiser), quantiser));
    };
    const double a_scale = tensor_scale(a), b_scale = tensor_scale(b);
    for (int block = 0; block < accumulator.batch; ++block) {
      counts += accumulate_coded_product(
          row(accumulator, block, 0), accumulator.row_stride, coded(a.view, block, a.diagonal, a_scale, holds_codes(a)),
          coded(b.view, block, b.diagonal, b_scale, holds_codes(b)), quantiser, live.block, from_zero);
    }
  }

  void accumulate_block_scaled(const View& accumulator, const QuantisedOperand& a, const QuantisedOperand& b,
                               const Quantiser& quantiser, const ProductRounding& rounding,
                               QuantiserCounts& counts) const override {
    const auto tensor_scale = [&](const QuantisedOperand& x) {
      if (quantiser.kind != Quantiser::Kind::nvfp4) return 0.0;
      return static_cast<double>(nvfp4_tensor_scale(largest_quantised(x.view, x.diagonal, quantiser)));
    };
    const double a_scale = tensor_scale(a), b_scale = tensor_scale(b);
    for (int block = 0; block < accumulator.batch; ++block) {
      counts += accumulate_block_scaled_product(
          row(accumulator, block, 0), accumulator.row_stride, coded(a.view, block, a.diagonal, a_scale),
          coded(b.view, block, b.diagonal, b_scale), quantiser, {rounding.accumulation, rounding.finite});
    }
  }

 private:
  static Carrier* row(const View& view, int block, int i) { return row_of<Carrier>(view, block, i); }

  static double exact_product(double x, double y, const Accumulation& accumulation, std::uint64_t draws,
                              std::uint64_t index) {
    ExactSum product;
    product.add_product(x, y);
    const bool stochastic = accumulation.rounding == Rounding::stochastic;
    return product.rounded(accumulation.format, accumulation.rounding, stochastic ? element_draw(draws, index) : 0);
  }

  // Elementwise actions. Rows without gaps between them are treated as one long row.
  template <class Action>
  static void for_each_row(const View& view, const Action& action) {
    for (int b = 0; b < view.batch; ++b) {
      if (view.row_stride == view.columns) {
        action(row(view, b, 0), view.rows * view.columns);
        continue;
      }
      for (int i = 0; i < view.rows; ++i) action(row(view, b, i), view.columns);
    }
  }

  static bool holds_negative_zero(const View& view, int block) {
    for (int i = 0; i < view.rows; ++i) {
      if (contains_negative_zero(static_cast<const Carrier*>(row(view, block, i)), view.columns)) return true;
    }
    return false;
  }

  // The tensor has one scale; all blocks of a batch belong to the tensor.
  static double largest_quantised(const View& view, int diagonal, const Quantiser& quantiser) {
    double largest = 0;
    for (int b = 0; b < view.batch; ++b)
      largest = std::max(largest, quantised_magnitude(coded(view, b, diagonal, 0), quantiser));
    return largest;
  }

  static CodedBlock<Carrier> coded(const View& view, int block, int diagonal, double scale, bool holds_codes = false) {
    return {row(view, block, 0), view.row_stride, view.rows, view.columns, diagonal, scale, holds_codes};
  }
};

}  // namespace

void Engine::read_rounded(const Matrix& source, const View& target, const Format& format, Rounding rounding) const {
  Matrix rounded = source;
  if (format != fp64_format()) {
    round_row(rounded.values().data(), rounded.values().data(), static_cast<int>(rounded.values().size()), format,
              rounding);
  }
  read(rounded, target);
}

std::unique_ptr<Engine> make_float_engine() { return std::make_unique<CarrierEngine<float>>(); }
std::unique_ptr<Engine> make_double_engine() { return std::make_unique<CarrierEngine<double>>(); }

}  // namespace tristab
