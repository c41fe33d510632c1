# Readers of input under attack (README.md). With TRISTAB_FUZZ, a clang tree of libFuzzer's binary alone; else the same
# targets with a main that replays the corpus, as tests.
set(fuzz_targets config results ndjson npy npz safetensors options recipe)
set(fuzz_sources target.cc config.cc options.cc recipe.cc results.cc tensors.cc)
list(TRANSFORM fuzz_sources PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
# The parts of the program that read what users type.
list(APPEND fuzz_sources ${PROJECT_SOURCE_DIR}/apps/tristab/command.cc ${PROJECT_SOURCE_DIR}/apps/tristab/configuration.cc
                         ${PROJECT_SOURCE_DIR}/apps/tristab/model_kinds.cc ${PROJECT_SOURCE_DIR}/apps/tristab/value_type.cc
                         ${PROJECT_SOURCE_DIR}/apps/tristab/vocabulary.cc)

if(NOT TRISTAB_FUZZ)
  add_executable(fuzz_replay ${CMAKE_CURRENT_LIST_DIR}/replay.cc ${fuzz_sources})
  target_link_libraries(fuzz_replay PRIVATE tristab_carrying tristab_report)
  target_precompile_headers(fuzz_replay REUSE_FROM tristab_precompiled_carrying)
  set(more_config ${PROJECT_SOURCE_DIR}/configs/sweeps)
  set(more_recipe ${PROJECT_SOURCE_DIR}/configs/kernels)
  foreach(target ${fuzz_targets})
    add_test(NAME fuzz.${target} COMMAND fuzz_replay ${target} ${CMAKE_CURRENT_LIST_DIR}/corpus/${target} ${more_${target}})
    set_tests_properties(fuzz.${target} PROPERTIES TIMEOUT ${TRISTAB_TEST_TIMEOUT})
  endforeach()
  return()
endif()

if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "TRISTAB_FUZZ needs clang++, which has libFuzzer")
endif()
# Readers are compiled with sanitizers and counters; the rest, for which they call no reader, comes from the libraries of
# a tree of g++: a tenth of the time of a whole clang tree. Of a name that both define, the linker takes the first.
set(readers
  base/errors base/file_ledger base/input_file base/interruption base/json_reader base/json_text base/json_value base/named
  base/nearest_file base/parameters base/spool format/format format/format_name
  hunt/space matrix/layer_tensors matrix/npy matrix/npz matrix/pytorch matrix/safetensors matrix/source matrix/tensor_file
  matrix/family/file matrix/family/file_selection matrix/family/file_sources matrix/family/target_norm
  arithmetic/presets layer/formation layer/layer_arithmetic method/method recipe/recipe gate/registry
  sweep/config sweep/config_reader sweep/config_text sweep/expectation sweep/requirement sweep/scenario
  report/case_groups report/compared_result report/diff_threshold report/export_table report/html_data
  report/object_stream report/ranking report/result_text)
list(TRANSFORM readers PREPEND ${PROJECT_SOURCE_DIR}/src/tristab/)
list(TRANSFORM readers APPEND .cc)
# Their names repeat those of others.
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/tristab/matrix/family/target_norm.cc
                            ${PROJECT_SOURCE_DIR}/src/tristab/matrix/safetensors.cc
                            ${PROJECT_SOURCE_DIR}/src/tristab/gate/registry.cc PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
set(checks address,undefined,float-cast-overflow)
add_executable(fuzz ${CMAKE_CURRENT_LIST_DIR}/fuzzer.cc ${fuzz_sources} ${readers})
target_include_directories(fuzz PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(fuzz PRIVATE -O1 -g1 -ffp-contract=off -fsanitize=fuzzer,${checks}
                                    -fno-sanitize-recover=undefined,float-cast-overflow)
target_link_options(fuzz PRIVATE -fsanitize=fuzzer,${checks} -Wl,--allow-multiple-definition)
file(GLOB libraries ${TRISTAB_FUZZ_LIBRARIES}/src/libtristab_*.a)
target_link_libraries(fuzz PRIVATE -Wl,--start-group ${libraries} -Wl,--end-group fmt::fmt nlohmann_json::nlohmann_json
                                   TBB::tbb PkgConfig::MPFR PkgConfig::LIBZIP hwy::hwy Threads::Threads nlopt)
foreach(target ${fuzz_targets})
  add_custom_command(TARGET fuzz POST_BUILD COMMAND ${CMAKE_COMMAND} -E create_symlink fuzz fuzz-${target})
endforeach()
