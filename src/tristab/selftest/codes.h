// Stored bit patterns and their values, by the definitions of the formats: IEEE 754-2019 section 3.4 (fp16, fp32, and
// bf16 as the upper half of fp32), OCP OFP8 1.0 (e5m2; e4m3, whose only codes that are not numbers have all bits set
// but the sign).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tristab::selftest {

// The value of a code of "fp16", "bf16", "fp32", "e4m3" or "e5m2"; a NaN keeps its sign and payload, left-aligned.
// Throws std::logic_error for other names.
float value_of_code(std::string_view format, std::uint32_t code);

// The values of the codes 0 .. count - 1.
std::vector<float> values_of_codes(std::string_view format, std::uint32_t count);

// The code of a value of "fp32" or "fp16"; every NaN has all bits set but the sign, as matrix units write it. For a
// value that "fp16" does not have: 0xffffffff, which is no code.
std::uint32_t code_of_value(std::string_view format, float value);

}  // namespace tristab::selftest
