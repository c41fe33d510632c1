# The truth: certified inverses, norms and condition numbers. Knows nothing of arithmetics or methods.
tristab_layer(reference COMPUTES
  SOURCES condition.cc inverse.cc
  USES tristab_matrix PkgConfig::MPFR)
