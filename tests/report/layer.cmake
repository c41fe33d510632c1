find_package(valijson REQUIRED)
tristab_tests(report
  SOURCES
    agreement_test.cc
    case_groups_files_test.cc
    case_groups_test.cc
    cell_text_test.cc
    closing_summary_test.cc
    cross_table_test.cc
    diff_threshold_test.cc
    expectation_table_test.cc
    export_table_test.cc
    inferred_types_test.cc
    kept_results_test.cc
    layer_table_test.cc
    merged_shards_test.cc
    object_stream_test.cc
    progress_line_test.cc
    ranking_test.cc
    result_diff_test.cc
    result_journal_test.cc
    results_schema_test.cc
    selection_test.cc
    simd_levels_test.cc
    table_test.cc
    text_layout_test.cc
    writers_test.cc
  USES tristab_report valijson)
# gcc 12 sees overlaps and lengths beyond all memory in std::string::replace where there are none (GCC bug 105651), inside
# valijson's headers.
set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/report/results_schema_test.cc PROPERTIES COMPILE_OPTIONS
  "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-stringop-overflow;-Wno-array-bounds>")
