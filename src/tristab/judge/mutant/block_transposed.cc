// X_ij^T in place of X_ij, one block.
// The bug: the wrong layout of a fragment in a store or in an operand. Seen: a state stored in the other layout, which
// FlashInfer's tests/gdn/test_prefill_delta_rule.py turns back before it compares.
#include <fmt/format.h>

#include <utility>

#include "tristab/judge/mutant/kinds.h"

namespace tristab {
namespace {

std::vector<Mutant> all_block_transposes(const MutantSite& site) {
  const Blocks blocks{site.n, site.block, site.every_block};
  std::vector<BlockAt> which = blocks_below(blocks);
  which.push_back({0, 0});
  if (blocks.count() > 1) which.push_back({blocks.count() - 1, blocks.count() - 1});
  std::vector<Mutant> list;
  for (const BlockAt block : which) {
    if (blocks.rows(block.row) != blocks.rows(block.column)) continue;  // not square
    list.push_back(edit_of_inverse("block-transposed", fmt::format("block-transposed:block={}", text_of(block)),
                                   fmt::format("block {} is transposed", text_of(block)), [blocks, block](Matrix& x) {
                                     const int r = blocks.first(block.row), c = blocks.first(block.column);
                                     for (int i = 0; i < blocks.rows(block.row); ++i) {
                                       for (int j = 0; j < i; ++j) std::swap(x(r + i, c + j), x(r + j, c + i));
                                     }
                                   }));
  }
  return list;
}

}  // namespace

MutantKind block_transposed_mutants() {
  return {{.name = "block-transposed",
           .summary = "one block is transposed",
           .formula = "X_ij^T in place of X_ij",
           .source = "FlashInfer, tests/gdn/test_prefill_delta_rule.py (layout of states)",
           .parameters = {}},
          all_block_transposes};
}

}  // namespace tristab
