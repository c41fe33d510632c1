find_package(valijson REQUIRED)
tristab_tests(report
  SOURCES column_test.cc cross_table_test.cc expectation_table_test.cc export_table_test.cc findings_test.cc
          inferred_types_test.cc object_stream_test.cc output_file_test.cc
          progress_line_test.cc ranking_test.cc reader_test.cc result_groups_test.cc results_schema_test.cc
          table_test.cc text_layout_test.cc writers_test.cc
  USES tristab_report valijson)
# gcc 12 sees an overlap in std::string::replace that is not there (GCC bug 105651), inside valijson's headers.
set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/report/results_schema_test.cc PROPERTIES
                            COMPILE_OPTIONS "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>")
