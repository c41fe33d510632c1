tristab_layer(arithmetic COMPUTES
  SOURCES accumulation.cc arithmetic.cc case_precision.cc presets.cc quantised_arithmetic.cc sequential_product.cc matrix_unit.cc wide_matrix_unit.cc unit_group.cc dot_models.cc exact_sum.cc row_kernels.cc scalar_rows.cc
    quantise.cc quantise_kernels.cc coded_product.cc code_product.cc quad_product.cc diagonal_terms.cc block_scale.cc carrier_engine.cc exact_engine.cc site.cc site_rounding.cc site_sums.cc site_quantise.cc site_engine.cc machine.cc machines.cc stage.cc value.cc
  USES tristab_format tristab_matrix PkgConfig::MPFR tristab_highway)
target_compile_definitions(tristab_arithmetic PUBLIC ${TRISTAB_SIMD_LEVELS})
# GCC takes a quarter of an hour and gigabytes of memory for each of these when it checks all that they inline.
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=address")
  set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/tristab/arithmetic/row_kernels.cc
                              ${CMAKE_CURRENT_SOURCE_DIR}/tristab/arithmetic/sequential_product.cc
                              PROPERTIES COMPILE_OPTIONS -fno-sanitize=all SKIP_PRECOMPILE_HEADERS ON)
endif()
