# The rules by which people accept the output of a kernel, one file each.
tristab_layer(gate
  SOURCES
    ascend.cc
    cosine.cc
    fa.cc
    fla.cc
    fla_ci.cc
    fla_error.cc
    flashinfer_bench.cc
    gpu_mode.cc
    kernelbench.cc
    lapack.cc
    pearson.cc
    registry.cc
    snr.cc
    tensor.cc
    torch.cc
    verdict.cc
  USES tristab_metric)
