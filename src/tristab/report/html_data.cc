#include "tristab/report/html_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tristab/base/json_member.h"
#include "tristab/base/json_text.h"
#include "tristab/report/page_json.h"
#include "tristab/report/record_words.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

constexpr int statistic_digits = 4, case_digits = 3;

std::string numbers(const std::vector<double>& values, int digits) {
  return page_list(values, [&](double value) { return page_number(value, digits); });
}

std::vector<double> finite_only(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  return values;
}

// For each position, the median over the lists; there is one list for each matrix.
std::vector<double> medians_by_position(const std::vector<std::vector<double>>& lists) {
  std::vector<std::vector<double>> columns;
  for (const std::vector<double>& list : lists) {
    if (columns.size() < list.size()) columns.resize(list.size());
    for (std::size_t k = 0; k < list.size(); ++k) columns[k].push_back(list[k]);
  }
  std::vector<double> medians;
  medians.reserve(columns.size());
  for (std::vector<double>& column : columns) medians.push_back(median(std::move(column)));
  return medians;
}

// The fields of records that the page shows: those that are drawn, and costs.
std::vector<const Field*> page_fields() {
  std::vector<const Field*> fields;
  for (const Field& field : record_fields()) {
    if (!field.info.words.empty() || field.info.aggregate == Aggregate::largest) fields.push_back(&field);
  }
  return fields;
}

bool is_error(const Field& field) {
  return !field.info.words.empty() && field.info.aggregate == Aggregate::judged_trials;
}

}  // namespace

HtmlData::HtmlData() : groups_(page_fields()) {
  for (std::size_t k = 0; k < groups_.fields().size(); ++k) {
    const Field& field = *groups_.fields()[k];
    if (!is_error(field)) continue;
    errors_.insert(field.name() == ranked_field ? errors_.begin() : errors_.end(), k);  // the page begins with it
  }
}

void HtmlData::add(const std::string& section, const Json& object, const std::string& place) {
  groups_.add(section, object, place);
  if (section == "layers") add_layer(object, place);
  if (section == "expectations" || section == "classes") {
    Json kept = object;
    for (const char* name : {"family_params", "method_params", "arithmetic_params", "type"}) kept.erase(name);
    (section == "classes" ? classes_ : expectations_).emplace_back(std::move(kept));
  }
}

void HtmlData::add_layer(const Json& object, const std::string& place) {
  const std::size_t input = groups_.input_at(object, place), setting = groups_.setting_at(object, place);
  const int n = CaseGroups::size_at(object, place);
  const auto [found, is_new] = layer_at_.try_emplace(fmt::format("{}/{}/{}", input, setting, n), layers_.size());
  if (is_new) layers_.push_back({{}, input, setting, n, nan, {}});
  LayerGroup& group = layers_[found->second];
  const Status status = status_at(object, place);
  const bool lost = status == Status::nonfinite;
  group.add(status, word_at<ForFormat>(object, place, "for_layer", for_format_names),
            word_at<Fit>(object, place, "fit", fit_names));
  group.worst_o = std::fmax(group.worst_o, lost ? infinity : number_field(object, place, "o"));
  const auto by_chunk = object.find("by_chunk");
  if (by_chunk == object.end() || !by_chunk->is_object() || !by_chunk->contains("chunks")) return;
  const Json& chunks = (*by_chunk)["chunks"];
  for (std::size_t part = 0; part < layer_parts().size(); ++part) {
    const auto values = by_chunk->find(layer_parts()[part].name);
    if (values == by_chunk->end() || !values->is_array() || !chunks.is_array()) continue;
    for (std::size_t k = 0; k < values->size() && k < chunks.size(); ++k) {
      const auto chunk = whole_number(chunks[k], 0, std::numeric_limits<int>::max());
      if (!chunk) continue;
      std::vector<std::vector<double>>& errors = group.errors[static_cast<int>(*chunk)];
      errors.resize(layer_parts().size());
      if ((*values)[k].is_number()) {
        errors[part].push_back((*values)[k].get<double>());
      } else if (lost) {  // from the first chunk on that is not finite
        errors[part].push_back(infinity);
      }
    }
  }
}

