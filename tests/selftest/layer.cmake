tristab_tests(selftest
  SOURCES
    codes_test.cc
    odd_oracle_test.cc
    recorded_file_test.cc
    recorded_products_test.cc
    runner_test.cc
    unit_oracle_test.cc
  USES tristab_selftest PkgConfig::MPFR tristab_highway)
