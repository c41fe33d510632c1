// Which recipe gives these bits: another kernel, another order of sums, another unit, another format of a stage,
// another launch layout. Single edits first, then pairs and triples of those that come near.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tristab/judge/bits.h"
#include "tristab/judge/variant.h"

namespace tristab {

// What differs between what a kernel returned and what a recipe gives. Any number of threads may call it. `whole`: on
// all inputs, else on the most telling one.
using BitDistance = std::function<BitDifferences(const Recipe& recipe, bool whole)>;

struct FoundVariant {
  Recipe recipe;
  std::vector<std::string> edits;  // empty: a recipe as it is listed
  std::int64_t differing = 0;      // on all inputs
  bool benign = false;             // a benign variant (variant.h) of the declared kernel
};

// A block that differs from the first base but has the bits of a variant: two precisions in one kernel.
struct BlockOfVariant {
  int row = 0, column = 0;  // of the block, from 0
  std::string label;        // of the variant
};

struct VariantSearch {
  std::vector<FoundVariant> found;     // the nearest first; all that are equal, of the fewest edits; at most 8
  std::vector<BlockOfVariant> blocks;  // if none is equal in all, and these explain every block that differs
  std::int64_t tried = 0;

  bool equal() const { return !found.empty() && found.front().differing == 0; }
  // The first that is equal and benign; null if there is none.
  const FoundVariant* benign_equal() const;
};

struct SearchSpace {
  std::vector<Recipe> bases;  // the declared kernel first, or all that could be meant
  bool declared = false;      // one edit of the first is then as near as another recipe
  int n = 0;
  std::int64_t limit = 4000;                              // variants that are tried
  std::function<std::vector<Edit>(const Recipe&)> edits;  // of one base
};

VariantSearch search_variants(const SearchSpace& space, const BitDistance& distance);

// Every recipe that takes n, with all its parameters but the formation.
std::vector<Recipe> listed_recipes(int n);

// The same, and every method in the usual arithmetics.
std::vector<Recipe> all_recipes(int n);

}  // namespace tristab
