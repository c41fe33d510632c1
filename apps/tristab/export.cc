// tristab export RESULTS: a result for other tools.
#include <fmt/format.h>

#include "command.h"
#include "tristab/base/errors.h"
#include "tristab/report/export_gnuplot.h"
#include "tristab/report/export_table.h"
#include "tristab/report/export_vega.h"

namespace tristab {
namespace {

struct ExportOptions {
  std::string results, table = "records", csv, ndjson, gnuplot, vega;
};

void export_result(const CLI::App& command, const ExportOptions& options) {
  refuse_leftovers(command);
  constexpr const char* forms = "--csv FILE, --ndjson FILE, --gnuplot DIR, --vega FILE";
  if (options.results.empty()) {
    throw UsageError(
        fmt::format("tristab export: found no result; allowed: tristab export RESULTS.json with {}", forms));
  }
  const std::pair<const char*, const std::string*> outputs[] = {{"--csv", &options.csv},
                                                                {"--ndjson", &options.ndjson},
                                                                {"--gnuplot", &options.gnuplot},
                                                                {"--vega", &options.vega}};
  int asked = 0, streams = 0;
  for (const auto& [option, path] : outputs) {
    if (command.count(option) == 0) continue;
    ++asked;
    streams += *path == "-";
    if (path->empty()) throw UsageError(fmt::format("{}: found nothing; allowed: a name, or -", option));
  }
  if (asked == 0) throw UsageError(fmt::format("tristab export: found no form; allowed: {}", forms));
  if (streams > 1) throw UsageError("tristab export: found - twice; allowed: one output to standard output");
  if (asked > 1 && options.results == "-") {
    throw UsageError("tristab export -: found several forms; allowed: one when reading standard input");
  }
  if (options.gnuplot == "-") throw UsageError("--gnuplot: found -; allowed: a directory");
  const std::vector<std::string>& sections = result_sections();
  if (std::find(sections.begin(), sections.end(), options.table) == sections.end()) {
    throw_unknown_name("--table", "table of a result", options.table, sections);
  }
  if (command.count("--table") > 0 && options.csv.empty() && options.ndjson.empty()) {
    throw UsageError("--table: found no --csv or --ndjson; allowed: together with one of them");
  }
  ResultHead head;
  if (!options.csv.empty()) {
    head = export_table(options.results, options.table, ExportFormat::csv, options.csv);
  }
  if (!options.ndjson.empty()) {
    head = export_table(options.results, options.table, ExportFormat::ndjson, options.ndjson);
  }
  if (!options.gnuplot.empty()) head = export_gnuplot(options.results, options.gnuplot);
  if (!options.vega.empty()) head = export_vega(options.results, options.vega);
  note_incomplete(options.results, head);
}

}  // namespace

void add_export(CLI::App& app) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = app.add_subcommand("export", R"(Write a result for pandas, polars, gnuplot and Vega-Lite
At least one of the forms; partial results can be written, too.)");
  command->allow_extras();
  command
      ->add_option("RESULTS", options->results, R"(a result, .json or .ndjson; - for standard input
Of tristab sweep; it may be partial.)")
      ->type_name("FILE.json|ndjson");
  const char* const tables = "Tables";
  command->add_option("--csv", options->csv, "comma-separated, - for standard output")
      ->type_name("FILE.csv")
      ->group(tables);
  command->add_option("--ndjson", options->ndjson, "one JSON object a line, - for standard output")
      ->type_name("FILE.ndjson")
      ->group(tables);
  command
      ->add_option(
          "--table", options->table,
          fmt::format("which of the result's tables (records)\nOne of {}.", join_names(result_sections())))
      ->type_name("TABLE")
      ->group(tables);
  const char* const figures = "Figures";
  command
      ->add_option("--gnuplot", options->gnuplot, R"(directory for data and a script, plot.gp
Run in that directory, gnuplot plot.gp writes every panel as SVG and PDF; gnuplot -e "terminal='dumb'" plot.gp draws in
the terminal.)")
      ->type_name("DIR")
      ->group(figures);
  command->add_option("--vega", options->vega, "Vega-Lite specification with its data")
      ->type_name("FILE.json")
      ->group(figures);
  command->footer(R"(tristab export results/quick.json --csv quick.csv
tristab export results/quick.json --gnuplot quick-plots)");
  command->callback([command, options] { export_result(*command, *options); });
}

}  // namespace tristab
