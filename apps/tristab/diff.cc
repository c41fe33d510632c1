// tristab diff OLD NEW: what changed between two results.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "command.h"
#include "result_options.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/base/output_file.h"
#include "tristab/report/diff_json.h"
#include "tristab/report/diff_text.h"

namespace tristab {
namespace {

struct DiffOptions {
  std::string before, after;
  std::vector<std::string> fail_on;
  std::string match, metrics, output;
  std::int64_t top = 20;
  bool markdown = false, json = false;
};

std::string words_help() {
  std::string text;
  for (const ThresholdWord& word : threshold_words()) text += fmt::format(" {}: {}.", word.name, word.meaning);
  return text;
}

void diff(const Command& command, const DiffOptions& options, int& status) {
  if (options.after.empty())
    refuse("tristab diff", options.before.empty() ? "no results" : "one result", "two: tristab diff OLD NEW");
  if (options.before == "-" && options.after == "-")
    refuse("tristab diff", "- twice", "one result from standard input");
  command.excludes("--markdown", {"--json"}, "one of them");
  std::vector<DiffThreshold> thresholds;
  for (const std::string& text : options.fail_on) {
    for (DiffThreshold& each : read_thresholds(text, "--fail-on")) thresholds.push_back(std::move(each));
  }
  DiffView view{static_cast<std::size_t>(options.top), {find_field(ranked_field)}};
  if (command.given("--metrics")) view.metrics = metrics_named(options.metrics, command.typed("--metrics"));
  std::unique_ptr<OutputFile> output;
  if (!options.output.empty()) {
    output =
        std::make_unique<OutputFile>(options.output, replaces_files_with(options.json       ? diff_json_beginning
                                                                         : options.markdown ? diff_markdown_beginning
                                                                                            : diff_text_beginning));
  }
  const std::vector<const Field*> fields = threshold_fields(thresholds, view.metrics);
  const ComparedResult before(options.before, fields), after(options.after, fields);
  note_incomplete(options.before, before.head());
  note_incomplete(options.after, after.head());
  if (before.head().records + after.head().records == 0)
    refuse_input(fmt::format("{} and {}", before.name(), after.name()), "no records", "results that have them");
  DiffCases cases;
  const ResultDiff found =
      result_diff(before, after, match_of(options.match), options.json ? cases.visitor() : CaseVisitor());
  const std::vector<Violation> failed = violations(found, thresholds);
  if (!failed.empty()) status = 1;
  if (!thresholds.empty() && found.records.both() + found.layers.both() == 0) {
    tell("tristab diff: FAILED: no case is in both, so that nothing holds the thresholds");
    status = 1;
  }
  const auto write = [&](std::string_view text) { output ? output->write(text) : fmt::print("{}", text); };
  if (options.json) {
    write_diff_json(found, failed, cases, write);
  } else if (options.markdown) {
    write(diff_markdown(found, failed, view));
  } else {
    write(diff_text(found, failed, view, output ? Page{} : standard_output_page()));
  }
  if (output) output->commit();
  if (!output && !options.json && !options.markdown) return;
  for (const std::string& line : violation_lines(found, failed, view.top)) tell(line);
}

}  // namespace

Command diff_command(int& status) {
  auto options = std::make_shared<DiffOptions>();
  DiffOptions& o = *options;
  Command command(
      "diff", "Show what changed between two results, case by case",
      R"(Results are exact, so there is no noise band: records are compared in every field, and any difference counts.
Records are the same case if their ids are equal, else if input, setting, size and trial have the same labels.)",
      {"tristab sweep configs/sweeps/quick.json --trials 3 -o new.json",
       "tristab diff results/quick.json new.json --fail-on 'growth_max>2x,fit'"});
  command.positional("OLD", "FILE.json|ndjson", o.before, R"(a result (.json, .ndjson); - for standard input
A result of tristab sweep; it may be partial, and of another version.)");
  command.positional("NEW", "FILE.json|ndjson", o.after, "another one, which is compared with it");
  command.option("--fail-on", "LIST", o.fail_on,
                 fmt::format(R"(thresholds: exit 1 if one is exceeded (repeatable)
Separated by commas. NUMBER>1.1x: more than 1.1 times that of OLD. NUMBER>1e-3 or NUMBER<1e-3: a value of NEW.
NUMBER<-3dB: of decibels, 3 less than that of OLD. NUMBER is a number of the result's summary, such as
total_frobenius_max, growth_p95, unfit or matmuls, or of its layers (layer.o_max). Or a word.{})",
                             words_help()));
  command.option("--metrics,--metric", "METRICS", o.metrics, "a table for each (total_frobenius)");
  command.option("--top", "N", WholeNumber{&o.top, 1, 1000000}, "rows of each table (20)");
  command.option("--match", "id|setting", o.match, R"(match cases by this alone
id: by their ids, which hold a hash of every parameter. setting: by the labels of input and setting, by size and trial,
as where a default has changed. Without it ids are tried first, and labels for what they leave.)");
  command.group("Output");
  command.flag("--markdown", o.markdown, "a table for a pull request");
  command.flag("--json", o.json, "everything, every changed field of every case: tristab-diff/1");
  command.output("-o,--output", "FILE", o.output, "write to this file instead of standard output");
  command.force();
  command.run([options, &status](const Command& given) { diff(given, *options, status); });
  return command;
}

}  // namespace tristab
