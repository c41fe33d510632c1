// A without beta, with beta twice, or with the beta of the column in place of the row's.
// Seen: kernels need beta in A, in u and in w; KernelBench-Hard's 02_kda_cutlass applies it to the rows of A and again
// to the columns of T, gpu-mode's gated_deltanet_recompute_w_u to the right-hand sides.
#include "tristab/judge/mutant/kinds.h"

namespace tristab {
namespace {

std::vector<Mutant> all_betas(const MutantSite& site) {
  if (site.rule == nullptr || !site.rule->has_scalar_rate()) return {};
  return {of_other_factors("beta", "beta-missing", "A is formed without beta",
                           [](GatedFactors& factors) { factors.scale.clear(); }),
          of_other_factors("beta", "beta-twice", "beta multiplies A twice",
                           [](GatedFactors& factors) {
                             for (double& beta : factors.scale) beta *= beta;
                           }),
          of_other_factors("beta", "beta-of-column", "beta multiplies the columns of A, not its rows",
                           [](GatedFactors& factors) {
                             if (factors.scale.empty()) return;
                             for (int j = 0; j < factors.right.rows(); ++j) {
                               for (int d = 0; d < factors.right.columns(); ++d)
                                 factors.right(j, d) *= factors.scale[static_cast<std::size_t>(j)];
                             }
                             factors.scale.clear();
                           })};
}

}  // namespace

MutantKind beta_mutants() {
  return {{.name = "beta",
           .summary = "beta is missing, is applied twice, or is that of the column",
           .formula = "A_ij without beta_i, with beta_i^2, with beta_j",
           .source = "gpu-mode/reference-kernels, problems/helion/gated_deltanet_recompute_w_u_py",
           .parameters = {}},
          all_betas};
}

}  // namespace tristab
