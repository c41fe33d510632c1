// Codes come from a product with the reciprocal. t = x fl(1 / s) differs from the exact quotient by at most 2^-51 |t|.
// With x and s in fp32, a quotient that is not a tie k + 1/2 lies at least 2^-26 away from all ties (|x - (k + 1/2) s|
// is a multiple of half the last place of the smaller of x and s). So t is first rounded to a multiple of 2^-32: this
// makes t a tie exactly if the quotient is one, as long as |t| < 2^19.
// Whole matrices with one scale take single precision where a fused multiply-add is at hand: rint(x fl(1 / s)) is the
// code or its neighbour, the remainder x - q s is exact for both, and tells which.
#include "tristab/arithmetic/quantise_kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

// Compiles everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once for each SIMD level.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tristab/arithmetic/quantise_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "tristab/arithmetic/step-inl.h"
#include "tristab/format/first_lanes-inl.h"

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

#if HWY_TARGET != HWY_SCALAR
// The codes in single precision for a scale from 2^-100 to 2^100 and finite numbers. A quotient below highest + 2 errs
// by less than (highest + 2) 2^-22; a larger one is clamped.
struct FloatEncoder {
  using Tag = hn::ScalableTag<float>;
  using Vector = hn::Vec<Tag>;
  static constexpr int kLanes = static_cast<int>(hn::MaxLanes(Tag()));
  Tag d;
  hn::RebindToSigned<Tag> di;
  Vector scale, inverse, low, high, certain;
  hn::Vec<hn::RebindToSigned<Tag>> clamped, lanes;

  FloatEncoder(float s, CodeRange range)
      : scale(hn::Set(d, s)),
        inverse(hn::Set(d, 1 / s)),
        low(hn::Set(d, static_cast<float>(range.lowest))),
        high(hn::Set(d, static_cast<float>(range.highest))),
        certain(hn::Set(d, static_cast<float>(0.5 - (range.highest + 2) * 0x1p-21))),
        clamped(hn::Zero(di)),
        lanes(hn::Iota(di, 0)) {}

  HWY_INLINE Vector nearest(Vector x) const {
    const auto quotient = hn::Mul(x, inverse);
    const auto code = hn::Round(quotient);
    // Only near a tie can this be the wrong neighbour.
    if (hn::AllTrue(d, hn::Lt(hn::Abs(hn::Sub(quotient, code)), certain))) return code;
    return decided(x, code);
  }

  HWY_INLINE Vector operator()(Vector x) {
    const auto code = nearest(x);
    const auto inside = hn::Min(high, hn::Max(low, code));
    clamped = hn::Sub(clamped, hn::VecFromMask(di, hn::RebindMask(di, hn::Ne(inside, code))));
    return inside;
  }

  // The code by the remainder; of two equally near ones the even one. It has the sign of x.
  HWY_INLINE Vector decided(Vector x, Vector code) const {
    const auto one = hn::Set(di, 1);
    const auto remainder = hn::NegMulAdd(code, scale, x);
    const auto twice = hn::Add(hn::Abs(remainder), hn::Abs(remainder));
    const auto odd = hn::RebindMask(d, hn::Eq(hn::And(hn::NearestInt(code), one), one));
    const auto neighbour = hn::Or(hn::Gt(twice, scale), hn::And(hn::Eq(twice, scale), odd));
    const auto other = hn::Add(code, hn::CopySign(hn::Set(d, 1.0F), remainder));
    return hn::CopySign(hn::IfThenElse(neighbour, other, code), x);
  }

