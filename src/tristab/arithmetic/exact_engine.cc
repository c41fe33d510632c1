// The machine without rounding: MPFR elements of a fixed, large precision. While MPFR's inexact flag stays clear, every
// result is exactly that of real arithmetic.
#include <mpfr.h>

#include <algorithm>

#include "tristab/arithmetic/engine.h"

namespace tristab {
namespace {

class ExactBuffer final : public Buffer {
 public:
  ExactBuffer(std::size_t elements, int bits) : elements_(elements) {
    capacity = elements;
    for (auto& x : elements_) mpfr_init2(x.value, bits);
  }
  ExactBuffer(const ExactBuffer&) = delete;
  ExactBuffer& operator=(const ExactBuffer&) = delete;
  ~ExactBuffer() override {
    for (auto& x : elements_) mpfr_clear(x.value);
  }
  mpfr_ptr element(std::ptrdiff_t i) { return elements_[static_cast<std::size_t>(i)].value; }

 private:
  struct Element {
    mpfr_t value;
  };
  std::vector<Element> elements_;
};

class ExactEngine final : public Engine {
 public:
  explicit ExactEngine(int bits) : bits_(bits) { mpfr_clear_flags(); }

  std::unique_ptr<Buffer> new_buffer(std::size_t elements) const override {
    return std::make_unique<ExactBuffer>(elements, bits_);
  }
  void read(const Matrix& source, const View& target) const override {
    each(target, [&](mpfr_ptr x, int, int i, int j) { mpfr_set_d(x, source(i, j), MPFR_RNDN); });
  }
  void read_rounded(const Matrix& source, const View& target, const Format&, Rounding) const override {
    read(source, target);
  }
  void write(const View& source, int batch_index, Matrix& target) const override {
    View one = source;
    one.offset += batch_index * source.batch_stride;
    one.batch = 1;
    const bool inexact = mpfr_inexflag_p() != 0;  // the conversion to double is not an operation of the method
    each(one, [&](mpfr_ptr x, int, int i, int j) { target(i, j) = mpfr_get_d(x, MPFR_RNDN); });
    if (!inexact) mpfr_clear_inexflag();
  }
  void clear(const View& target) const override {
    each(target, [](mpfr_ptr x, int, int, int) { mpfr_set_zero(x, 1); });
  }
  void copy(const View& source, const View& target, double factor) const override {
    each(target, [&](mpfr_ptr x, int b, int i, int j) { mpfr_mul_d(x, at(source, b, i, j), factor, MPFR_RNDN); });
  }
  void set_diagonal(const View& target, double value) const override {
    each(target, [&](mpfr_ptr x, int, int i, int j) {
      if (i == j) mpfr_set_d(x, value, MPFR_RNDN);
    });
  }
  void keep_band(const View& target, int lower_bandwidth) const override {
    each(target, [&](mpfr_ptr x, int, int i, int j) {
      if (i < j || i - j > lower_bandwidth) mpfr_set_zero(x, 1);
    });
  }
  void replace_nan(const View& target) const override {
    each(target, [](mpfr_ptr x, int, int, int) {
      if (mpfr_nan_p(x) != 0) mpfr_set_zero(x, 1);
    });
  }
  void convert(const View&, const Format&, Rounding, std::uint64_t) const override {}
  void accumulate(const View& accumulator, const View& a, const View& b,
                  const ProductRounding& rounding) const override {
    if (rounding.from_zero) clear(accumulator);
    add_product(accumulator, a, b);
  }
  void add_product(const View& accumulator, const View& a, const View& b) const {
    mpfr_t product;
    mpfr_init2(product, bits_);
    each(accumulator, [&](mpfr_ptr c, int s, int i, int j) {
      for (int k = 0; k < a.columns; ++k) {
        mpfr_srcptr x = at(a, s, i, k);
        mpfr_srcptr y = at(b, s, k, j);
        if (mpfr_zero_p(x) != 0 || mpfr_zero_p(y) != 0) continue;
        mpfr_mul(product, x, y, MPFR_RNDN);
        mpfr_add(c, c, product, MPFR_RNDN);
      }
    });
    mpfr_clear(product);
  }
  void sum(const View& target, const View& y, double sign, const Accumulation&, std::uint64_t) const override {
    each(target, [&](mpfr_ptr x, int b, int i, int j) {
      sign > 0 ? mpfr_add(x, x, at(y, b, i, j), MPFR_RNDN) : mpfr_sub(x, x, at(y, b, i, j), MPFR_RNDN);
    });
  }
  void multiply_lower(const View& target, const View& y, const Accumulation&, std::uint64_t) const override {
    each(target, [&](mpfr_ptr x, int b, int i, int j) {
      j <= i ? mpfr_mul(x, x, at(y, b, i, j), MPFR_RNDN) : (mpfr_set_zero(x, 1), 0);
    });
  }
  std::int64_t count_nonfinite(const View& view) const override {
    std::int64_t count = 0;
    each(view, [&](mpfr_ptr x, int, int, int) { count += mpfr_number_p(x) == 0 ? 1 : 0; });
    return count;
  }
  RegionStatistics finish(const View& target, const Format*, Rounding, Region live, std::uint64_t) const override {
    RegionStatistics statistics;
    each(target, [&](mpfr_ptr x, int, int i, int j) {
      const bool kept = live.block == 0 || i / live.block == j / live.block;
      RowStatistics& counts = kept ? statistics.live : statistics.dead;
      if (mpfr_number_p(x) == 0) {
        ++counts.nonfinite;
      } else if (mpfr_cmpabs_ui(x, 0) != 0) {
        const bool inexact = mpfr_inexflag_p() != 0;
        const double size = mpfr_get_d(x, MPFR_RNDN);
        if (!inexact) mpfr_clear_inexflag();
        counts.largest = std::max(counts.largest, size < 0 ? -size : size);
      }
    });
    return statistics;
  }
  Codes requantise(const View&, int, const Quantiser&, QuantiserCounts&) const override { return {}; }
  void accumulate_codes(const View& accumulator, const QuantisedOperand& a, const QuantisedOperand& b, const Quantiser&,
                        Region, bool from_zero, QuantiserCounts&) const override {
    if (from_zero) clear(accumulator);
    add_product(accumulator, a.view, b.view);
  }
  void accumulate_block_scaled(const View& accumulator, const QuantisedOperand& a, const QuantisedOperand& b,
                               const Quantiser&, const ProductRounding&, QuantiserCounts&) const override {
    add_product(accumulator, a.view, b.view);
  }
  bool exact_so_far() const override { return mpfr_inexflag_p() == 0; }
  void begin_case() override { mpfr_clear_flags(); }

 private:
  static mpfr_ptr at(const View& view, int b, int i, int j) {
    return static_cast<ExactBuffer*>(view.buffer)
        ->element(view.offset + b * view.batch_stride + i * view.row_stride + j);
  }
  template <class Action>
  static void each(const View& view, const Action& action) {
    for (int b = 0; b < view.batch; ++b) {
      for (int i = 0; i < view.rows; ++i) {
        for (int j = 0; j < view.columns; ++j) action(at(view, b, i, j), b, i, j);
      }
    }
  }
  int bits_;
};

}  // namespace

std::unique_ptr<Engine> make_exact_engine(int bits) { return std::make_unique<ExactEngine>(bits); }

}  // namespace tristab
