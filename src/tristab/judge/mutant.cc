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

Matrix plain_product(const Matrix& x, const Matrix& y) {
  Matrix product(x.rows(), y.columns());
  for (int i = 0; i < x.rows(); ++i) {
    for (int k = 0; k < x.columns(); ++k) {
      const double factor = x(i, k);
      if (factor == 0) continue;
      for (int j = 0; j < y.columns(); ++j) product(i, j) += factor * y(k, j);
    }
  }
  return product;
}

Matrix plain_inverse(const Matrix& a) {
  const int n = a.rows();
  Matrix x(n, n);
  for (int i = 0; i < n; ++i) {
    x(i, i) = 1;
    for (int k = 0; k < i; ++k) {
      const double factor = a(i, k);
      if (factor == 0) continue;
      for (int j = 0; j <= k; ++j) x(i, j) -= factor * x(k, j);
    }
    const double divisor = 1 + a(i, i);
    if (divisor == 1) continue;
    for (int j = 0; j <= i; ++j) x(i, j) /= divisor;
  }
  return x;
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
