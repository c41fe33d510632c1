// Codes come from a product with the reciprocal. t = x fl(1 / s) differs from the exact quotient by at most 2^-51 |t|.
// With x and s in fp32, a quotient that is not a tie k + 1/2 lies at least 2^-26 away from all ties (|x - (k + 1/2) s|
// is a multiple of half the last place of the smaller of x and s). So t is first rounded to a multiple of 2^-32: this
// makes t a tie exactly if the quotient is one, as long as |t| < 2^19.
#include "tristab/arithmetic/quantise_kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>

// Compiles everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once for each SIMD level.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tristab/arithmetic/quantise_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "tristab/arithmetic/step-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {

constexpr std::uint32_t kMagnitude = 0x7fffffffU;

template <class DI>
HWY_INLINE hn::Vec<DI> magnitudes(DI di, const float* x) {
  return hn::And(hn::LoadU(di, reinterpret_cast<const std::int32_t*>(x)),
                 hn::Set(di, static_cast<std::int32_t>(kMagnitude)));
}

std::uint32_t LargestMagnitude(const float* x, int count) {
  const hn::ScalableTag<std::int32_t> di;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<std::int32_t>()));
  auto largest = hn::Zero(di);
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) largest = hn::Max(largest, magnitudes(di, x + i));
  auto result = static_cast<std::uint32_t>(hn::GetLane(hn::MaxOfLanes(di, largest)));
  for (; i < count; ++i) result = std::max(result, std::bit_cast<std::uint32_t>(x[i]) & kMagnitude);
  return result;
}

void RaiseMagnitudes(std::uint32_t* largest, const float* x, int count) {
  const hn::ScalableTag<std::int32_t> di;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<std::int32_t>()));
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    auto* to = reinterpret_cast<std::int32_t*>(largest + i);
    hn::StoreU(hn::Max(hn::LoadU(di, to), magnitudes(di, x + i)), di, to);
  }
  for (; i < count; ++i) largest[i] = std::max(largest[i], std::bit_cast<std::uint32_t>(x[i]) & kMagnitude);
}

// The codes for the scale 1 / inverse; counts how many were clamped.
template <class D>
struct Encoder {
  D d;
  CodeRange range;
  std::int64_t clamped = 0;

  HWY_INLINE hn::Vec<D> operator()(hn::Vec<D> x, hn::Vec<D> inverse) {
    const auto quotient = hn::Mul(x, inverse);
    const auto magic = hn::Set(d, 0x1.8p20);  // its last place is 2^-32
    const auto snapped = hn::CopySign(hn::Sub(hn::Add(quotient, magic), magic), quotient);
    const auto code = hn::Round(snapped);
    const auto low = hn::Set(d, range.lowest), high = hn::Set(d, range.highest);
    const auto above = hn::Gt(code, high), below = hn::Lt(code, low);
    clamped += static_cast<std::int64_t>(hn::CountTrue(d, hn::Or(above, below)));
    return hn::IfThenElse(above, high, hn::IfThenElse(below, low, code));
  }
};

// z[i] := action(x[i], i) in double lanes. A last vector that is not full is processed on a copy.
template <class Action>
HWY_INLINE void for_each_double(const float* x, float* z, int count, const Action& action) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> df;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<double>()));
  int i = 0;
  for (; i + kLanes <= count; i += kLanes)
    hn::StoreU(narrowed(df, action(hn::PromoteTo(d, hn::LoadU(df, x + i)), i)), df, z + i);
  if (i == count) return;
  alignas(64) float padded[kLanes] = {};
  for (int lane = 0; i + lane < count; ++lane) padded[lane] = x[i + lane];
  hn::StoreU(narrowed(df, action(hn::PromoteTo(d, hn::LoadU(df, padded)), i)), df, padded);
  for (int lane = 0; i + lane < count; ++lane) z[i + lane] = padded[lane];
}

// Turns NaN, which no integer can represent, and -0 into +0.
template <class V>
HWY_INLINE V as_integer(V code, V zero) {
  return hn::Add(hn::IfThenElseZero(hn::Eq(code, code), code), zero);
}

std::int64_t EncodeRow(const float* x, double inverse, CodeRange range, float* codes, int count) {
  const hn::ScalableTag<double> d;
  const auto factor = hn::Set(d, inverse), zero = hn::Zero(d);
  Encoder<hn::ScalableTag<double>> encode{d, range};
  for_each_double(x, codes, count, [&](auto value, int) { return as_integer(encode(value, factor), zero); });
  return encode.clamped;
}

std::int64_t EncodeRowByElement(const float* x, const double* inverses, CodeRange range, float* codes, int count) {
  const hn::ScalableTag<double> d;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<double>()));
  const auto zero = hn::Zero(d);
  Encoder<hn::ScalableTag<double>> encode{d, range};
  for_each_double(x, codes, count, [&](auto value, int i) {
    if (i + kLanes <= count) return as_integer(encode(value, hn::LoadU(d, inverses + i)), zero);
    alignas(64) double padded[kLanes] = {};
    for (int lane = 0; i + lane < count; ++lane) padded[lane] = inverses[i + lane];
    return as_integer(encode(value, hn::LoadU(d, padded)), zero);
  });
  return encode.clamped;
}

