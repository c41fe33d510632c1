// Which part of a file a specification of the family `file` selects.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/parameters.h"

namespace tristab {

enum class Tail { pad, short_chunk, drop };

struct TokenRange {
  std::int64_t begin = 0, end = 0;  // [begin, end)

  // Number of chunks of n tokens; the last one may be partial, and counts unless it is dropped.
  std::int64_t chunks(int n, Tail tail) const;
};

// Where a setting of the family `file` was given: "c.json: families[0].heads"; "--heads" beside --input, whose parts
// are options of their own.
std::string place_of_setting(std::string_view place, std::string_view setting);

// Checks `heads` and `tokens` as a configuration or a command line writes them and brings them into one form, "all" or
// a list: "all", 3, [0, 2], "0,2" -> heads; "all", [begin, end), "begin:end" -> tokens. Throws UsageError with place,
// found and allowed.
void settle_heads(Json& settings, std::string_view place);
void settle_tokens(Json& settings, std::string_view place);

// Compares the settled values with what the file has. Throws UsageError if they go beyond it.
std::vector<std::int64_t> selected_heads(const Json& heads, std::int64_t available, std::string_view place);
TokenRange selected_tokens(const Json& tokens, std::int64_t available, std::string_view place);

Tail tail_of(std::string_view name);

}  // namespace tristab
