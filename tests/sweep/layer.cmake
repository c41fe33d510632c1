find_package(valijson REQUIRED)
tristab_tests(sweep
  SOURCES
    config_test.cc
    config_text_test.cc
    expectation_check_test.cc
    expectation_test.cc
    field_test.cc
    layer_sweep_test.cc
    one_case_test.cc
    plan_test.cc
    requirement_test.cc
    run_test.cc
    scenario_test.cc
    schema_agreement_test.cc
    schema_test.cc
    setting_test.cc
    shard_test.cc
    stability_class_test.cc
    summary_test.cc
    trial_statistics_test.cc
  USES tristab_sweep valijson)
# gcc 12 sees an overlap inside valijson's headers that is not there (GCC bug 105651), and more of them where the headers
# before are precompiled.
set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/sweep/schema_test.cc
                            ${CMAKE_CURRENT_SOURCE_DIR}/sweep/schema_agreement_test.cc PROPERTIES
                            COMPILE_OPTIONS "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>" SKIP_PRECOMPILE_HEADERS ON)
