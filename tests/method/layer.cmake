tristab_tests(method
  SOURCES
    cost_test.cc
    coverage_test.cc
    exactness_test.cc
    formulas_test.cc
    h200_methods_test.cc
    integer_test.cc
    neumann_16_test.cc
    neumann_snr_test.cc
    published_numbers_test.cc
    refusal_test.cc
    residual_neumann_test.cc
    solve_test.cc
    stages_test.cc
    ungated_test.cc
  USES tristab_method tristab_reference tristab_metric)
