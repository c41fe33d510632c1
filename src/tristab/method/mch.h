// Cayley-Hamilton doubling, shared by mch and by the methods that use it on their diagonal blocks or on a block
// nilpotent matrix.
#pragma once

#include "tristab/method/method.h"

namespace tristab {

// How X (I + Y) is evaluated.
enum class DoublingAddend {
  accumulator,  // fl(X + X Y): X starts the accumulator, one rounding
  separate,     // fl(X + fl(X Y)), as FlashKDA v1 and tt-metal
  operand       // fl(X fl(I + Y)): the factor I + Y is an operand
};

struct MchOptions {
  DoublingAddend addend = DoublingAddend::accumulator;
  bool kept_accumulator = false;   // X is never rounded between steps: c += fl(X) Y
  bool power_on_the_left = false;  // Y X instead of X Y
  bool descending = false;         // from the highest power down
};

// X = (I + A)^-1 by repeated squaring for A^index = 0; A may be a batch of blocks of any size. `last` says whether the
// result is rounded.
Value mch(const Value& a, int index, Machine& machine, const Stage& stage, const MchOptions& options, RoundTo last);

std::vector<Parameter> mch_parameters();
MchOptions mch_options(const Settings& settings);

// Refuses options of mch that exclude each other; throws UsageError naming `place`.
void check_mch_options(const Settings& settings, std::string_view place);

}  // namespace tristab
