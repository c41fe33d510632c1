tristab_tests(recipe
  SOURCES
    ascend_numbers_test.cc
    fla_layers_test.cc
    fla_solve_tril_test.cc
    recipe_test.cc
    error_parts_test.cc
    site_engine_test.cc
  USES tristab_recipe tristab_matrix tristab_reference tristab_metric)
