// tristab recommend: the cheapest setting that meets a requirement.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <thread>

#include <tbb/global_control.h>

#include "command.h"
#include "interrupt.h"
#include "progress.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/base/json.h"
#include "tristab/base/output_file.h"
#include "tristab/choose/recommend.h"
#include "tristab/report/recommendation_text.h"
#include "tristab/sweep/config.h"
#include "tristab/sweep/config_text.h"

namespace tristab {
namespace {

struct RecommendOptions {
  ConfigOptions config;
  FilePart input;
  std::string hardware = "h200", outputs = "fp32,bf16,fp16", tune, like, calibrate, beta, decay, cosine, recipe,
              format = "text";
  std::int64_t hunt = 20000, jobs = 0, top = 12;
  bool exhaustive = false, orders = false;
};

// The scenario of the inputs: configurations are read in one place.
SweepConfig read_inputs(const Command& command, const RecommendOptions& options) {
  command.excludes("--input", {"--family"}, "one of them; a file is also a family, file:path=k.safetensors");
  command.needs({"--tensor", "--layer", "--heads", "--tokens", "--calibrate"}, "--input", "--input FILE with it");
  if (!command.given("--input") && !command.given("--family"))
    refuse("tristab recommend", "no inputs", "--family gdn:keys=silu, or --input k.safetensors: what your kernel gets");
  ConfigOptions inputs = options.config;
  ConfigOverrides overrides = inputs.given(command);
  for (const char* own : {"methods", "arithmetics", "kernels", "formations"}) overrides.erase(own);
  if (command.given("--input")) overrides.emplace("families", Override(options.input.family().dump(), "--input"));
  const Json json{{"families", {"gdn"}}, {"methods", {"mbh"}}, {"arithmetics", {"fp32"}}, {"trials", 16}};
  SweepConfig config = make_config(json, overrides, "tristab recommend", "", "recommend");
  settle_sizes(config);
  const Requirement& requirement = config.scenarios.front().requirement;
  if (!requirement.is_about_matrices() || requirement.bounds_layers())
    refuse("--require", fmt::format("'{}'", requirement.text()), "a requirement about the inverse, such as 4x-bf16");
  return config;
}

// What products may be computed in: the machine's units with 16 bits or more, or those that are named.
std::vector<const HardwareUnit*> units_of(const std::string& names, const Hardware& hardware) {
  std::vector<const HardwareUnit*> units;
  if (names.empty()) {
    for (const HardwareUnit& unit : hardware.matrix) {
      if (!unit.arithmetic.quantiser && unit.arithmetic.operand.bits >= 16) units.push_back(&unit);
    }
    return units;
  }
  std::vector<std::string> offered{hardware.vector.arithmetic.name};
  for (const HardwareUnit& unit : hardware.matrix) offered.push_back(unit.arithmetic.name);
  for (const std::string& name : split_list(names, "--arithmetics")) {
    const HardwareUnit* unit = hardware.unit(name);
    // "fp16" for the machine's own fp16-h200.
    for (const HardwareUnit& each : hardware.matrix) {
      if (unit == nullptr && each.arithmetic.name.starts_with(name + "-")) unit = &each;
    }
    if (unit == nullptr)
      throw_unknown_name("--arithmetics", fmt::format("arithmetic of {}", hardware.name), name, offered);
    if (unit != &hardware.vector) units.push_back(unit);
  }
  return units;
}

int recommend_setting(const Command& command, const RecommendOptions& options) {
  const std::atomic<bool>& stop = listen_for_interrupts();
  std::unique_ptr<tbb::global_control> threads;
  if (options.jobs > 0)
    threads = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                    static_cast<std::size_t>(options.jobs));
  command.excludes("--tune", {"--methods", "--like"}, "one of them");
  command.excludes("--like", {"--methods"}, "one of them");
  const SweepConfig config = read_inputs(command, options);
  const Scenario& scenario = config.scenarios.front();
  const Hardware hardware = find_hardware(options.hardware, "--hardware");
  RecommendRequest request;
  request.scenario = &scenario;
  request.exhaustive = options.exhaustive;
  request.hunts = options.hunt > 0;
  request.evaluations = options.hunt;
  SpaceRequest& space = request.space;
  space.hardware = &hardware;
  space.units = units_of(options.config.arithmetics, hardware);
  space.orders = options.orders;
  space.tuned = options.tune;
  if (!options.tune.empty()) find_method(options.tune, "--tune");
  for (const std::string& output : split_list(options.outputs, "--outputs"))
    space.outputs.push_back(format_of(output, "--outputs"));
  if (!options.config.methods.empty()) {
    for (const std::string& given : split_list(options.config.methods, "--methods")) {
      for (MethodSpec& spec : expand_method(Json(given), "--methods")) space.methods.push_back(std::move(spec));
    }
  }
  space.recipes = space.methods.empty() && options.tune.empty();
  if (!options.like.empty()) {
    std::vector<Recipe> recipes = expand_recipe(Json(options.like), "--like", "");
    if (recipes.size() != 1) refuse("--like", options.like, "one value for each parameter");
    recipes.front().check_takes(scenario.chunks, "--like");
    request.like = std::move(recipes.front());
  }
  if (!options.calibrate.empty()) {
    if (std::ranges::none_of(space.units,
                             [](const HardwareUnit* unit) { return unit->arithmetic.quantiser.has_value(); }))
      refuse("--calibrate", "no integers among the arithmetics", "--calibrate with --arithmetics int8");
    const Range tried = range_option("--tokens with --calibrate", options.input.tokens);
    const Range shown = range_option("--calibrate", options.calibrate);
    if (shown.low < tried.high && tried.low < shown.high)
      refuse("--calibrate", fmt::format("{}, which overlaps --tokens {}", options.calibrate, options.input.tokens),
             "other tokens than --tokens, on which settings are tried");
    FilePart part = options.input;
    part.tokens = options.calibrate;
    request.calibration = FamilyEntry{expand_family(part.family(), "--calibrate").front(), "--calibrate", ""};
  }
  if (!options.beta.empty()) request.rate = range_option("--beta", options.beta);
  if (!options.decay.empty()) request.log_decay = range_option("--decay", options.decay);
  if (!options.cosine.empty()) request.cosine = range_option("--cosine", options.cosine);
  if (!options.recipe.empty() && scenario.chunks.size() != 1)
    refuse("-o", "several sizes", "one size with -o, for a recipe is for one");
  std::unique_ptr<OutputFile> file;
  if (!options.recipe.empty()) file = std::make_unique<OutputFile>(options.recipe, replaces_files_with("{"));

