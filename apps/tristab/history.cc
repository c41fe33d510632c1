// tristab history DIR: a page of one number over the kept results of a directory.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "command.h"
#include "result_options.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/report/history_page.h"
#include "tristab/report/html_report.h"
#include "tristab/report/text_layout.h"
#include "tristab/sweep/summary_quantity.h"

namespace tristab {
namespace {

struct HistoryOptions {
  ConfigOptions config;
  std::string directory, metric = ranked_field, statistic = "worst", output;
};

void history(const Command& command, const HistoryOptions& options) {
  if (options.directory.empty())
    refuse("tristab history", "no directory", "tristab history DIR -o history.html, DIR with results of tristab sweep");
  if (options.output.empty()) refuse("tristab history -o", "nothing", "an HTML file, or - for standard output");
  const std::vector<const Field*> metrics = metrics_named(options.metric, command.typed("--metric"));
  if (metrics.size() != 1) refuse(command.typed("--metric"), options.metric, "one metric");
  std::vector<std::string> words;
  for (const SummaryStatistic& each : summary_statistics(metrics.front()->info)) words.emplace_back(each.word);
  if (std::ranges::find(words, options.statistic) == words.end())
    throw_unknown_name("--stat", fmt::format("statistic of {}", metrics.front()->name()), options.statistic, words);
  const ResultHistory kept(options.directory, *metrics.front(), options.output);
  for (const std::string& reason : kept.refused()) tell(fmt::format("tristab: note: skipped: {}", reason));
  if (kept.skipped().size() > kept.refused().size()) {
    std::vector<std::string> others;
    for (const std::string& name : kept.skipped()) {
      if (!name.ends_with(".json") && !name.ends_with(".ndjson")) others.push_back(name);
    }
    tell(fmt::format("tristab: note: skipped, because not .json or .ndjson: {}", join_names(others)));
  }
  const CaseSelection selection = selection_in(command, kept.inputs(), kept.settings(), options.config);
  if (std::ranges::none_of(kept.lines(), [&](const HistoryLine& line) {
        return selection.includes(kept.inputs()[line.input], kept.settings()[line.setting], line.n);
      }))
    refuse("tristab history", "no records for this selection", "one that a result has");
  // Opened last: until it is complete it is another file, which may stand in the directory.
  const std::unique_ptr<OutputFile> page = open_page(options.output, "tristab history -o");
  std::string title = std::filesystem::path(options.directory).lexically_normal().generic_string();
  while (title.size() > 1 && title.ends_with('/')) title.pop_back();
  write_history_page(kept, selection, options.statistic, fmt::format("History of {}", title), *page);
}

}  // namespace

Command history_command() {
  auto options = std::make_shared<HistoryOptions>();
  HistoryOptions& o = *options;
  ConfigOptions& c = o.config;
  Command command(
      "history", "Make one HTML page of a number over kept results",
      R"(DIR holds results of tristab sweep. They stand in the order of their runs, named by the version or commit that made
them; each setting on an input is a line. Results are exact, so every number that is not equal to the one before is
marked. The page needs no network.)",
      {"tristab history results -o results/history.html"});
  command.positional("DIR", "DIR", o.directory, R"(a directory with results (.json, .ndjson)
Other files are named in a note and skipped. The order is by start of the run, then by file name.)");
  command.option("--metric,--metrics", "METRICS", o.metric, R"(what is shown (total_frobenius)
One of tristab compare --metrics.)");
  command.option("--stat", "median|tail|worst|mean", o.statistic, R"(over the trials: median, tail, worst, mean (worst)
tail: the 95th percentile, or the 5th where larger is better; of at least 20 trials. mean: of decibels. The page has a
menu with all of them.)");
  command.group("Only these (all)");
  command.option("--chunk,--chunks", "SIZES", c.chunks, "sizes, such as 16,64");
  command.option("--family,--families", "FAMILIES", c.families, "families, such as ones,gdn");
  command.option("--methods,--method", "METHODS", c.methods, "methods, such as mbh,mxr:block=8");
  command.option("--arithmetics,--arithmetic", "ARITHMETICS", c.arithmetics, "arithmetics, such as fp16");
  command.option("--kernels,--kernel", "KERNELS", c.kernels, "kernels, such as fla-solve-tril");
  command.group("Output");
  command.output("-o,--output", "FILE.html", o.output, "file of the page; - for standard output");
  command.force();
  command.run([options](const Command& given) { history(given, *options); });
  return command;
}

}  // namespace tristab
