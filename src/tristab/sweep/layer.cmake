# From a configuration to records: axes, cases in a fixed order, shared references, threads, summaries.
tristab_layer(sweep
  SOURCES arithmetic_schema.cc config.cc config_schema.cc config_text.cc evaluate.cc evaluate_layer.cc formed_input.cc expectation.cc expectation_check.cc expectation_schema.cc given_config.cc label.cc named_schema.cc plan.cc quantity.cc
          run.cc scenario.cc settings_schema.cc stability_class.cc summary.cc
  USES tristab_recipe tristab_metric TBB::tbb)
