// tristab merge SHARD...: the result of a whole sweep from those of its shards.
#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "configuration.h"
#include "sweep_run.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/report/merged_shards.h"
#include "tristab/report/result_writer.h"
#include "tristab/report/tool_info.h"

namespace tristab {
namespace {

struct MergeOptions {
  std::vector<std::string> shards;
  std::string output, format, html;
};

// Returns whether every expectation of the configuration is met.
bool merge(const MergeOptions& options, const CommandWords& words) {
  if (options.shards.empty()) refuse("tristab merge", "no shards", "tristab merge SHARD... -o FILE");
  for (const std::string& path : options.shards) {
    if (path == "-") refuse("tristab merge", "-", "files");
  }
  const Json shared = config_of_shards(options.shards);
  const SweepConfig config = read_config(options.shards.front(), {});
  if (config.json() != shared)
    refuse_input(options.shards.front(), "a configuration that this version reads differently",
                 "shards of the same version");
  const ResultPlace place = result_place(options.output, options.format, config.name, ResultFormat::json, options.html);
  const Plan plan = make_plan(config);
  MergedShards shards(plan, options.shards);
  RunOptions run;
  run.made = &shards;
  return run_into_file(config, plan, {words, utc_now(), config.json(), config.seed, plan.cases}, place.format,
                       place.path, options.html, run);
}

}  // namespace

Command merge_command(const CommandWords& words, int& status) {
  auto options = std::make_shared<MergeOptions>();
  MergeOptions& o = *options;
  Command command(
      "merge", "Join the shards of a sweep",
      R"(Checks that the shards have every case of their configuration, and names what is missing. The result has the bytes of
a sweep that one process ran, but for what it says about the run. Files that the configuration reads must be where they
were.

If the configuration states expectations, a table shows which are met, and the exit status is 1 if one is not.)",
      {"tristab sweep configs/sweeps/quick.json --shard 1/2", "tristab sweep configs/sweeps/quick.json --shard 2/2",
       "tristab merge results/quick-shard-*-of-2.ndjson"});
  command.positional("SHARD", "FILE.ndjson|json", o.shards, "results of tristab sweep --shard, in any order",
                     "SHARD...");
  command.output("-o,--output", "FILE.json|ndjson|csv", o.output,
                 R"(result; - for standard output (results/NAME.json)
NAME is the name of the configuration.)");
  command.option("--format", "json|ndjson|csv", o.format, "format of the result (by the extension of -o)");
  command.output("--html", "FILE.html", o.html, "also write a page with figures (tristab report)");
  command.force();
  command.share_row();
  command.run([options, &words, &status](const Command&) {
    if (!merge(*options, words)) status = 1;
  });
  return command;
}

}  // namespace tristab
