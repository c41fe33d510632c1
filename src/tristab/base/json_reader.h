// JSON from files and command lines. Every reader parses here, under the same limits.
#pragma once

#include <functional>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tristab/base/json.h"

namespace tristab {

// Values are copied, compared and printed recursively, so deeper ones could overflow the stack. Files of tristab have
// fewer than 20 levels.
inline constexpr int deepest_json = 100;

// "line 1, column 9: syntax error ...": the text is not JSON, too deep, or has a number beyond the range of double.
class JsonError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What the library says of an error, in one short line and without its own name.
std::string json_reason(const Json::exception& error);

// Sees each event of parsing; false leaves the value out. It may throw.
using JsonFilter = std::function<bool(int depth, Json::parse_event_t event, Json& parsed)>;

// Both throw JsonError.
Json parse_json(std::string_view text, const JsonFilter& filter = {});
Json parse_json(std::istream& stream, const JsonFilter& filter = {});

// A file that a user wrote. Throws UsageError with `place` and the line and column of an error, or the JSON path of a
// key that is given twice.
Json parse_user_json(std::string_view text, std::string_view place);

}  // namespace tristab
