// Escapes of characters that another format would interpret.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace tristab {

// The text with the second of each pair where the first stands. What is put in is not searched again.
inline std::string replaced(std::string_view text,
                            std::initializer_list<std::pair<std::string_view, std::string_view>> table) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    std::string_view piece = text.substr(0, 1), put = piece;
    for (const auto& [given, instead] : table) {
      if (!text.starts_with(given)) continue;
      piece = given;
      put = instead;
      break;
    }
    result += put;
    text.remove_prefix(piece.size());
  }
  return result;
}

}  // namespace tristab
