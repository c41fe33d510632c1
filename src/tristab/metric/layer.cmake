# How wrong a computed inverse is: errors, residuals, backward errors, bounds, verdicts.
tristab_layer(metric COMPUTES
  SOURCES backward.cc error_parts.cc facts.cc kernels.cc measure.cc metric.cc number.cc residual.cc verdict.cc
  USES tristab_reference)
target_compile_definitions(tristab_metric PRIVATE ${TRISTAB_SIMD_LEVELS})
