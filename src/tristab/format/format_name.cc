#include "tristab/format/format_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace tristab {

std::string usual_format_name(std::string_view name) {
  // Longer spellings first: "float8_e4m3fn" before "float8_e4m3".
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> spellings{{{"bfloat16", "bf16"},
                                                                                            {"float16", "fp16"},
                                                                                            {"float32", "fp32"},
                                                                                            {"float64", "fp64"},
                                                                                            {"half", "fp16"},
                                                                                            {"double", "fp64"},
                                                                                            {"float8_e4m3fn", "e4m3"},
                                                                                            {"float8_e4m3", "e4m3"},
                                                                                            {"float8_e5m2", "e5m2"},
                                                                                            {"tfloat32", "tf32"}}};
  std::string usual(name);
  std::ranges::transform(usual, usual.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [spelling, format] : spellings) {
    const bool whole =
        usual.size() == spelling.size() || (usual.size() > spelling.size() && usual[spelling.size()] == '-');
    if (usual.starts_with(spelling) && whole) return usual.replace(0, spelling.size(), format);
  }
  return usual;
}

}  // namespace tristab
