// -X_ij in place of X_ij, one block below the diagonal, or everything below the diagonal.
// The bug: the minus of X_ij = -X_ii (...) X_jj is forgotten, or done twice: some kernels negate A, some the product.
// Seen: block by block debugging of solve_tri, flash-linear-attention-npu PR 54.
#include <fmt/format.h>

#include "tristab/judge/mutant/kinds.h"

namespace tristab {
namespace {

std::vector<Mutant> all_signs(const MutantSite& site) {
  const Blocks blocks{site.n, site.block, site.every_block};
  std::vector<Mutant> list;
  for (const BlockAt block : blocks_below(blocks)) {
    list.push_back(edit_of_inverse("block-sign", fmt::format("block-sign:block={}", text_of(block)),
                                   fmt::format("block {} has the wrong sign", text_of(block)),
                                   [blocks, block](Matrix& x) {
                                     for (int i = blocks.first(block.row); i < blocks.first(block.row + 1); ++i) {
                                       for (int j = blocks.first(block.column); j < blocks.first(block.column + 1); ++j)
                                         x(i, j) = -x(i, j);
                                     }
                                   }));
  }
  list.push_back(edit_of_inverse("block-sign", "block-sign:all", "everything below the diagonal has the wrong sign",
                                 [](Matrix& x) {
                                   for (int i = 0; i < x.rows(); ++i) {
                                     for (int j = 0; j < i; ++j) x(i, j) = -x(i, j);
                                   }
                                 }));
  return list;
}

}  // namespace

MutantKind block_sign_mutants() {
  return {{.name = "block-sign",
           .summary = "a block has the wrong sign",
           .formula = "-X_ij in place of X_ij",
           .source = "flashserve/flash-linear-attention-npu PR 54",
           .parameters = {}},
          all_signs};
}

}  // namespace tristab
