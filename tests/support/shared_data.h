// The folder of trained layers and of records from an H100 that is too large for the repository.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace tristab {

// Where TRISTAB_SHARED_DATA says, or beside the checkout; empty where it lacks `file` (a test then skips).
inline std::filesystem::path shared_data(const char* file) {
  const char* named = std::getenv("TRISTAB_SHARED_DATA");
  const std::filesystem::path path =
      named != nullptr ? std::filesystem::path(named) : std::filesystem::path(TRISTAB_SOURCE_DIR) / "../shared/data";
  return std::filesystem::exists(path / file) ? path : std::filesystem::path();
}

}  // namespace tristab
