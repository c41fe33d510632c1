// A with a wrong decay; the right one is exp(G_i - G_j), G the running sum of g.
//   base two   2^(G_i - G_j): ex2 without log2 e
//   off by one exp(G_(i-1) - G_j): the sums of the row end before its own token; or all sums one token late
//   missing, twice, reversed (exp(G_j - G_i))
// Seen: FlashInfer issue 2490 (g in linear against log space), issue 2768 (sums not carried), a gpu-mode problem whose
// generator accumulates the decay twice (gated_deltanet_recompute_w_u).
#include "tristab/judge/mutant/kinds.h"

namespace tristab {
namespace {

constexpr double log_two = 0.6931471805599453;

std::vector<Mutant> all_decays(const MutantSite& site) {
  if (site.rule == nullptr || site.rule->decay == DecayWidth::none) return {};
  const auto times = [](double factor) {
    return [factor](GatedFactors& factors) {
      for (double& g : factors.log_decay.values()) g *= factor;
    };
  };
  return {of_other_factors("decay", "decay-base-two", "the decay is a power of two, not of e", times(log_two)),
          of_other_factors("decay", "decay-off-by-one", "the decay of a row ends one token early",
                           [](GatedFactors& factors) { factors.left_before_decay = !factors.left_before_decay; }),
          of_other_factors("decay", "decay-late", "the decay is one token late",
                           [](GatedFactors& factors) {
                             Matrix& g = factors.log_decay;
                             for (int d = 0; d < g.columns(); ++d) {
                               for (int i = g.rows() - 1; i > 0; --i) g(i, d) = g(i - 1, d);
                               g(0, d) = 0;
                             }
                           }),
          of_other_factors("decay", "decay-missing", "A is formed without decay",
                           [](GatedFactors& factors) { factors.log_decay = Matrix(factors.log_decay.rows(), 0); }),
          of_other_factors("decay", "decay-twice", "the decay multiplies A twice", times(2)),
          of_other_factors("decay", "decay-reversed", "the decay grows with the distance", times(-1))};
}

}  // namespace

MutantKind decay_mutants() {
  return {{.name = "decay",
           .summary = "the decay of A is wrong",
           .formula = "2^(G_i - G_j), exp(G_(i-1) - G_j), 1, exp(2 G_i - 2 G_j), exp(G_j - G_i)",
           .source = "FlashInfer issues 2490, 2768; gpu-mode/reference-kernels, gated_deltanet_recompute_w_u_py",
           .parameters = {}},
          all_decays};
}

}  // namespace tristab
