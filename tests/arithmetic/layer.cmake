tristab_tests(arithmetic
  SOURCES
    accumulate_product_test.cc
    accumulation_test.cc
    accumulation_traps_test.cc
    arithmetic_test.cc
    block_scale_test.cc
    block_scaled_product_test.cc
    case_precision_test.cc
    code_product_test.cc
    coded_product_test.cc
    dot_models_test.cc
    engines_test.cc
    from_zero_test.cc
    hardware_products_test.cc
    hardware_vectors_test.cc
    machine_block_scaled_test.cc
    machine_costs_test.cc
    machine_integers_test.cc
    machine_overflow_test.cc
    machine_tags_test.cc
    machine_values_test.cc
    matrix_unit_test.cc
    operations_test.cc
    presets_test.cc
    quantise_test.cc
    row_kernels_test.cc
    skip_zeros_test.cc
    stochastic_product_test.cc
    vdpbf16_instruction.cc
    vdpbf16_test.cc
    wide_product_test.cc
  USES tristab_arithmetic PkgConfig::MPFR tristab_highway)
target_include_directories(arithmetic_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
# The one file with the processor's own instruction; it is called only where the processor has it.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/arithmetic/vdpbf16_instruction.cc PROPERTIES
                              COMPILE_OPTIONS "-mavx512f;-mavx512bf16" SKIP_PRECOMPILE_HEADERS ON)
endif()
