// How precise a case can be: the coarsest format among those that its stages rounded to.
#pragma once

#include <string>

#include "tristab/arithmetic/machines.h"
#include "tristab/arithmetic/trace.h"

namespace tristab {

struct CasePrecision {
  std::string coarsest;           // of the formats below the coarsest: "bf16", "tf32", "int8"
  double unit_roundoff = 0;       // largest u of a format that inputs, operands and results were rounded to
  double unit_roundoff_sums = 0;  // largest u of an accumulator in which more than one product was summed
  double step = 0;                // integers: 1 / (2 qmax), half a quantisation step in units of the largest entry

  // The larger one of u and the step: what one rounding does to the largest entries.
  double largest() const { return unit_roundoff > step ? unit_roundoff : step; }
};

// Of a case that ran `trace` with these arithmetics of its stages ("*": of every stage that is not named; A is stored
// in its format). A unit counts only in stages that used it. A rounding to nearest has u = 2^-p, any other 2^(1-p). A
// split product of two parts of p bits has u = 2^-2p: the product of the low parts is left out.
CasePrecision precision_of(const StageArithmetics& stages, const Trace& trace);

}  // namespace tristab
