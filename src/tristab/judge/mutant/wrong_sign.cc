// X = (I - A)^-1: A entered with the wrong sign, which the kernels that store -A make easy. The last term of the
// series then has the sign of the first.
// Seen: no report on record; tt-metal's triangle solve stages -A (tenstorrent/tt-metal PR 53437).
#include "tristab/judge/mutant/kinds.h"

namespace tristab {

MutantKind wrong_sign_mutants() {
  return {{.name = "wrong-sign",
           .summary = "A enters with the wrong sign",
           .formula = "X = (I - A)^-1",
           .source = "tenstorrent/tt-metal PR 53437 stages -A",
           .parameters = {}},
          [](const MutantSite&) {
            return std::vector<Mutant>{{"wrong-sign", "inverse-of-identity-minus-a", "the inverse is that of I - A",
                                        false, [](const MutantInput& input) {
                                          Matrix negative = input.a;
                                          for (double& value : negative.values()) value = -value;
                                          return plain_inverse(negative);
                                        }}};
          }};
}

}  // namespace tristab
