// X = (I + tril(M))^-1 with A's diagonal kept: M_ii = beta_i k_i . k_i, where the mask should be i > j.
// The bug: i >= j in place of i > j: the scores of the outputs need the one, A needs the other. Seen: no report on
// record; KernelBench-Hard's reference of problem 02_kda_cutlass builds both masks side by side.
#include "tristab/judge/mutant/kinds.h"

namespace tristab {

MutantKind mask_mutants() {
  return {{.name = "mask",
           .summary = "the mask of A includes the diagonal",
           .formula = "X = (I + tril(A))^-1, A_ii = beta_i k_i . k_i",
           .source = "KernelBench-Hard, problem 02_kda_cutlass (both masks)",
           .parameters = {}},
          [](const MutantSite&) {
            return std::vector<Mutant>{of_other_factors(
                "mask", "mask-with-diagonal", "A's mask includes the diagonal", [](GatedFactors&) {}, Triangle::lower)};
          }};
}

}  // namespace tristab
