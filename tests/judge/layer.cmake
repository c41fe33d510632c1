tristab_tests(judge
  SOURCES
    mutant_test.cc
    pattern_test.cc
    spread_test.cc
    variant_test.cc
  USES tristab_judge)
