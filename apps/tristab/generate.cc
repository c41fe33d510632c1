// tristab generate FAMILY: writes the matrices that a sweep of this family, size and seed would use. --describe
// FILE: describes a file.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "command.h"
#include "describe.h"
#include "interrupt.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/npy.h"
#include "tristab/sweep/scenario.h"

namespace tristab {
namespace {

struct GenerateOptions {
  std::string family, output, dtype = "f8", describe;
  std::int64_t chunk = 64, trials = 8, trial = -1, seed = 1, sample = 32;
  std::vector<std::string> parameters;
  FilePart part;
};

// Adds key=value words, and the options that name the part of a file.
void add_parameters(const std::vector<std::string>& words, const FilePart& part, const char* place, Json& given) {
  const auto add = [&](const Json& parameters) {
    for (const auto& [key, value] : parameters.items()) {
      if (given.contains(key)) throw UsageError(fmt::format("{}: {} is given twice; allowed: once", place, key));
      given[key] = value;
    }
  };
  add(key_values(words, place));
  Json options = part.family();
  for (const char* ours : {"family", "path"}) options.erase(ours);
  add(options);
}

FamilySpec one_family(const GenerateOptions& options) {
  Json given = parse_inline(options.family, "family", "tristab generate");
  add_parameters(options.parameters, options.part, "tristab generate", given);
  const std::vector<FamilySpec> specs = expand_family(given, "tristab generate");
  if (specs.size() != 1) {
    refuse("tristab generate", fmt::format("{} settings of {}", specs.size(), specs.front().name),
           "one value for each parameter");
  }
  return specs.front();
}

void describe(const Command& command, const GenerateOptions& options) {
  command.excludes("--describe", {"--output", "--trials", "--trial", "--seed", "--dtype"},
                   "--chunk, --sample and key=value of the family file");
  std::vector<std::string> words = options.parameters;
  if (!options.family.empty()) words.insert(words.begin(), options.family);
  Json settings = Json::object();
  add_parameters(words, options.part, "tristab generate --describe", settings);
  for (const char* ours : {"family", "path"}) {
    if (!settings.contains(ours)) continue;
    refuse("tristab generate --describe", ours, "other parameters of the family file");
  }
  settings["family"] = "file";
  settings["path"] = options.describe;
  const DescribeOptions wanted{std::move(settings), static_cast<int>(options.chunk), options.sample};
  end_at_interrupts();
  fmt::print("{}", description_of_file(wanted, standard_output_page()));
}

void generate(const Command& command, const GenerateOptions& options) {
  if (command.given("--describe")) return describe(command, options);
  command.needs({"--sample"}, "--describe", "with --describe FILE");
  if (options.family.empty())
    refuse("tristab generate", "no family", "tristab generate FAMILY [key=value ...] -o A.npy");
  if (options.output.empty()) refuse("-o", "nothing", "a .npy file, or - for standard output");
  const FamilySpec spec = one_family(options);
  const bool one = options.trial >= 0;
  const std::unique_ptr<Source> source =
      open_source(spec, static_cast<std::uint64_t>(options.seed),
                  static_cast<int>(std::max(options.trials, options.trial + 1)), "", "tristab generate");
  const std::vector<int> sizes = source->sizes();
  const bool own_size = !sizes.empty() && !command.given("--chunk");
  const int n = own_size ? sizes.front()
                         : static_cast<int>(whole_number(command.typed("--chunk"), std::to_string(options.chunk),
                                                         smallest_chunk, largest_chunk));
  const int available = source->count(n);
  if (available == 0)
    refuse("--chunk", fmt::format("{}, a size of which {} has no matrix", n, spec.label),
           fmt::format("{}, the size of its matrices", fmt::join(sizes, ", ")));
  if (options.trial >= available)
    refuse("--trial", fmt::format("{} of {}", options.trial, spec.label), fmt::format("0 to {}", available - 1));
  const int first = one ? static_cast<int>(options.trial) : 0, count = one ? 1 : available;
  const std::atomic<bool>& stop = listen_for_interrupts();
  const std::array<std::int64_t, 3> shape{count, n, n};
  NpyFileWriter output(options.output, options.dtype == "f8" ? Dtype::f64 : Dtype::f32, shape);
  for (int index = first; index < first + count; ++index) {
    if (stop) throw Stopped{};
    output.append(source->problem(n, index).a.values());
  }
  output.commit();
  tell(fmt::format("{} {} {} x {} of {}, {}: {}", count, count == 1 ? "matrix" : "matrices", n, n, spec.label,
                   options.dtype, options.output == "-" ? "standard output" : options.output));
}

}  // namespace

Command generate_command() {
  auto options = std::make_shared<GenerateOptions>();
  GenerateOptions& o = *options;
  Command command(
      "generate", "Write input matrices A as .npy, or describe a file",
      "Writes [batch, n, n], the matrices that a sweep with the same family, size and seed uses.",
      {"tristab generate gdn keys=silu beta=qwen3-next --trials 16 -o gdn.npy", "tristab generate --describe gdn.npy"});
  command.positional("FAMILY", "FAMILY", o.family, R"(family, such as gdn or gdn:keys=silu
One of tristab list families.)");
  command.positional("PARAMETERS", "SETTINGS", o.parameters, "parameters of the family, key=value", "[PARAMETERS]...");
  command.group("Matrices");
  command.output("-o,--output", "FILE.npy", o.output, "file of the matrices; - for standard output");
  command.force();
  command.option("--chunk,--chunks", "N", WholeNumber{&o.chunk, 1, largest_chunk}, "size n, from 16 to 256 (64)");
  command.option("--trials", "N", WholeNumber{&o.trials, 1, 1000000}, "matrices of a random family (8)");
  command.option("--seed", "N", WholeNumber{&o.seed, 0, std::int64_t{1} << 53}, "their seed (1)").beside();
  command.option("--trial", "N", WholeNumber{&o.trial, 0, 999999}, "only matrix N; 0 is the first");
  command.option("--dtype", "f8|f4", o.dtype, "float64 or float32 (f8)");
  command.group("Describe a file instead");
  command.option("--describe", "FILE.npy|npz|safetensors", o.describe,
                 R"(describe a .npy, .npz or .safetensors file
Prints heads, ranges, key cosines, sums of gates and condition numbers of every layer. PARAMETERS are then those of the
family file: layer=layer6 is --layer layer6.)");
  o.part.declare(command);
  command.option("--sample", "N", WholeNumber{&o.sample, 1, 1000000}, "chunks to examine in each head (32)");
  command.run([options](const Command& given) { generate(given, *options); });
  return command;
}

}  // namespace tristab
