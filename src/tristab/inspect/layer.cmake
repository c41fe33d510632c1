# Why a case goes wrong: its rounding sites, their shares, smallest sets of them, its steps, and what to change.
tristab_layer(inspect
  SOURCES
    against.cc
    delta_debugging.cc
    diagnosis.cc
    inspection.cc
    site_experiment.cc
    site_shares.cc
    step_report.cc
  USES tristab_sweep)
