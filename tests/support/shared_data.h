// The folder of trained layers and H100 records that are too large for the repository.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace tristab {

// The folder named by TRISTAB_SHARED_DATA, or the one beside the checkout; empty if it does not have `file` (the test
// is then skipped).
inline std::filesystem::path shared_data(const char* file) {
  const char* named = std::getenv("TRISTAB_SHARED_DATA");
  const std::filesystem::path path =
      named != nullptr ? std::filesystem::path(named) : std::filesystem::path(TRISTAB_SOURCE_DIR) / "../shared/data";
  return std::filesystem::exists(path / file) ? path : std::filesystem::path();
}

}  // namespace tristab
