tristab_tests(reference
  SOURCES condition_test.cc inverse_test.cc norms_test.cc spectral_norm_test.cc trained_layers_test.cc
  USES tristab_reference Eigen3::Eigen Boost::headers)
