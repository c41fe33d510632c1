tristab_tests(judge
  SOURCES
    audit_test.cc
    mutant_test.cc
    suite_test.cc
    tolerance_test.cc
  USES tristab_judge)
