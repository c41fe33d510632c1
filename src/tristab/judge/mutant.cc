#include "tristab/judge/mutant.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/judge/mutant/kinds.h"

namespace tristab {

std::span<const MutantKind> mutant_kinds() {
  static const std::vector<MutantKind> kinds = {
      zero_mutants(),          series_mutants(),         wrong_sign_mutants(),
      merge_missing_mutants(), blocks_swapped_mutants(), block_transposed_mutants(),
      block_sign_mutants(),    transposed_mutants(),     diagonal_mutants(),
      upper_junk_mutants(),    stale_mutants(),          tail_mutants(),
      mask_mutants(),          beta_mutants(),           decay_mutants(),
  };
  return kinds;
}

std::vector<Mutant> mutants(const MutantSite& site) {
  std::vector<Mutant> all;
  for (const MutantKind& kind : mutant_kinds()) {
    for (Mutant& mutant : kind.mutants(site)) {
      if (!mutant.needs_tokens || site.rule != nullptr) all.push_back(std::move(mutant));
    }
  }
  return all;
}

std::vector<BlockAt> blocks_below(const Blocks& blocks) {
  const int count = blocks.count();
  std::vector<BlockAt> all;
  if (count > 4 && !blocks.every) return {{1, 0}, {count / 2, count / 2 - 1}, {count - 1, 0}, {count - 1, count - 2}};
  for (int i = 1; i < count; ++i) {
    for (int j = 0; j < i; ++j) all.push_back({i, j});
  }
  return all;
}

std::string text_of(BlockAt block) { return fmt::format("({},{})", block.row + 1, block.column + 1); }

Mutant edit_of_inverse(const char* kind, std::string name, std::string text, std::function<void(Matrix& x)> edit) {
  return {kind, std::move(name), std::move(text), false, [edit = std::move(edit)](const MutantInput& input) {
            Matrix x = input.x;
            edit(x);
            return x;
          }};
}

Mutant of_other_factors(const char* kind, std::string name, std::string text,
                        std::function<void(GatedFactors& factors)> edit, Triangle triangle) {
  return {kind, std::move(name), std::move(text), true, [edit = std::move(edit), triangle](const MutantInput& input) {
            GatedFactors factors = factors_of(*input.tokens);
            const Matrix right = gated_product(factors, Triangle::strictly_lower);
            edit(factors);
            const Matrix a = gated_product(factors, triangle);
            return a == right ? input.x : plain_inverse(a);
          }};
}

}  // namespace tristab
