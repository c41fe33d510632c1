// Files that are read as text. Every such file is opened here, so that it is noted (file_ledger.h).
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace tristab {

// Opens a file or a pipe. Throws InputError "<path>: cannot read<what>: <reason>; allowed: <allowed>".
std::ifstream open_input(const std::filesystem::path& path, std::string_view what, std::string_view allowed);

// All of it; "-" is standard input.
std::string read_input(const std::filesystem::path& path, std::string_view what, std::string_view allowed);

// Whether reading starts anew when the path is opened again, as for a file but not for a pipe or "-".
bool is_read_again(const std::filesystem::path& path);

}  // namespace tristab
