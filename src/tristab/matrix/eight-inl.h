// Eight doubles as vectors of any SIMD level: lane k holds what belongs to the indices congruent to k modulo 8. Sums
// over lanes are those of sum.h, so every level gives the same bits. Included once per SIMD level.
#if defined(TRISTAB_MATRIX_EIGHT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TRISTAB_MATRIX_EIGHT_INL_H
#undef TRISTAB_MATRIX_EIGHT_INL_H
#else
#define TRISTAB_MATRIX_EIGHT_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "tristab/format/first_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

struct Eight {
  using Tag = hn::CappedTag<double, 8>;
  using Vector = hn::Vec<Tag>;
  static constexpr int kLanes = static_cast<int>(hn::MaxLanes(Tag())), kParts = 8 / kLanes;
  Vector part[kParts];

  static HWY_INLINE Eight all(double x) {
    Eight r;
    for (int p = 0; p < kParts; ++p) r.part[p] = hn::Set(Tag(), x);
    return r;
  }
  static HWY_INLINE Eight load(const double* x) {
    Eight r;
    for (int p = 0; p < kParts; ++p) r.part[p] = hn::LoadU(Tag(), x + p * kLanes);
    return r;
  }
  // The first `count` of eight elements and zeros; nothing else is read.
  static HWY_INLINE Eight load(const double* x, int count) {
    if (count >= 8) return load(x);
    Eight r;
    for (int p = 0; p < kParts; ++p) {
      const int left = count - p * kLanes;
      const double* from = x + p * kLanes;
      r.part[p] = left >= kLanes ? hn::LoadU(Tag(), from) : first_lanes(Tag(), from, std::max(left, 0));
    }
    return r;
  }
  HWY_INLINE void store(double* x) const {
    for (int p = 0; p < kParts; ++p) hn::StoreU(part[p], Tag(), x + p * kLanes);
  }
  // Nothing beyond the first `count` elements is written.
  HWY_INLINE void store(double* x, int count) const {
    if (count >= 8) return store(x);
    for (int p = 0; p < kParts; ++p) hn::BlendedStore(part[p], first(count, p), Tag(), x + p * kLanes);
  }
  // Zeros after the first `count` lanes, at most 8.
  HWY_INLINE Eight leading(int count) const {
    alignas(64) static constexpr std::int64_t lanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return masked(lanes + 8 - count);
  }
  // Zeros in all lanes but `k`.
  HWY_INLINE Eight only(int k) const {
    alignas(64) static constexpr std::int64_t lanes[15] = {0, 0, 0, 0, 0, 0, 0, -1};
    return masked(lanes + 7 - k);
  }
  // ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7))
  HWY_INLINE double sum() const { return sum_of(part); }
  // The largest lane; none is NaN.
  HWY_INLINE double largest() const {
    Vector most = part[0];
    for (int p = 1; p < kParts; ++p) most = hn::Max(most, part[p]);
    return hn::GetLane(hn::MaxOfLanes(Tag(), most));
  }

 private:
#if HWY_TARGET == HWY_SCALAR
  static double sum_of(const Vector (&x)[8]) {
    const auto at = [&](int k) { return hn::GetLane(x[k]); };
    return ((at(0) + at(4)) + (at(2) + at(6))) + ((at(1) + at(5)) + (at(3) + at(7)));
  }
#else
  template <class V>
  static HWY_INLINE double sum_of(const V (&x)[1]) {
    const hn::Half<Tag> four;
    return sum_of_four(four, hn::Add(hn::LowerHalf(four, x[0]), hn::UpperHalf(four, x[0])));
  }
  template <class V>
  static HWY_INLINE double sum_of(const V (&x)[2]) {
    return sum_of_four(Tag(), hn::Add(x[0], x[1]));
  }
  template <class D>
  static HWY_INLINE double sum_of_four(D, hn::Vec<D> x) {
    const hn::Half<D> two;
    const auto sums = hn::Add(hn::LowerHalf(two, x), hn::UpperHalf(two, x));
    return hn::GetLane(hn::Add(sums, hn::Shuffle01(sums)));
  }
#endif
  HWY_INLINE Eight masked(const std::int64_t* lanes) const {
    const hn::RebindToSigned<Tag> di;
    Eight r;
    for (int p = 0; p < kParts; ++p)
      r.part[p] = hn::And(part[p], hn::BitCast(Tag(), hn::LoadU(di, lanes + p * kLanes)));
    return r;
  }
  static HWY_INLINE hn::Mask<Tag> first(int count, int p) {
    return hn::FirstN(Tag(), static_cast<std::size_t>(std::clamp(count - p * kLanes, 0, kLanes)));
  }
};

// action(x's part, y's part) part by part.
template <class Action>
HWY_INLINE Eight of_parts(const Eight& x, const Eight& y, const Action& action) {
  Eight r;
  for (int p = 0; p < Eight::kParts; ++p) r.part[p] = action(x.part[p], y.part[p]);
  return r;
}
HWY_INLINE Eight operator+(const Eight& x, const Eight& y) {
  return of_parts(x, y, [](auto a, auto b) { return hn::Add(a, b); });
}
HWY_INLINE Eight operator-(const Eight& x, const Eight& y) {
  return of_parts(x, y, [](auto a, auto b) { return hn::Sub(a, b); });
}
HWY_INLINE Eight operator*(const Eight& x, const Eight& y) {
  return of_parts(x, y, [](auto a, auto b) { return hn::Mul(a, b); });
}
HWY_INLINE Eight operator/(const Eight& x, const Eight& y) {
  return of_parts(x, y, [](auto a, auto b) { return hn::Div(a, b); });
}
HWY_INLINE Eight magnitude(const Eight& x) {
  return of_parts(x, x, [](auto a, auto) { return hn::Abs(a); });
}
// Where neither is NaN.
HWY_INLINE Eight larger(const Eight& x, const Eight& y) {
  return of_parts(x, y, [](auto a, auto b) { return hn::Max(a, b); });
}

// Calls action(i, count) for i = 0, 8, ... below size, with the number of elements from i on, at most 8.
template <class Action>
HWY_INLINE void for_each_eight(int size, const Action& action) {
  int i = 0;
  for (; i + 8 <= size; i += 8) action(i, 8);
  if (i < size) action(i, size - i);
}

// sum.h's dot.
HWY_INLINE double dot_of(const double* x, const double* y, int size) {
  Eight sums = Eight::all(0);
  for_each_eight(size, [&](int i, int count) { sums = sums + Eight::load(x + i, count) * Eight::load(y + i, count); });
  return sums.sum();
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#endif
