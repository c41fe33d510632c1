#include "vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "model_kinds.h"
#include "tristab/arithmetic/arithmetic.h"
#include "tristab/cost/hardware.h"
#include "tristab/format/format.h"
#include "tristab/gate/gate.h"
#include "tristab/layer/formation.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/matrix/source.h"
#include "tristab/method/method.h"
#include "tristab/recipe/recipe.h"
#include "tristab/sweep/field.h"

namespace tristab {
namespace {

// Shortens a text to fit beside a name in a terminal, between two words.
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

// `things` gives what there is, `entry` an entry of each; one without a name is left out.
template <class Things, class Entry>
Vocabulary vocabulary(std::string kind, Things things, Entry entry) {
  return {std::move(kind), [things, entry] {
            Vocabulary::Entries entries;
            for (const auto& thing : things()) {
              if (VocabularyEntry each = entry(thing); !each.name.empty()) entries.push_back(std::move(each));
            }
            return entries;
          }};
}

}  // namespace

const std::vector<Vocabulary>& vocabularies() {
  static const std::vector<Vocabulary> all = [] {
    std::vector<Vocabulary> kinds{
        vocabulary("methods", methods, [](const Method& method) { return entry_of(method.description); }),
        vocabulary("kernels", recipe_entries, [](const RecipeEntry& recipe) { return entry_of(recipe.description); }),
        vocabulary("arithmetics", arithmetic_descriptions,
                   [](const Description& d) { return d.name.starts_with("eXmY") ? VocabularyEntry{} : entry_of(d); }),
        vocabulary("formats", format_descriptions,
                   [](const FormatDescription& format) {
                     return VocabularyEntry{format.name, brief(format.summary), {}};
                   }),
        vocabulary("families", family_descriptions, entry_of)};
    for (const ModelKind& kind : model_kinds())
      kinds.push_back(vocabulary(
          kind.listed_as, [&kind] { return std::span(kind.models); }, entry_of));
    kinds.push_back(vocabulary("rules", delta_rules, [](const DeltaRule& rule) {
      return VocabularyEntry{rule.name, brief(rule.formula), {}};
    }));
    kinds.push_back(vocabulary("formations", formation_descriptions, entry_of));
    kinds.push_back({"ceilings", [] { return Vocabulary::Entries(); }});
    kinds.push_back(vocabulary("metrics", record_fields, [](const Field& field) {
      return field.is_number() ? VocabularyEntry{field.name(), brief(field.info.formula), {}} : VocabularyEntry{};
    }));
    kinds.push_back(vocabulary("gates", gates, [](const Gate& gate) { return entry_of(gate.description); }));
    kinds.push_back(vocabulary("hardware", hardware_names, [](const std::string& name) {
      return VocabularyEntry{name, brief(find_hardware(name, "hardware").summary), {}};
    }));
    return kinds;
  }();
  return all;
}

const Vocabulary& table_metrics() {
  static const Vocabulary all = vocabulary(
      "table-metrics", [] { return std::span(distributed_fields()); },
      [](const Field* field) {
        return VocabularyEntry{field->name(), brief(field->info.formula), {}};
      });
  return all;
}

const Vocabulary& vocabulary_of(const std::string& kind) {
  if (kind == table_metrics().kind()) return table_metrics();
  for (const Vocabulary& vocabulary : vocabularies()) {
    if (vocabulary.kind() == kind) return vocabulary;
  }
  throw std::logic_error("no vocabulary is called " + kind);
}

}  // namespace tristab
