#include "tristab/report/ranking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "tristab/report/table.h"
#include "tristab/sweep/label.h"
#include "tristab/sweep/quantity.h"
#include "tristab/sweep/summary.h"

namespace tristab {
namespace {

bool selected(const std::vector<std::string>& names, const std::string& name, const std::string& label) {
  return names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& wanted) {
           return names_setting(wanted, name, label);
         });
}

using Records = std::vector<const ResultRecord*>;

// Records by key, groups in the order in which their keys first appear.
template <class Key>
std::vector<Records> grouped(const Records& records, Key key) {
  std::vector<Records> groups;
  std::map<std::string, std::size_t> index;
  for (const ResultRecord* record : records) {
    const auto [found, fresh] = index.emplace(key(*record), groups.size());
    if (fresh) groups.emplace_back();
    groups[found->second].push_back(record);
  }
  return groups;
}

std::string worst_verdict(const Records& trials) {
  static const std::vector<std::string> worst_first{"nonfinite", "fail", "marginal", "pass"};
  for (const std::string& verdict : worst_first) {
    const auto count = std::count_if(trials.begin(), trials.end(),
                                     [&](const ResultRecord* r) { return r->verdict == verdict; });
    if (count == 0) continue;
    if (verdict == worst_first.front()) return verdict;  // counted in a column of its own
    return count == static_cast<std::ptrdiff_t>(trials.size())
               ? verdict
               : fmt::format("{} {}/{}", verdict, count, trials.size());
  }
  return "-";
}

RankedMethod rank_one(const Records& trials, bool across) {
  RankedMethod ranked;
  ranked.method = trials.front()->method_label;
  ranked.arithmetic = trials.front()->arithmetic_label;
  ranked.trials = static_cast<int>(trials.size());
  ranked.verdict = worst_verdict(trials);
  ranked.matmuls = ranked.depth = ranked.vector_depth = std::nan("");
  std::vector<double> errors;
  for (const ResultRecord* record : trials) {
    ranked.nonfinite_trials += record->status == "nonfinite";
    ranked.failed_trials += record->status == "failed";
    const double error = across ? record->total_frobenius : record->frobenius;
    if (!std::isnan(error)) errors.push_back(error);
    ranked.matmuls = std::fmax(ranked.matmuls, record->matmuls);
    ranked.depth = std::fmax(ranked.depth, record->depth);
    ranked.vector_depth = std::fmax(ranked.vector_depth, record->vector_depth);
  }
  std::sort(errors.begin(), errors.end());
  ranked.median = errors.empty() ? std::nan("") : quantile(errors, 0.5);
  ranked.worst = errors.empty() ? std::nan("") : errors.back();
  return ranked;
}

// Trials without a finite answer first of all, then the errors, then the cost.
auto rank_key(const RankedMethod& method) {
  const auto error = [](double x) { return std::isnan(x) ? HUGE_VAL : x; };
  return std::tuple(method.failed_trials + method.nonfinite_trials, error(method.median), error(method.worst),
                    error(method.matmuls));
}

std::string count_text(double count) { return std::isnan(count) ? "-" : fmt::format("{}", count); }

std::string depth_text(const RankedMethod& method) {
  if (!(method.vector_depth > 0)) return count_text(method.depth);
  if (!(method.depth > 0)) return fmt::format("{}v", method.vector_depth);
  return fmt::format("{} {}v", method.depth, method.vector_depth);
}

// What the errors of two settings have in common only if it is the same: an arithmetic, or a kernel.
std::string arithmetic_key(const ResultRecord& record) {
  return record.kernel.empty() ? record.arithmetic_label
                               : fmt::format("{} {}", record.arithmetic, record.kernel);
}

// As a reader of the file would find it, where what is not finite is null.
double metric_value(const Record& record, const std::string& name) {
  for (const MetricInfo& info : metrics()) {
    if (info.name == name) return ranked_value(record.metrics, info.metric);
  }
  const double value = name == "growth" ? record.growth : record.total_frobenius;
  return std::isfinite(value) ? value : std::nan("");
}

}  // namespace

bool names_setting(std::string_view wanted, std::string_view name, std::string_view label) {
  if (wanted == name || wanted == label) return true;
  return wanted == fmt::format("{}:", name) && label == name;
}

