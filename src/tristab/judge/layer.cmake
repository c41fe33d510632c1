# Judging kernels and tests: wrong inverses on purpose, suites of tests, what they let through, tolerances.
set(here ${CMAKE_CURRENT_LIST_DIR})
file(GLOB mutant_kinds CONFIGURE_DEPENDS RELATIVE ${here} ${here}/mutant/*.cc)
tristab_layer(judge
  SOURCES
    mutant.cc
    recipe_mutant.cc
    ${mutant_kinds}
  USES tristab_sweep)