  // Calls action(elements, column, count) for the vectors of row i.
  template <class T, class Action>
  HWY_INLINE void for_each_vector(const FloatRows<T>& rows, int i, const Action& action) const {
    for (int j = 0; j < rows.columns; j += kLanes) {
      const int count = rows.columns - j;
      action(count >= kLanes ? hn::LoadU(d, rows.row(i) + j) : first_lanes(d, rows.row(i) + j, count), j, count);
    }
  }
  // Calls action(quantised elements, elements, whether left out, column, count).
  template <class T, class Action>
  HWY_INLINE void for_each_quantised(const FloatRows<T>& rows, int i, const Action& action) const {
    const auto outside = hn::Set(di, rows.left_out(i));
    for_each_vector(rows, i, [&](auto x, int j, int count) {
      const auto left_out = hn::RebindMask(d, hn::Eq(hn::Add(lanes, hn::Set(di, j)), outside));
      action(hn::IfThenZeroElse(left_out, x), x, left_out, j, count);
    });
  }
  HWY_INLINE void store(Vector x, float* to, int count) const {
    if (count >= kLanes) return hn::StoreU(x, d, to);
    hn::BlendedStore(x, hn::FirstN(d, static_cast<std::size_t>(count)), d, to);
  }
  std::int64_t clamped_codes() const { return hn::GetLane(hn::SumOfLanes(di, clamped)); }
};

bool in_single_precision(float scale) { return scale >= 0x1p-100F && scale <= 0x1p100F; }
#endif

std::uint32_t LargestInRows(const FloatRows<const float>& given) {
  const FloatRows<const float> x = given;
#if HWY_TARGET != HWY_SCALAR
  const FloatEncoder vectors(1, {});
  auto largest = hn::Zero(vectors.di);
  for (int i = 0; i < x.rows; ++i) {
    vectors.for_each_quantised(x, i, [&](auto value, auto, auto, int, int) {
      largest = hn::Max(largest, hn::BitCast(vectors.di, hn::Abs(value)));
    });
  }
  return static_cast<std::uint32_t>(hn::GetLane(hn::MaxOfLanes(vectors.di, largest)));
#else
  std::uint32_t largest = 0;
  for (int i = 0; i < x.rows; ++i) {
    const int outside = x.left_out(i);
    for (int j = 0; j < x.columns; ++j) {
      if (j != outside) largest = std::max(largest, std::bit_cast<std::uint32_t>(x.row(i)[j]) & kMagnitude);
    }
  }
  return largest;
#endif
}

std::int64_t EncodeRows(const FloatRows<const float>& x, float scale, CodeRange range, float* codes) {
#if HWY_TARGET != HWY_SCALAR
  if (in_single_precision(scale)) {
    FloatEncoder encode(scale, range);
    const auto zero = hn::Zero(encode.d);
    for (int i = 0; i < x.rows; ++i, codes += x.columns) {
      encode.for_each_quantised(x, i, [&](auto value, auto, auto, int j, int count) {
        encode.store(as_integer(encode(value), zero), codes + j, count);
      });
    }
    return encode.clamped_codes();
  }
#endif
  std::int64_t clamped = 0;
  for (int i = 0; i < x.rows; ++i, codes += x.columns) {
    std::copy(x.row(i), x.row(i) + x.columns, codes);
    if (x.left_out(i) >= 0) codes[x.left_out(i)] = 0;
    clamped += EncodeRow(codes, 1 / static_cast<double>(scale), range, codes, x.columns);
  }
  return clamped;
}

