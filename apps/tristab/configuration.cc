#include "configuration.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/base/input_file.h"
#include "tristab/base/json.h"
#include "tristab/base/named.h"
#include "tristab/report/object_stream.h"
#include "tristab/sweep/config_text.h"

namespace tristab {
namespace {

namespace fs = std::filesystem;

// The paths in the configuration of a result.
void collect_paths(const Json& config, std::vector<std::filesystem::path>& paths) {
  if (config.is_object() && config.value("family", Json()) == "file") {
    for (const char* key : {"path", "beta", "g"}) {
      const Json path = config.value(key, Json());
      if (path.is_string() && path != "-") paths.emplace_back(path.get<std::string>());
    }
  }
  if (config.is_object() && config.contains("kernel") && config["kernel"].is_string()) {
    if (const auto file = hashed_path(config["kernel"].get<std::string>())) paths.emplace_back(file->path);
  }
  if (config.is_object() && config.contains("require") && config["require"].is_string()) {
    for (const std::string& part : split_list(config["require"].get<std::string>(), "require"))
      if (const auto file = hashed_path(part.substr(0, part.find(':')))) paths.emplace_back(file->path);
  }
  if (!config.is_structured()) return;
  for (const Json& each : config) collect_paths(each, paths);
}

// They were relative to the working directory, or to the configuration that the result's command names.
std::filesystem::path directory_of_paths(const ResultHead& head, const std::string& result) {
  std::vector<fs::path> paths, directories{"", fs::path(result).parent_path()};
  collect_paths(head.config.json(), paths);
  const Json& run = head.run.json();
  for (const Json& word : run.is_object() ? run.value("command", Json::array()) : Json::array()) {
    if (word.is_string()) directories.push_back(fs::path(word.get<std::string>()).parent_path());
  }
  const auto found = std::ranges::find_if(directories, [&](const fs::path& directory) {
    std::error_code error;
    return std::ranges::all_of(paths, [&](const fs::path& path) { return fs::exists(directory / path, error); });
  });
  return found == directories.end() ? fs::path() : *found;
}

// Whether a file is a result, by its beginning.
bool is_result(const std::string& path) {
  if (path == "-" || !is_read_again(path)) return false;
  std::ifstream file = open_input(path, " the configuration", "a JSON file");
  std::string beginning(256, '\0');
  file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  return beginning.find("\"tristab-results/") != std::string::npos;
}

}  // namespace

SweepConfig read_config(const std::string& path, const ConfigOverrides& overrides) {
  if (!is_result(path)) return load_config(path, overrides);
  const ResultHead head = visit_result(path, {}, {});
  if (head.config.is_null()) refuse_input(path, "a result without its configuration", "one that has it");
  return make_config(head.config.json(), overrides, path, directory_of_paths(head, path),
                     fs::path(path).stem().string());
}

}  // namespace tristab
