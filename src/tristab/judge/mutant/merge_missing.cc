// X_ij = 0 for one block below the diagonal, i > j.
//   written   only the stored block is zero: its store is missing
//   used      later merges take the zero block as well: X_kj = -X_kk sum_{j <= l < k} A_kl X_lj, k > i
//   doubling  merges of 2 x 2 blocks of growing size m: X21 = -X22 A21 X11 is missing at one place of one level
// The bug: a merge that is skipped, or that reads a block before it is written. Seen: block debugging of fla-npu's
// solve_tri, wrong MBH blocks of 0.286 to 0.414 (flash-linear-attention-npu PR 54).
#include <fmt/format.h>

#include <algorithm>

#include "tristab/judge/mutant/kinds.h"

namespace tristab {
namespace {

// rows [r0, r1) x columns [c0, c1) <- 0
void clear(Matrix& x, int r0, int r1, int c0, int c1) {
  for (int i = r0; i < r1; ++i) std::fill(x.row(i) + c0, x.row(i) + c1, 0.0);
}

// X's rows [r0, r1), columns [c0, c1) <- -X[r0:r1, r0:r1] sum over the columns [c0, r0) of A X.
void merge(const Matrix& a, Matrix& x, int r0, int r1, int c0, int c1) {
  for (int c = c0; c < c1; ++c) {
    std::vector<double> product(static_cast<std::size_t>(r1 - r0));
    for (int i = r0; i < r1; ++i) {
      for (int k = c0; k < r0; ++k) product[static_cast<std::size_t>(i - r0)] += a(i, k) * x(k, c);
    }
    for (int i = r0; i < r1; ++i) {
      double sum = 0;
      for (int k = r0; k <= i; ++k) sum -= x(i, k) * product[static_cast<std::size_t>(k - r0)];
      x(i, c) = sum;
    }
  }
}

Matrix without_used(const MutantInput& input, const Blocks& blocks, BlockAt missing) {
  Matrix x = input.x;
  const int c0 = blocks.first(missing.column), c1 = blocks.first(missing.column + 1);
  clear(x, blocks.first(missing.row), blocks.first(missing.row + 1), c0, c1);
  for (int i = missing.row + 1; i < blocks.count(); ++i)
    merge(input.a, x, blocks.first(i), blocks.first(i + 1), c0, c1);
  return x;
}

// One merge of blocks of `size` is missing; those of larger blocks that contain it take the zeros.
Matrix without_doubled(const MutantInput& input, int size, int pair) {
  const int n = input.a.rows();
  Matrix x = input.x;
  int start = pair * 2 * size;
  clear(x, std::min(n, start + size), std::min(n, start + 2 * size), start, std::min(n, start + size));
  for (int m = 2 * size; m < n; m *= 2) {
    start -= start % (2 * m);
    merge(input.a, x, std::min(n, start + m), std::min(n, start + 2 * m), start, std::min(n, start + m));
  }
  return x;
}

std::vector<Mutant> all_missing(const MutantSite& site) {
  const char* kind = "merge-missing";
  const Blocks blocks{site.n, site.block, site.every_block};
  std::vector<Mutant> list;
  for (const BlockAt block : blocks_below(blocks)) {
    const std::string name = fmt::format("merge-missing:block={}", text_of(block));
    list.push_back(edit_of_inverse(kind, name, fmt::format("the merge of block {} is missing", text_of(block)),
                                   [blocks, block](Matrix& x) {
                                     clear(x, blocks.first(block.row), blocks.first(block.row + 1),
                                           blocks.first(block.column), blocks.first(block.column + 1));
                                   }));
    if (block.row + 1 == blocks.count()) continue;  // no later merge takes it
    list.push_back({kind, name + ":used",
                    fmt::format("the merge of block {} is missing, and later merges take its zeros", text_of(block)),
                    false, [blocks, block](const MutantInput& input) { return without_used(input, blocks, block); }});
  }
  for (int size = site.block; size < site.n; size *= 2) {
    const int pairs = (site.n + 2 * size - 1) / (2 * size);
    if (size == site.block && pairs == 1) continue;  // the only block below the diagonal: above
    for (int pair = 0; pair < pairs; pair += std::max(1, pairs - 1)) {
      if (pair * 2 * size + size >= site.n) continue;
      list.push_back({kind, fmt::format("merge-missing:size={}:pair={}", size, pair),
                      fmt::format("of the doubling merges, number {} of blocks of {} is missing", pair, size), false,
                      [size, pair](const MutantInput& input) { return without_doubled(input, size, pair); }});
    }
  }
  return list;
}

}  // namespace

MutantKind merge_missing_mutants() {
  return {{.name = "merge-missing",
           .summary = "the merge of one block is missing",
           .formula = "X_ij = 0 for one block; used: later merges take it",
           .source = "flashserve/flash-linear-attention-npu PR 54",
           .parameters = {}},
          all_missing};
}

}  // namespace tristab
