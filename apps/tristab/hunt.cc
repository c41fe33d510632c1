// tristab hunt: the worst input that a layer can make for a setting; --shrink: the smallest one that is still bad.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>

#include "command.h"
#include "interrupt.h"
#include "progress.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/base/input_file.h"
#include "tristab/base/json.h"
#include "tristab/base/json_reader.h"
#include "tristab/base/output_file.h"
#include "tristab/hunt/hunt.h"
#include "tristab/hunt/shrink.h"
#include "tristab/library/opened_input.h"
#include "tristab/matrix/layer_arrays.h"
#include "tristab/report/hunt_text.h"
#include "tristab/report/table.h"
#include "tristab/sweep/scenario.h"

namespace tristab {
namespace {

struct HuntOptions {
  FilePart input;
  std::string method, arithmetic, kernel, against, family = "gdn";
  std::string beta, decay, cosine, condition, grid, objective = "total_frobenius", require = Requirement::default_text;
  std::string from = "all", resume, output, json, shrink, keep = "0.5", scenario;
  std::int64_t chunk = 0, head_dim = 0, evaluations = 20000, seconds = 0, seed = 1, jobs = 0;
};

// "KERNEL" or "METHOD ARITHMETIC".
SettingNames second_names(const std::string& text) {
  const std::size_t space = text.find(' ');
  if (space == std::string::npos) return {.kernel = text};
  return {.method = text.substr(0, space), .arithmetic = text.substr(space + 1)};
}

Format grid_format(const std::string& name) {
  Format format = format_of(name, "--grid");
  if (!format.inside(fp32_format())) refuse("--grid", name, "a format inside fp32, such as bf16 or fp16");
  return format;
}

InputSpace space_of(const Command& command, const HuntOptions& options, const Recipe* kernel) {
  const int n = options.chunk > 0 ? static_cast<int>(options.chunk) : usual_chunk(kernel);
  if (kernel != nullptr) kernel->check_takes(std::span(&n, 1), "--kernel");
  InputSpace space;
  if (!options.input.path.empty()) {
    command.excludes("--input", {"--family"}, "--input alone: the file says the rule");
    const FamilySpec spec = only_one(expand_family(options.input.family(), "--input"), "--input");
    space = measured_space(*open_source(spec, 1, 1, "", "--input"), n, "--input");
  } else {
    if (options.shrink.empty()) command.needs({"--layer"}, "--input", "with a file of a layer");
    const FamilySpec spec = only_one(expand_family(Json(options.family), "--family"), "--family");
    bool is_rule = false;
    std::vector<std::string> rules;
    for (const DeltaRule& rule : delta_rules()) {
      is_rule = is_rule || rule.name == spec.name;
      rules.push_back(rule.name);
    }
    if (!is_rule) throw_unknown_name("--family", "family of a rule", spec.name, rules);
    const Json& settings = spec.settings.json();
    space = rule_space(delta_rule(spec.name), n, settings.value("head_dim", 128), settings.value("negative", false),
                       "--family");
    space.steps = settings.value("steps", 1);
    const auto format = [&](const char* key, std::optional<Format>& target) {
      if (settings.contains(key) && settings[key] != "fp64") target = grid_format(settings[key].get<std::string>());
    };
    format("key_format", space.key_format);
    format("beta_format", space.rate_format);
    format("gate_format", space.decay_format);
  }
  if (options.head_dim > 0) space.head_dim = static_cast<int>(options.head_dim);
  if (!options.beta.empty()) space.rate = range_of(options.beta, "--beta");
  if (!options.decay.empty()) space.log_decay = range_of(options.decay, "--decay");
  if (!options.cosine.empty()) space.cosine = range_of(options.cosine, "--cosine");
  if (!options.grid.empty()) space.key_format = space.rate_format = space.decay_format = grid_format(options.grid);
  if (!options.condition.empty()) {
    const Json condition = parse_scalar(options.condition);
    if (!condition.is_number() || !(condition.get<double>() >= 1))
      refuse("--condition", options.condition, "1 or more");
    space.condition = condition.get<double>();
  }
  check_space(space, "tristab hunt");
  return space;
}

JsonValue read_state(const std::string& path) {
  const std::string text = read_input(path, " the state", "a report of tristab hunt --json");
  const Json report = parse_user_json(text, path);
  if (!report.is_object() || !report.contains("state"))
    refuse(path, "no state", "a report of tristab hunt --json, which has one");
  return report["state"];
}

// The first chunk of the file.
TokenInputs tokens_to_shrink(const HuntOptions& options, int n) {
  FilePart part = options.input;
  part.path = options.shrink;
  const FamilySpec spec = only_one(expand_family(part.family(), "--shrink"), "--shrink");
  const std::unique_ptr<Source> source = open_source(spec, 1, 1, "", "--shrink");
  if (source->count(n) == 0) refuse("--shrink", fmt::format("no matrix of size {}", n), "a file of tristab hunt -o");
  const Problem problem = source->problem(n, 0);
  if (problem.tokens == nullptr)
    refuse("--shrink", "matrices without keys", "a file of tristab hunt -o, with k, beta, g");
  return *problem.tokens;
}

struct Outputs {
  std::unique_ptr<OutputFile> tensors, report, scenario;
  explicit Outputs(const HuntOptions& options) {
    if (!options.output.empty()) tensors = std::make_unique<OutputFile>(options.output, replaces_no_file());
    if (!options.json.empty())
      report = std::make_unique<OutputFile>(options.json, replaces_files_with("{\"schema\": \"tristab-hunt"));
    if (!options.scenario.empty())
      scenario = std::make_unique<OutputFile>(options.scenario, replaces_files_with("{\n  \"chunks\""));
  }
  void write(const HuntRequest& request, const HuntFind& find, const std::string& json, const HuntOptions& options) {
    if (tensors) write_safetensors(*tensors, layer_arrays(std::span(&find.tokens, 1)));
    if (scenario) {
      const std::filesystem::path from = std::filesystem::absolute(options.scenario).parent_path();
      const std::filesystem::path path = std::filesystem::absolute(options.output).lexically_relative(from);
      scenario->write(scenario_of(request, find, path, from).dump(2) + "\n");
      scenario->commit();
    }
    if (report) {
      report->write(json);
      report->commit();
    }
  }
  static bool on_standard_output(const HuntOptions& options) {
    return options.json == "-" || options.output == "-" || options.scenario == "-";
  }
};

void run_shrink(const HuntRequest& request, const TokenInputs& tokens, const HuntOptions& options) {
  const Json keep = parse_scalar(options.keep);
  if (!keep.is_number() || !(keep.get<double>() > 0 && keep.get<double>() <= 1))
    refuse("--keep", options.keep, "a share above 0, up to 1");
  Outputs outputs(options);
  const Shrunk shrunk = shrink(request, tokens, keep.get<double>(), listen_for_interrupts());
  outputs.write(request, shrunk.after, shrink_json(request, shrunk), options);
  if (!Outputs::on_standard_output(options)) fmt::print("{}", shrink_text(request, shrunk, standard_output_page()));
}

void run_hunt(const Command& command, const HuntOptions& options, int& status) {
  const DeclaredSetting setting({options.kernel, options.method, options.arithmetic}, {"tristab hunt"});
  std::optional<DeclaredSetting> second;
  HuntRequest request;
  request.setting = setting.setting();
  if (!options.against.empty())
    request.second = second.emplace(second_names(options.against), Wording{"--against", "--against "}).setting();
  request.objective = make_objective(options.objective, "--objective");
  if (request.objective.needs_second() && !request.second)
    refuse("--objective", fmt::format("{} without --against", options.objective),
           "--against KERNEL or 'METHOD ARITHMETIC'");
  request.space = space_of(command, options, request.setting.kernel);
  request.requirement = Requirement(options.require, "--require");
  request.layer = make_layer_arithmetic(Json("bf16"), "the layer");
  request.seed = static_cast<std::uint64_t>(options.seed);
  request.seconds = static_cast<double>(options.seconds);
  const bool only_time = options.seconds > 0 && !command.given("--evaluations");
  request.evaluations = only_time ? std::int64_t{1} << 50 : options.evaluations;
  request.only_random = options.from == "random";
  request.only_draws = options.from == "draws";
  request.jobs = static_cast<int>(options.jobs);
  if (!options.resume.empty()) {
    request.state = read_state(options.resume);
    request.state_place = options.resume + ": state";
  }
  if (!options.scenario.empty() && options.output.empty())
    refuse("--scenario", "no -o", "-o FILE.safetensors beside it: the configuration names that file");
  if (!options.shrink.empty()) {
    command.excludes("--shrink", {"--evaluations", "--seconds", "--from", "--resume"}, "these only for a hunt");
    return run_shrink(request, tokens_to_shrink(options, request.space.n), options);
  }
  command.needs({"--keep"}, "--shrink", "with --shrink FILE");
  Outputs outputs(options);

  const std::atomic<bool>& stop = listen_for_interrupts();
  PhaseProgress line;
  const auto start = std::chrono::steady_clock::now();
  const HuntProgress progress = [&](std::int64_t evaluations, double worst) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    const double of_time = request.seconds > 0 ? passed.count() / request.seconds : 0;
    const double of_budget = static_cast<double>(evaluations) / static_cast<double>(request.evaluations);
    line.report(fmt::format("{} evaluations, worst {} {}", evaluations, request.objective.name,
                            std::isinf(worst) ? "not finite" : short_number(worst)),
                std::min(1.0, std::max(of_time, of_budget)));
  };
  const HuntResult result = hunt(request, progress, &stop);
  line.clear();
  if (result.worst) outputs.write(request, *result.worst, hunt_json(request, result, true), options);
  if (result.stopped) status = 128 + interrupt_signal();
  if (Outputs::on_standard_output(options)) return;
  fmt::print("{}", hunt_text(request, result, standard_output_page()));
}

}  // namespace

