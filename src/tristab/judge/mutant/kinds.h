// The kinds of mutants, and what their formulas share.
#pragma once

#include <algorithm>

#include "tristab/judge/mutant.h"
#include "tristab/matrix/plain_algebra.h"

namespace tristab {

MutantKind zero_mutants();
MutantKind series_mutants();
MutantKind wrong_sign_mutants();
MutantKind merge_missing_mutants();
MutantKind blocks_swapped_mutants();
MutantKind block_transposed_mutants();
MutantKind block_sign_mutants();
MutantKind transposed_mutants();
MutantKind diagonal_mutants();
MutantKind upper_junk_mutants();
MutantKind stale_mutants();
MutantKind tail_mutants();
MutantKind mask_mutants();
MutantKind beta_mutants();
MutantKind decay_mutants();

// The block rows and columns of an n x n matrix: [first(i), first(i + 1)).
struct Blocks {
  int n, size;
  bool every = false;
  int count() const { return (n + size - 1) / size; }
  int first(int i) const { return std::min(n, i * size); }
  int rows(int i) const { return first(i + 1) - first(i); }
};
struct BlockAt {
  int row, column;
};
// Blocks below the diagonal: all of up to four block rows, or if every one is wanted; else the corners, and one in the
// middle.
std::vector<BlockAt> blocks_below(const Blocks& blocks);
std::string text_of(BlockAt block);  // "(3,1)": counted from 1, as X31 in the formulas of kernels

// A mutant that changes the right inverse.
Mutant edit_of_inverse(const char* kind, std::string name, std::string text, std::function<void(Matrix& x)> edit);

// A mutant that inverts another A, formed from the tokens.
Mutant of_other_factors(const char* kind, std::string name, std::string text,
                        std::function<void(GatedFactors& factors)> edit, Triangle triangle = Triangle::strictly_lower);

}  // namespace tristab
