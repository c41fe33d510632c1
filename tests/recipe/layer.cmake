tristab_tests(recipe
  SOURCES recipe_test.cc fla_layers_test.cc fla_solve_tril_test.cc
  USES tristab_recipe tristab_matrix)