HtmlData::Shown HtmlData::shown(std::size_t most_groups) const {
  const std::size_t all = groups_.groups().size() + layers_.size();
  const std::size_t step = all <= most_groups ? 1 : (all + most_groups - 1) / most_groups;
  Shown shown;
  shown.input_at.assign(groups_.inputs().size(), Shown::none);
  for (std::size_t k = 0; k < shown.input_at.size(); k += step) {
    shown.input_at[k] = static_cast<std::uint32_t>(shown.inputs.size());
    shown.inputs.push_back(k);
  }
  for (const CaseGroup& group : groups_.groups()) {
    if (shown.input_at[group.input] != Shown::none) shown.groups.push_back(&group);
  }
  const std::vector<CaseMatrix>& matrices = groups_.matrices();
  shown.matrix_at.assign(matrices.size(), Shown::none);
  for (std::size_t k = 0; k < matrices.size(); ++k) {
    if (shown.input_at[matrices[k].input] == Shown::none) continue;
    shown.matrix_at[k] = static_cast<std::uint32_t>(shown.matrices.size());
    shown.matrices.push_back(k);
  }
  return shown;
}

std::string HtmlData::layers_text(const Shown& shown) const {
  JsonArray list;
  for (const LayerGroup& group : layers_) {
    if (shown.input_at[group.input] == Shown::none) continue;
    JsonObject object;
    object.integer("f", shown.input_at[group.input]).integer("n", group.n);
    object.integer("s", static_cast<std::int64_t>(group.setting));
    for (const TrialCount& count : trial_counts()) {
      if (count.page_name != nullptr && count.value != &TrialCounts::trivial)  // no layer is
        object.integer(count.page_name, group.*count.value);
    }
    object.raw("worst_o", page_number(group.worst_o, statistic_digits));
    object.raw("chunks", page_list(group.errors, [](const auto& entry) { return std::to_string(entry.first); }));
    for (std::size_t part = 0; part < layer_parts().size(); ++part) {
      object.raw(layer_parts()[part].name, page_list(group.errors, [part](const auto& entry) {
                   return page_number(median(entry.second[part]), statistic_digits);
                 }));
    }
    list.raw(object.str());
  }
  return list.str();
}

std::string HtmlData::groups_text(const Shown& shown) const {
  const std::vector<const CaseGroup*>& groups = shown.groups;
  JsonObject columns;
  const auto integers = [&](const char* name, auto value) {
    columns.raw(name, page_list(groups, [&](const CaseGroup* group) { return std::to_string(value(*group)); }));
  };
  integers("f", [&](const CaseGroup& g) { return shown.input_at[g.input]; });
  integers("s", [](const CaseGroup& g) { return g.setting; });
  integers("n", [](const CaseGroup& g) { return g.n; });
  for (const TrialCount& count : trial_counts()) {
    if (count.page_name != nullptr)
      integers(count.page_name, [&count](const CaseGroup& g) { return g.statistics.*count.value; });
  }
  for (std::size_t k = 0; k < groups_.fields().size(); ++k) {
    const Field& field = *groups_.fields()[k];
    if (field.info.words.empty()) {
      columns.raw(field.name(), page_list(groups, [&](const CaseGroup* group) {
                    return page_number(group->statistics.count(k), 9);
                  }));
      continue;
    }
    if (!groups_.has(k)) continue;
    std::vector<Distribution> distributions;
    distributions.reserve(groups.size());
    for (const CaseGroup* group : groups) distributions.push_back(groups_.distribution(*group, k));
    JsonObject statistics;
    statistics.raw("median", page_list(distributions,
                                       [](const Distribution& d) { return page_number(d.median, statistic_digits); }));
    statistics.raw("worst", page_list(distributions,
                                      [](const Distribution& d) { return page_number(d.worst, statistic_digits); }));
    columns.raw(field.name(), statistics.str());
  }
  return columns.str();
}

std::string HtmlData::cases_text(const Shown& shown, std::size_t most_cases) const {
  std::size_t all = 0;
  for (const CaseGroup* group : shown.groups) all += static_cast<std::size_t>(group->statistics.trials);
  const std::size_t step = all <= most_cases ? 1 : (all + most_cases - 1) / most_cases;
  // Each group starts at another trial, so that thinning does not always take the first.
  std::vector<std::string> matrices;
  std::vector<std::vector<std::string>> values(errors_.size());
  std::size_t offset = 0, kept = 0;
  for (const CaseGroup* group : shown.groups) {
    const std::vector<std::size_t> of_trials = groups_.matrices_of(*group);
    std::vector<std::size_t> chosen;
    for (std::size_t k = 0; k < of_trials.size(); ++k) {
      if ((offset + k) % step == 0) chosen.push_back(k);
    }
    offset += of_trials.size();
    kept += chosen.size();
    matrices.push_back(page_list(chosen, [&](std::size_t k) { return std::to_string(shown.matrix_at[of_trials[k]]); }));
    for (std::size_t e = 0; e < errors_.size(); ++e) {
      const std::vector<double> errors = groups_.values(*group, errors_[e]);
      values[e].push_back(page_list(chosen, [&](std::size_t k) { return page_number(errors[k], case_digits); }));
    }
  }
  const auto same = [](const std::string& text) { return text; };
  JsonObject cases;
  cases.integer("kept", static_cast<std::int64_t>(kept)).integer("all", static_cast<std::int64_t>(all));
  cases.raw("matrix", page_list(matrices, same));
  for (std::size_t e = 0; e < errors_.size(); ++e) {
    if (groups_.has(errors_[e])) cases.raw(groups_.fields()[errors_[e]]->name(), page_list(values[e], same));
  }
  return cases.str();
}

