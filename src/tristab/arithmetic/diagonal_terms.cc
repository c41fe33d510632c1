#include "tristab/arithmetic/diagonal_terms.h"

#include <type_traits>

#include "tristab/arithmetic/kernels.h"
#include "tristab/arithmetic/quantise_kernels.h"

namespace tristab {

template <class Carrier>
void add_products(Carrier* c, const float* x, const float* d, int count, const Format& format, Rounding rounding) {
  if (format == fp32_format() && rounding == Rounding::nearest_even) {
    if constexpr (std::is_same_v<Carrier, float>) return add_products_row(c, x, d, count);
    for (int i = 0; i < count; ++i) {
      const float sum = static_cast<float>(c[i]) + x[i] * d[i];
      c[i] = d[i] != 0 ? static_cast<Carrier>(sum) : c[i];
    }
    return;
  }
  const auto size = static_cast<std::size_t>(count);
  std::vector<double> products(size);  // exact: 24 bits times 24
  for (std::size_t i = 0; i < size; ++i) products[i] = static_cast<double>(x[i]) * static_cast<double>(d[i]);
  round_row(products.data(), products.data(), count, format, rounding);
  std::vector<Carrier> sums(c, c + count), addends(size);
  for (std::size_t i = 0; i < size; ++i) addends[i] = static_cast<Carrier>(products[i]);
  accumulate_sum(sums.data(), addends.data(), Carrier{1}, count, {format, rounding});
  for (std::size_t i = 0; i < size; ++i) {
    if (d[i] != 0) c[i] = sums[i];
  }
}

template <class Carrier>
void add_multiple(Carrier* c, const float* x, float d, int count, const Format& format, Rounding rounding) {
  if constexpr (std::is_same_v<Carrier, float>) {
    if (format == fp32_format() && rounding == Rounding::nearest_even) {
      if (d != 0) add_multiple_row(c, x, d, count);
      return;
    }
  }
  const std::vector<float> factors(static_cast<std::size_t>(count), d);
  add_products(c, x, factors.data(), count, format, rounding);
}

template void add_multiple(float*, const float*, float, int, const Format&, Rounding);
template void add_multiple(double*, const float*, float, int, const Format&, Rounding);
template void add_products(float*, const float*, const float*, int, const Format&, Rounding);
template void add_products(double*, const float*, const float*, int, const Format&, Rounding);

}  // namespace tristab
