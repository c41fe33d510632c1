// tristab generate FAMILY: the matrices that a sweep of this family, size and seed would use; --describe FILE: what a
// file holds.
#include <fmt/format.h>

#include "command.h"
#include "describe.h"
#include "interrupt.h"
#include "npy_output.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/sweep/evaluate.h"
#include "tristab/sweep/label.h"

namespace tristab {
namespace {

struct GenerateOptions {
  std::string family, output, chunk = "64", trials = "8", seed = "1", dtype = "f8";
  std::string describe, sample = "32";
  std::vector<std::string> parameters;
};

FamilySpec one_family(const GenerateOptions& options) {
  Json given = parse_inline(options.family, "family", "tristab generate");
  const Json parameters = key_values(options.parameters, "tristab generate");
  for (const auto& [key, value] : parameters.items()) {
    if (given.contains(key))
      throw UsageError(fmt::format("tristab generate: {} is given twice; allowed: once", key));
    given[key] = value;
  }
  const std::vector<FamilySpec> specs = expand_family(given, "tristab generate");
  if (specs.size() != 1) {
    throw UsageError(
        fmt::format("tristab generate: found {} settings of {}; allowed: one value for each parameter",
                    specs.size(), specs.front().family));
  }
  return specs.front();
}

void describe(const CLI::App& command, const GenerateOptions& options) {
  for (const char* option : {"--output", "--trials", "--seed", "--dtype"}) {
    if (command.count(option) == 0) continue;
    throw UsageError(
        fmt::format("{}: found beside --describe; allowed there: --chunk, --sample and key=value of the "
                    "family file",
                    option));
  }
  std::vector<std::string> words = options.parameters;
  if (!options.family.empty()) words.insert(words.begin(), options.family);
  DescribeOptions wanted;
  wanted.settings = key_values(words, "tristab generate --describe");
  wanted.chunk = static_cast<int>(whole_number("--chunk", options.chunk, 1, largest_chunk));
  wanted.sample = whole_number("--sample", options.sample, 1, 1000000);
  for (const char* ours : {"family", "path"}) {
    if (!wanted.settings.contains(ours)) continue;
    throw UsageError(fmt::format(
        "tristab generate --describe: found {}; allowed: other parameters of the family file", ours));
  }
  wanted.settings["family"] = "file";
  wanted.settings["path"] = options.describe;
  fmt::print("{}", description_of_file(wanted, standard_output_page(), listen_for_interrupts()));
}

void generate(const CLI::App& command, const GenerateOptions& options) {
  refuse_leftovers(command);
  if (command.count("--describe") > 0) return describe(command, options);
  if (command.count("--sample") > 0)
    throw UsageError("--sample: found without --describe; allowed: with --describe FILE");
  if (options.family.empty()) {
    throw UsageError(
        "tristab generate: found no family; allowed: tristab generate FAMILY [key=value ...] -o A.npy");
  }
  if (options.output.empty())
    throw UsageError("-o: found nothing; allowed: a .npy file, or - for standard output");
  static const std::vector<std::string> dtypes{"f4", "f8"};
  if (options.dtype != "f4" && options.dtype != "f8")
    throw_unknown_name("--dtype", "dtype", options.dtype, dtypes);
  const int n = static_cast<int>(whole_number("--chunk", options.chunk, smallest_chunk, largest_chunk));
  const int trials = static_cast<int>(whole_number("--trials", options.trials, 1, 1000000));
  const auto seed =
      static_cast<std::uint64_t>(whole_number("--seed", options.seed, 0, std::int64_t{1} << 53));
  const FamilySpec spec = one_family(options);
  const std::unique_ptr<Source> source = open_source(spec, seed, trials, "", "tristab generate");
  const int count = source->count(n);
  if (count == 0) {
    throw UsageError(
        fmt::format("--chunk: {} has no matrix of size {}; allowed: a size that it has", label_of(spec), n));
  }
  const std::atomic<bool>& stop = listen_for_interrupts();
  NpyOutput output(options.output, options.dtype == "f8" ? Dtype::f64 : Dtype::f32, count, n);
  for (int index = 0; index < count; ++index) {
    if (stop) throw Stopped{};
    output.append(source->problem(n, index).a);
  }
  output.commit();
  fmt::print(stderr, "{} matrices {} x {} of {}, {}: {}\n", count, n, n, label_of(spec), options.dtype,
             options.output == "-" ? "standard output" : options.output);
}

}  // namespace

void add_generate(CLI::App& app) {
  auto options = std::make_shared<GenerateOptions>();
  CLI::App* command =
      app.add_subcommand("generate", R"(Write input matrices A as .npy, or say what a file holds
[batch, n, n], the matrices that a sweep with the same family, size and seed uses.)");
  command->allow_extras();
  command
      ->add_option("FAMILY", options->family, R"(family, gdn or gdn:keys=silu
One of tristab list families.)")
      ->type_name("FAMILY");
  command->add_option("PARAMETERS", options->parameters, "key=value of the family")
      ->type_name("SETTINGS")
      ->option_text("[PARAMETERS]...");
  const char* const matrices = "Matrices";
  command->add_option("-o,--output", options->output, "the matrices, - for standard output")
      ->type_name("FILE.npy")
      ->group(matrices);
  command->add_option("--chunk", options->chunk, "size n, from 16 to 256 (64)")
      ->type_name("N")
      ->group(matrices);
  command->add_option("--trials", options->trials, "how many of a random family (8)")
      ->type_name("N")
      ->group(matrices);
  command->add_option("--seed", options->seed, "seed of a random family (1)")
      ->type_name("N")
      ->group(matrices);
  command->add_option("--dtype", options->dtype, "float64 or float32 (f8)")
      ->type_name("f8|f4")
      ->group(matrices);
  const char* const instead = "Instead";
  command
      ->add_option("--describe", options->describe, R"(say what a .npy, .npz or .safetensors file holds
Heads, ranges, key cosines, sums of gates and condition numbers of every layer. PARAMETERS are then those of the
family file, layer=layer6 for instance.)")
      ->type_name("FILE.npy|npz|safetensors")
      ->group(instead);
  command->add_option("--sample", options->sample, "chunks looked at a head (32)")
      ->type_name("N")
      ->group(instead);
  command->footer(R"(tristab generate gdn keys=silu beta=qwen3-next --trials 16 -o A.npy
tristab generate --describe A.npy)");
  command->callback([command, options] { generate(*command, *options); });
}

}  // namespace tristab
