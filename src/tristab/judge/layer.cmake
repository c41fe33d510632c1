# Judging kernels and tests: wrong inverses on purpose, suites of tests, what they let through, tolerances.
set(here ${CMAKE_CURRENT_LIST_DIR})
file(GLOB mutant_kinds CONFIGURE_DEPENDS RELATIVE ${here} ${here}/mutant/*.cc)
tristab_layer(judge
  SOURCES
    audit.cc
    case_inputs.cc
    case_outputs.cc
    layer_mutant.cc
    mutant.cc
    reach.cc
    recipe_mutant.cc
    suite.cc
    ${mutant_kinds}
  USES tristab_sweep tristab_gate)
file(GLOB suite_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/configs/suites/*.json)
list(SORT suite_files)
tristab_embed(judge builtin_suites ${suite_files})
