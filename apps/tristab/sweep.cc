// tristab sweep CONFIG.json: runs every case of a configuration, writes one result file, and checks the expectations
// of the configuration.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>

#include "command.h"
#include "configuration.h"
#include "progress.h"
#include "sweep_run.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/base/json.h"
#include "tristab/base/output_file.h"
#include "tristab/report/html_report.h"
#include "tristab/report/kept_results.h"
#include "tristab/report/object_stream.h"
#include "tristab/report/result_head.h"
#include "tristab/report/result_writer.h"
#include "tristab/report/table.h"
#include "tristab/report/tool_info.h"
#include "tristab/sweep/one_case.h"
#include "tristab/sweep/shard.h"

namespace tristab {
namespace {

struct SweepOptions {
  ConfigOptions replaced;
  std::string config, output, format, html, only, shard;
  std::int64_t jobs = 0, max_cases = 0;
  bool dry_run = false, layer = false, resume = false;
};

void print_plan(const SweepConfig& config, const Plan& plan) {
  std::vector<TableColumn> columns{{.header = "family", .layout = broken_label, .widest = 60, .least = 18},
                                   {"n", true},
                                   {.header = "matrices", .right = true, .dispensable = 1},
                                   {"cases", true}};
  if (config.has_scenarios()) columns.insert(columns.begin(), {.header = "scenario", .layout = cut_lines, .least = 22});
  Table table(columns);
  const Scenario* above = nullptr;
  for (const MatrixGroup& group : plan.groups) {
    std::vector<TableCell> cells;
    if (config.has_scenarios()) cells.push_back(group.scenario == above ? "" : group.scenario->name);
    above = group.scenario;
    cells.push_back(group.family->spec.label);
    cells.push_back(std::to_string(group.n));
    cells.push_back(std::to_string(group.count));
    cells.push_back(std::to_string(static_cast<std::size_t>(group.count) * group.scenario->settings(group.n).size()));
    table.add_row(std::move(cells));
  }
  const Page page = standard_output_page();
  fmt::print("{}", table.str(page));
  std::size_t expectations = 0;
  for (const Scenario& scenario : config.scenarios) expectations += scenario.expectations.size();
  std::string total;
  if (config.has_scenarios()) {
    total = fmt::format("{} cases: {} matrices of {} scenarios", plan.cases, plan.matrices, config.scenarios.size());
  } else {
    const Scenario& scenario = config.scenarios.front();
    std::vector<std::string> settings;
    if (!scenario.methods.empty())
      settings.push_back(
          fmt::format("{} methods x {} arithmetics", scenario.methods.size(), scenario.arithmetics.size()));
    if (!scenario.kernels.empty())
      settings.push_back(fmt::format("{} kernels at the sizes that they take", scenario.kernels.size()));
    total = fmt::format("{} cases: {} matrices x {}", plan.cases, plan.matrices, fmt::join(settings, ", and "));
  }
  if (expectations > 0) total += fmt::format("; {} expectations", expectations);
  fmt::print("{}", sentence(total, page));
}

// The configuration in a file, or that of a result, which is then run again.
SweepConfig config_of(const Command& command, const SweepOptions& options) {
  ConfigOverrides overrides = options.replaced.given(command);
  if (options.layer) overrides.emplace("layer", "true");
  SweepConfig config = read_config(options.config, overrides);
  settle_sizes(config);
  return options.only.empty() ? config : only_case(config, options.only, "--case");
}

bool names_no_file(const std::string& path) { return path == "-" || is_written_through(path); }

// If an earlier run has completed this very result, and no later one has begun: whether it met its expectations. Throws
// if the result is that of another version, of other inputs, or in another format.
std::optional<bool> finished_before(const std::string& path, ResultFormat format, const SweepConfig& config,
                                    const Plan& plan, const std::optional<Shard>& shard) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) || std::filesystem::exists(journal_of(path), error))
    return std::nullopt;
  const auto head = result_beginning(path);
  const bool same = head && head->shard == shard && head->config.json() == config.json();
  if (!same || !is_whole(path, *head)) return std::nullopt;
  const auto refuse_unless_forced = [&](const std::string& found) {
    if (!may_replace()) refuse(path, found, "another name, or --force to compute it again");
  };
  if (tool_name(head->tool) != tool_name()) {
    refuse_unless_forced(fmt::format("a result of {}, but this is {}", tool_name(head->tool), tool_name()));
    return std::nullopt;
  }
  if (const ResultFormat there = head->lines ? ResultFormat::ndjson : ResultFormat::json; there != format) {
    refuse_unless_forced(
        fmt::format("a complete result in {} instead of {}", extension_of(there), extension_of(format)));
    return std::nullopt;
  }
  forget_output(path);  // it is not written again, but read
  check_ids(plan, units_of(plan, shard), path);
  bool met = true;
  visit_result(path, {"expectations"}, [&](const std::string&, const Json& expectation, const std::string&) {
    met = met && expectation.value("met", true);
  });
  tell(fmt::format("tristab: {} is complete; nothing is left to do", path));
  return met;
}

