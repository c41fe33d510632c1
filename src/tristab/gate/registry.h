// The gates' definitions, one file each; registry.cc lists them.
#pragma once

#include "tristab/gate/gate.h"

namespace tristab {

Gate torch_gate();
Gate fla_gate();
Gate fla_ci_gate();
Gate fa_gate();
Gate ascend_gate();
Gate flashinfer_bench_gate();
Gate pearson_gate();
Gate cosine_gate();
Gate snr_gate();
Gate lapack_gate();
Gate gpu_mode_gate();
Gate kernelbench_gate();
Gate verdict_gate();

}  // namespace tristab
