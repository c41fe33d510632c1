# What the inverse stands between: how A is formed from keys and gates on a machine, and what T feeds: W, U, the outputs
# and the state over many chunks, beside the recurrence in high precision.
tristab_layer(layer
  SOURCES ex2_approx.cc formation.cc gram.cc anchored.cc product_unit.cc chunked_layer.cc layer_arithmetic.cc layer_errors.cc
          layer_truth.cc
  USES tristab_arithmetic PkgConfig::MPFR)