std::string HtmlData::matrices_text(const Shown& shown) const {
  const std::vector<CaseMatrix>& matrices = groups_.matrices();
  const std::vector<std::size_t>& positions = shown.matrices;
  JsonObject columns;
  columns.raw("f",
              page_list(positions, [&](std::size_t m) { return std::to_string(shown.input_at[matrices[m].input]); }));
  columns.raw("n", page_list(positions, [&](std::size_t m) { return std::to_string(matrices[m].n); }));
  std::vector<std::vector<double>> facts;
  for (std::size_t k = 0; k < matrix_facts().size(); ++k) {
    const std::vector<double>& values = facts.emplace_back(groups_.matrix_fact(k));
    if (std::ranges::none_of(values, [](double value) { return std::isfinite(value); })) continue;
    columns.raw(matrix_facts()[k].name,
                page_list(positions, [&](std::size_t m) { return page_number(values[m], case_digits); }));
  }
  std::map<std::pair<std::uint32_t, int>, std::vector<std::size_t>> situations;
  for (const std::size_t m : positions) {
    if (matrices[m].known()) situations[{shown.input_at[matrices[m].input], matrices[m].n}].push_back(m);
  }
  JsonArray profiles;
  for (const auto& [situation, members] : situations) {
    std::vector<std::vector<double>> decays, powers;
    for (const std::size_t m : members) {
      MatrixProfiles of_matrix = groups_.profiles_of(matrices[m]);
      decays.push_back(std::move(of_matrix.inverse_decay));
      powers.push_back(std::move(of_matrix.power_max));
    }
    JsonObject profile;
    profile.integer("f", situation.first).integer("n", situation.second);
    profile.integer("count", static_cast<std::int64_t>(members.size()));
    for (std::size_t k = 0; k < matrix_facts().size(); ++k) {
      std::vector<double> values;
      for (const std::size_t m : members) values.push_back(facts[k][m]);
      const Distribution over = distribution_of(finite_only(values), {});
      profile.raw(matrix_facts()[k].name, numbers({over.median, over.worst}, case_digits));
    }
    profile.raw("decay", numbers(medians_by_position(decays), statistic_digits));
    profile.raw("powers", numbers(medians_by_position(powers), statistic_digits));
    profiles.raw(profile.str());
  }
  return columns.raw("profiles", profiles.str()).str();
}

std::string HtmlData::text(const ResultHead& head, const Limits& limits) const {
  const Shown on_page = shown(limits.groups);
  JsonObject data;
  data.text("schema", head.schema).json("tool", head.tool).json("run", head.run).json("config", head.config);
  data.integer("records", head.records).integer("expected", head.expected_cases);
  data.raw("complete", head.says_whether_complete ? (head.complete ? "true" : "false") : "null");
  data.raw("errors", page_list(errors_, [this](std::size_t k) { return json_string(groups_.fields()[k]->name()); }));
  JsonObject drawn;
  for (const Field* field : groups_.fields()) {
    const NumberInfo& info = field->info;
    if (info.words.empty()) continue;
    drawn.raw(info.name, fmt::format("[{},{}]", json_string(info.words), json_string(info.formula)));
  }
  data.raw("drawn", drawn.str());
  if (on_page.inputs.size() < groups_.inputs().size())
    data.integer("inputs", static_cast<std::int64_t>(groups_.inputs().size()));
  data.raw("families",
           page_list(on_page.inputs, [this](std::size_t k) { return json_string(groups_.inputs()[k].title()); }));
  data.raw("settings", page_settings(groups_.settings()));
  data.raw("groups", groups_text(on_page)).raw("cases", cases_text(on_page, limits.cases));
  data.raw("matrices", matrices_text(on_page)).raw("layers", layers_text(on_page));
  const auto text_of = [](const JsonValue& value) { return json_text(value); };
  data.raw("expectations", page_list(expectations_, text_of)).raw("classes", page_list(classes_, text_of));
  return data.str();
}

}  // namespace tristab
