tristab_layer(format COMPUTES SOURCES format.cc format_codes.cc format_explanation.cc round.cc USES tristab_base hwy::hwy)
