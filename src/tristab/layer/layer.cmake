# Before and after the inverse: how A is formed from keys and gates on a machine, and what is computed from T: W, U, the
# outputs and the state over many chunks; and the recurrence in high precision for comparison.
tristab_layer(layer COMPUTES
  SOURCES ex2_approx.cc formation.cc gram.cc anchored.cc product_unit.cc chunked_layer.cc layer_arithmetic.cc layer_errors.cc
          layer_truth.cc gate_ceiling.cc
  USES tristab_arithmetic PkgConfig::MPFR)
