// tristab inspect INPUT: why one case is as wrong as it is, step by step and rounding by rounding, and what to change.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "command.h"
#include "configuration.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/inspect/inspection.h"
#include "tristab/report/html_report.h"
#include "tristab/report/inspection_json.h"
#include "tristab/report/inspection_page.h"
#include "tristab/report/inspection_text.h"
#include "tristab/report/result_head.h"
#include "tristab/sweep/one_case.h"

namespace tristab {
namespace {

struct InspectOptions {
  FilePart input;
  ConfigOptions config;
  std::string id, format = "text", page, against;
  std::int64_t rows = 12;
};

// A case of a result.
SweepConfig config_of_result(const Command& command, const InspectOptions& options) {
  const std::string& input = options.input.path;
  if (options.id.empty())
    refuse("tristab inspect", fmt::format("the result {} and no case", input),
           fmt::format("tristab inspect {} CASE, with an id that the result prints", input));
  if (!std::filesystem::exists(input)) refuse_input(input, "no such file", "a result, of tristab sweep");
  const char *const what = "the case of a result", *const allowed = "--require alone: the case says the rest";
  command.refuse_with(what, {"--methods", "--arithmetics", "--kernels", "--formation", "--chunk", "--trial", "--seed"},
                      allowed);
  command.refuse_with(what, file_part_options, allowed);
  // A requirement that is replaced is not read; scenarios have their own.
  ConfigOverrides overrides;
  const auto head = result_beginning(input);
  const bool scenarios = head && head->config.json().contains("scenarios");
  if (command.given("--require") && !scenarios)
    overrides.emplace("require", Override(options.config.require, "--require"));
  SweepConfig config = only_case(read_config(input, overrides), options.id, "CASE");
  if (command.given("--require") && scenarios)
    config.scenarios.front().requirement = Requirement(options.config.require, "--require");
  return config;
}

// The size that a kernel takes, if it is not 64: the largest.
void settle_kernel_size(const Command& command, const InspectOptions& options, Json& json) {
  if (!command.given("--kernels") || command.given("--chunk")) return;
  const std::vector<Recipe> recipes = expand_recipe(Json(options.config.kernels), command.typed("--kernels"), "");
  if (recipes.size() == 1 && !recipes.front().takes(64)) json["chunks"] = {std::ranges::max(recipes.front().chunks)};
}

// The configuration of the one case.
SweepConfig config_of(const Command& command, const InspectOptions& options) {
  const std::string& input = options.input.path;
  if (input.ends_with(".json") || input.ends_with(".ndjson")) return config_of_result(command, options);
  if (!options.id.empty())
    refuse("CASE", fmt::format("'{}' behind {}", options.id, input), "a case only behind a result, FILE.json");
  command.excludes("--kernels", {"--methods", "--arithmetics", "--formation"}, "--kernel alone: it has all three");
  if (!command.given("--kernels") && !(command.given("--methods") && command.given("--arithmetics"))) {
    refuse("tristab inspect",
           fmt::format("no {}", command.given("--methods")       ? "--arithmetic"
                                : command.given("--arithmetics") ? "--method"
                                                                 : "--method, --arithmetic or --kernel"),
           "--method M --arithmetic F, or --kernel K");
  }
  const bool file = is_tensor_file(input);
  if (file) {
    command.refuse_with("a file", {"--seed"}, "a seed only for a family of random matrices");
  } else {
    command.refuse_with("the family " + input, file_part_options, "a file of matrices or layers with it");
  }
  ConfigOverrides overrides = options.config.given(command);
  overrides.emplace("families", Override(file ? options.input.family().dump() : input, "INPUT"));
  if (!command.given("--trial")) overrides.emplace("trial", Override("0", "--trial"));
  const std::int64_t trial = command.given("--trial") ? whole_number("--trial", options.config.trial, 0, 999998) : 0;
  Json json = Json::object();
  json["trials"] = trial + 1;
  settle_kernel_size(command, options, json);
  return make_config(json, overrides, "tristab inspect", "", "inspect");
}

void inspect(const Command& command, const InspectOptions& options, int& status) {
  if (options.input.path.empty())
    refuse("tristab inspect", "no input", "tristab inspect INPUT --method M --arithmetic F");
  SweepConfig config = config_of(command, options);
  settle_sizes(config);
  for (Scenario& scenario : config.scenarios) scenario.decompose = true;
  const Plan plan = make_plan(config);
  const std::vector<Setting> settings = plan.groups.front().scenario->settings(plan.groups.front().n);
  if (plan.groups.size() != 1 || settings.size() != 1)
    refuse("tristab inspect",
           settings.size() != 1 ? fmt::format("{} settings", settings.size())
                                : fmt::format("{} families and sizes", plan.groups.size()),
           "one method in one arithmetic, or one kernel, on one family and size");
  const std::unique_ptr<OutputFile> page = options.page.empty() ? nullptr : open_page(options.page, "--html");
  Inspection inspection = inspect_case(plan);
  if (!options.against.empty()) {
    inspection.against = compare_steps(*inspection.experiment, options.against);
    if (inspection.against->first_that_parts() != nullptr) status = 1;
  }
  if (page) write_inspection_page(inspection, *page);
  if (options.page == "-") return;
  fmt::print("{}", options.format == "json"
                       ? inspection_json(inspection)
                       : inspection_text(inspection, static_cast<int>(options.rows), standard_output_page()));
}

}  // namespace

Command inspect_command(int& status) {
  auto options = std::make_shared<InspectOptions>();
  InspectOptions& o = *options;
  Command command(
      "inspect", "Explain the error of one case: which rounding makes it",
      R"(Runs one case with any of its roundings left out, which this program can do exactly: it knows them all.)",
      {"tristab inspect gdn --method mch --arithmetic fp16"});
  command.positional("INPUT", "FILE.npy|npz|safetensors", o.input.path,
                     "a family, a file of matrices or layers, or a result");
  command.positional("CASE", "ID", o.id, "the case, of a result", "[CASE]");
  command.option("--method,--methods", "METHOD", o.config.methods, "method, such as mxr or mxr:block=8");
  command.option("--arithmetic,--arithmetics", "ARITHMETIC", o.config.arithmetics, "arithmetic, such as fp16");
  command.option("--formation,--formations", "FORMATION", o.config.formations, "how A is formed from k, beta and g");
  command.option("--kernel,--kernels", "KERNEL", o.config.kernels, "kernel instead of these");
  command.option("--chunk,--chunks", "N", o.config.chunks, "chunk size");
  command.option("--trial", "N", o.config.trial, "matrix N; 0 is the first");
  command.option("--seed", "N", o.config.seed, "seed of the family").beside();
  command.option("--require", "REQUIREMENT", o.config.require, requirement_help);
  o.input.declare(command);
  command.option("--rows", "N", WholeNumber{&o.rows, 0, 100000}, "rows of a table; 0: all");
  command.group("Output");
  command.option("--format", "text|json", o.format, "text or json");
  command.output("--html", "FILE.html", o.page, "page with heat maps of the error");
  command.option("--against", "DIR", o.against, R"(your kernel's own steps: .npy or .safetensors
A directory, or one file, of tensors that are named by stage and step (powers.3). The first one that differs from the
emulation is named, with the number of ulp and the place; the exit status is 1 then.)");
  command.force();
  command.run([options, &status](const Command& c) { inspect(c, *options, status); });
  return command;
}

}  // namespace tristab
