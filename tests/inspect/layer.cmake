tristab_tests(inspect
  SOURCES
    against_test.cc
    delta_debugging_test.cc
    inspection_test.cc
    site_shares_test.cc
    step_report_test.cc
  USES tristab_inspect)
