tristab_layer(arithmetic
  SOURCES arithmetic.cc kernels.cc quantise.cc carrier_engine.cc exact_engine.cc machine.cc stage.cc value.cc
  USES tristab_format tristab_matrix PkgConfig::MPFR hwy::hwy)
