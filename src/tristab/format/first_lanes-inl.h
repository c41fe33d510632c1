// The first elements of a row that is shorter than a vector. Included once per SIMD level.
#if defined(TRISTAB_FORMAT_FIRST_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TRISTAB_FORMAT_FIRST_LANES_INL_H
#undef TRISTAB_FORMAT_FIRST_LANES_INL_H
#else
#define TRISTAB_FORMAT_FIRST_LANES_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {

// The first `count` elements at `from` and zeros, count below the number of lanes; nothing else is read. (Highway's
// MaskedLoad reads whole vectors where the machine has no masked loads.)
template <class D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> first_lanes(D d, const hwy::HWY_NAMESPACE::TFromD<D>* from, int count) {
  namespace hn = hwy::HWY_NAMESPACE;
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(count)), d, from);
#else
  HWY_ALIGN hn::TFromD<D> lanes[hn::MaxLanes(D())] = {};
  std::memcpy(lanes, from, static_cast<std::size_t>(count) * sizeof(*from));
  return hn::Load(d, lanes);
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#endif
