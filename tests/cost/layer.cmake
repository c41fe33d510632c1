tristab_tests(cost
  SOURCES
    cost_test.cc
    hardware_test.cc
  USES tristab_cost)
