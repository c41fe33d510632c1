find_package(valijson REQUIRED)
tristab_tests(report
  SOURCES column_test.cc json_text_test.cc output_file_test.cc ranking_test.cc reader_test.cc results_schema_test.cc
          table_test.cc writers_test.cc
  USES tristab_report valijson)
