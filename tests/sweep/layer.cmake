tristab_tests(sweep
  SOURCES config_test.cc config_text_test.cc expectation_check_test.cc expectation_test.cc label_test.cc plan_test.cc run_test.cc
          layer_sweep_test.cc scenario_test.cc stability_class_test.cc
          summary_test.cc
  USES tristab_sweep)
