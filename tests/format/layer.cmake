tristab_tests(format
  SOURCES
    format_codes_test.cc
    format_explanation_test.cc
    format_test.cc
    odd_test.cc
    round_exhaustive_test.cc
    round_test.cc
    stochastic_test.cc
  USES tristab_format PkgConfig::MPFR)
target_include_directories(format_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
