#include "tristab/report/ranking.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "tristab/base/json_member.h"
#include "tristab/report/table.h"

namespace tristab {
namespace {

// Files of other programs, and old ones, do not say whether a result is fit.
bool has_verdicts(const TrialStatistics& trials) { return trials.fit + trials.unusable() > 0; }

// "fit", "unfit 2/8", "nonfinite 1/8": of the trials whose input is not trivial.
std::string fit_text(const TrialStatistics& trials) {
  const int judged = trials.judged();
  if (judged == 0) return "trivial";
  if (!has_verdicts(trials)) return "-";
  if (trials.nonfinite > 0) return fmt::format("nonfinite {}/{}", trials.nonfinite, judged);
  if (trials.unfit > 0) return fmt::format("unfit {}/{}", trials.unfit, judged);
  return "fit";
}

std::string format_text(const TrialStatistics& trials) {
  const std::pair<const char*, int> worst_first[] = {
      {"excessive", trials.excessive}, {"high", trials.high}, {"normal", trials.normal}};
  for (const auto& [word, count] : worst_first) {
    if (count > 0) return word;
  }
  return "-";
}

// Why a setting loses, in a few words: "growth 4e+06", "coarse format", "not rounding" (truncation, too few
// rounds).
std::string reason_text(const RankedSetting& setting) {
  const TrialStatistics& trials = *setting.trials;
  if (trials.nonfinite + trials.unfit == 0) return "";
  if (setting.growth >= 10) return fmt::format("growth {:.0e}", setting.growth);
  if (trials.nonfinite > 0) return "overflow";
  return trials.excessive > 0 ? "not rounding" : "coarse format";
}

// The number of lost trials, then of unfit ones, then the errors, then the cost.
auto rank_key(const RankedSetting& setting) {
  const auto error = [](double x) { return std::isnan(x) ? HUGE_VAL : x; };
  return std::tuple(setting.trials->lost(), setting.trials->unfit, error(setting.error.median),
                    error(setting.error.worst), error(setting.matmuls));
}

std::string count_text(double count) { return std::isnan(count) ? "-" : fmt::format("{}", count); }

std::string depth_text(double depth, double vector_depth) {
  if (!(vector_depth > 0)) return count_text(depth);
  if (!(depth > 0)) return fmt::format("{}v", vector_depth);
  return fmt::format("{} {}v", depth, vector_depth);
}

// "; required: 4x-bf16"
std::string required_text(std::set<std::string> requirements) {
  requirements.erase("");
  return requirements.empty() ? "" : fmt::format("; required: {}", fmt::join(requirements, "; "));
}

std::string rows_left_out(int shown, std::size_t all) {
  const std::size_t left = all - static_cast<std::size_t>(shown);
  return left == 0 ? "" : fmt::format("({} more)\n", left);
}

Ranking rank_situation(const CaseGroups& groups, const std::vector<const CaseGroup*>& situation) {
  Ranking ranking;
  ranking.input = &groups.input_of(*situation.front());
  ranking.n = situation.front()->n;
  std::set<std::size_t> matrices;
  for (const CaseGroup* group : situation) {
    const std::vector<std::size_t> of_trials = groups.matrices_of(*group);
    matrices.insert(of_trials.begin(), of_trials.end());
    ranking.matrices = std::max(ranking.matrices, group->statistics.trials);
  }
  // Matrices are counted by their ids. Without ids, the largest number of trials of a setting is used.
  if (std::ranges::all_of(matrices, [&](std::size_t m) { return groups.matrices()[m].named; }))
    ranking.matrices = static_cast<int>(matrices.size());
  const auto has = [&](const char* field) {
    return std::ranges::any_of(situation, [&](const CaseGroup* group) {
      return groups.distribution(*group, groups.position(field)).count > 0;
    });
  };
  ranking.field = has(ranked_field) || !has("frobenius") ? ranked_field : "frobenius";
  for (const CaseGroup* group : situation) {
    const TrialStatistics& trials = group->statistics;
    const auto count = [&](const char* field) { return trials.count(groups.position(field)); };
    const auto distribution = [&](const char* field) { return groups.distribution(*group, groups.position(field)); };
    ranking.settings.push_back({&groups.setting_of(*group), group, &trials, distribution(ranking.field),
                                distribution("frobenius").median, distribution("error_formation").median,
                                distribution("growth").worst, count("matmuls"), count("depth"), count("vector_depth")});
    ranking.trivial = std::max(ranking.trivial, trials.trivial);
  }
  std::ranges::stable_sort(ranking.settings, {}, rank_key);
  return ranking;
}

}  // namespace

const std::vector<const Field*>& ranking_fields() {
  static const std::vector<const Field*> fields = [] {
    std::vector<const Field*> all;
    for (const char* name :
         {"frobenius", "total_frobenius", "error_formation", "growth", "matmuls", "depth", "vector_depth"})
      all.push_back(find_field(name));
    return all;
  }();
  return fields;
}

Requirements requirements_of(const Json& config) {
  Requirements requirements;
  const auto add = [&](const std::string& scenario, const Json& keys) {
    const std::string text = text_or_empty(keys, "require");
    if (!text.empty()) requirements[scenario] = text;
  };
  add("", config);
  if (!config.is_object() || !config.contains("scenarios")) return requirements;
  for (const Json& scenario : config["scenarios"]) {
    const std::string name = text_or_empty(scenario, "name");
    if (!name.empty()) add(name, scenario);
  }
  return requirements;
}

void for_each_ranking(const CaseGroups& groups, const CaseSelection& selection, const Requirements& requirements,
                      const std::function<void(const Ranking&)>& visit) {
  std::vector<std::vector<const CaseGroup*>> situations;
  std::map<std::pair<std::size_t, int>, std::size_t> index;
  for (const CaseGroup& group : groups.groups()) {
    if (!selection.includes(groups, group)) continue;
    const auto [found, fresh] = index.try_emplace({group.input, group.n}, situations.size());
    if (fresh) situations.emplace_back();
    situations[found->second].push_back(&group);
  }
  for (const std::vector<const CaseGroup*>& situation : situations) {
    Ranking ranking = rank_situation(groups, situation);
    const auto required = requirements.find(ranking.input->scenario);
    if (required != requirements.end()) ranking.requirement = required->second;
    visit(ranking);
  }
}

std::vector<Ranking> rank_settings(const CaseGroups& groups, const CaseSelection& selection,
                                   const Requirements& requirements) {
  std::vector<Ranking> rankings;
  for_each_ranking(groups, selection, requirements, [&](const Ranking& ranking) { rankings.push_back(ranking); });
  return rankings;
}

std::string failure_text(const CaseGroup& group, const CaseSetting& setting, const Page& page) {
  const TrialStatistics& trials = group.statistics;
  if (trials.failed == 0) return "";
  return paragraph(fmt::format("{} did not run on {} of {} {}: {}", setting.label(), trials.failed, trials.trials,
                               trials.trials == 1 ? "matrix" : "matrices", *group.failure),
                   0, page);
}

std::string ranking_text(const Ranking& ranking, int top, const Page& page) {
  const CaseInput& input = *ranking.input;
  const std::string title = input.scenario.empty() ? input.whole : fmt::format("{}: {}", input.scenario, input.whole);
  const bool total = std::string_view(ranking.field) == ranked_field;
  std::string matrices = fmt::format("{} {}", ranking.matrices, ranking.matrices == 1 ? "matrix" : "matrices");
  if (ranking.trivial > 0) matrices += fmt::format(", {} of them trivial (X is the identity)", ranking.trivial);
  const std::string about =
      fmt::format("n = {}, {}; {}: ||Xh - X||_F / ||X||_F, X the inverse of {}{}", ranking.n, matrices, ranking.field,
                  total ? "A as given" : "A as stored", required_text({ranking.requirement}));
  std::string text = page.is_terminal() ? styled(label_lines(title, page), Style::heading, page) + "\n"
                                        : wrapped(title, page.prose_width(), 0);
  text += paragraph(about, 0, page);
  const bool formed = std::ranges::any_of(ranking.settings,
                                          [](const RankedSetting& setting) { return !std::isnan(setting.formation); });
  std::vector<TableColumn> columns{{"#", true},
                                   {.header = "method", .layout = broken_label, .widest = 19, .least = 16},
                                   {.header = "arithmetic", .layout = broken_label, .widest = 12},
                                   {"median", true},
                                   {.header = "worst", .right = true, .dispensable = 1}};
  // error_formation: the part that forming A has in the error.
  if (formed) columns.push_back({.header = "error_\nformation", .right = true, .dispensable = 3});
  columns.push_back({.header = "A as\nstored", .right = true, .dispensable = 4});
  columns.push_back({.header = "requirement", .layout = wrapped_cell, .widest = formed ? 13u : 17u, .least = 13});
  columns.push_back({.header = "in its\nformat", .dispensable = 2});
  columns.push_back({.header = "depth", .right = true, .dispensable = 5});
  Table table(std::move(columns));
  int rank = 0;
  std::string failures;
  for (const RankedSetting& setting : ranking.settings)
    failures += failure_text(*setting.group, *setting.setting, page);
  for (const RankedSetting& setting : ranking.settings) {
    if (top > 0 && rank == top) break;
    const TrialStatistics& trials = *setting.trials;
    std::string fit = trials.failed > 0 ? fmt::format("failed {}/{}", trials.failed, trials.trials) : fit_text(trials);
    const Style style = style_of_fit(fit);
    if (const std::string why = reason_text(setting); !why.empty()) fit += "\n" + why;
    std::vector<TableCell> row{std::to_string(++rank), setting.setting->shown, setting.setting->arithmetic_label,
                               short_number(setting.error.median), short_number(setting.error.worst)};
    if (formed) row.emplace_back(short_number(setting.formation));
    row.insert(row.end(), {short_number(setting.as_stored), TableCell(fit, style), format_text(trials),
                           depth_text(setting.depth, setting.vector_depth)});
    table.add_row(std::move(row));
  }
  return text + table.str(page) + rows_left_out(rank, ranking.settings.size()) + failures;
}

std::vector<ValueRow> ranking_rows(const Ranking& ranking, int top) {
  std::vector<ValueRow> rows;
  int rank = 0;
  for (const RankedSetting& each : ranking.settings) {
    if (top > 0 && rank == top) break;
    const CaseSetting& setting = *each.setting;
    const TrialStatistics& trials = *each.trials;
    const std::string word = format_text(trials);
    rows.push_back({{"input", ranking.input->title()},
                    {"n", ranking.n},
                    {"rank", ++rank},
                    {"method", setting.shown},
                    {"kernel", setting.kernel},
                    {"arithmetic", setting.arithmetic_label},
                    {"trials", trials.trials},
                    {"trivial_trials", trials.trivial},
                    {"fit_trials", trials.fit},
                    {"unfit_trials", trials.unfit},
                    {"nonfinite_trials", trials.nonfinite},
                    {"failed_trials", trials.failed},
                    {"ranked_by", ranking.field},
                    {"median", each.error.median},
                    {"worst", each.error.worst},
                    {"frobenius_median", each.as_stored},
                    {"error_formation_median", each.formation},
                    {"growth_max", each.growth},
                    {"for_format", word == "-" ? "" : word},
                    {"matmuls", each.matmuls},
                    {"depth", each.depth},
                    {"vector_depth", each.vector_depth},
                    {"reason", trials.failed > 0 ? *each.group->failure : reason_text(each)}});
  }
  return rows;
}

std::vector<OverallSetting> rank_overall(const std::vector<Ranking>& rankings) {
  std::vector<OverallSetting> all;
  std::map<const CaseSetting*, std::size_t> index;
  for (const Ranking& ranking : rankings) {
    for (const RankedSetting& here : ranking.settings) {
      const auto [found, fresh] = index.try_emplace(here.setting, all.size());
      if (fresh) all.push_back({.setting = here.setting, .depth = here.depth, .vector_depth = here.vector_depth});
      OverallSetting& overall = all[found->second];
      overall.depth = std::max(overall.depth, here.depth);
      overall.vector_depth = std::max(overall.vector_depth, here.vector_depth);
      const TrialStatistics& trials = *here.trials;
      if (trials.judged() == 0 || !has_verdicts(trials)) continue;
      ++overall.situations;
      overall.lost += trials.lost() > 0;
      overall.fit += trials.unusable() == 0;
      // A missing answer is no error that could be compared.
      const double worst = trials.nonfinite > 0 ? HUGE_VAL : here.error.worst;
      if (std::isnan(worst) || (overall.input != nullptr && !(worst > overall.worst))) continue;
      overall.worst = worst;
      overall.input = ranking.input;
      overall.n = ranking.n;
    }
  }
  std::ranges::stable_sort(all, {}, [](const OverallSetting& each) {
    const double count = std::max(each.situations, 1);
    return std::tuple((each.situations - each.fit) / count, each.lost / count, each.worst);
  });
  return all;
}

std::string overall_text(const std::vector<OverallSetting>& settings, const std::vector<Ranking>& rankings, int top,
                         const Page& page) {
  std::set<std::string> requirements;
  for (const Ranking& ranking : rankings) requirements.insert(ranking.requirement);
  std::string text = paragraph(
      fmt::format("Over {} {} (families and sizes): on how many of them a setting is fit on every matrix, and its "
                  "worst {}, ||Xh - X||_F / ||X||_F. Trivial inputs are left out{}.",
                  rankings.size(), rankings.size() == 1 ? "input" : "inputs", ranked_field,
                  required_text(requirements)),
      0, page);
  Table table({{"#", true},
               {.header = "method", .layout = broken_label, .widest = 19, .least = 16},
               {.header = "arithmetic", .layout = broken_label, .widest = 12},
               {"fit on", true},
               {"worst", true},
               {.header = "where", .layout = broken_label, .widest = 34, .least = 16},
               {.header = "depth", .right = true, .dispensable = 1}});
  int rank = 0;
  for (const OverallSetting& each : settings) {
    if (top > 0 && rank == top) break;
    const bool judged = each.situations > 0, somewhere = each.input != nullptr;
    const char* word = each.lost > 0 ? "nonfinite" : each.fit == each.situations ? "fit" : "unfit";
    table.add_row({std::to_string(++rank), each.setting->shown, each.setting->arithmetic_label,
                   judged ? TableCell(fmt::format("{}/{}", each.fit, each.situations), style_of_fit(word)) : "-",
                   somewhere ? short_number(each.worst) : "-",
                   somewhere ? fmt::format("{} n={}", each.input->title(), each.n) : "-",
                   depth_text(each.depth, each.vector_depth)});
  }
  std::string failures;
  std::set<std::string> lines;  // each once
  for (const Ranking& ranking : rankings) {
    for (const RankedSetting& setting : ranking.settings) {
      const std::string line = failure_text(*setting.group, *setting.setting, page);
      if (lines.insert(line).second) failures += line;
    }
  }
  return text + table.str(page) + rows_left_out(rank, settings.size()) + failures;
}

std::vector<ValueRow> overall_rows(const std::vector<OverallSetting>& settings, int top) {
  std::vector<ValueRow> rows;
  for (const OverallSetting& each : settings) {
    const auto rank = static_cast<int>(rows.size()) + 1;
    if (top > 0 && rank > top) break;
    const bool somewhere = each.input != nullptr;
    rows.push_back({{"rank", rank},
                    {"method", each.setting->shown},
                    {"kernel", each.setting->kernel},
                    {"arithmetic", each.setting->arithmetic_label},
                    {"inputs", each.situations},
                    {"fit_inputs", each.fit},
                    {"lost_inputs", each.lost},
                    {"worst", somewhere ? each.worst : std::nan("")},
                    {"worst_input", somewhere ? each.input->title() : ""},
                    {"worst_n", somewhere ? each.n : std::nan("")},
                    {"depth", each.depth},
                    {"vector_depth", each.vector_depth}});
  }
  return rows;
}

}  // namespace tristab
