find_package(valijson REQUIRED)
tristab_tests(sweep
  SOURCES config_test.cc config_schema_test.cc config_text_test.cc expectation_check_test.cc expectation_test.cc label_test.cc plan_test.cc run_test.cc
          layer_sweep_test.cc scenario_test.cc schema_agreement_test.cc stability_class_test.cc
          summary_test.cc
  USES tristab_sweep valijson)
# As for tests/report: gcc 12 sees an overlap inside valijson's headers that is not there (GCC bug 105651).
set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/sweep/config_schema_test.cc
                            ${CMAKE_CURRENT_SOURCE_DIR}/sweep/schema_agreement_test.cc PROPERTIES
                            COMPILE_OPTIONS "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>")
