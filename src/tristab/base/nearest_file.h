// Suggests the file that a mistyped file name probably meant.
#pragma once

#include <filesystem>
#include <string>

namespace tristab {

// "; did you mean 'configs/sweeps/quick.json'?" if `file` does not exist but its directory holds a file with a similar
// name, else "". Errors of the file system give "" and are not thrown.
std::string nearest_file_hint(const std::filesystem::path& file);

}  // namespace tristab
