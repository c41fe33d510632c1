tristab_tests(layer
  SOURCES
    chunked_layer_test.cc
    ex2_approx_test.cc
    formation_test.cc
    gate_ceiling_test.cc
    layer_errors_test.cc
    product_unit_test.cc
    recurrence_test.cc
  USES tristab_layer tristab_matrix Boost::headers)
