tristab_tests(matrix
  SOURCES
    classical_family_test.cc condition_test.cc file_family_test.cc file_selection_test.cc gates_test.cc keys_test.cc layer_tensors_test.cc norms_test.cc
    npy_test.cc npz_test.cc rule_test.cc safetensors_test.cc source_test.cc spectral_norm_test.cc synthetic_family_test.cc
    target_norm_test.cc trained_layers_test.cc
  USES tristab_matrix Eigen3::Eigen Boost::headers PkgConfig::MPFR)
