#include "value_type.h"

#include <fmt/format.h>

#include <array>

#include "tristab/report/object_stream.h"
#include "vocabulary.h"

namespace tristab {
namespace {

struct NamedType {
  std::string_view name, vocabulary;
  bool list;
};

constexpr std::array<NamedType, 14> named_types{{{"METHOD", "methods", false},
                                                 {"METHODS", "methods", true},
                                                 {"KERNEL", "kernels", false},
                                                 {"KERNELS", "kernels", true},
                                                 {"ARITHMETIC", "arithmetics", false},
                                                 {"ARITHMETICS", "arithmetics", true},
                                                 {"FAMILY", "families", false},
                                                 {"FAMILIES", "families", true},
                                                 {"FORMATION", "formations", false},
                                                 {"FORMATIONS", "formations", true},
                                                 {"METRICS", "table-metrics", true},
                                                 {"OBJECTIVE", "metrics", false},
                                                 {"REQUIREMENT", "gates", true},
                                                 {"HARDWARE", "hardware", false}}};

std::vector<std::string> split_at_bars(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '|') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

ValueType value_type_of(std::string_view type_name) {
  using Kind = ValueType::Kind;
  ValueType type;
  type.shown = type_name;
  constexpr std::string_view file = "FILE";
  if (type_name.starts_with(file)) {
    type.kind = Kind::file;
    if (type_name.size() > file.size()) type.words = split_at_bars(type_name.substr(file.size() + 1));
    if (type.words.size() > 1) type.shown = file;
    return type;
  }
  for (const NamedType& named : named_types) {
    if (type_name != named.name) continue;
    return {Kind::names, named.list ? "LIST" : "NAME", {}, std::string(named.vocabulary), named.list};
  }
  if (type_name == "DIR") {
    type.kind = Kind::directory;
  } else if (type_name == "TABLE") {
    type.kind = Kind::choice;
    type.words = result_tables();
  } else if (type_name == "WHEN") {  // of --color
    type.kind = Kind::choice;
    type.words = {"auto", "always", "never"};
  } else if (type_name == "ENTRY") {
    type.kind = Kind::entry;
  } else if (type_name == "SETTINGS") {
    type.kind = Kind::settings;
  } else if (type_name == "SIZES" || type_name == "HEADS") {
    type.shown = "LIST";
  } else if (type_name.find('|') != std::string_view::npos) {
    constexpr std::size_t most_shown = 3;
    type.kind = Kind::choice;
    type.words = split_at_bars(type_name);
    if (type.words.size() > most_shown) type.shown = "WORD";  // the help says which
  }
  return type;
}

}  // namespace tristab
