#include "tristab/report/history_page.h"

#include <fmt/format.h>

#include <cmath>

#include "tristab/base/embedded_file.h"
#include "tristab/base/json_text.h"
#include "tristab/report/page_json.h"
#include "tristab/report/page_template.h"
#include "tristab/sweep/summary_quantity.h"

namespace tristab {

// page.html, its style, and its scripts.
std::span<const EmbeddedFile> history_assets();

namespace {

constexpr int all_digits = 17;  // changes are exact: two numbers that differ must look different in the CSV

bool alike(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

std::string result_json(const KeptResult& result) {
  std::vector<HeadChange> changes = result.changes;
  std::erase_if(changes, [](const HeadChange& each) { return each.what == "commit" || each.what == "version"; });
  JsonObject object;
  object.text("file", result.file).text("started", result.started()).text("version", result.version());
  object.text("commit", result.commit()).integer("records", result.head.records);
  object.integer("expected", result.head.expected_cases).flag("complete", result.head.complete);
  return object
      .raw("changes", page_list(changes, [](const HeadChange& each) { return json_string(change_text(each)); }))
      .str();
}

// In the words of the page: a column of every point that is selected.
std::string points_json(const ResultHistory& history, const std::vector<const HistoryPoint*>& points) {
  const std::vector<SummaryStatistic> statistics = summary_statistics(history.field().info);
  JsonObject columns;
  const auto add = [&](const std::string& name, auto text) {
    columns.raw(name, page_list(points, [&](const HistoryPoint* point) { return text(*point); }));
  };
  const auto line_of = [&](const HistoryPoint& point) { return history.lines()[point.line]; };
  add("f", [&](const HistoryPoint& p) { return std::to_string(line_of(p).input); });
  add("s", [&](const HistoryPoint& p) { return std::to_string(line_of(p).setting); });
  add("n", [&](const HistoryPoint& p) { return std::to_string(line_of(p).n); });
  add("r", [&](const HistoryPoint& p) { return std::to_string(p.result); });
  for (const TrialCount& count : trial_counts()) {
    if (count.page_name != nullptr)
      add(count.page_name, [&count](const HistoryPoint& p) { return std::to_string(p.trials.*count.value); });
  }
  JsonObject numbers, changed;
  for (const SummaryStatistic& statistic : statistics) {
    const auto value = statistic.value;
    numbers.raw(statistic.word,
                page_list(points, [&](const HistoryPoint* p) { return page_number(p->number.*value, all_digits); }));
    changed.raw(statistic.word, page_list(points, [&](const HistoryPoint* p) {
                  return p->before != nullptr && !alike(p->before->number.*value, p->number.*value) ? "1" : "0";
                }));
  }
  columns.raw(history.field().name(), numbers.str()).raw("changed", changed.str());
  add("other_trials",
      [](const HistoryPoint& p) { return p.before != nullptr && p.before->values != p.values ? "1" : "0"; });
  return columns.str();
}

}  // namespace

void write_history_page(const ResultHistory& history, const CaseSelection& selection, const std::string& statistic,
                        const std::string& title, OutputFile& output) {
  std::vector<const HistoryPoint*> points;
  for (const HistoryPoint& point : history.points()) {
    const HistoryLine& line = history.lines()[point.line];
    if (selection.includes(history.inputs()[line.input], history.settings()[line.setting], line.n))
      points.push_back(&point);
  }
  const NumberInfo& info = history.field().info;
  JsonObject data, drawn;
  drawn.raw(info.name, fmt::format("[{},{}]", json_string(info.words.empty() ? info.name : std::string(info.words)),
                                   json_string(info.formula)));
  data.raw("errors", fmt::format("[{}]", json_string(info.name))).raw("drawn", drawn.str());
  data.raw("statistics", page_list(summary_statistics(info), [](const SummaryStatistic& each) {
             return fmt::format("[{0},{0}]", json_string(each.word));
           }));
  data.text("statistic", statistic)
      .flag("larger_is_better", info.larger_is_better)
      .flag("is_error", info.aggregate == Aggregate::judged_trials && !info.larger_is_better);
  data.raw("families", page_list(history.inputs(), [](const CaseInput& i) { return json_string(i.title()); }));
  data.raw("settings", page_settings(history.settings()));
  data.raw("groups", points_json(history, points));
  data.raw("results", page_list(history.results(), result_json));
  data.raw("skipped", page_list(history.skipped(), [](const std::string& name) { return json_string(name); }));
  // What pages of one result have besides.
  data.raw("matrices", "{\"profiles\":[]}").raw("cases", "{}").raw("layers", "[]");
  write_page(history_assets(), title, data.str(), output);
}

}  // namespace tristab