// Runs the sweep; returns whether all expectations of the configuration are met.
bool sweep(const Command& command, const SweepOptions& options, const CommandWords& words) {
  if (options.config.empty()) refuse("tristab sweep", "no configuration", "tristab sweep CONFIG.json");
  if (command.given("--output") && options.output.empty())
    refuse("-o", "nothing", "a result file, or - for standard output");
  static_cast<void>(Json(words).dump());  // results contain these words: throws before the work if they are not UTF-8
  if (command.given("--case") && options.only.empty()) refuse("--case", "nothing", "an id that a result prints");
  const SweepConfig config = config_of(command, options);
  std::optional<Shard> shard;
  if (command.given("--shard")) shard = parse_shard(options.shard, [](const char* name) { return std::getenv(name); });
  if (command.given("--html") && options.html.empty())
    refuse("--html", "nothing", "an HTML file, or - for standard output");
  const std::string part = shard ? fmt::format("-shard-{}-of-{}", shard->index, shard->count) : "";
  const auto [path, format] = result_place(
      options.output, options.format, fmt::format("{}{}{}", config.name, options.only.empty() ? "" : "-case", part),
      shard ? ResultFormat::ndjson : ResultFormat::json, options.html);
  if (shard && format == ResultFormat::csv)
    refuse("--shard", "a result in CSV", "json, ndjson; tristab merge makes any format of them");
  if (shard && !options.html.empty()) refuse("--html", "a page of a shard", "one of the merged result");
  if (options.resume && names_no_file(path)) refuse("--resume", fmt::format("-o {}", path), "a result in a file");
  const Plan plan = make_plan(config);
  print_notes(plan);
  const UnitCounts counts = counts_of(plan, units_of(plan, shard));
  if (options.max_cases > 0 && counts.cases > options.max_cases) {
    refuse("--max-cases", fmt::format("a {} of {} cases", shard ? "shard" : "sweep", counts.cases),
           fmt::format("at most {}", options.max_cases));
  }
  if (options.dry_run) {
    print_plan(config, plan);
    if (shard) fmt::print("shard {}: {} cases: {} matrices\n", shard->text(), counts.cases, counts.matrices);
    return true;
  }

  if (options.resume) {
    if (const auto met = finished_before(path, format, config, plan, shard)) {
      if (!options.html.empty()) write_html_report(path, *open_page(options.html, "--html"));
      return *met;
    }
    std::error_code error;
    if (format == ResultFormat::csv && std::filesystem::file_size(path, error) > 0 && !error && !may_replace() &&
        !std::filesystem::exists(journal_of(path), error)) {
      refuse(path, "a CSV file without a journal beside it, which may be complete; it does not say what made it",
             "another name, --force to compute it again, or a result in .json or .ndjson, which --resume recognises");
    }
  }
  RunHeader header{words, utc_now(), config.json(), config.seed, counts.cases};
  header.shard = shard;
  header.plan = &plan;
  header.resume = options.resume;
  RunOptions run{static_cast<int>(options.jobs)};
  run.shard = shard;
  return run_into_file(config, plan, header, format, path, options.html, run);
}

}  // namespace

