// X = sum_{k < t} (-A)^k, t = 1 (I), 2 (I - A), 3, 4, 6, 9, 16, 32, ..., n - 1; t = n is exact.
// One round less of doubling, in the diagonal blocks alone: X_ii = sum_{k < b/2} (-A_ii)^k, and merges that take them.
// The bug: a truncated Neumann series, a loop that ends early, or an inverse that is not computed at all (t = 1).
// Seen: FLA's solve_tril test with FLA_CI_ENV=1 accepts t = 2 and more; FlashInfer's prefill tests with decay and beta
// accept t = 2.
#include <fmt/format.h>

#include <algorithm>

#include "tristab/judge/mutant/kinds.h"

namespace tristab {
namespace {

Matrix series(const Matrix& a, int terms) {
  Matrix x(a.rows(), a.rows());
  for (int i = 0; i < a.rows(); ++i) x(i, i) = 1;
  for (int k = 1; k < terms; ++k) {  // Horner: X <- I - A X
    x = plain_product(a, x);
    for (double& value : x.values()) value = -value;
    for (int i = 0; i < a.rows(); ++i) x(i, i) += 1;
  }
  return x;
}

// Diagonal blocks of half their terms, and X_ij = -X_ii sum_{j <= k < i} A_ik X_kj.
Matrix of_short_blocks(const Matrix& a, int size) {
  const Blocks blocks{a.rows(), size};
  Matrix x(a.rows(), a.rows());
  for (int b = 0; b < blocks.count(); ++b) {
    const int first = blocks.first(b), rows = blocks.rows(b);
    Matrix diagonal(rows, rows), product(rows, first);
    for (int i = 0; i < rows; ++i) {
      std::copy_n(a.row(first + i) + first, rows, diagonal.row(i));
      for (int k = 0; k < first; ++k) {
        for (int j = 0; j <= k; ++j) product(i, j) -= a(first + i, k) * x(k, j);
      }
    }
    const Matrix inverse = series(diagonal, size / 2), merged = plain_product(inverse, product);
    for (int i = 0; i < rows; ++i) {
      std::copy_n(merged.row(i), first, x.row(first + i));
      std::copy_n(inverse.row(i), rows, x.row(first + i) + first);
    }
  }
  return x;
}

std::vector<Mutant> all_series(const MutantSite& site) {
  std::vector<Mutant> list;
  const auto add = [&](int terms) {
    const std::string name = terms == 1   ? "identity"
                             : terms == 2 ? "identity-minus-a"
                                          : fmt::format("series:terms={}", terms);
    const std::string text = terms == 1   ? "the inverse is the identity"
                             : terms == 2 ? "the inverse is I - A"
                                          : fmt::format("the series ends after {} terms", terms);
    list.push_back({"series", name, text, false, [terms](const MutantInput& input) { return series(input.a, terms); }});
  };
  const int last = site.n - 1;
  for (int terms = 1; terms <= std::min(last, 15); ++terms) {
    const bool listed = terms <= 4 || terms == 6 || terms == 9;
    if (listed || (site.every_block && terms < last)) add(terms);
  }
  for (int terms = 16; terms < last; terms *= 2) add(terms);
  if (last > 9) add(last);
  if (site.block >= 4) {
    list.push_back({"series", fmt::format("series:blocks={}", site.block),
                    fmt::format("the series of the diagonal blocks ends after {} terms", site.block / 2), false,
                    [size = site.block](const MutantInput& input) { return of_short_blocks(input.a, size); }});
  }
  return list;
}

}  // namespace

MutantKind series_mutants() {
  return {{.name = "series",
           .summary = "the Neumann series ends early",
           .formula = "X = I - A + A^2 - ..., t terms",
           .source = "flash-linear-attention, tests/ops/test_solve_tril.py with FLA_CI_ENV=1; FlashInfer, "
                     "tests/gdn/test_prefill_delta_rule.py",
           .parameters = {}},
          all_series};
}

}  // namespace tristab
