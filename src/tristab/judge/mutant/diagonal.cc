// X - I or X + I: the identity is missing, or is added twice.
// Seen: a ThunderKittens port of solve_tril adds 0 instead of 1 to the diagonal; a comparison of the entries below the
// diagonal alone does not see it (mirror image of tenstorrent/tt-metal issue 54839).
#include "tristab/judge/mutant/kinds.h"

namespace tristab {

MutantKind diagonal_mutants() {
  return {{.name = "diagonal",
           .summary = "the identity is missing, or is added twice",
           .formula = "X - I, X + I",
           .source = "a ThunderKittens port of solve_tril; tenstorrent/tt-metal issue 54839",
           .parameters = {}},
          [](const MutantSite&) {
            const auto with = [](double value) {
              return [value](Matrix& x) {
                for (int i = 0; i < x.rows(); ++i) x(i, i) = value;
              };
            };
            return std::vector<Mutant>{edit_of_inverse("diagonal", "diagonal-missing", "the diagonal is zero", with(0)),
                                       edit_of_inverse("diagonal", "diagonal-doubled", "the diagonal is two", with(2))};
          }};
}

}  // namespace tristab
