// The codes of a format: sign, exponent field and fraction field, as `explain` describes them.
#pragma once

#include <cstdint>
#include <optional>

#include "tristab/format/format.h"

namespace tristab {

// Where the fields of a code lie: the sign, then `exponent_bits`, then `fraction_bits`, and `unused` bits below (tf32).
struct CodeLayout {
  int exponent_bits = 0, fraction_bits = 0, bias = 0, unused = 0;
  int last_exponent = 0;       // the exponent field of the largest number
  bool has_infinities = true;  // the field after that one: infinity where the fraction is 0, NaN elsewhere
};
CodeLayout code_layout(const Format& format);

// The code of a value of the format; none for a value that has no code (an infinity or NaN of e2m1). NaN has the code
// with the largest fraction's highest bit set, or the reserved code of a format without infinities.
std::optional<std::uint64_t> code_of(double value, const Format& format);

// The value of a code, NaN for the codes of NaN. The inverse of code_of, except that NaN has many codes.
double value_of_code(std::uint64_t code, const Format& format);

}  // namespace tristab
