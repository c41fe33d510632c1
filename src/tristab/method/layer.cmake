tristab_layer(method
  SOURCES registry.cc method.cc row_substitution.cc column_sweep.cc matrix_column_sweep.cc mch.cc neumann.cc mbh.cc
          mxr.cc blocked_substitution.cc recursive.cc newton_schulz.cc residual_neumann.cc refine.cc
  USES tristab_arithmetic)
