tristab_tests(apps
  SOURCES
    audit_test.cc
    bad_input_test.cc
    check_test.cc
    command_line_test.cc
    compare_test.cc
    completion_test.cc
    describe_test.cc
    diff_test.cc
    eval_test.cc
    examples_test.cc
    failures_test.cc
    file_safety_test.cc
    gates_test.cc
    generate_test.cc
    help_test.cc
    history_test.cc
    hunt_test.cc
    inspect_test.cc
    installed_files_test.cc
    invert_test.cc
    judgement_test.cc
    kernels_test.cc
    large_file_test.cc
    large_result_test.cc
    layer_sweep_test.cc
    layer_zoo_test.cc
    list_test.cc
    man_page_test.cc
    old_results_test.cc
    paper_snr_test.cc
    pseudo_terminal.cc
    recommend_test.cc
    report_test.cc
    run_program.cc
    scenarios_test.cc
    schema_test.cc
    selftest_test.cc
    shell.cc
    sweep_test.cc
    terminal_test.cc
    typed_test.cc
    zoo_test.cc
  USES tristab_report
  WHOLE LayerZoo PaperSnr)
target_compile_definitions(apps_test PRIVATE TRISTAB_PROGRAM="$<TARGET_FILE:tristab>" TRISTAB_CMAKE="${CMAKE_COMMAND}"
                                             TRISTAB_BUILD_DIR="${PROJECT_BINARY_DIR}")
add_dependencies(apps_test tristab tristab_shell_files)

# The plotting lines of results/README.md, run as they stand there.
foreach(language gnuplot python)
  add_test(NAME apps.readme_${language}_lines_run
           COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/readme_test.sh $<TARGET_FILE:tristab>
                   ${PROJECT_SOURCE_DIR}/results/README.md ${language})
endforeach()

# What the commands of README.md, configs/README.md and results/README.md print is what these show.
add_test(NAME apps.readme_consoles
         COMMAND /usr/bin/env python3 -B ${CMAKE_CURRENT_LIST_DIR}/readme_consoles_test.py $<TARGET_FILE:tristab>
                 ${PROJECT_SOURCE_DIR})

# The table of kernels, and its rows in documents.
add_test(NAME apps.kernel_table
         COMMAND /usr/bin/env python3 -B ${CMAKE_CURRENT_LIST_DIR}/kernel_table_test.py $<TARGET_FILE:tristab>
                 ${PROJECT_SOURCE_DIR})

# apps/dump_layer_inputs.py: what needs numpy, and what needs torch; skipped where that is absent.
foreach(part writer model)
  add_test(NAME apps.dump_layer_inputs_${part}
           COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/dump_layer_inputs_test.sh $<TARGET_FILE:tristab>
                   ${PROJECT_SOURCE_DIR}/apps/dump_layer_inputs.py ${part})
  set_tests_properties(apps.dump_layer_inputs_${part} PROPERTIES SKIP_RETURN_CODE 77)
endforeach()
# The HTML pages of report and history in a real browser.
foreach(part report figures history)
  add_test(NAME apps.${part}_in_chromium
           COMMAND /usr/bin/env python3 -B ${PROJECT_SOURCE_DIR}/tests/browser/${part}_test.py $<TARGET_FILE:tristab>)
  set_tests_properties(apps.${part}_in_chromium PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)
endforeach()
# The roundoff of a single site, raised: inspect names the site.
add_test(NAME apps.planted_faults
         COMMAND /usr/bin/env python3 -B ${CMAKE_CURRENT_LIST_DIR}/planted_faults_test.py $<TARGET_FILE:tristab>)
set_tests_properties(apps.planted_faults PROPERTIES TIMEOUT 3600)
# Runs that are killed, interrupted or starved of disk go on and lose nothing.
add_test(NAME apps.resume
         COMMAND /usr/bin/env python3 -B ${CMAKE_CURRENT_LIST_DIR}/resume_test.py $<TARGET_FILE:tristab>)
set_tests_properties(apps.resume PROPERTIES TIMEOUT 3600)
# The same bytes with any number of threads and any C library.
add_test(NAME apps.determinism
         COMMAND /usr/bin/env python3 -B ${CMAKE_CURRENT_LIST_DIR}/determinism_test.py $<TARGET_FILE:tristab>)
set_tests_properties(apps.determinism PROPERTIES TIMEOUT 1800)
# Shards under a real Slurm and under GNU parallel; skipped where neither can run.
add_test(NAME apps.cluster
         COMMAND /usr/bin/env python3 -B ${CMAKE_CURRENT_LIST_DIR}/cluster_test.py $<TARGET_FILE:tristab> ${PROJECT_SOURCE_DIR})
set_tests_properties(apps.cluster PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 900)
# What kernels may return, right and wrong: check tells rounding from bugs. Skipped where the Python of Debian has no numpy.
add_test(NAME apps.check_corpus
         COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/check_corpus_test.py $<TARGET_FILE:tristab>)
set_tests_properties(apps.check_corpus PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 3600)
# apps/measure_gpu.py where there is no GPU: its kernels on numpy, its comparison, its files.
add_test(NAME apps.measure_gpu
         COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/measure_gpu_test.py $<TARGET_FILE:tristab>
                 ${PROJECT_SOURCE_DIR}/apps/measure_gpu.py ${PROJECT_SOURCE_DIR}/configs/hardware/h200.json)
# The lines of PyTorch that hunt prints build its input; without PyTorch a stand-in runs them.
add_test(NAME apps.hunt_pytorch
         COMMAND /usr/bin/env python3 -B ${CMAKE_CURRENT_LIST_DIR}/hunt_pytorch_test.py $<TARGET_FILE:tristab>)
# A hunt of a few evaluations finds more than the listed families and than as many draws.
add_test(NAME apps.measure_hunt
         COMMAND bash -c "directory=$(mktemp -d) && trap 'rm -r $directory' EXIT && \"$1\" \"$2\" \"$directory\" \
                          --kernels flashkda-v1,tt-metal-ps --evaluations 2000 --draws 2000 --check"
                 bash ${PROJECT_SOURCE_DIR}/apps/measure_hunt.py $<TARGET_FILE:tristab>)
# The peer of the benchmarks computes what the program computes. Skipped where the Python of Debian has no numpy.
add_test(NAME apps.notebook
         COMMAND /usr/bin/python3 -B ${PROJECT_SOURCE_DIR}/apps/bench/notebook.py $<TARGET_FILE:tristab> --check --sizes 16,64)
set_tests_properties(apps.notebook PROPERTIES SKIP_RETURN_CODE 77)
