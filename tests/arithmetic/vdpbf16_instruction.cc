#include "vdpbf16_instruction.h"

#if defined(__AVX512BF16__)

#include <immintrin.h>

#include <cstdint>
#include <cstring>

// Nothing that another translation unit might share is inlined here: it would be compiled for this instruction set.
namespace tristab {
namespace {

void to_bf16(const float* from, std::uint16_t* to) {
  for (int i = 0; i < 32; ++i) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, from + i, sizeof bits);
    to[i] = static_cast<std::uint16_t>(bits >> 16);
  }
}

}  // namespace

bool has_vdpbf16() { return __builtin_cpu_supports("avx512bf16") != 0; }

void vdpbf16(const float* a, const float* b, float* sums) {
  std::uint16_t left[32], right[32];
  to_bf16(a, left);
  to_bf16(b, right);
  __m512bh x, y;
  std::memcpy(&x, left, sizeof x);
  std::memcpy(&y, right, sizeof y);
  _mm512_storeu_ps(sums, _mm512_dpbf16_ps(_mm512_loadu_ps(sums), x, y));
}

}  // namespace tristab

#else

namespace tristab {
bool has_vdpbf16() { return false; }
void vdpbf16(const float*, const float*, float*) {}
}  // namespace tristab

#endif
