# From a configuration to records: axes, cases in a fixed order, shared references, threads, statistics over trials.
tristab_layer(sweep
  SOURCES
    config.cc
    config_reader.cc
    config_text.cc
    evaluate.cc
    evaluate_layer.cc
    expectation.cc
    expectation_check.cc
    field.cc
    formed_input.cc
    layer_field.cc
    matrix_evaluation.cc
    one_case.cc
    plan.cc
    quantity.cc
    record.cc
    requirement.cc
    run.cc
    scenario.cc
    schema.cc
    setting.cc
    shard.cc
    stability_class.cc
    summary.cc
    summary_quantity.cc
    trial_statistics.cc
  USES tristab_recipe tristab_gate)
tristab_computing_files(sweep field.cc)  # every record asks each of a hundred fields
set(schemas ${CMAKE_CURRENT_SOURCE_DIR}/tristab/sweep/schema)
tristab_embed(sweep schema_templates ${schemas}/sweep.json ${schemas}/kernel.json)
