tristab_tests(layer
  SOURCES fla_layers_test.cc
  USES tristab_layer tristab_matrix)
