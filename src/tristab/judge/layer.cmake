# Judges kernels and tests of kernels: outputs against recipes, rounding or bug, wrong inverses, suites, tolerances.
set(here ${CMAKE_CURRENT_LIST_DIR})
file(GLOB mutant_kinds CONFIGURE_DEPENDS RELATIVE ${here} ${here}/mutant/*.cc)
tristab_layer(judge
  SOURCES
    addition.cc
    audit.cc
    bits.cc
    case_inputs.cc
    case_outputs.cc
    check.cc
    check_bits.cc
    check_bugs.cc
    check_numbers.cc
    check_spread.cc
    checked_input.cc
    checking.cc
    kernel_input.cc
    kernel_output.cc
    layer_mutant.cc
    mutant.cc
    pattern.cc
    reach.cc
    recipe_mutant.cc
    spread.cc
    suite.cc
    tolerance.cc
    variant.cc
    variant_search.cc
    ${mutant_kinds}
  USES tristab_sweep tristab_gate)
file(GLOB suite_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/configs/suites/*.json)
list(SORT suite_files)
tristab_embed(judge builtin_suites ${suite_files})