std::int64_t RequantiseRows(const FloatRows<float>& given, float scale, CodeRange range) {
  const FloatRows<float> x = given;
#if HWY_TARGET != HWY_SCALAR
  if (in_single_precision(scale)) {
    FloatEncoder encode(scale, range);
    if (range.holds_all) {
      for (int i = 0; i < x.rows; ++i) {
        const int outside = x.left_out(i);
        const float kept = outside < 0 ? 0.0F : x.row(i)[outside];
        encode.for_each_vector(x, i, [&](auto value, int j, int count) {
          encode.store(hn::Mul(encode.nearest(value), encode.scale), x.row(i) + j, count);
        });
        if (outside >= 0) x.row(i)[outside] = kept;
      }
      return 0;
    }
    for (int i = 0; i < x.rows; ++i) {
      encode.for_each_quantised(x, i, [&](auto value, auto kept, auto left_out, int j, int count) {
        const auto coded = hn::Mul(encode(value), encode.scale);
        encode.store(hn::IfThenElse(left_out, kept, coded), x.row(i) + j, count);
      });
    }
    return encode.clamped_codes();
  }
#endif
  std::int64_t clamped = 0;
  for (int i = 0; i < x.rows; ++i) {
    const int outside = x.left_out(i);
    const float kept = outside < 0 ? 0.0F : std::exchange(x.row(i)[outside], 0.0F);
    clamped += RequantiseRow(x.row(i), static_cast<double>(scale), range, x.columns);
    if (outside >= 0) x.row(i)[outside] = kept;
  }
  return clamped;
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

void AddCodedTerms(const CodedTerms& given) {
  const CodedTerms terms = given;  // a copy whose address nothing else knows stays in registers
  for (int i = 0; i < terms.a.rows; ++i) {
    const int k = terms.a.left_out(i);
    const float left_diagonal = terms.a_diagonal[i];
    const bool has_right = k >= 0 && left_diagonal != 0;
    float* to = terms.c + i * terms.stride;
    const float* sums = terms.sums + static_cast<std::ptrdiff_t>(i) * terms.b.columns;
    const float *left = terms.a.row(i), *right = has_right ? terms.b.row(k) : left;
    for_each_float(terms.b.columns, [&](auto d, int j) {
      const hn::RebindToSigned<decltype(d)> di;
      const auto columns = hn::Add(hn::Iota(di, 0), hn::Set(di, j));
      const auto at_diagonal = hn::RebindMask(d, hn::Eq(columns, hn::Set(di, k)));
      const auto e = hn::LoadU(d, terms.b_diagonal + j);
      const auto before = terms.from_zero ? hn::Zero(d) : hn::LoadU(d, to + j);
      auto c = hn::Add(before, hn::Mul(hn::Set(d, terms.scale), hn::LoadU(d, sums + j)));
      if (has_right)
        c = hn::Add(c, hn::Mul(hn::IfThenZeroElse(at_diagonal, hn::LoadU(d, right + j)), hn::Set(d, left_diagonal)));
      const auto with_left = hn::Add(c, hn::Mul(hn::IfThenZeroElse(at_diagonal, hn::LoadU(d, left + j)), e));
      c = hn::IfThenElse(hn::Eq(e, hn::Zero(d)), c, with_left);
      if (has_right) c = hn::IfThenElse(at_diagonal, hn::Add(c, hn::Mul(e, hn::Set(d, left_diagonal))), c);
      hn::StoreU(c, d, to + j);
    });
  }
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

HWY_EXPORT(LargestInRows);
HWY_EXPORT(EncodeRows);
HWY_EXPORT(RequantiseRows);
HWY_EXPORT(LargestMagnitude);
HWY_EXPORT(RaiseMagnitudes);
HWY_EXPORT(EncodeRow);
HWY_EXPORT(EncodeRowByElement);
HWY_EXPORT(RequantiseRow);
HWY_EXPORT(ScaleRow);
HWY_EXPORT(ScaleRowByOne);
HWY_EXPORT(AddDequantisedRow);
HWY_EXPORT(AddCodedTerms);
HWY_EXPORT(AddMultipleRow);
HWY_EXPORT(AddProductsRow);

std::uint32_t largest_magnitude_bits(const float* x, int count) {
  return HWY_DYNAMIC_DISPATCH(LargestMagnitude)(x, count);
}
std::uint32_t largest_magnitude_bits(const FloatRows<const float>& x) { return HWY_DYNAMIC_DISPATCH(LargestInRows)(x); }
std::int64_t encode_rows(const FloatRows<const float>& x, float scale, CodeRange range, float* codes) {
  return HWY_DYNAMIC_DISPATCH(EncodeRows)(x, scale, range, codes);
}
std::int64_t requantise_rows(const FloatRows<float>& x, float scale, CodeRange range) {
  return HWY_DYNAMIC_DISPATCH(RequantiseRows)(x, scale, range);
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
void add_coded_terms(const CodedTerms& terms) { HWY_DYNAMIC_DISPATCH(AddCodedTerms)(terms); }
void add_multiple_row(float* c, const float* x, float factor, int count) {
  HWY_DYNAMIC_DISPATCH(AddMultipleRow)(c, x, factor, count);
}
void add_products_row(float* c, const float* x, const float* d, int count) {
  HWY_DYNAMIC_DISPATCH(AddProductsRow)(c, x, d, count);
}

}  // namespace tristab
#endif  // HWY_ONCE
