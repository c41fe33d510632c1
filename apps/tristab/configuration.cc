#include "configuration.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/base/input_file.h"
#include "tristab/base/json.h"
#include "tristab/base/named.h"
#include "tristab/recipe/recipe.h"
#include "tristab/report/object_stream.h"
#include "tristab/sweep/config_text.h"

namespace tristab {
namespace {

namespace fs = std::filesystem;

// The paths in the value of a key.
void collect_paths(const std::string& key, const Json& value, std::vector<HashedPath>& paths) {
  if (key == "require" && value.is_string()) {
    for (const std::string& part : split_list(value.get<std::string>(), key))
      if (const auto file = hashed_path(part.substr(0, part.find(':')))) paths.push_back(*file);
  }
  if (value.is_object() && value.value("family", Json()) == "file") {
    for (const char* name : {"path", "beta", "g"}) {
      const Json path = value.value(name, Json());
      if (path.is_string() && path != "-") paths.push_back({path.get<std::string>(), ""});
    }
  }
  if (value.is_object() && value.value("kernel", Json()).is_string()) {
    if (const auto file = hashed_path(value["kernel"].get<std::string>())) paths.push_back(*file);
  }
  if (!value.is_structured()) return;
  for (const Json& each : value) collect_paths(key, each, paths);
}

std::vector<HashedPath> paths_of(const std::string& key, const Json& config) {
  std::vector<HashedPath> paths;
  if (!config.is_object()) return paths;
  collect_paths(key, config.value(key, Json()), paths);
  for (const Json& scenario : config.value("scenarios", Json::array()))
    if (scenario.is_object()) collect_paths(key, scenario.value(key, Json()), paths);
  return paths;
}

// Whether a file is a result, by its beginning.
bool is_result(const std::string& path) {
  if (path == "-" || !is_read_again(path)) return false;
  std::ifstream file = open_input(path, " the configuration", "a JSON file");
  std::string beginning(256, '\0');
  file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  return beginning.find("\"tristab-results/") != std::string::npos;
}

std::vector<std::string> words_of(const ResultHead& head) {
  std::vector<std::string> words;
  const Json& run = head.run.json();
  for (const Json& word : run.is_object() ? run.value("command", Json::array()) : Json::array()) {
    if (word.is_string()) words.push_back(word.get<std::string>());
  }
  return words;
}

// Where the paths of a result may be relative to: the working directory, its own folder, those of what its command
// names; and, where this is a result (a shard, or one that was run again), of what the command of that names.
class Candidates {
 public:
  Candidates(const ResultHead& head, const std::string& result)
      : result_(result), words_(words_of(head)), folders_{"", fs::path(result).parent_path()} {
    add(words_);
  }
  // Null if none has all of the paths.
  template <class Holds>
  const fs::path* folder_of(const std::vector<HashedPath>& paths, const Holds& holds) {
    const auto has_all = [&](const fs::path& folder) {
      return std::ranges::all_of(paths, [&](const HashedPath& path) { return holds(folder, path); });
    };
    auto found = std::ranges::find_if(folders_, has_all);
    if (found == folders_.end()) {
      look_further();
      found = std::ranges::find_if(folders_, has_all);
    }
    return found == folders_.end() ? nullptr : &*found;
  }

 private:
  void add(const std::vector<std::string>& words) {
    for (const std::string& word : words) folders_.push_back(fs::path(word).parent_path());
  }
  void look_further() {
    for (const std::string& word : std::exchange(words_, {})) {
      std::error_code error;
      if (!fs::is_regular_file(word, error) || fs::equivalent(word, result_, error)) continue;
      try {
        if (!is_result(word)) continue;
        add(words_of(visit_result(word, {}, {})));
        return;                      // all shards are of one command
      } catch (const InputError&) {  // it was replaced since
      } catch (const UsageError&) {  // this command writes it
      }
    }
  }

  std::string result_;
  std::vector<std::string> words_;  // of the command, until they are looked into
  std::vector<fs::path> folders_;
};

// Of each key by itself, for an option may have given it.
Folders folders_of(const ResultHead& head, const std::string& result) {
  Candidates candidates(head, result);
  const auto is_there = [](const fs::path& folder, const HashedPath& path) {
    std::error_code error;
    return fs::exists(folder / path.path, error);
  };
  const auto is_same = [&](const fs::path& folder, const HashedPath& path) {
    return is_there(folder, path) && (path.hash.empty() || holds_recipe(path, folder));
  };
  Folders folders("");
  for (const char* key : {"families", "kernels", "require"}) {
    const std::vector<HashedPath> paths = paths_of(key, head.config.json());
    const fs::path* found = candidates.folder_of(paths, is_same);
    if (found == nullptr) found = candidates.folder_of(paths, is_there);
    if (found != nullptr) folders.own.emplace(key, *found);
  }
  return folders;
}

}  // namespace

SweepConfig read_config(const std::string& path, const ConfigOverrides& overrides) {
  if (!is_result(path)) return load_config(path, overrides);
  const ResultHead head = visit_result(path, {}, {});
  if (head.config.is_null()) refuse_input(path, "a result without its configuration", "one that has it");
  return make_config(head.config.json(), overrides, path, folders_of(head, path), fs::path(path).stem().string());
}

}  // namespace tristab