Command sweep_command(const CommandWords& words, int& status) {
  auto options = std::make_shared<SweepOptions>();
  SweepOptions& o = *options;
  Command command(
      "sweep", "Run all cases of a configuration",
      R"(Runs every method in every arithmetic, and every kernel, on every matrix of every family and size that the
configuration names. Each inverse is compared with a certified one in high precision. The same configuration, seed and
version give the same numbers on every machine and with any number of threads.

If the configuration states expectations, a table shows which are met, and the exit status is 1 if one is not.)",
      {"tristab sweep configs/sweeps/quick.json --html results/quick.html"});
  command.positional("CONFIG", "FILE.json|ndjson", o.config, R"(configuration, or result to run again; - is stdin
Paths in it are relative to its directory. Examples are in configs/sweeps; configs/kernels has recipes of kernels, and
you can write your own. A result of tristab sweep stands for the configuration that it was run from.)");
  command.group("Replace parts of the configuration");
  ConfigOptions& c = o.replaced;
  command.option("--chunk,--chunks", "SIZES", c.chunks, R"(sizes, such as 16,64 or 16:256:*2
A range is FIRST:LAST:*FACTOR or FIRST:LAST:STEP. Sizes are whole numbers from 16 to 256. Without sizes, files of
matrices are run at their own, and other families at 64.)");
  command.option("--methods,--method", "METHODS", c.methods, R"(methods, such as mbh,mxr:block=8/16
Names with parameters after a colon; several values of a parameter, separated by /, are run one after the other. A name
alone has the default parameters, which tristab list methods NAME shows.)");
  command.option("--kernels,--kernel", "KERNELS", c.kernels, R"(kernels, such as fla-solve-tril:dot=ieee/tf32
Names from tristab list kernels, or paths of JSON files such as those in configs/kernels. A kernel is run in its own
arithmetic, at the sizes that it supports.)");
  command.option("--arithmetics,--arithmetic", "ARITHMETICS", c.arithmetics, R"(arithmetics, such as fp16,int8:scale=row
Names from tristab list arithmetics, or any format as eXmY.)");
  command.option("--formation,--formations", "FORMATIONS", c.formations, R"(how A is formed from k, beta, g
Names from tristab list formations, such as gram:product=bf16; each is run with every method and arithmetic.)");
  command.option("--family,--families", "FAMILIES", c.families, R"(families, such as ones,uniform:scale=0.1
Names from tristab list families; file:path=A.npy reads matrices, file:path=M.safetensors:layer=layer6 a layer.)");
  command.option("--trials", "N", c.trials, "matrices of each random family");
  command.option("--seed", "N", c.seed, "their seed").beside();
  command.option("--trial", "N", c.trial, R"(only matrix N of each family
0 is the first one.)");
  command
      .option("--case", "ID", o.only, R"(only this case
An id that a result prints, of a case or of a matrix (then every setting is run on it). Its record equals that of the
whole sweep. CONFIG may be the result itself: tristab sweep r.json --case ID.)")
      .beside();
  command.option("--require", "REQUIREMENT", c.require, requirement_help);
  command.group("Output");
  command.output("-o,--output", "FILE.json|ndjson|csv", o.output,
                 R"(result; - for standard output (results/NAME.json)
NAME is the name of the configuration. The file gets its name when it is complete. Until then finished cases are in
FILE.partial, as NDJSON that can be read; it stays if the run is stopped (--resume).)");
  command.option("--format", "json|ndjson|csv", o.format, R"(format of the result (by the extension of -o)
json: everything, with a summary; ndjson: one line for each matrix and record as they finish; csv: only the records.)");
  command.output("--html", "FILE.html", o.html, R"(also write a page with figures (tristab report)
Needs a result in a .json or .ndjson file.)");
  command.force();
  command
      .flag("--layer-outputs", o.layer, R"(also run whole layers
W, U, the state and the outputs of whole sequences are computed with the inverses, and compared with the recurrence in
high precision. The same as "layer": true in the configuration.)")
      .beside();
  command.group("Run");
  command.option("--jobs", "N", thread_count(o.jobs), "threads (all cores)");
  command
      .option("--shard", "I/N", o.shard, R"(part I of N (tristab merge)
From 1/N to N/N, each a run of its own, on any machine (results/NAME-shard-I-of-N.ndjson); tristab merge joins them.
auto/N takes I from SLURM_ARRAY_TASK_ID (from 1 on), from JOB_COMPLETION_INDEX, or from the rank of a program of MPI;
auto also takes N. Examples are in configs/cluster.)")
      .beside();
  command.option("--max-cases", "N", WholeNumber{&o.max_cases, 1, std::int64_t{1} << 53},
                 R"(refuse more cases
Nothing is run then, and the exit status is 2.)");
  command.flag("--dry-run", o.dry_run, "only print their number").beside();
  command.flag("--resume", o.resume, R"(go on where an earlier run stopped
Cases that are in FILE.partial are not computed again, and the result has the bytes of a run that was not stopped. If
nothing is there the run begins; if all is there it ends at once, unless it is CSV, which does not say what made it.
Another configuration, version, input or recipe is refused.)");
  command.run([options, &words, &status](const Command& given) {
    if (!sweep(given, *options, words)) status = 1;
  });
  return command;
}

}  // namespace tristab
