// A mistyped file name is answered with the one that was probably meant.
#pragma once

#include <filesystem>
#include <string>

namespace tristab {

// "; did you mean 'configs/sweeps/quick.json'?" where `file` does not exist and a file of a similar name stands in its
// directory, else "". Never throws for what the file system refuses.
std::string nearest_file_hint(const std::filesystem::path& file);

}  // namespace tristab
