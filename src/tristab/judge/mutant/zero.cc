// X = 0.
// The bug: nothing is written, or a buffer of zeros is returned. Accepted by any absolute tolerance above the size of
// the outputs. Seen: a KernelBench-Hard problem about Kimi Delta Attention, whose outputs stay below its atol of 0.05.
#include "tristab/judge/mutant/kinds.h"

namespace tristab {

MutantKind zero_mutants() {
  return {{.name = "zero",
           .summary = "nothing is written",
           .formula = "X = 0",
           .source = "KernelBench-Hard, problem 02_kda_cutlass: atol 0.05",
           .parameters = {}},
          [](const MutantSite&) {
            return std::vector<Mutant>{{"zero", "zero", "the inverse is zero", false, [](const MutantInput& input) {
                                          return Matrix(input.a.rows(), input.a.columns());
                                        }}};
          }};
}

}  // namespace tristab
