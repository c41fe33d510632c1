tristab_tests(judge
  SOURCES
    mutant_test.cc
  USES tristab_judge)
