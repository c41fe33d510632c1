# The inputs: families, delta rules, key, beta and decay models, readers and writers of tensors. Every file of these
# folders is one family, one rule or one model.
set(here ${CMAKE_CURRENT_LIST_DIR})
file(GLOB models CONFIGURE_DEPENDS RELATIVE ${here} ${here}/family/*.cc ${here}/rule/*.cc ${here}/keys/*.cc ${here}/gates/*.cc)
tristab_layer(matrix
  SOURCES
    condition.cc
    gated_product.cc
    layer_notes.cc
    layer_arrays.cc
    layer_tensors.cc
    memory_file.cc
    model.cc
    norms.cc
    npy.cc
    npz.cc
    pytorch.cc
    safetensors.cc
    source.cc
    spectral_norm.cc
    standard_input.cc
    tensor_file.cc
    token_inputs.cc
    ${models}
  ALONE
    family/rwkv7.cc family/target_norm.cc family/toeplitz.cc family/uniform_signed.cc gates/decay_models.cc
    keys/orthogonal.cc keys/silu.cc safetensors.cc
  USES tristab_format)
target_link_libraries(tristab_matrix PRIVATE PkgConfig::LIBZIP)
tristab_computing_files(matrix condition.cc gated_product.cc norms.cc spectral_norm.cc)
set_property(SOURCE ${CMAKE_CURRENT_LIST_DIR}/norms.cc ${CMAKE_CURRENT_LIST_DIR}/spectral_norm.cc APPEND PROPERTY
  COMPILE_DEFINITIONS ${TRISTAB_SIMD_LEVELS})
