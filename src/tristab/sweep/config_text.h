// Configurations as text: strict JSON files, and comma-separated lists on a command line.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/parameters.h"

namespace tristab {

// Reads and parses a file; "-" is standard input. Throws InputError when it cannot be read, UsageError when it is not
// JSON.
Json read_config_file(const std::filesystem::path& file);

// Splits at commas outside braces, brackets and quotes: "mxr:block=8,{\"method\": \"mbh\"}" -> two items.
// Throws UsageError naming `place` for an empty item.
std::vector<std::string> split_list(std::string_view text, std::string_view place);

}  // namespace tristab
