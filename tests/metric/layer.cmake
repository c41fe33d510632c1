tristab_tests(metric
  SOURCES
    backward_test.cc
    kernels_test.cc
    measure_test.cc
    metric_test.cc
    number_test.cc
    residual_test.cc
    twofold_test.cc
    verdict_test.cc
  USES tristab_metric tristab_arithmetic Boost::headers)
