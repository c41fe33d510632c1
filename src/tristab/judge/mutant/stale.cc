// The last row, the last tile or the last block row hold what the buffer had before: the inverse of the matrix before
// in the batch; of the first matrix, A itself (a kernel that works in place).
// The bug: a loop bound one too small, or a store that is skipped or goes elsewhere. Seen: the overflowing offsets that
// flash-linear-attention's tests/ops/test_solve_tril.py tests for (large batch offsets).
#include <fmt/format.h>

#include <algorithm>

#include "tristab/judge/mutant/kinds.h"

namespace tristab {
namespace {

// Rows [first, n) of the columns [column, n), of the real tokens.
Mutant stale(const std::string& name, const std::string& text, int rows, bool whole_rows) {
  return {"stale", name, text, false, [rows, whole_rows](const MutantInput& input) {
            Matrix x = input.x;
            const Matrix& before = input.previous_x != nullptr ? *input.previous_x : input.a;
            const int first = std::max(0, input.rows - rows);
            for (int i = first; i < input.rows; ++i) {
              for (int j = whole_rows ? 0 : first; j < input.rows; ++j) x(i, j) = before(i, j);
            }
            return x;
          }};
}

std::vector<Mutant> all_stale(const MutantSite& site) {
  return {stale("stale:last-row", "the last row is that of the matrix before", 1, true),
          stale("stale:last-tile", "the last diagonal block is that of the matrix before", site.block, false),
          stale("stale:last-block-row", "the last block row is that of the matrix before", site.block, true)};
}

}  // namespace

MutantKind stale_mutants() {
  return {{.name = "stale",
           .summary = "the last row or tile holds what was there before",
           .formula = "X_ij of the matrix before, for the last rows",
           .source = "flash-linear-attention, tests/ops/test_solve_tril.py, large batch offsets",
           .parameters = {}},
          all_stale};
}

}  // namespace tristab