Command hunt_command(int& status) {
  auto options = std::make_shared<HuntOptions>();
  HuntOptions& o = *options;
  Command command("hunt", "Search for the worst input that a layer can make",
                  R"(Searches keys, betas and gates, never A, for the input that is worst for a setting.)",
                  {"tristab hunt --method mch --arithmetic fp16 --chunk 16 --from random"});
  command.option("--method,--methods", "METHOD", o.method, "method, such as mxr or mxr:block=8");
  command.option("--arithmetic,--arithmetics", "ARITHMETIC", o.arithmetic, "its arithmetic");
  command.option("--kernel,--kernels", "KERNEL", o.kernel, "kernel instead of these");
  command.option("--family,--families", "FAMILY", o.family, R"(rule of the layer (gdn)
Its keys, betas and gates are searched, so only its head_dim, negative (betas to 2), steps and formats are taken.)");
  command.option("--input", "FILE.safetensors|npz", o.input.path, R"(or a layer, for its ranges
What its model can make is derived from what the file shows: src/tristab/hunt/README.md explains each choice.)");
  command.option("--layer", "NAME", o.input.layer, "its name").beside();
  command.option("--chunk,--chunks", "N", WholeNumber{&o.chunk, 2, largest_chunk}, "size n (64)");
  command.option("--head-dim", "N", WholeNumber{&o.head_dim, 1, 512}, "channels of keys (128)").beside();
  command.option("--beta", "RANGE", o.beta, "range of beta, as 0:1");
  command.option("--decay", "RANGE", o.decay, "of log decays, as -5:0").beside();
  command.option("--cosine", "RANGE", o.cosine, "between keys, -1:1");
  command
      .option("--grid", "NAME", o.grid, R"(numbers of bf16, fp16
Keys, betas and gates are exactly numbers of this format. Keys have their length only up to that rounding.)")
      .beside();
  command.option("--condition", "C", o.condition, "cond_2(I + A)");
  command.option("--jobs", "N", thread_count(o.jobs), "threads (all cores)").beside();
  command.option("--objective", "OBJECTIVE", o.objective, R"(total_frobenius, overflow, ratio, gate:G ...
Any number of a record (tristab list metrics), of which the worse end is sought, or
overflow: largest intermediate over the largest number of its format;
achievable: total error over that of the exact inverse as it is stored;
difference, ratio: how far the result of --against is away, and how much better it is;
gate:G: the layer's error where gate G passes T.)");
  command.option("--against", "SETTING", o.against, "second setting: a kernel, or 'mbh fp16'");
  command.option("--evaluations", "N", WholeNumber{&o.evaluations, 1, std::int64_t{1} << 50}, R"(budget (20000)
The result is the same for any number of threads.)");
  command
      .option("--seconds", "N", WholeNumber{&o.seconds, 1, 1000000}, R"(or a time
The round of that time is finished; the report says how many evaluations were made, and as many give the same result.)")
      .beside();
  command.option("--seed", "N", WholeNumber{&o.seed, 0, std::int64_t{1} << 53}, "seed (1)");
  command.option("--require", "REQUIREMENT", o.require, "for requirement_share").beside();
  command.option("--from", "all|random|draws", o.from, R"(where searches start (all)
all: repeated, clustered, alternating, turning and blockwise keys as well as random ones; random: none of these,
so that what is found was found; draws: random inputs and no search, what a search is measured against.)");
  command.option("--resume", "FILE.json", o.resume, R"(continue an earlier report
Of the same setting, ranges, objective and seed. The result is that of a hunt that was never interrupted.)");
  command.option("--shrink", "FILE.safetensors|npz", o.shrink, R"(make an input small that stays bad
Fewer tokens, simpler gates and keys, fewer channels, fewer bits; then the nearest families, and five lines of PyTorch
that build it. The setting and the objective are those of the hunt.)");
  command.option("--keep", "SHARE", o.keep, "(0.5 of it)").beside();
  command.output("-o,--output", "FILE", o.output, "the worst input, a .safetensors file");
  command.output("--json", "FILE.json", o.json, "report");
  command.force().beside();
  command.output("--scenario", "FILE.json", o.scenario, "a sweep that shows it");
  command.run([options, &status](const Command& c) { run_hunt(c, *options, status); });
  return command;
}

}  // namespace tristab
