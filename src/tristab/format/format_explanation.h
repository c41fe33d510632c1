// What a format's codes stand for, in words: layout, values, special values. From the format's numbers alone.
#pragma once

#include <string>

#include "tristab/format/format.h"

namespace tristab {

struct FormatExplanation {
  std::string layout;   // "1 sign, 5 exponent (bias 15) and 10 fraction bits"
  std::string formula;  // the value of a code
  std::string special;  // codes of infinities and NaN, or that there are none
  std::string values;   // how many finite values there are, all of them where they are few
};

// A code is sign s, exponent field e and fraction field f. Source of the encoding: IEEE 754-2019 section 3.4, and the
// standards named in format_descriptions() where a format departs from it.
FormatExplanation explain(const Format& format);

}  // namespace tristab
