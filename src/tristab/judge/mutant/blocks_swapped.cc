// Two blocks of X in each other's place: neighbours on one block diagonal, (i, j) and (i + 1, j + 1), or two mirror
// places of one block row, (i, 0) and (i, i - 1).
// The bug: a wrong block index or stride in a store. Seen: block by block debugging of solve_tri,
// flash-linear-attention-npu PR 54.
#include <fmt/format.h>

#include <utility>

#include "tristab/judge/mutant/kinds.h"

namespace tristab {
namespace {

std::vector<Mutant> all_swapped(const MutantSite& site) {
  const Blocks blocks{site.n, site.block, site.every_block};
  std::vector<std::pair<BlockAt, BlockAt>> pairs;
  const int count = site.n / site.block;  // of whole blocks
  const int last = count > 4 ? 2 : count;
  for (int offset = 0; offset < last; ++offset) {
    for (int i = offset; i + 1 < std::min(count, offset + 3); ++i)
      pairs.push_back({{i, i - offset}, {i + 1, i + 1 - offset}});
  }
  if (count > 2) pairs.push_back({{count - 1, 0}, {count - 1, count - 2}});
  std::vector<Mutant> list;
  for (const auto& [one, other] : pairs) {
    const std::string which = fmt::format("{}-{}", text_of(one), text_of(other));
    list.push_back(edit_of_inverse("blocks-swapped", fmt::format("blocks-swapped:{}", which),
                                   fmt::format("blocks {} and {} are swapped", text_of(one), text_of(other)),
                                   [blocks, one = one, other = other](Matrix& x) {
                                     for (int i = 0; i < blocks.size; ++i) {
                                       for (int j = 0; j < blocks.size; ++j)
                                         std::swap(x(blocks.first(one.row) + i, blocks.first(one.column) + j),
                                                   x(blocks.first(other.row) + i, blocks.first(other.column) + j));
                                     }
                                   }));
  }
  return list;
}

}  // namespace

MutantKind blocks_swapped_mutants() {
  return {{.name = "blocks-swapped",
           .summary = "two blocks stand in each other's place",
           .formula = "X_ij <-> X_kl for two blocks",
           .source = "flashserve/flash-linear-attention-npu PR 54",
           .parameters = {}},
          all_swapped};
}

}  // namespace tristab
