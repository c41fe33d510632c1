// The rows behind the end of a short chunk are not zeroed: A's padding rows hold those of a whole chunk, so that X has
// rows there that should be the identity's. Rows of real tokens do not change: only a test that compares the padding,
// or the state that the padding is added to, can see it.
// Seen: FlashInfer tests short chunks apart (test_prefill_kernel_nonfull).
#include "tristab/judge/mutant/kinds.h"

namespace tristab {

MutantKind tail_mutants() {
  return {{.name = "tail",
           .summary = "the padding of a short chunk is not zeroed",
           .formula = "A's padding rows hold other rows",
           .source = "FlashInfer, tests/gdn/test_prefill_delta_rule.py, test_prefill_kernel_nonfull",
           .parameters = {}},
          [](const MutantSite&) {
            return std::vector<Mutant>{{"tail", "tail-not-zeroed", "the padding rows of a short chunk are not zeroed",
                                        false, [](const MutantInput& input) {
                                          Matrix a = input.a;
                                          for (int i = input.rows; i < a.rows();
                                               ++i) {  // the row before, moved by one: a band continues
                                            for (int j = 0; j < i; ++j)
                                              a(i, j) = i > 1 && j > 0 ? a(i - 1, j - 1) : a(std::max(1, i - 1), 0);
                                          }
                                          return plain_inverse(a);
                                        }}};
          }};
}

}  // namespace tristab