std::int64_t RequantiseRow(float* x, double scale, CodeRange range, int count) {
  const hn::ScalableTag<double> d;
  const auto factor = hn::Set(d, scale), inverse = hn::Set(d, 1 / scale);
  Encoder<hn::ScalableTag<double>> encode{d, range};
  // Exact in double: 24 bits times 16.
  for_each_double(x, x, count, [&](auto value, int) { return hn::Mul(encode(value, inverse), factor); });
  return encode.clamped;
}

// Calls action(d, i) for every full vector of [0, count), then for one lane at a time.
template <class Action>
HWY_INLINE void for_each_float(int count, const Action& action) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<float>()));
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) action(d, i);
  for (; i < count; ++i) action(one, i);
}

void ScaleRow(const float* x, const float* scales, float* z, int count) {
  for_each_float(count,
                 [&](auto d, int i) { hn::StoreU(hn::Mul(hn::LoadU(d, scales + i), hn::LoadU(d, x + i)), d, z + i); });
}

void ScaleRowByOne(const float* x, float scale, float* z, int count) {
  for_each_float(count, [&](auto d, int i) { hn::StoreU(hn::Mul(hn::Set(d, scale), hn::LoadU(d, x + i)), d, z + i); });
}

void AddDequantisedRow(float* c, float row_scale, const float* column_scales, const float* sums, int count) {
  for_each_float(count, [&](auto d, int i) {
    const auto scale = hn::Mul(hn::Set(d, row_scale), hn::LoadU(d, column_scales + i));
    hn::StoreU(hn::Add(hn::LoadU(d, c + i), hn::Mul(scale, hn::LoadU(d, sums + i))), d, c + i);
  });
}

void AddMultipleRow(float* c, const float* x, float factor, int count) {
  for_each_float(count, [&](auto d, int i) {
    hn::StoreU(hn::Add(hn::LoadU(d, c + i), hn::Mul(hn::LoadU(d, x + i), hn::Set(d, factor))), d, c + i);
  });
}

void AddProductsRow(float* c, const float* x, const float* factors, int count) {
  for_each_float(count, [&](auto d, int i) {
    const auto before = hn::LoadU(d, c + i), factor = hn::LoadU(d, factors + i);
    const auto sum = hn::Add(before, hn::Mul(hn::LoadU(d, x + i), factor));
    hn::StoreU(hn::IfThenElse(hn::Eq(factor, hn::Zero(d)), before, sum), d, c + i);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tristab {

HWY_EXPORT(LargestMagnitude);
HWY_EXPORT(RaiseMagnitudes);
HWY_EXPORT(EncodeRow);
HWY_EXPORT(EncodeRowByElement);
HWY_EXPORT(RequantiseRow);
HWY_EXPORT(ScaleRow);
HWY_EXPORT(ScaleRowByOne);
HWY_EXPORT(AddDequantisedRow);
HWY_EXPORT(AddMultipleRow);
HWY_EXPORT(AddProductsRow);

std::uint32_t largest_magnitude_bits(const float* x, int count) {
  return HWY_DYNAMIC_DISPATCH(LargestMagnitude)(x, count);
}
void raise_magnitude_bits(std::uint32_t* largest, const float* x, int count) {
  HWY_DYNAMIC_DISPATCH(RaiseMagnitudes)(largest, x, count);
}
std::int64_t encode_row(const float* x, double inverse, CodeRange range, float* codes, int count) {
  return HWY_DYNAMIC_DISPATCH(EncodeRow)(x, inverse, range, codes, count);
}
std::int64_t encode_row(const float* x, const double* inverses, CodeRange range, float* codes, int count) {
  return HWY_DYNAMIC_DISPATCH(EncodeRowByElement)(x, inverses, range, codes, count);
}
std::int64_t requantise_row(float* x, double scale, CodeRange range, int count) {
  return HWY_DYNAMIC_DISPATCH(RequantiseRow)(x, scale, range, count);
}
void scale_row(const float* x, const float* scales, float* z, int count) {
  HWY_DYNAMIC_DISPATCH(ScaleRow)(x, scales, z, count);
}
void scale_row(const float* x, float scale, float* z, int count) {
  HWY_DYNAMIC_DISPATCH(ScaleRowByOne)(x, scale, z, count);
}
void add_dequantised_row(float* c, float row_scale, const float* column_scales, const float* sums, int count) {
  HWY_DYNAMIC_DISPATCH(AddDequantisedRow)(c, row_scale, column_scales, sums, count);
}
void add_multiple_row(float* c, const float* x, float factor, int count) {
  HWY_DYNAMIC_DISPATCH(AddMultipleRow)(c, x, factor, count);
}
void add_products_row(float* c, const float* x, const float* d, int count) {
  HWY_DYNAMIC_DISPATCH(AddProductsRow)(c, x, d, count);
}

}  // namespace tristab
#endif  // HWY_ONCE
