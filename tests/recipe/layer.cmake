tristab_tests(recipe
  SOURCES recipe_test.cc ascend_numbers_test.cc fla_layers_test.cc fla_solve_tril_test.cc
  USES tristab_recipe tristab_matrix tristab_reference tristab_metric)
