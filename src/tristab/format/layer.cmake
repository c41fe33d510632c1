tristab_layer(format SOURCES format.cc round.cc USES tristab_base hwy::hwy)
