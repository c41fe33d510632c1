// Other spellings of formats.
#pragma once

#include <string>
#include <string_view>

namespace tristab {

// The name as this program writes it, of a format or of an arithmetic that begins with one: "fp16" of "FP16" and
// "float16", "bf16-h100" of "bfloat16-h100", "e4m3" of PyTorch's "float8_e4m3fn". Any other text in lower case.
std::string usual_format_name(std::string_view name);

}  // namespace tristab
