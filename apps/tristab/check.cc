// tristab check INPUT OUTPUT: what a kernel returned for an input, judged.
#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "interrupt.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/output_file.h"
#include "tristab/judge/check.h"
#include "tristab/report/check_text.h"
#include "tristab/sweep/config_text.h"

namespace tristab {
namespace {

struct CheckOptions {
  FilePart input;
  std::string output, output_tensor, again, reference, kernel, method, arithmetic, formation,
      layer_arithmetic = "bf16", require = Requirement::default_text, format = "text", junit;
  std::int64_t chunk = 0, trial = -1, search = 4000;
  bool exact = false, annotations = false;
};

template <class Thing>
Thing only_one(std::vector<Thing> things, const std::string& option) {
  if (things.size() != 1) refuse(option, fmt::format("{} settings", things.size()), "one value for each parameter");
  return std::move(things.front());
}

// What OUTPUT is said to be.
std::optional<Recipe> declared_recipe(const Command& command, const CheckOptions& options) {
  if (!options.kernel.empty()) {
    command.excludes("--kernel", {"--method", "--arithmetic", "--formation"}, "--kernel alone, which has all three");
    return only_one(expand_recipe(Json(options.kernel), "--kernel", ""), "--kernel");
  }
  if (options.method.empty() && options.arithmetic.empty()) {
    command.needs({"--formation"}, "--method", "--method M --arithmetic F --formation A");
    return {};
  }
  if (options.method.empty() || options.arithmetic.empty())
    refuse("tristab check", fmt::format("no {}", options.method.empty() ? "--method" : "--arithmetic"),
           "--method M --arithmetic F, or --kernel K");
  const MethodSpec method = only_one(expand_method(Json(options.method), "--method"), "--method");
  const Arithmetic arithmetic = only_one(expand_arithmetic(Json(options.arithmetic), "--arithmetic"), "--arithmetic");
  const Formation formation = only_one(
      expand_formation(Json(options.formation.empty() ? "exact" : options.formation), "--formation"), "--formation");
  std::map<std::string, Arithmetic, std::less<>> arithmetics;
  arithmetics.emplace("*", arithmetic);
  Recipe recipe = recipe_of(method, std::move(arithmetics), formation, std::nullopt, "tristab check");
  recipe.name = method.name;
  recipe.label = fmt::format("{} {}", method.label, arithmetic.label);
  if (!options.formation.empty()) recipe.label += " " + formation.label;
  return recipe;
}

int size_of_input(const CheckOptions& options, const Source& source, const std::optional<Recipe>& kernel) {
  if (options.chunk > 0) return static_cast<int>(options.chunk);
  const std::vector<int> sizes = source.sizes();
  if (!sizes.empty()) return sizes.front();
  return kernel && !kernel->takes(64) ? kernel->chunks.back() : 64;
}

void check_output(const Command& command, const CheckOptions& options, int& status) {
  if (options.input.path.empty() || options.output.empty())
    refuse("tristab check", options.input.path.empty() ? "no INPUT" : "no OUTPUT",
           "tristab check INPUT OUTPUT --kernel K");
  CheckRequest request;
  request.kernel = declared_recipe(command, options);
  const FamilySpec spec = expand_family(options.input.family(), "INPUT").front();
  const std::unique_ptr<Source> source = open_source(spec, 1, 1, "", "INPUT");
  request.source = source.get();
  request.family = &spec;
  request.n = size_of_input(options, *source, request.kernel);
  const int available = source->count(request.n);
  if (available == 0)
    refuse("--chunk", fmt::format("{}, a size of which {} has no matrix", request.n, options.input.path),
           fmt::format("{}, the size of its matrices", source->sizes().front()));
  if (options.trial >= available)
    refuse("--trial", std::to_string(options.trial), fmt::format("0 to {}", available - 1));
  if (request.kernel) request.kernel->check_takes(std::span(&request.n, 1), "--kernel");
  request.trial = static_cast<int>(options.trial);
  request.input = options.input.path;
  request.layer = options.input.layer;
  request.output = options.output;
  request.output_tensor = options.output_tensor;
  request.again = options.again;
  request.reference = options.reference;
  request.layer_arithmetic = make_layer_arithmetic(Json(options.layer_arithmetic), "--layer-arithmetic");
  request.requirement = Requirement(options.require, "--require");
  if (options.exact && !request.kernel) refuse("--exact", "no kernel", "--exact with --kernel K");
  request.exact = options.exact;
  request.search = options.search;
  std::unique_ptr<OutputFile> junit;
  if (!options.junit.empty()) junit = std::make_unique<OutputFile>(options.junit, replaces_files_with("<?xml"));
  const std::unique_ptr<CheckReport> report = check(request, listen_for_interrupts());
  if (junit) {
    junit->write(check_junit(*report));
    junit->commit();
  }
  if (!report->passed()) status = 1;
  if (options.junit == "-") return;
  if (options.annotations) fmt::print("{}", check_annotations(*report));
  fmt::print("{}", options.format == "json" ? check_json(*report) : check_text(*report, standard_output_page()));
}

}  // namespace

Command check_command(int& status) {
  auto options = std::make_shared<CheckOptions>();
  CheckOptions& o = *options;
  Command command(
      "check", "Judge what a kernel returned: right, rounding or bug",
      "Says whether OUTPUT has the bits of a kernel or of another one, and whether what differs is rounding.",
      {"tristab check keys.safetensors T.npy --kernel fla-gdn-fused"});
  command.positional("INPUT", "FILE.npy|npz|safetensors", o.input.path, "what the kernel was given: A, or k, beta, g",
                     "INPUT");
  command.positional("OUTPUT", "FILE.npy|npz|safetensors", o.output, "what it returned: T, or also w, u, o, state",
                     "OUTPUT");
  command.option("--kernel,--kernels", "KERNEL", o.kernel, "what it is said to be; no bits of another are wanted then");
  command.option("--method,--methods", "METHOD", o.method, "or a method").beside();
  command.option("--arithmetic,--arithmetics", "ARITHMETIC", o.arithmetic, "its arithmetic");
  command.option("--formation,--formations", "FORMATION", o.formation, "how it forms A").beside();
  command.option("--require", "REQUIREMENT", o.require, requirement_help);
  command.flag("--exact", o.exact, "every bit of the kernel is required");
  command.option("--again", "FILE", o.again, "OUTPUT of a second run; other batches and splits of tokens count");
  command.option("--reference", "FILE", o.reference, "somebody's reference: how wrong it is itself");
  command.option("--search", "N", WholeNumber{&o.search, 0, 1000000}, "variants to try for these bits (4000)");
  command.group("Which part of the files");
  command.option("--chunk,--chunks", "N", WholeNumber{&o.chunk, 1, 4096}, "chunk size of a layer (64)");
  command.option("--layer", "NAME", o.input.layer, "the layer").beside();
  command.option("--tensor", "NAME", o.input.tensor, "the tensor of A");
  command.option("--output-tensor", "NAME", o.output_tensor, "a tensor of OUTPUT, or a prefix").beside();
  command.option("--heads", "HEADS", o.input.heads, "heads, as 0,1");
  command.option("--tokens", "RANGE", o.input.tokens, "tokens, as 0:512").beside();
  command.option("--trial", "N", WholeNumber{&o.trial, 0, std::int64_t{1} << 31}, "only matrix N; 0 is the first");
  command.option("--layer-arithmetic", "ARITHMETIC", o.layer_arithmetic, "of a layer, if the kernel has none (bf16)");
  command.group("Output");
  command.option("--format", "text|json", o.format, "text or json");
  command.output("--junit", "FILE.xml", o.junit, "JUnit's XML");
  command.flag("--annotations", o.annotations, "annotations for GitHub").beside();
  command.force();
  command.run([options, &status](const Command& c) { check_output(c, *options, status); });
  return command;
}

}  // namespace tristab
