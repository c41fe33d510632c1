// The names that values of options are made of, taken from the registries: what completion scripts offer.
#pragma once

#include <string>
#include <vector>

namespace tristab {

// One thing to type after "name:": "block=", or "scale=row" where the parameter has named choices.
struct SettingWord {
  std::string text;
  std::string help;  // one line
  bool operator==(const SettingWord&) const = default;
};

struct VocabularyEntry {
  std::string name;
  std::string summary;  // one line
  std::vector<SettingWord> settings;
};

struct Vocabulary {
  std::string kind;  // "methods", as in `tristab list methods`
  std::vector<VocabularyEntry> entries;
};

// Everything that `tristab list KIND` knows, in the order of its kinds. Patterns of names ("eXmY") are left out of the
// arithmetics, which cannot be given under that name.
const std::vector<Vocabulary>& vocabularies();

// What `tristab compare --metrics` takes: not all of `tristab list metrics`, and the quantities of a summary besides.
const Vocabulary& table_metrics();

// The vocabulary of a kind, table_metrics() for "table-metrics". Throws std::logic_error for another one.
const Vocabulary& vocabulary_of(const std::string& kind);

}  // namespace tristab
