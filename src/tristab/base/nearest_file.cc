#include "tristab/base/nearest_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "tristab/base/errors.h"

namespace tristab {

std::string nearest_file_hint(const std::filesystem::path& file) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (file.filename().empty() || fs::exists(file, error) || error) return "";
  const fs::path directory = file.parent_path();
  std::vector<std::string> names;
  const fs::directory_iterator end;
  for (fs::directory_iterator entry(directory.empty() ? "." : directory, error); !error && entry != end;
       entry.increment(error)) {
    std::error_code unknown;  // errors of one entry are ignored
    if (!entry->is_directory(unknown)) names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());  // directory order is unspecified
  const std::string nearest = nearest_name(file.filename().string(), names);
  return nearest.empty() ? "" : fmt::format("; did you mean '{}'?", (directory / nearest).string());
}

}  // namespace tristab
