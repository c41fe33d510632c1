#include "tristab/report/html_data.h"

#include <fmt/format.h>

#include <cmath>

#include "tristab/report/json_text.h"

namespace tristab {
namespace {

constexpr int statistic_digits = 4, case_digits = 3;

// "1.23e-5"; "null" when not finite.
std::string short_number(double value, int digits) {
  if (!std::isfinite(value)) return "null";
  std::string text = fmt::format("{:.{}g}", value, digits);
  const std::size_t exponent = text.find('e');
  if (exponent == std::string::npos) return text;
  std::size_t first = exponent + 1;
  if (text[first] == '+') text.erase(first, 1);
  if (text[first] == '-') ++first;
  while (first + 1 < text.size() && text[first] == '0') text.erase(first, 1);
  return text;
}

// [a,b,...] without spaces: this is the bulk of a report.
template <class Range, class Text>
std::string list_of(const Range& range, Text text) {
  std::string list = "[";
  for (const auto& element : range) {
    if (list.size() > 1) list += ',';
    list += text(element);
  }
  return list + "]";
}

std::string numbers(const std::vector<double>& values, int digits) {
  return list_of(values, [&](double value) { return short_number(value, digits); });
}

std::string escaped_for_script(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    c == '<' ? text += "\\u003c" : text += c;
  }
  return text;
}

// Medians at each position over the lists of the matrices of one input and size.
std::vector<double> medians_by_position(const std::vector<const std::vector<double>*>& lists) {
  std::vector<std::vector<double>> columns;
  for (const std::vector<double>* list : lists) {
    if (columns.size() < list->size()) columns.resize(list->size());
    for (std::size_t k = 0; k < list->size(); ++k) columns[k].push_back((*list)[k]);
  }
  std::vector<double> medians;
  for (std::vector<double>& column : columns) medians.push_back(finite_median(std::move(column)));
  return medians;
}

}  // namespace

void HtmlData::add(const std::string& section, const Json& object, const std::string& place) {
  groups_.add(section, object, place);
  if (section == "layers") add_layer(object, place);
  if (section == "expectations" || section == "classes") {
    Json kept = object;
    for (const char* name : {"family_params", "method_params", "arithmetic_params", "type"}) kept.erase(name);
    (section == "classes" ? classes_ : expectations_).push_back(std::move(kept));
  }
}

void HtmlData::add_layer(const Json& object, const std::string& place) {
  const std::size_t input = groups_.input_of(object, place), setting = groups_.setting_of(object, place);
  const double size = number_field(object, place, "n");
  const int n = std::isfinite(size) ? static_cast<int>(size) : 0;
  const auto [found, is_new] =
      layer_at_.try_emplace(fmt::format("{}/{}/{}", input, setting, n), layers_.size());
  if (is_new) {
    LayerGroup group;
    group.input = input;
    group.setting = setting;
    group.n = n;
    layers_.push_back(std::move(group));
  }
  LayerGroup& group = layers_[found->second];
  ++group.sequences;
  group.nonfinite += text_field(object, place, "status") != "ok";
  const auto by_chunk = object.find("by_chunk");
  if (by_chunk == object.end() || !by_chunk->is_object() || !by_chunk->contains("chunks")) return;
  const Json& chunks = (*by_chunk)["chunks"];
  const std::pair<const char*, std::map<int, std::vector<double>> LayerGroup::*> parts[] = {
      {"w", &LayerGroup::w}, {"u", &LayerGroup::u}, {"o", &LayerGroup::o}, {"state", &LayerGroup::state}};
  for (const auto& [name, part] : parts) {
    const auto values = by_chunk->find(name);
    if (values == by_chunk->end() || !values->is_array() || !chunks.is_array()) continue;
    for (std::size_t k = 0; k < values->size() && k < chunks.size(); ++k) {
      if (!chunks[k].is_number()) continue;
      (group.*part)[chunks[k].get<int>()].push_back((*values)[k].is_number() ? (*values)[k].get<double>()
                                                                             : std::nan(""));
    }
  }
}

std::string HtmlData::layers_text() const {
  JsonArray list;
  for (const LayerGroup& group : layers_) {
    JsonObject object;
    object.integer("f", static_cast<std::int64_t>(group.input)).integer("n", group.n);
    object.integer("s", static_cast<std::int64_t>(group.setting));
    object.integer("sequences", group.sequences).integer("nonfinite", group.nonfinite);
    object.raw("chunks", list_of(group.o, [](const auto& entry) { return std::to_string(entry.first); }));
    const std::pair<const char*, const std::map<int, std::vector<double>>*> parts[] = {
        {"w", &group.w}, {"u", &group.u}, {"o", &group.o}, {"state", &group.state}};
    for (const auto& [name, part] : parts) {
      object.raw(name, list_of(*part, [](const auto& entry) {
                   return short_number(finite_median(entry.second), statistic_digits);
                 }));
    }
    list.raw(object.str());
  }
  return list.str();
}

