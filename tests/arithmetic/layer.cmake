tristab_tests(arithmetic
  SOURCES
    accumulate_product_test.cc accumulation_traps_test.cc skip_zeros_test.cc row_kernels_test.cc quantise_test.cc
    coded_product_test.cc machine_integers_test.cc machine_values_test.cc machine_tags_test.cc machine_costs_test.cc machine_overflow_test.cc engines_test.cc
    arithmetic_test.cc
  USES tristab_arithmetic PkgConfig::MPFR hwy::hwy)
target_include_directories(arithmetic_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
