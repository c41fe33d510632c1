# Judges kernels and tests of kernels: outputs against recipes, rounding or bug, wrong inverses, tolerances.
set(here ${CMAKE_CURRENT_LIST_DIR})
file(GLOB mutant_kinds CONFIGURE_DEPENDS RELATIVE ${here} ${here}/mutant/*.cc)
tristab_layer(judge
  SOURCES
    bits.cc
    check.cc
    check_bits.cc
    check_bugs.cc
    check_numbers.cc
    check_spread.cc
    checked_input.cc
    checking.cc
    kernel_input.cc
    kernel_output.cc
    mutant.cc
    pattern.cc
    recipe_mutant.cc
    spread.cc
    variant.cc
    variant_search.cc
    ${mutant_kinds}
  USES tristab_sweep tristab_gate TBB::tbb)
