# Result files and tables: JSON, NDJSON and CSV from one table of columns, their reader, rankings for a terminal.
tristab_layer(report
  SOURCES case_label.cc column.cc csv_writer.cc expectation_table.cc findings.cc findings_page.cc export_gnuplot.cc export_table.cc export_vega.cc html_data.cc html_report.cc json_text.cc json_writer.cc layer_table.cc ndjson_writer.cc progress_line.cc object_stream.cc output_file.cc page.cc ranking.cc reader.cc cross_table.cc cross_table_text.cc
          result_groups.cc result_text.cc result_writer.cc table.cc text_layout.cc tool_info.cc
  USES tristab_sweep)

# The page of reports becomes part of the program. The scripts share one scope; they stand in the order of their use.
set(html ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/html)
set(html_scripts ${html}/scale.js ${html}/svg.js ${html}/download.js ${html}/data.js ${html}/filters.js ${html}/panels.js
                 ${html}/scatter.js ${html}/heat_table.js ${html}/cost.js ${html}/profiles.js ${html}/tables.js ${html}/page.js)
set(html_assets ${CMAKE_CURRENT_BINARY_DIR}/html_assets.cc)
add_custom_command(OUTPUT ${html_assets}
  COMMAND ${CMAKE_COMMAND} -DPAGE=${html}/page.html -DSTYLE=${html}/style.css "-DSCRIPTS=${html_scripts}" -DOUTPUT=${html_assets}
          -P ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/html_embed.cmake
  DEPENDS ${html}/page.html ${html}/style.css ${html_scripts} ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/html_embed.cmake
  VERBATIM)
target_sources(tristab_report PRIVATE ${html_assets})

# So does the schema of results.
set(results_schema ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/results.schema.json)
set(results_schema_source ${CMAKE_CURRENT_BINARY_DIR}/results_schema.cc)
add_custom_command(OUTPUT ${results_schema_source}
  COMMAND ${CMAKE_COMMAND} -DSCHEMA=${results_schema} -DOUTPUT=${results_schema_source}
          -P ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/results_schema_embed.cmake
  DEPENDS ${results_schema} ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/results_schema_embed.cmake
  VERBATIM)
target_sources(tristab_report PRIVATE ${results_schema_source})

# The commit, asked for with every build.
set(source_commit ${CMAKE_CURRENT_BINARY_DIR}/source_commit.cc)
add_custom_target(tristab_source_commit BYPRODUCTS ${source_commit}
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUTPUT=${source_commit}
          -P ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/source_commit.cmake
  VERBATIM)
set_source_files_properties(${source_commit} PROPERTIES GENERATED TRUE)
target_sources(tristab_report PRIVATE ${source_commit})
add_dependencies(tristab_report tristab_source_commit)
set_property(SOURCE ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/tool_info.cc APPEND PROPERTY COMPILE_DEFINITIONS
             TRISTAB_VERSION="${PROJECT_VERSION}")

include(GNUInstallDirs)
install(FILES ${results_schema} ${PROJECT_SOURCE_DIR}/configs/sweep.schema.json
              ${PROJECT_SOURCE_DIR}/configs/kernel.schema.json
        DESTINATION ${CMAKE_INSTALL_DATADIR}/tristab)
