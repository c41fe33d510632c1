# Result files, their reader, and what is shown of results: rankings, tables, closing lines, pages, exports.
tristab_layer(report
  SOURCES
    audit_json.cc
    audit_text.cc
    case_groups.cc
    check_json.cc
    check_text.cc
    cell_text.cc
    closing_summary.cc
    compared_result.cc
    cross_table.cc
    cross_table_text.cc
    csv_writer.cc
    diff_json.cc
    diff_sentences.cc
    diff_text.cc
    diff_threshold.cc
    expectation_table.cc
    export_gnuplot.cc
    export_table.cc
    head_changes.cc
    history_page.cc
    html_data.cc
    html_report.cc
    hunt_text.cc
    inspection_json.cc
    inspection_page.cc
    inspection_text.cc
    json_writer.cc
    kept_results.cc
    layer_table.cc
    ndjson_writer.cc
    object_stream.cc
    page.cc
    page_json.cc
    page_template.cc
    progress_line.cc
    ranking.cc
    recommendation_text.cc
    result_diff.cc
    result_head.cc
    result_history.cc
    result_journal.cc
    result_lines.cc
    merged_shards.cc
    result_text.cc
    result_writer.cc
    results_schema.cc
    selection.cc
    table.cc
    table_format.cc
    text_layout.cc
    tool_info.cc
  USES tristab_inspect tristab_judge tristab_choose)

# The page of reports; its scripts share one scope and stand in the order of their use.
set(html ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/html)
set(page_parts ${html}/page.html ${html}/style.css ${html}/scale.js ${html}/svg.js ${html}/download.js ${html}/data.js ${html}/filters.js
  ${html}/panels.js ${html}/tables.js ${html}/figures.js)
tristab_computing_files(report cell_text.cc result_text.cc)  # records have five kilobytes of text
tristab_embed(report page_assets ${page_parts}
  ${html}/rows.js ${html}/scatter.js ${html}/heat_table.js ${html}/cost.js ${html}/profiles.js ${html}/page.js)
tristab_embed(report history_assets ${page_parts} ${html}/history.js)
tristab_embed(report inspection_assets ${html}/inspection.html ${html}/style.css ${html}/inspection.js)
set(gnuplot ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/gnuplot)
tristab_embed(report gnuplot_scripts ${gnuplot}/common.gp ${gnuplot}/error-by-method.gp ${gnuplot}/error-by-size.gp
  ${gnuplot}/error-by-condition.gp ${gnuplot}/error-parts.gp)
tristab_embed(report results_schema_template ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/schema/results.json)

# The commit, asked for with every build.
set(source_commit ${CMAKE_CURRENT_BINARY_DIR}/source_commit.cc)
add_custom_target(tristab_source_commit BYPRODUCTS ${source_commit}
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUTPUT=${source_commit}
          -P ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/source_commit.cmake
  VERBATIM)
set_source_files_properties(${source_commit} PROPERTIES GENERATED TRUE SKIP_UNITY_BUILD_INCLUSION TRUE)
target_sources(tristab_report PRIVATE ${source_commit})
add_dependencies(tristab_report tristab_source_commit)
set_property(SOURCE ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/tool_info.cc APPEND PROPERTY COMPILE_DEFINITIONS
             TRISTAB_VERSION="${PROJECT_VERSION}")

include(GNUInstallDirs)
file(GLOB schemas CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/configs/*.schema.json)
install(FILES ${schemas} DESTINATION ${CMAKE_INSTALL_DATADIR}/tristab/configs)  # where the installed configurations look
