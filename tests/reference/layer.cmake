tristab_tests(reference
  SOURCES
    condition_test.cc
    inverse_test.cc
    threefold_inverse_test.cc
    trained_layers_test.cc
  USES tristab_reference Boost::headers tristab_highway)
