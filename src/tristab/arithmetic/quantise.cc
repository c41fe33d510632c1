#include "tristab/arithmetic/quantise.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "tristab/arithmetic/quantise_kernels.h"

namespace tristab {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Calls action(x, count) for each row as the quantiser sees it, and writes the results back to the elements.
template <class Carrier, class Action>
void rewrite_rows(const CodedBlock<Carrier>& block, const Quantiser& quantiser, const Action& action) {
  thread_local std::vector<float> copy;
  copy.resize(static_cast<std::size_t>(block.columns));
  for (int i = 0; i < block.rows; ++i) {
    Carrier* x = block.elements + i * block.stride;
    const int outside = block.outside(quantiser, i);
    const Carrier kept = outside < 0 ? Carrier{0} : std::exchange(x[outside], Carrier{0});
    if constexpr (std::is_same_v<Carrier, float>) {
      action(x, block.columns);
    } else {
      for (int j = 0; j < block.columns; ++j) copy[static_cast<std::size_t>(j)] = static_cast<float>(x[j]);
      action(copy.data(), block.columns);
      std::copy(copy.begin(), copy.end(), x);
    }
    if (outside >= 0) x[outside] = kept;
  }
}

}  // namespace

QuantiserCounts& QuantiserCounts::operator+=(const QuantiserCounts& other) {
  saturations += other.saturations;
  overflows_live += other.overflows_live;
  overflows_dead += other.overflows_dead;
  return *this;
}

CodeRange code_range(const Quantiser& quantiser) {
  return {static_cast<double>(quantiser.smallest_code()), static_cast<double>(quantiser.largest_code)};
}

float quantiser_scale(double largest, const Quantiser& quantiser) {
  if (!(largest < static_cast<double>(kInfinity))) return std::numeric_limits<float>::quiet_NaN();
  const auto quotient = [&](double amax) {
    const float scale = static_cast<float>(amax) / static_cast<float>(quantiser.largest_code);
    return scale > 0 ? scale : std::numeric_limits<float>::denorm_min();
  };
  if (quantiser.rule == Quantiser::Rule::static_amax) return quotient(quantiser.static_amax);
  if (largest == 0) return 1.0F;
  if (quantiser.rule == Quantiser::Rule::amax) return quotient(largest);
  int exponent = 0;
  const double fraction = std::frexp(largest / quantiser.largest_code, &exponent);  // in [0.5, 1)
  return static_cast<float>(std::ldexp(1.0, std::max(fraction == 0.5 ? exponent - 1 : exponent, -149)));
}

template <class Carrier>
const float* quantised_row(const CodedBlock<Carrier>& block, const Quantiser& quantiser, int i, float* copy) {
  const Carrier* x = block.elements + i * block.stride;
  const int outside = block.outside(quantiser, i);
  if constexpr (std::is_same_v<Carrier, float>) {
    if (outside < 0) return x;
  }
  std::copy(x, x + block.columns, copy);
  if (outside >= 0) copy[outside] = 0;
  return copy;
}

template <class Carrier>
double quantised_magnitude(const CodedBlock<Carrier>& block, const Quantiser& quantiser) {
  std::uint32_t largest = 0;
  if constexpr (std::is_same_v<Carrier, float>) {
    largest = largest_magnitude_bits(block.float_rows(quantiser));
  } else {
    thread_local std::vector<float> copy;
    copy.resize(static_cast<std::size_t>(block.columns));
    for (int i = 0; i < block.rows; ++i)
      largest =
          std::max(largest, largest_magnitude_bits(quantised_row(block, quantiser, i, copy.data()), block.columns));
  }
  const auto size = std::bit_cast<float>(largest);
  return static_cast<double>(size < kInfinity ? size : kInfinity);
}

template <class Carrier>
std::int64_t requantise_block(const CodedBlock<Carrier>& block, double scale, const Quantiser& quantiser,
                              double largest) {
  CodeRange range = code_range(quantiser);
  range.holds_all = largest / scale < range.highest + 0.25;  // far from the tie at highest + 1/2
  if constexpr (std::is_same_v<Carrier, float>)
    return requantise_rows(block.template float_rows<float>(quantiser), static_cast<float>(scale), range);
  std::int64_t clamped = 0;
  rewrite_rows(block, quantiser, [&](float* x, int count) { clamped += requantise_row(x, scale, range, count); });
  return clamped;
}

template <class Carrier>
std::int64_t requantise_rows(const CodedBlock<Carrier>& block, const Quantiser& quantiser) {
  const bool pieces = quantiser.scale == Quantiser::Scale::block;
  const int length = pieces ? quantiser.block_size : std::max(block.columns, 1);
  std::int64_t clamped = 0;
  rewrite_rows(block, quantiser, [&](float* x, int count) {
    for (int begin = 0; begin < count; begin += length) {
      const int part = std::min(length, count - begin);
      const auto largest = std::bit_cast<float>(largest_magnitude_bits(x + begin, part));
      const float scale = quantiser_scale(static_cast<double>(largest), quantiser);
      clamped += requantise_row(x + begin, static_cast<double>(scale), code_range(quantiser), part);
    }
  });
  return clamped;
}

template const float* quantised_row(const CodedBlock<float>&, const Quantiser&, int, float*);
template const float* quantised_row(const CodedBlock<double>&, const Quantiser&, int, float*);
template double quantised_magnitude(const CodedBlock<float>&, const Quantiser&);
template double quantised_magnitude(const CodedBlock<double>&, const Quantiser&);
template std::int64_t requantise_block(const CodedBlock<float>&, double, const Quantiser&, double);
template std::int64_t requantise_block(const CodedBlock<double>&, double, const Quantiser&, double);
template std::int64_t requantise_rows(const CodedBlock<float>&, const Quantiser&);
template std::int64_t requantise_rows(const CodedBlock<double>&, const Quantiser&);

}  // namespace tristab
