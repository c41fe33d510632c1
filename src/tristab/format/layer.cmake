tristab_layer(format COMPUTES
  SOURCES format.cc format_codes.cc format_explanation.cc format_name.cc round.cc
  USES tristab_base hwy::hwy)
