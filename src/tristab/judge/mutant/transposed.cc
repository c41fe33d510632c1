// X^T in place of X.
// The bug: the other layout of the whole output. Seen: the state of FlashInfer's prefill has the other layout than its
// reference, and the test transposes it (tests/gdn/test_prefill_delta_rule.py).
#include <utility>

#include "tristab/judge/mutant/kinds.h"

namespace tristab {

MutantKind transposed_mutants() {
  return {{.name = "transposed",
           .summary = "the inverse is transposed",
           .formula = "X^T",
           .source = "FlashInfer, tests/gdn/test_prefill_delta_rule.py (layout of states)",
           .parameters = {}},
          [](const MutantSite&) {
            return std::vector<Mutant>{
                edit_of_inverse("transposed", "transposed", "the inverse is transposed", [](Matrix& x) {
                  for (int i = 0; i < x.rows(); ++i) {
                    for (int j = 0; j < i; ++j) std::swap(x(i, j), x(j, i));
                  }
                })};
          }};
}

}  // namespace tristab
