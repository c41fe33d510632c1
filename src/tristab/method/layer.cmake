tristab_layer(method
  SOURCES registry.cc method.cc nested.cc row_substitution.cc solve.cc column_sweep.cc matrix_column_sweep.cc gauss_jordan.cc
          mch.cc neumann.cc paterson_stockmeyer.cc mbh.cc ladder.cc mxr.cc blocked_substitution.cc bounded_doubling.cc
          recursive.cc newton_schulz.cc residual_neumann.cc refine.cc ungated.cc
  ALONE neumann.cc newton_schulz.cc refine.cc residual_neumann.cc
  USES tristab_arithmetic)
