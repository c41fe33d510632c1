// The words of a record: fields that hold one of a few texts.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "tristab/report/object_stream.h"
#include "tristab/sweep/record.h"

namespace tristab {

// Throws InputError, naming the place, for any other text.
Status status_at(const Json& object, const std::string& place);

// The word of an enumeration with these names; none for a word of another version.
template <class Word, std::size_t count>
std::optional<Word> word_at(const Json& object, const std::string& place, const char* name,
                            const std::array<std::string_view, count>& names) {
  const auto found = std::ranges::find(names, text_field(object, place, name));
  if (found == names.end()) return std::nullopt;
  return static_cast<Word>(found - names.begin());
}

}  // namespace tristab
