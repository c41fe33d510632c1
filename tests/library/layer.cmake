tristab_tests(library
  SOURCES
    library_test.cc
  USES tristab_shared tristab_library)

# A program of somebody else: built against the files that are installed, with nothing else of this project.
add_test(NAME library.consumer_builds_and_runs
         COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/consumer_test.sh ${CMAKE_COMMAND} ${PROJECT_BINARY_DIR})
set_tests_properties(library.consumer_builds_and_runs PROPERTIES TIMEOUT 600)
