// vpdpbusd: unsigned bytes times signed bytes, four products added to a 32-bit integer without saturation. Codes of B
// come with 128 added; the sum of the row's codes times 128 is subtracted. Highway has no target for this instruction
// alone.
#include "tristab/arithmetic/code_product.h"

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // GCC 12 warns of its own _mm512_undefined
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#define TRISTAB_QUADS __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))

namespace tristab {
namespace {

template <int kRows, int kVectors>
TRISTAB_QUADS void multiply(const QuadTile& t) {
  constexpr int kLanes = 16;
  __m512i sums[kRows][kVectors];
  const __m512i ones = _mm512_set1_epi8(1);
#pragma GCC unroll 4  // or GCC 12 keeps the sums in memory
  for (int r = 0; r < kRows; ++r) {
    __m512i codes = _mm512_setzero_si512();
    for (int g = t.begin; g < t.end; g += kLanes) {
      const int left = t.end - g;
      const auto mask = static_cast<__mmask16>(left >= kLanes ? 0xffffU : (1U << static_cast<unsigned>(left)) - 1U);
      codes = _mm512_dpbusd_epi32(codes, ones, _mm512_maskz_loadu_epi32(mask, t.a + r * t.a_stride + g));
    }
    // Sums are those of the ring of integers modulo 2^32.
    const auto total = static_cast<std::uint32_t>(_mm512_reduce_add_epi32(codes));
    const __m512i start = _mm512_set1_epi32(static_cast<std::int32_t>(0U - 128U * total));
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[r][v] = start;
  }
  const std::int32_t* b = t.b + static_cast<std::ptrdiff_t>(t.begin) * kVectors * kLanes;
  for (int g = t.begin; g < t.end; ++g, b += kVectors * kLanes) {
    __m512i right[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) right[v] = _mm512_loadu_si512(b + v * kLanes);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const __m512i left = _mm512_set1_epi32(t.a[r * t.a_stride + g]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm512_dpbusd_epi32(sums[r][v], right[v], left);
    }
  }
  const auto last =
      static_cast<__mmask16>(t.columns >= kLanes ? 0xffffU : (1U << static_cast<unsigned>(t.columns)) - 1U);
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
    float* to = t.sums + r * t.sums_stride;
#pragma GCC unroll 4
    for (int v = 0; v + 1 < kVectors; ++v) _mm512_storeu_ps(to + v * kLanes, _mm512_cvtepi32_ps(sums[r][v]));
    _mm512_mask_storeu_ps(to + (kVectors - 1) * kLanes, last, _mm512_cvtepi32_ps(sums[r][kVectors - 1]));
  }
}

}  // namespace

bool has_quads() {
  static const bool has = __builtin_cpu_supports("avx512vnni") != 0;
  return has;
}

void multiply_quads(const QuadTile& tile) {
  if (tile.rows == 4) return tile.vectors == 4 ? multiply<4, 4>(tile) : multiply<4, 1>(tile);
  tile.vectors == 4 ? multiply<1, 4>(tile) : multiply<1, 1>(tile);
}

}  // namespace tristab

#else

namespace tristab {
bool has_quads() { return false; }
void multiply_quads(const QuadTile&) {}
}  // namespace tristab

#endif
