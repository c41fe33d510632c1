// Names what is wrong with an output: where its wrong elements lie, and what stands there instead.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tristab/judge/checked_input.h"
#include "tristab/judge/spread.h"

namespace tristab {

// One matrix of a part: of a chunk, or the state of a sequence.
struct CheckedPiece {
  int unit = 0;
  std::size_t chunk = 0;
  OutputPlace place;
  std::string text;  // "head 2, chunk 5"
  PieceSpread spread;
  double roundings = 0;  // relative error that the recipe itself makes here, at least that of storing
  Matrix found;          // only of pieces with wrong elements; else empty
  Matrix recipe;         // what should stand here, and what stands elsewhere by mistake
};

struct Pattern {
  std::string name;   // "merge-missing"; "place" if only the place is known
  std::string what;   // "the merge of block (3,1) is missing"
  std::string where;  // "in every matrix", "in head 2"
};

// What a bug would give in place of `piece`, and its name. Empty matrix: it does not apply.
struct Hypothesis {
  std::string name, text;
  std::function<Matrix(const CheckedPiece& piece)> gives;
};

// The patterns of the wrong pieces. Hypotheses are tried first, then the place of the wrong elements and what stands
// there are described. `block`: of the recipe.
std::vector<Pattern> find_patterns(OutputPart part, const std::vector<CheckedPiece>& pieces,
                                   const std::vector<Hypothesis>& hypotheses, int block);

// Which pieces are wrong: "in every matrix", "in head 2", "in the last chunk of every head", "in matrices 3 and 7".
std::string place_of_pieces(OutputPart part, const std::vector<CheckedPiece>& pieces, const std::vector<bool>& wrong);

}  // namespace tristab
