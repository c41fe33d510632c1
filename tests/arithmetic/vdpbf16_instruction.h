// The processor's own VDPBF16PS, as an expectation for the emulation. In a translation unit of its own, the one that
// is compiled for AVX512-BF16.
#pragma once

namespace tristab {

// Whether this machine has the instruction.
bool has_vdpbf16();

// sums[i] += a[2 i + 1] b[2 i + 1] and a[2 i] b[2 i] for 16 sums, as the instruction does it; a and b hold 32
// values of bf16 each, 16 pairs. Only where has_vdpbf16().
void vdpbf16(const float* a, const float* b, float* sums);

}  // namespace tristab
