// The names that options take, from the registries; completion offers them.
#pragma once

#include <functional>
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

// The entries of a kind are made when they are asked for, because that takes longer than most commands.
class Vocabulary {
 public:
  using Entries = std::vector<VocabularyEntry>;
  Vocabulary(std::string kind, std::function<Entries()> make) : kind_(std::move(kind)), make_(std::move(make)) {}

  const std::string& kind() const { return kind_; }  // "methods", as in `tristab list methods`
  Entries entries() const { return make_(); }

 private:
  std::string kind_;
  std::function<Entries()> make_;
};

// Everything that `tristab list KIND` knows, in the order of its kinds. Patterns of names ("eXmY") are left out of the
// arithmetics, because an arithmetic cannot be given by such a name.
const std::vector<Vocabulary>& vocabularies();

// The metrics that `tristab compare --metrics` takes: those of `tristab list metrics` that have a distribution over
// trials.
const Vocabulary& table_metrics();

// The vocabulary of a kind, table_metrics() for "table-metrics". Throws std::logic_error for another one.
const Vocabulary& vocabulary_of(const std::string& kind);

}  // namespace tristab
