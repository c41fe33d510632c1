#include "vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "model_kinds.h"
#include "tristab/arithmetic/arithmetic.h"
#include "tristab/format/format.h"
#include "tristab/layer/formation.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/matrix/source.h"
#include "tristab/method/method.h"
#include "tristab/recipe/recipe.h"
#include "tristab/sweep/field.h"

namespace tristab {
namespace {

// What fits beside a name in a terminal: whole words.
std::string brief(std::string_view text) {
  constexpr std::size_t most = 64;
  if (text.size() <= most) return std::string(text);
  const std::size_t end = text.find_last_of(' ', most - 3);
  return fmt::format("{} ...", text.substr(0, end == std::string_view::npos ? most - 4 : end));
}

std::vector<SettingWord> setting_words(std::span<const Parameter> parameters) {
  std::vector<SettingWord> words;
  for (const Parameter& parameter : parameters) {
    std::vector<std::string> values = parameter.choices;
    if (parameter.kind == Parameter::Kind::boolean) values = {"true", "false"};
    if (values.empty()) values = {""};
    for (const std::string& value : values) {
      words.push_back({fmt::format("{}={}", parameter.name, value), brief(parameter.help)});
    }
  }
  return words;
}

VocabularyEntry entry_of(const Description& description) {
  return {description.name, brief(description.summary), setting_words(description.parameters)};
}

Vocabulary methods_vocabulary() {
  Vocabulary all{"methods", {}};
  for (const Method& method : methods()) all.entries.push_back(entry_of(method.description));
  return all;
}

Vocabulary kernels_vocabulary() {
  Vocabulary all{"kernels", {}};
  for (const RecipeEntry& recipe : recipe_entries()) all.entries.push_back(entry_of(recipe.description));
  return all;
}

Vocabulary arithmetics_vocabulary() {
  Vocabulary all{"arithmetics", {}};
  for (const Description& arithmetic : arithmetic_descriptions()) {
    if (arithmetic.name.starts_with("eXmY")) continue;
    all.entries.push_back(entry_of(arithmetic));
  }
  return all;
}

Vocabulary described(const std::string& kind, std::span<const Description> descriptions) {
  Vocabulary all{kind, {}};
  for (const Description& description : descriptions) all.entries.push_back(entry_of(description));
  return all;
}

Vocabulary formats_vocabulary() {
  Vocabulary all{"formats", {}};
  for (const FormatDescription& format : format_descriptions()) {
    all.entries.push_back({format.name, brief(format.summary), {}});
  }
  return all;
}

Vocabulary rules_vocabulary() {
  Vocabulary all{"rules", {}};
  for (const DeltaRule& rule : delta_rules()) all.entries.push_back({rule.name, brief(rule.formula), {}});
  return all;
}

Vocabulary metrics_vocabulary() {
  Vocabulary all{"metrics", {}};
  for (const Field& field : record_fields()) {
    if (field.is_number()) all.entries.push_back({field.name(), brief(field.info.formula), {}});
  }
  return all;
}

}  // namespace

const std::vector<Vocabulary>& vocabularies() {
  static const std::vector<Vocabulary> all = [] {
    std::vector<Vocabulary> kinds{methods_vocabulary(), kernels_vocabulary(), arithmetics_vocabulary(),
                                  formats_vocabulary(), described("families", family_descriptions())};
    for (const ModelKind& kind : model_kinds()) kinds.push_back(described(kind.listed_as, kind.models));
    kinds.push_back(rules_vocabulary());
    kinds.push_back(described("formations", formation_descriptions()));
    kinds.push_back(metrics_vocabulary());
    return kinds;
  }();
  return all;
}

const Vocabulary& table_metrics() {
  static const Vocabulary all = [] {
    Vocabulary names{"table-metrics", {}};
    for (const Field* field : distributed_fields())
      names.entries.push_back({field->name(), brief(field->info.formula), {}});
    return names;
  }();
  return all;
}

const Vocabulary& vocabulary_of(const std::string& kind) {
  if (kind == table_metrics().kind) return table_metrics();
  for (const Vocabulary& vocabulary : vocabularies()) {
    if (vocabulary.kind == kind) return vocabulary;
  }
  throw std::logic_error("no vocabulary is called " + kind);
}

}  // namespace tristab
