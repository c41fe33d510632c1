# A and where it comes from: families, key, beta and decay models, formation, readers and writers of tensors.
tristab_layer(matrix
  SOURCES
    condition.cc gated_product.cc layer_tensors.cc model.cc norms.cc npy.cc npz.cc safetensors.cc source.cc spectral_norm.cc tensor_file.cc token_inputs.cc
    rule/registry.cc rule/delta_net.cc rule/gdn.cc rule/kda.cc rule/gdn2.cc rule/dplr.cc rule/comba.cc
    family/registry.cc family/uniform.cc family/uniform_signed.cc family/ones.cc family/block_ones.cc family/zeros.cc
    family/normal.cc family/delta_rule.cc family/delta_net.cc family/gdn.cc family/kda.cc family/gdn2.cc
    family/rwkv7.cc family/delta_product.cc family/comba.cc
    family/toeplitz.cc family/geometric.cc family/kahan.cc family/worst_growth.cc family/dlattr.cc
    family/target_norm.cc family/file.cc family/file_selection.cc family/file_sources.cc
    gates/beta_models.cc gates/decay_models.cc gates/measured_layers.cc gates/quantiles.cc
    keys/registry.cc keys/independent.cc keys/silu.cc keys/collinear.cc keys/identical.cc keys/orthogonal.cc
    keys/clustered.cc keys/alternating.cc keys/unnormalised.cc
  USES tristab_base)
target_link_libraries(tristab_matrix PRIVATE PkgConfig::LIBZIP)
