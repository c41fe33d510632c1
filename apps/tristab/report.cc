// tristab report RESULTS -o report.html: a result as one page with figures.
#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/report/html_report.h"

namespace tristab {

void note_incomplete(const std::string& path, const ResultHead& head) {
  if (head.complete) return;
  if (!head.shards.empty()) {
    tell(fmt::format("tristab: note: {} is only {} of a sweep; tristab merge joins all of them",
                     path == "-" ? "standard input" : path, head.shards));
    return;
  }
  tell(fmt::format("tristab: note: {} {}: {} record{}{}", path == "-" ? "standard input" : path,
                   head.says_whether_complete ? "is not complete" : "does not say whether it is complete", head.records,
                   head.records == 1 ? "" : "s",
                   head.expected_cases > 0 ? fmt::format(" of {}", head.expected_cases) : ""));
}

Command report_command() {
  struct Options {
    std::string results, output;
  };
  auto options = std::make_shared<Options>();
  Command command(
      "report", "Make one HTML page with figures of a result",
      R"(The page needs no network. It shows the error against chunk size and condition number, methods by arithmetics,
and more, as far as the result has these. It has filters, numbers under the pointer, and each figure as SVG and CSV.)",
      {"tristab report results/quick.json -o results/quick.html"});
  command.positional("RESULTS", "FILE.json|ndjson", options->results,
                     R"(a result, .json or .ndjson; - for standard input
A result of tristab sweep; it may be partial.)");
  command.output("-o,--output", "FILE.html", options->output, "file of the page; - for standard output");
  command.force();
  command.run([options](const Command&) {
    if (options->results.empty()) refuse("tristab report", "no result", "tristab report RESULTS.json -o report.html");
    if (options->output.empty()) refuse("tristab report -o", "nothing", "an HTML file, or - for standard output");
    const std::unique_ptr<OutputFile> page = open_page(options->output, "tristab report -o");
    note_incomplete(options->results, write_html_report(options->results, *page));
  });
  return command;
}

}  // namespace tristab
