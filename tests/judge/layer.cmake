tristab_tests(judge
  SOURCES
    audit_test.cc
    mutant_test.cc
    pattern_test.cc
    spread_test.cc
    suite_test.cc
    tolerance_test.cc
    variant_test.cc
  USES tristab_judge)
