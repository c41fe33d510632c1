// Describes the codes of a format in words: layout, values, special values. Computed from the numbers of the Format.
#pragma once

#include <string>

#include "tristab/format/format.h"

namespace tristab {

struct FormatExplanation {
  std::string layout;   // "1 sign, 5 exponent (bias 15) and 10 fraction bits"
  std::string formula;  // the value of a code
  std::string special;  // the codes of infinities and NaN, or that there are none
  std::string values;   // the number of finite values, or a list of them if they are few
};

// A code has sign s, exponent field e and fraction field f. Source of the encoding: IEEE 754-2019 section 3.4; where a
// format departs from it, the standard that format_descriptions() names.
FormatExplanation explain(const Format& format);

}  // namespace tristab
