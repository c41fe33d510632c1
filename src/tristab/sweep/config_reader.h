// Reads the keys of a configuration or of one of its scenarios. A value comes from the file, or from an option that
// replaces the key; messages name that place.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tristab/base/parameters.h"

namespace tristab {

// What a command-line option says: its text, and how messages name it ("" stands for "--KEY").
struct Override {
  Override(const char* words) : text(words) {}  // NOLINT: as in {"trials", "4"}
  Override(std::string words, std::string name = "") : text(std::move(words)), option(std::move(name)) {}  // NOLINT
  std::string text, option;
};

// Options that replace keys of a configuration: {"chunks", "16:256:*2"}, {"methods", "mxr:block=8/16,mbh"}.
using ConfigOverrides = std::map<std::string, Override, std::less<>>;

// What the paths of a configuration are relative to: one folder; or, in a result, which stores the values of options as
// well, a folder for each key.
struct Folders {
  template <class Path>
  requires std::convertible_to<Path, std::filesystem::path> Folders(const Path& folder)
      : usual(folder) {}  // NOLINT: as in make_config(json, {}, "x.json", "configs", "x")
  const std::filesystem::path& of(std::string_view key) const {
    const auto found = own.find(key);
    return found == own.end() ? usual : found->second;
  }
  std::filesystem::path usual;
  std::map<std::string, std::filesystem::path, std::less<>> own;
};

class ConfigReader {
 public:
  // `given` and `overrides` must outlive the reader. Paths in `given` are relative to `folders`, paths in
  // overrides to the working directory. Throws UsageError if `given` is not an object or has a key that is not in
  // `keys`.
  ConfigReader(const Json& given, const ConfigOverrides& overrides, std::string_view place, Folders folders,
               const std::vector<std::string>& keys);

  const std::string& place() const { return place_; }
  std::string place(std::string_view key) const;                // "x.json: chunks", or "--chunks"
  std::filesystem::path directory(std::string_view key) const;  // paths in this key are relative to it
  const Folders& folders() const { return folders_; }
  bool overridden(std::string_view key) const { return overrides_.contains(key); }

  Json value(const std::string& key) const;  // null if the key is absent
  bool has(const std::string& key) const;    // false if the key is absent, null or an empty list

  // The items of a list of names and objects such as {name_key: NAME, ...}, with their places. Throws UsageError
  // if the key is missing, is not a list, or is empty.
  std::vector<std::pair<Json, std::string>> items(const std::string& key, std::string_view name_key) const;

  // One line of text, not empty; `default_value` if the key is absent. Throws UsageError for anything else.
  std::string text(const std::string& key, std::string_view default_value) const;

  // A name of letters, digits, '.', '_' and '-' that does not begin with '.' or '-', so that it can be a file name
  // and part of an id.
  std::string name(const std::string& key, std::string_view default_value) const;

 private:
  const Json& given_;
  const ConfigOverrides& overrides_;
  std::string place_;
  Folders folders_;
};

// Refuses the second of two equal settings, naming both places.
class DuplicateCheck {
 public:
  explicit DuplicateCheck(std::string_view what) : what_(what) {}
  void add(const std::string& identity, const std::string& label, const std::string& place);

 private:
  std::string what_;
  std::map<std::string, std::string> places_;
};

}  // namespace tristab
