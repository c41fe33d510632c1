// The keys of a configuration, or of one of its scenarios, as they were given: in a file, or by options that replace
// keys of the file; each value with its place for messages.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tristab/base/parameters.h"

namespace tristab {

// Texts of command-line options that replace keys of a configuration: {"chunks", "16:256:*2"}, {"methods",
// "mxr:block=8/16,mbh"}. Keys: seed, trials, chunks, families, methods, arithmetics, kernels.
using ConfigOverrides = std::map<std::string, std::string, std::less<>>;

class ConfigReader {
 public:
  // `given` and `overrides` must outlive it. `directory` is what paths are relative to (paths in overrides: the
  // working directory). Throws UsageError for what is no object, and for keys outside `keys`.
  ConfigReader(const Json& given, const ConfigOverrides& overrides, std::string_view place,
               const std::filesystem::path& directory, const std::vector<std::string>& keys);

  const std::string& place() const { return place_; }
  std::string place(std::string_view key) const;                // "x.json: chunks", or "--chunks"
  std::filesystem::path directory(std::string_view key) const;  // of the paths in this key
  bool overridden(std::string_view key) const { return overrides_.contains(key); }

  Json value(const std::string& key) const;  // null where the key is absent
  bool has(const std::string& key) const;    // whether a key asks for anything: an empty list does not

  // The items of a list of names and objects such as {name_key: NAME, ...}, with their places. Throws UsageError for
  // a key that is missing, no list, or empty.
  std::vector<std::pair<Json, std::string>> items(const std::string& key, std::string_view name_key) const;

  // One line of text, not empty. Throws UsageError otherwise; `default_value` where the key is absent.
  std::string text(const std::string& key, std::string_view default_value) const;

  // Letters, digits, '.', '_' and '-', not beginning with '.' or '-': fit for a file name and a part of an id.
  std::string name(const std::string& key, std::string_view default_value) const;

 private:
  const Json& given_;
  const ConfigOverrides& overrides_;
  std::string place_;
  std::filesystem::path directory_;
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
