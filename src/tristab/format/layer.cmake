tristab_layer(format SOURCES format.cc USES tristab_base)
