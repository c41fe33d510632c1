# The truth: certified inverses, norms and condition numbers. Knows nothing of arithmetics or methods.
tristab_layer(reference COMPUTES
  SOURCES condition.cc inverse.cc mpfr_inverse.cc threefold_inverse.cc
  USES tristab_matrix PkgConfig::MPFR tristab_highway)
target_compile_definitions(tristab_reference PUBLIC ${TRISTAB_SIMD_LEVELS})
