tristab_tests(apps
  SOURCES bad_input_test.cc command_line_test.cc compare_test.cc failures_test.cc generate_test.cc invert_test.cc kernels_test.cc large_file_test.cc list_test.cc report_test.cc
          run_program.cc scenarios_test.cc selftest_test.cc sweep_test.cc paper_snr_test.cc zoo_test.cc
  USES tristab_report)
target_compile_definitions(apps_test PRIVATE TRISTAB_PROGRAM="$<TARGET_FILE:tristab>")
add_dependencies(apps_test tristab)

# The README's plotting lines, run as they stand there.
foreach(language gnuplot python)
  add_test(NAME apps.readme_${language}_lines_run
           COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/readme_test.sh $<TARGET_FILE:tristab> ${PROJECT_SOURCE_DIR}/README.md ${language})
endforeach()

# The HTML report in a real browser.
add_test(NAME apps.report_in_chromium
         COMMAND /usr/bin/env python3 -B ${PROJECT_SOURCE_DIR}/tests/browser/report_test.py $<TARGET_FILE:tristab>)
set_tests_properties(apps.report_in_chromium PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)
