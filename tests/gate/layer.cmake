tristab_tests(gate
  SOURCES
    ascend_test.cc
    correlation_test.cc
    fa_test.cc
    fla_test.cc
    flashinfer_bench_test.cc
    registry_test.cc
    residual_gates_test.cc
    scaled_test.cc
    torch_test.cc
  USES tristab_gate)