std::string input_name(const ResultRecord& record) {
  // The family's parameters are the end of its key.
  if (record.family != "file") return record.family_label;
  const Json params = Json::parse(record.family_key.substr(record.family.size()), nullptr, false);
  if (!params.is_object() || !params.contains("path") || !params["path"].is_string())
    return record.family_label;
  std::string name = std::filesystem::path(params["path"].get<std::string>()).stem().string();
  for (const char* part : {"layer", "tensor"}) {
    if (params.contains(part) && params[part].is_string()) name += " " + params[part].get<std::string>();
  }
  for (const char* part : {"heads", "tokens"}) {
    if (!params.contains(part) || params[part].is_null() || params[part] == "all") continue;
    const Json& value = params[part];
    name += fmt::format(" {}={}", part, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return name;
}

std::string kernel_name(const ResultRecord& record) {
  return record.kernel.substr(0, record.kernel.find(':'));
}

bool RankingSelection::includes(const ResultRecord& record) const {
  if (!selected(families, record.family, record.family_label) &&
      !selected(families, record.family, input_name(record))) {
    return false;
  }
  if (!chunks.empty() && std::find(chunks.begin(), chunks.end(), record.n) == chunks.end()) return false;
  const bool from_methods = !methods.empty() || !arithmetics.empty();
  if (!record.kernel.empty()) {
    return kernels.empty() ? !from_methods : selected(kernels, kernel_name(record), record.kernel);
  }
  return (kernels.empty() || from_methods) && selected(methods, record.method, record.method_label) &&
         selected(arithmetics, record.arithmetic, record.arithmetic_label);
}

std::vector<Ranking> rank_methods(const std::vector<ResultRecord>& records,
                                  const RankingSelection& selection) {
  Records chosen;
  for (const ResultRecord& record : records) {
    if (selection.includes(record)) chosen.push_back(&record);
  }
  std::vector<Ranking> rankings;
  for (const Records& situation : grouped(chosen, [](const ResultRecord& r) {
         return fmt::format("{} {} {}", r.scenario, r.family_key, r.n);
       })) {
    Ranking ranking;
    ranking.scenario = situation.front()->scenario;
    ranking.family = situation.front()->family_label;
    ranking.n = situation.front()->n;
    std::set<std::string> arithmetics, matrices;
    for (const ResultRecord* record : situation) {
      arithmetics.insert(arithmetic_key(*record));
      matrices.insert(record->matrix);
    }
    const auto has = [&](double ResultRecord::*error) {
      return std::any_of(situation.begin(), situation.end(),
                         [&](const ResultRecord* record) { return !std::isnan(record->*error); });
    };
    ranking.across_arithmetics =
        arithmetics.size() > 1 && (has(&ResultRecord::total_frobenius) || !has(&ResultRecord::frobenius));
    ranking.trials = static_cast<int>(matrices.size());
    for (const Records& trials : grouped(situation, [](const ResultRecord& r) { return r.setting_key; })) {
      ranking.methods.push_back(rank_one(trials, ranking.across_arithmetics));
      // Without ids of matrices those that a setting was tried on are counted.
      if (matrices.count("") > 0) ranking.trials = std::max(ranking.trials, ranking.methods.back().trials);
    }
    std::stable_sort(ranking.methods.begin(), ranking.methods.end(),
                     [](const RankedMethod& a, const RankedMethod& b) { return rank_key(a) < rank_key(b); });
    rankings.push_back(std::move(ranking));
  }
  return rankings;
}

std::string ranking_text(const Ranking& ranking, int top, const Page& page) {
  const std::string title =
      ranking.scenario.empty() ? ranking.family : fmt::format("{}: {}", ranking.scenario, ranking.family);
  const std::string about =
      fmt::format("n = {}, {} {}; {}: ||Xh - X||_F / ||X||_F, X the inverse of {}", ranking.n, ranking.trials,
                  ranking.trials == 1 ? "matrix" : "matrices",
                  ranking.across_arithmetics ? "total_frobenius" : "frobenius",
                  ranking.across_arithmetics ? "A as given" : "A rounded on input");
  std::string text = page.is_terminal() ? styled(label_lines(title, page), Style::heading, page) + "\n"
                                        : wrapped(title, page.prose_width(), 0);
  text += paragraph(about, 0, page);
  Table table(
      {{"#", true},
       {.header = "method", .layout = broken_label, .widest = 30, .least = 16},
       {.header = "arithmetic", .layout = broken_label, .widest = 16, .narrow_header = "arith-\nmetic"},
       {"median", true},
       {.header = "worst", .right = true, .dispensable = 1},
       {.header = "verdict", .layout = wrapped_cell, .least = 9},
       {.header = "non-\nfinite", .right = true, .dispensable = 2},
       {.header = "matmuls", .right = true, .dispensable = 3, .narrow_header = "mat-\nmuls"},
       {.header = "depth", .right = true, .dispensable = 4}});
  int rank = 0;
  for (const RankedMethod& method : ranking.methods) {
    if (top > 0 && rank == top) break;
    const int lost = method.nonfinite_trials + method.failed_trials;
    const std::string verdict = method.failed_trials > 0
                                    ? fmt::format("failed {}/{}", method.failed_trials, method.trials)
                                    : method.verdict;
    table.add_row({std::to_string(++rank), method.method, method.arithmetic, short_number(method.median),
                   short_number(method.worst), TableCell(verdict, style_of_verdict(verdict)),
                   lost == 0 ? "0" : fmt::format("{}/{}", lost, method.trials), count_text(method.matmuls),
                   depth_text(method)});
  }
  text += table.str(page);
  if (rank < static_cast<int>(ranking.methods.size())) {
    text += fmt::format("({} more)\n", ranking.methods.size() - static_cast<std::size_t>(rank));
  }
  return text;
}

ResultRecord result_record(const MatrixResult& matrix, const Record& record,
                           const std::vector<std::string>& metrics) {
  ResultRecord result;
  result.family = matrix.family->family;
  result.family_label = label_of(*matrix.family);
  result.family_key = result.family + matrix.family->settings.json().dump();
  result.n = matrix.n;
  result.matrix = matrix.id;
  result.method = record.method->method->description.name;
  result.method_label = record.kernel != nullptr ? label_of(*record.kernel) : label_of(*record.method);
  result.arithmetic = record.arithmetic->name;
  result.arithmetic_label = label_of(*record.arithmetic);
  if (record.kernel != nullptr) result.kernel = label_of(*record.kernel);
  result.setting_key = result.kernel + result.method + record.method->settings.json().dump() +
                       result.arithmetic + record.arithmetic->settings.json().dump();
  result.status = status_name(record.status);
  if (record.verdict) result.verdict = verdict_name(*record.verdict);
  if (record.status != Status::failed) {
    result.frobenius = record.metrics[Metric::frobenius];
    result.total_frobenius = record.total_frobenius;
    result.matmuls = static_cast<double>(record.trace.total().matmuls);
    result.depth = static_cast<double>(record.trace.product_depth);
    result.vector_depth = static_cast<double>(record.trace.vector_depth);
  }
  for (const std::string& name : metrics) {
    result.metrics.push_back(record.status == Status::failed ? std::nan("") : metric_value(record, name));
  }
  return result;
}

}  // namespace tristab
