#include "tristab/arithmetic/scalar_rows.h"

#include <cmath>
#include <stdexcept>

#include "tristab/arithmetic/exact_sum.h"
#include "tristab/base/random.h"
#include "tristab/format/round.h"

namespace tristab {

std::uint32_t element_draw(std::uint64_t draws, std::uint64_t index) {
  return philox4x32_10({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32), 0, 1},
                       {static_cast<std::uint32_t>(draws), static_cast<std::uint32_t>(draws >> 32)})[0];
}

std::uint32_t product_draw(std::uint64_t draws, int i, int j, int k, ProductDraw which) {
  return philox4x32_10({static_cast<std::uint32_t>(j), static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(k),
                        2 + static_cast<std::uint32_t>(which)},
                       {static_cast<std::uint32_t>(draws), static_cast<std::uint32_t>(draws >> 32)})[0];
}

template <class T>
void round_stochastically_row(const T* x, T* z, int count, const Format& format, std::uint64_t draws,
                              std::uint64_t first, RowStatistics* statistics) {
  const RoundingTarget<double> target(format);
  for (int i = 0; i < count; ++i) {
    const double before = x[i];
    const double after =
        round_stochastically(before, 0, target, element_draw(draws, first + static_cast<std::uint64_t>(i)));
    if (statistics != nullptr && std::isfinite(before)) {
      const bool beyond = std::fabs(before) > format.largest() && std::fabs(after) == format.largest();
      statistics->overflows += !std::isfinite(after) || (format.overflow == Overflow::saturate && beyond);
      statistics->underflows += after != before && std::fabs(after) < format.smallest_normal();
    }
    z[i] = static_cast<T>(after);
  }
}

void sum_exactly(double* x, const double* y, double sign, int count, const Accumulation& accumulation,
                 std::uint64_t draws, std::uint64_t first) {
  const bool stochastic = accumulation.rounding == Rounding::stochastic;
  for (int i = 0; i < count; ++i) {
    ExactSum sum;
    sum.add(x[i]);
    sum.add_product(sign, y[i]);
    x[i] = sum.rounded(accumulation.format, accumulation.rounding,
                       stochastic ? element_draw(draws, first + static_cast<std::uint64_t>(i)) : 0);
  }
}

void apply_exactly(Operation operation, const double* x, const double* y, double* z, int count, const Format& format,
                   Rounding rounding) {
  for (int i = 0; i < count; ++i) {
    ExactSum sum;
    switch (operation) {
      case Operation::add:
      case Operation::subtract:
        sum.add(x[i]);
        sum.add_product(operation == Operation::add ? 1 : -1, y[i]);
        break;
      case Operation::multiply:
        sum.add_product(x[i], y[i]);
        break;
      case Operation::divide:
      case Operation::square_root:
        throw std::logic_error("fp64 quotients and square roots are rounded to nearest even alone");
    }
    z[i] = sum.rounded(format, rounding);
  }
}

template <class T>
void sum_stochastically(T* x, const T* y, T sign, int count, const Format& format, std::uint64_t draws,
                        std::uint64_t first) {
  const RoundingTarget<double> target(format);
  for (int i = 0; i < count; ++i) {
    const double a = x[i], b = static_cast<double>(sign) * static_cast<double>(y[i]);
    const double sum = a + b, part = sum - a;
    const double error = (a - (sum - part)) + (b - part);
    x[i] = static_cast<T>(
        round_stochastically(sum, error, target, element_draw(draws, first + static_cast<std::uint64_t>(i))));
  }
}

template void round_stochastically_row(const float*, float*, int, const Format&, std::uint64_t, std::uint64_t,
                                       RowStatistics*);
template void round_stochastically_row(const double*, double*, int, const Format&, std::uint64_t, std::uint64_t,
                                       RowStatistics*);
template void sum_stochastically(float*, const float*, float, int, const Format&, std::uint64_t, std::uint64_t);
template void sum_stochastically(double*, const double*, double, int, const Format&, std::uint64_t, std::uint64_t);

}  // namespace tristab
