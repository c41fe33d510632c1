// The data of a page as JSON with short numbers, in a <script> element.
#pragma once

#include <string>
#include <string_view>

namespace tristab {

// "1.23e-5"; "null" where there is no number. JSON has no infinity: it is the text "inf".
std::string page_number(double value, int digits);

// [a,b,...] without spaces: this is the bulk of a page.
template <class Range, class Text>
std::string page_list(const Range& range, Text text) {
  std::string list = "[";
  for (const auto& element : range) {
    if (list.size() > 1) list += ',';
    list += text(element);
  }
  return list + "]";
}

// '<' is escaped.
std::string escaped_for_script(std::string_view json);

}  // namespace tristab
