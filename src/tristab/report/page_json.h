// The data of a page as JSON with short numbers.
#pragma once

#include <string>
#include <vector>

#include "tristab/report/case_groups.h"

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

// Of each setting its method, arithmetic and formation, and 1 for a kernel.
std::string page_settings(const std::vector<CaseSetting>& settings);

}  // namespace tristab
