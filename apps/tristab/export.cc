// tristab export RESULTS: a result for other tools.
#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/base/input_file.h"
#include "tristab/report/export_gnuplot.h"
#include "tristab/report/export_table.h"

namespace tristab {
namespace {

struct ExportOptions {
  std::string results, table = "records", csv, ndjson, gnuplot;
};

void export_result(const Command& command, const ExportOptions& options) {
  constexpr const char* forms = "--csv FILE, --ndjson FILE, --gnuplot DIR";
  if (options.results.empty())
    refuse("tristab export", "no result", fmt::format("tristab export RESULTS.json with {}", forms));
  const std::pair<const char*, const std::string*> outputs[] = {
      {"--csv", &options.csv}, {"--ndjson", &options.ndjson}, {"--gnuplot", &options.gnuplot}};
  int asked = 0, streams = 0;
  for (const auto& [option, path] : outputs) {
    if (!command.given(option)) continue;
    ++asked;
    streams += *path == "-";
    if (path->empty()) refuse(option, "nothing", "a name, or -");
  }
  if (asked == 0) refuse("tristab export", "no output", forms);
  if (streams > 1) refuse("tristab export", "- twice", "one output to standard output");
  if (asked > 1 && !is_read_again(options.results))
    refuse("tristab export", "several outputs", "one when reading standard input or a pipe");
  if (options.gnuplot == "-") refuse("--gnuplot", "-", "a directory");
  if (command.given("--table") && options.csv.empty() && options.ndjson.empty())
    refuse("--table", "no --csv or --ndjson", "together with one of them");
  if (!options.gnuplot.empty()) {
    for (const std::string& file : gnuplot_files(options.gnuplot)) note_output(file, "--gnuplot");
  }
  ResultHead head;
  if (!options.csv.empty()) head = export_table(options.results, options.table, ExportFormat::csv, options.csv);
  if (!options.ndjson.empty())
    head = export_table(options.results, options.table, ExportFormat::ndjson, options.ndjson);
  if (!options.gnuplot.empty()) head = export_gnuplot(options.results, options.gnuplot);
  note_incomplete(options.results, head);
}

}  // namespace

Command export_command() {
  auto options = std::make_shared<ExportOptions>();
  Command command(
      "export", "Write a result for pandas, polars and gnuplot",
      "Needs at least one of --csv, --ndjson and --gnuplot. Partial results can be exported, too.",
      {"tristab export results/quick.json --csv quick.csv", "tristab export results/quick.json --gnuplot quick-plots"});
  command.positional("RESULTS", "FILE.json|ndjson", options->results,
                     R"(a result, .json or .ndjson; - for standard input
A result of tristab sweep; it may be partial.)");
  command.group("Tables");
  command.output("--csv", "FILE.csv", options->csv, "comma-separated values; - for standard output");
  command.output("--ndjson", "FILE.ndjson", options->ndjson, "one JSON object in each line; - for standard output");
  command.option(
      "--table", "TABLE", options->table,
      fmt::format(
          "which table of the result (records)\nOne of {}; stages are those of the records, whose case they name.",
          join_names(result_tables())));
  command.force();
  command.group("Figures");
  command.option("--gnuplot", "DIR", options->gnuplot, R"(directory for data and a script, plot.gp
Run in that directory, gnuplot plot.gp writes every panel as SVG and PDF; gnuplot -e "terminal='dumb'" plot.gp draws in
the terminal.)");
  command.run([options](const Command& given) { export_result(given, *options); });
  return command;
}

}  // namespace tristab
