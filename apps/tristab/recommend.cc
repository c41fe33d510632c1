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
#include "tristab/library/choice.h"
#include "tristab/report/recommendation_text.h"
#include "tristab/sweep/config.h"
#include "tristab/sweep/config_text.h"

namespace tristab {
namespace {

struct RecommendOptions {
  ConfigOptions config;
  FilePart input;
  ChoiceWords words;
  std::string recipe, format = "text";
  std::int64_t jobs = 0, top = 12;
};

ChoiceWords words_of(const Command& command, const RecommendOptions& options) {
  command.needs(file_part_options, "--input", "--input FILE with it");
  command.needs({"--calibrate"}, "--input", "--input FILE with it");
  ChoiceWords words = options.words;
  words.inputs = options.config.given(command);
  for (const char* own : {"methods", "arithmetics", "kernels", "formations"}) words.inputs.erase(own);
  words.methods = options.config.methods;
  words.arithmetics = options.config.arithmetics;
  if (command.given("--input")) {
    words.file = options.input.family();
    words.tokens = options.input.tokens;
  }
  return words;
}

int recommend_setting(const Command& command, const RecommendOptions& options) {
  const std::atomic<bool>& stop = listen_for_interrupts();
  std::unique_ptr<tbb::global_control> threads;
  if (options.jobs > 0)
    threads = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                    static_cast<std::size_t>(options.jobs));
  const Choice choice(words_of(command, options), {"tristab recommend"});
  const RecommendRequest& request = choice.request();
  if (!options.recipe.empty() && choice.chunks().size() != 1)
    refuse("-o", "several sizes", "one size with -o, for a recipe is for one");
  std::unique_ptr<OutputFile> file;
  if (!options.recipe.empty()) file = std::make_unique<OutputFile>(options.recipe, replaces_files_with("{"));

  PhaseProgress line;
  const std::vector<Recommendation> found = recommend(
      request, choice.chunks(),
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
  o.input.declare(command);
  command.option("--require", "REQUIREMENT", c.require, requirement_help);
  command.option("--trials", "N", c.trials, "inputs of each family or file (16)");
  command.option("--seed", "N", c.seed, "seed (1)").beside();
  command.option("--hardware", "HARDWARE", o.words.hardware, R"(the machine: tristab list hardware (h200)
Or a description in a file that ends in .json, as apps/measure_gpu.py writes it.)");
  command.option("--arithmetics,--arithmetic", "ARITHMETICS", c.arithmetics,
                 R"(its units to use (all of 16 bits or more)
Products use these or the vector unit; everything else the vector unit.)");
  command.option("--outputs", "FORMATS", o.words.outputs, "formats of results (fp32,bf16,fp16)");
  command.option("--methods,--method", "METHODS", c.methods, R"(only these
With the parameters that are given, and defaults for the others.)");
  command
      .option("--tune", "METHOD", o.words.tune, R"(all parameters of one
Each whole number up to 16, and 24, 32, 48, ... up to the size.)")
      .beside();
  command.option("--like", "KERNEL", o.words.like, "or the least change of this kernel");
  command.option("--calibrate", "RANGE", o.words.calibrate, R"(static scales of integers, from these tokens
Each stage gets one scale, from its largest magnitude on these tokens of the file; --tokens then says which ones settings
are tried on.)");
  command.option("--hunt", "N", WholeNumber{&o.words.hunt, 0, 100000000}, R"(inputs of a hunt (20000)
0: no hunts. A would-be answer is hunted for its worst input. The three ranges are those of hunted inputs; without them, what the model
that made the inputs can make.)");
  command.option("--cosine", "RANGE", o.words.cosine, "cosines of keys").beside();
  command.option("--beta", "RANGE", o.words.beta, "their betas, as 0:2");
  command.option("--decay", "RANGE", o.words.decay, "log decays, as -5:0").beside();
  command.flag("--exhaustive", o.words.exhaustive, "give up nothing early");
  command.flag("--orders", o.words.orders, "orders of sums too").beside();
  command.option("--top", "N", WholeNumber{&o.top, 1, 1000000}, "rows of tables (12)");
  command.option("--jobs", "N", thread_count(o.jobs), "threads (all cores)").beside();
  command.output("-o,--output", "FILE.json", o.recipe, "write the answer as a recipe for --kernels");
  command.option("--format", "text|json", o.format, "text or json");
  command.force();
  command.run([options, &status](const Command& given) { status = recommend_setting(given, *options); });
  return command;
}

}  // namespace tristab