  PhaseProgress line;
  const std::vector<Recommendation> found = recommend(
      request, scenario.chunks,
      [&](const RecommendProgress& now) {
        line.report(fmt::format("n = {}: {}{}", now.n, now.phase,
                                now.hunts > 0 ? fmt::format(", {} hunts done", now.hunts) : ""),
                    now.fraction);
      },
      stop);
  line.clear();
  bool answered = true;
  for (const Recommendation& each : found) answered = answered && each.winner.has_value();
  if (options.recipe != "-")
    fmt::print("{}", options.format == "json"
                         ? recommendation_json(found, request)
                         : recommendation_text(found, request, static_cast<int>(options.top), standard_output_page()));
  if (file && found.front().winner) {
    const std::string name =
        options.recipe == "-" ? "recommended" : std::filesystem::path(options.recipe).stem().string();
    file->write(recipe_text(*found.front().winner, found.front(), request, name));
    file->commit();
  }
  return answered ? 0 : 1;
}

}  // namespace

Command recommend_command(int& status) {
  auto options = std::make_shared<RecommendOptions>();
  RecommendOptions& o = *options;
  ConfigOptions& c = o.config;
  Command command("recommend", "Find the cheapest setting that meets a requirement",
                  R"(Searches methods with their parameters, an arithmetic for each stage, and recipes. The answer meets
the requirement on all inputs and on the worst that a hunt finds for it within what their model can make.

Exit status 1: no setting meets it.)",
                  {"tristab recommend --family gdn --chunk 16 --methods mch,mbh --hunt 100"});
  command.option("--chunk,--chunks", "SIZES", c.chunks, "sizes, such as 16,64 (64)");
  command.option("--family,--families", "FAMILIES", c.families, "families of inputs").beside();
  command.option("--input", "FILE.npy|npz|safetensors", o.input.path, R"(or a file: k, beta, g, or A
A file gives at most --trials matrices, spread over it.)");
  command.option("--tensor", "NAME", o.input.tensor, "its tensor of A");
  command.option("--layer", "NAME", o.input.layer, "its layer").beside();
  command.option("--heads", "HEADS", o.input.heads, "its heads, as 0,1");
  command.option("--tokens", "RANGE", o.input.tokens, "tokens, as 0:512").beside();
  command.option("--require", "REQUIREMENT", c.require, requirement_help);
  command.option("--trials", "N", c.trials, "inputs of each family or file (16)");
  command.option("--seed", "N", c.seed, "seed (1)").beside();
  command.option("--hardware", "HARDWARE", o.hardware, R"(the machine: tristab list hardware (h200)
Or a description in a file that ends in .json, as apps/measure_gpu.py writes it.)");
  command.option("--arithmetics,--arithmetic", "ARITHMETICS", c.arithmetics,
                 R"(its units to use (all of 16 bits or more)
Products use these or the vector unit; everything else the vector unit.)");
  command.option("--outputs", "FORMATS", o.outputs, "formats of results (fp32,bf16,fp16)");
  command.option("--methods,--method", "METHODS", c.methods, R"(only these
With the parameters that are given, and defaults for the others.)");
  command
      .option("--tune", "METHOD", o.tune, R"(all parameters of one
Each whole number up to 16, and 24, 32, 48, ... up to the size.)")
      .beside();
  command.option("--like", "KERNEL", o.like, "or the least change of this kernel");
  command.option("--calibrate", "RANGE", o.calibrate, R"(static scales of integers, from these tokens
Each stage gets one scale, from its largest magnitude on these tokens of the file; --tokens then says which ones settings
are tried on.)");
  command.option("--hunt", "N", WholeNumber{&o.hunt, 0, 100000000}, R"(inputs of a hunt (20000)
0: no hunts. A would-be answer is hunted for its worst input. The three ranges are those of hunted inputs; without them, what the model
that made the inputs can make.)");
  command.option("--cosine", "RANGE", o.cosine, "cosines of keys").beside();
  command.option("--beta", "RANGE", o.beta, "their betas, as 0:2");
  command.option("--decay", "RANGE", o.decay, "log decays, as -5:0").beside();
  command.flag("--exhaustive", o.exhaustive, "give up nothing early");
  command.flag("--orders", o.orders, "orders of sums too").beside();
  command.option("--top", "N", WholeNumber{&o.top, 1, 1000000}, "rows of tables (12)");
  command.option("--jobs", "N", thread_count(o.jobs), "threads (all cores)").beside();
  command.output("-o,--output", "FILE.json", o.recipe, "write the answer as a recipe for --kernels");
  command.option("--format", "text|json", o.format, "text or json");
  command.force();
  command.run([options, &status](const Command& given) { status = recommend_setting(given, *options); });
  return command;
}

}  // namespace tristab
