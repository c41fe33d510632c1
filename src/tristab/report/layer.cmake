# Result files and tables: JSON, NDJSON and CSV from one table of columns, their reader, rankings for a terminal.
tristab_layer(report
  SOURCES column.cc csv_writer.cc expectation_table.cc json_text.cc json_writer.cc layer_table.cc ndjson_writer.cc output_file.cc ranking.cc reader.cc cross_table.cc cross_table_text.cc
          result_text.cc result_writer.cc table.cc tool_info.cc
  USES tristab_sweep)

# The commit, when the sources are a checkout; asked for again whenever CMake runs.
execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude=*
                OUTPUT_VARIABLE TRISTAB_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT TRISTAB_COMMIT)
  set(TRISTAB_COMMIT unknown)
endif()
set_property(SOURCE ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/tool_info.cc APPEND PROPERTY COMPILE_DEFINITIONS
             TRISTAB_VERSION="${PROJECT_VERSION}" TRISTAB_COMMIT="${TRISTAB_COMMIT}")

include(GNUInstallDirs)
install(FILES ${CMAKE_CURRENT_SOURCE_DIR}/tristab/report/results.schema.json
        DESTINATION ${CMAKE_INSTALL_DATADIR}/tristab)
