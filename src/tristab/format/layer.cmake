tristab_layer(format COMPUTES
  SOURCES format.cc format_codes.cc format_explanation.cc format_name.cc round.cc simd_target.cc
  USES tristab_base tristab_highway)
# One binary for every machine: AVX-512, AVX2 and a baseline of one lane; the levels between are not worth their size.
set(TRISTAB_SIMD_LEVELS "HWY_DISABLED_TARGETS=(HWY_AVX3_DL|HWY_SSE4|HWY_SSSE3)"
  HWY_BROKEN_EMU128=1)  # the baseline is one lane (HWY_SCALAR): the emulated vectors turn a double beyond float's range into its
                        # largest value, not into infinity
