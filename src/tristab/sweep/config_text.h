// Configurations as text: strict JSON files, and comma-separated lists on a command line.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/parameters.h"

namespace tristab {

// Parses JSON text. Throws UsageError with `place` and the line and column of a syntax error, or the JSON path
// of a key that is given twice.
Json parse_config_text(std::string_view text, std::string_view place);

// Reads and parses a file. Throws InputError when it cannot be read.
Json read_config_file(const std::filesystem::path& file);

// Splits at commas outside braces, brackets and quotes: "mxr:block=8,{\"method\": \"mbh\"}" -> two items.
// Throws UsageError naming `place` for an empty item.
std::vector<std::string> split_list(std::string_view text, std::string_view place);

}  // namespace tristab
