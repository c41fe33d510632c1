# Judges kernels and tests of kernels: outputs against recipes, rounding or bug, wrong inverses, tolerances.
tristab_layer(judge
  SOURCES
    bits.cc
    check.cc
    checked_input.cc
    kernel_output.cc
    pattern.cc
    spread.cc
    variant.cc
    variant_search.cc
  USES tristab_sweep TBB::tbb)
