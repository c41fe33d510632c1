tristab_tests(hunt
  SOURCES
    bank_test.cc
    gradient_test.cc
    hunt_support.cc
    hunt_test.cc
    objective_test.cc
    shrink_test.cc
    space_test.cc
  USES tristab_hunt)
