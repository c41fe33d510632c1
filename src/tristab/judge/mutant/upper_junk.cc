// Entries above the diagonal that should be zero: A_ji, as a symmetric Gram matrix without its mask has, in the whole
// triangle, in one tile, or inside the diagonal tiles alone.
// The bug: a missing mask in a store; later tokens then act on earlier ones. Seen: kernels that take exp of all
// differences before they mask (AI-Hypercomputer/maxtext, src/maxtext/kernels/gdn), where a forgotten mask leaves this.
#include <fmt/format.h>

#include "tristab/judge/mutant/kinds.h"

namespace tristab {
namespace {

Mutant junk(const std::string& name, const std::string& text, std::function<bool(int i, int j)> where) {
  return {"upper-junk", name, text, false, [where = std::move(where)](const MutantInput& input) {
            Matrix x = input.x;
            for (int i = 0; i < x.rows(); ++i) {
              for (int j = i + 1; j < x.columns(); ++j) {
                if (where(i, j)) x(i, j) = input.a(j, i);
              }
            }
            return x;
          }};
}

std::vector<Mutant> all_junk(const MutantSite& site) {
  const int size = site.block;
  return {junk("upper-junk", "the upper triangle holds A^T", [](int, int) { return true; }),
          junk("upper-junk:tiles=diagonal", "the upper triangles of the diagonal blocks hold A^T",
               [size](int i, int j) { return i / size == j / size; }),
          junk("upper-junk:tiles=(0,1)", "block (0,1) above the diagonal holds A^T",
               [size](int i, int j) { return i / size == 0 && j / size == 1; })};
}

}  // namespace

MutantKind upper_junk_mutants() {
  return {{.name = "upper-junk",
           .summary = "entries above the diagonal are not zero",
           .formula = "X_ij = A_ji for j > i",
           .source = "AI-Hypercomputer/maxtext, src/maxtext/kernels/gdn (masks last)",
           .parameters = {}},
          all_junk};
}

}  // namespace tristab
