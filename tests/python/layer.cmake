# The Python package: pytest's tests, the tutorial, and its types. Left out where the module is; what needs torch is skipped
# where it is not installed.
if(NOT TARGET tristab_python)
  return()
endif()
file(GLOB python_tests CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_CURRENT_LIST_DIR}/*_test.py)
foreach(file ${python_tests})
  string(REPLACE "_test.py" "" name ${file})
  add_test(NAME python.${name}
           COMMAND /usr/bin/python3 -B -m pytest -q -p no:cacheprovider ${CMAKE_CURRENT_LIST_DIR}/${file})
  set_tests_properties(python.${name} PROPERTIES TIMEOUT 1200 SKIP_RETURN_CODE 5
    ENVIRONMENT "PYTHONPATH=${PROJECT_BINARY_DIR}/apps/python;TRISTAB_PROGRAM=$<TARGET_FILE:tristab>;TRISTAB_SOURCE=${PROJECT_SOURCE_DIR}")
endforeach()
# The longest test of all starts first, or it would end long after the others.
set_tests_properties(python.perplexity PROPERTIES COST 1000)
