# Proof of the arithmetic on the user's machine: oracles that share nothing with the emulator, and checks against them.
tristab_layer(selftest
  SOURCES
    check.cc runner.cc simd_levels.cc samples.cc formats.cc codes.cc odd_oracle.cc mpfr_oracle.cc unit_oracle.cc
    rounding_checks.cc operation_checks.cc sum_checks.cc fused_checks.cc unit_checks.cc level_checks.cc integer_checks.cc reference_checks.cc exhaustive_checks.cc
    recorded_file.cc recorded_products.cc
  ALONE operation_checks.cc sum_checks.cc unit_checks.cc
  USES tristab_arithmetic tristab_reference PkgConfig::MPFR tristab_highway Threads::Threads)
