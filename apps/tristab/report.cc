// tristab report RESULTS -o report.html: a result as one page with figures.
#include "tristab/report/html_report.h"

#include <fmt/format.h>

#include "command.h"
#include "tristab/base/errors.h"

namespace tristab {
namespace {

struct ReportOptions {
  std::string results, output;
};

void report(const CLI::App& command, const ReportOptions& options) {
  refuse_leftovers(command);
  if (options.results.empty()) {
    throw UsageError("tristab report: found no result; allowed: tristab report RESULTS.json -o report.html");
  }
  if (options.output.empty()) {
    throw UsageError("tristab report -o: found nothing; allowed: an HTML file, or - for standard output");
  }
  note_incomplete(options.results, write_html_report(options.results, options.output));
}

}  // namespace

void note_incomplete(const std::string& path, const ResultHead& head) {
  if (head.complete) return;
  fmt::print(stderr, "tristab: note: {} {}: {} record{}{}\n", path == "-" ? "standard input" : path,
             head.says_whether_complete ? "is not complete" : "does not say whether it is complete",
             head.records, head.records == 1 ? "" : "s",
             head.expected_cases > 0 ? fmt::format(" of {}", head.expected_cases) : "");
}

void add_report(CLI::App& app) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command = app.add_subcommand("report", R"(Make one HTML page with figures of a result
It needs no network: error against chunk size and condition number, methods by arithmetics, and more, as far as the
result holds it; with filters, numbers under the pointer, and each figure as SVG and CSV.)");
  command->allow_extras();
  command
      ->add_option("RESULTS", options->results, R"(a result, .json or .ndjson; - for standard input
Of tristab sweep; it may be partial.)")
      ->type_name("FILE.json|ndjson");
  command->add_option("-o,--output", options->output, "the page, - for standard output")
      ->type_name("FILE.html");
  command->footer("tristab report results/quick.json -o results/quick.html");
  command->callback([command, options] { report(*command, *options); });
}

}  // namespace tristab