std::string HtmlData::groups_text() const {
  const std::vector<ResultGroup>& groups = groups_.groups();
  JsonObject columns;
  const auto integers = [&](const char* name, auto value) {
    columns.raw(name,
                list_of(groups, [&](const ResultGroup& group) { return std::to_string(value(group)); }));
  };
  integers("f", [](const ResultGroup& g) { return g.input; });
  integers("s", [](const ResultGroup& g) { return g.setting; });
  integers("n", [](const ResultGroup& g) { return g.n; });
  integers("trials", [](const ResultGroup& g) { return g.trials; });
  integers("nonfinite", [](const ResultGroup& g) { return g.nonfinite; });
  integers("failed", [](const ResultGroup& g) { return g.failed; });
  integers("pass", [](const ResultGroup& g) { return g.pass; });
  integers("marginal", [](const ResultGroup& g) { return g.marginal; });
  integers("fail", [](const ResultGroup& g) { return g.fail; });
  for (std::size_t k = 0; k < group_costs.size(); ++k) {
    columns.raw(group_costs[k],
                list_of(groups, [&](const ResultGroup& group) { return short_number(group.costs[k], 9); }));
  }
  for (std::size_t k = 0; k < group_metrics.size(); ++k) {
    if (!groups_.has_metric(k)) continue;
    JsonObject statistics;
    statistics.raw("median", list_of(groups, [&](const ResultGroup& group) {
                     return short_number(group.median(k), statistic_digits);
                   }));
    statistics.raw("worst", list_of(groups, [&](const ResultGroup& group) {
                     return short_number(group.worst(k), statistic_digits);
                   }));
    columns.raw(group_metrics[k], statistics.str());
  }
  return columns.str();
}

std::string HtmlData::cases_text(std::size_t most_cases) const {
  const std::vector<ResultGroup>& groups = groups_.groups();
  std::size_t all = 0;
  for (const ResultGroup& group : groups) all += group.matrices.size();
  const std::size_t step = all <= most_cases ? 1 : (all + most_cases - 1) / most_cases;
  // Each group starts at another trial, so that thinning does not always take the first.
  std::vector<std::string> matrices;
  std::array<std::vector<std::string>, case_metrics> values;
  std::size_t offset = 0, kept = 0;
  for (const ResultGroup& group : groups) {
    std::vector<std::size_t> chosen;
    for (std::size_t k = 0; k < group.matrices.size(); ++k) {
      if ((offset + k) % step == 0) chosen.push_back(k);
    }
    offset += group.matrices.size();
    kept += chosen.size();
    matrices.push_back(list_of(chosen, [&](std::size_t k) { return std::to_string(group.matrices[k]); }));
    for (std::size_t metric = 0; metric < case_metrics; ++metric) {
      values[metric].push_back(
          list_of(chosen, [&](std::size_t k) { return short_number(group.values[metric][k], case_digits); }));
    }
  }
  const auto same = [](const std::string& text) { return text; };
  JsonObject cases;
  cases.integer("kept", static_cast<std::int64_t>(kept)).integer("all", static_cast<std::int64_t>(all));
  cases.raw("matrix", list_of(matrices, same));
  for (std::size_t metric = 0; metric < case_metrics; ++metric) {
    if (groups_.has_metric(metric)) cases.raw(group_metrics[metric], list_of(values[metric], same));
  }
  return cases.str();
}

std::string HtmlData::matrices_text() const {
  const std::vector<GroupMatrix>& matrices = groups_.matrices();
  JsonObject columns;
  columns.raw("f", list_of(matrices, [](const GroupMatrix& m) { return std::to_string(m.input); }));
  columns.raw("n", list_of(matrices, [](const GroupMatrix& m) { return std::to_string(m.n); }));
  for (std::size_t k = 0; k < matrix_facts.size(); ++k) {
    bool any = false;
    for (const GroupMatrix& matrix : matrices) any = any || std::isfinite(matrix.facts[k]);
    if (!any) continue;
    columns.raw(matrix_facts[k], list_of(matrices, [&](const GroupMatrix& m) {
                  return short_number(m.facts[k], case_digits);
                }));
  }
  std::map<std::pair<std::size_t, int>, std::vector<const GroupMatrix*>> situations;
  for (const GroupMatrix& matrix : matrices) {
    if (matrix.known) situations[{matrix.input, matrix.n}].push_back(&matrix);
  }
  JsonArray profiles;
  for (const auto& [situation, members] : situations) {
    std::vector<const std::vector<double>*> decays, powers;
    for (const GroupMatrix* matrix : members) {
      decays.push_back(&matrix->inverse_decay);
      powers.push_back(&matrix->power_max);
    }
    JsonObject profile;
    profile.integer("f", static_cast<std::int64_t>(situation.first)).integer("n", situation.second);
    profile.integer("count", static_cast<std::int64_t>(members.size()));
    profile.raw("decay", numbers(medians_by_position(decays), statistic_digits));
    profile.raw("powers", numbers(medians_by_position(powers), statistic_digits));
    profiles.raw(profile.str());
  }
  return columns.raw("profiles", profiles.str()).str();
}

std::string HtmlData::text(const ResultHead& head, std::size_t most_cases) const {
  JsonObject data;
  data.text("schema", head.schema).json("tool", head.tool).json("run", head.run).json("config", head.config);
  data.integer("records", head.records).integer("expected", head.expected_cases);
  data.raw("complete", head.says_whether_complete ? (head.complete ? "true" : "false") : "null");
  data.raw("families",
           list_of(groups_.inputs(), [](const GroupInput& i) { return json_string(input_title(i)); }));
  data.raw("settings", list_of(groups_.settings(), [](const GroupSetting& s) {
             return fmt::format("[{},{},{},{}]", json_string(s.method), json_string(s.arithmetic),
                                json_string(s.formation), s.kernel ? 1 : 0);
           }));
  data.raw("groups", groups_text()).raw("cases", cases_text(most_cases)).raw("matrices", matrices_text());
  data.raw("layers", layers_text());
  data.json("expectations", Json(expectations_)).json("classes", Json(classes_));
  return escaped_for_script(data.str());
}

}  // namespace tristab
