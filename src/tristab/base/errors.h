// The messages of errors, and the hints that they give.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/error_kinds.h"

namespace tristab {

// A text for a message: of one that is longer than `most` bytes, the beginning and the end, cut between characters.
// What a file or a command line holds may be a megabyte.
std::string shortened(std::string_view text, std::size_t most = 400);

// The allowed name nearest to `found` in edit distance (case ignored), or "" if none is near enough to be a typing
// error.
std::string nearest_name(std::string_view found, std::span<const std::string> allowed);

// All that follow shorten what they quote, so that every message ends with what is allowed.

// "<place>: no <kind> is called 'sliu'; did you mean 'silu'? Allowed: a, b, c". `place` names file and JSON path, or
// the option. If more than 100 names are allowed, the message lists the 20 nearest ones "and N more".
[[noreturn]] void throw_unknown_name(std::string_view place, std::string_view kind, std::string_view found,
                                     std::span<const std::string> allowed);

// The two throw UsageError and InputError with the message "<where>: found <found>; allowed: <allowed>". `where` names
// file and JSON path, or the option.
[[noreturn]] void refuse(std::string_view where, std::string_view found, std::string_view allowed);
[[noreturn]] void refuse_input(std::string_view where, std::string_view found, std::string_view allowed);

// "a, b, c"; if there are more than 100 names, the first 20 "and N more".
std::string join_names(std::span<const std::string> names);

}  // namespace tristab
