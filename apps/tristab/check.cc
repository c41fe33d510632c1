// tristab check INPUT OUTPUT: what a kernel returned for an input, judged.
#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "interrupt.h"
#include "kernel_process.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/output_file.h"
#include "tristab/judge/check.h"
#include "tristab/judge/kernel_input.h"
#include "tristab/library/opened_input.h"
#include "tristab/matrix/standard_input.h"
#include "tristab/report/check_text.h"

namespace tristab {
namespace {

struct CheckOptions {
  FilePart input;
  std::string output, output_tensor, again, reference, kernel, method, arithmetic,
      layer_arithmetic = "bf16", require = Requirement::default_text, gates, format = "text", junit, process;
  std::int64_t chunk = 0, search = 4000, trials = 4, seed = 1;
  KernelLimits limits;
  bool exact = false, twice = false;
};

constexpr int chunks_of_generated = 4;  // of each sequence that a family gives a kernel

const Wording wording{"tristab check"};

// What OUTPUT is said to be.
std::optional<Recipe> declared_recipe(const CheckOptions& options) {
  if (options.kernel.empty() && options.method.empty() && options.arithmetic.empty()) return {};
  return DeclaredSetting({options.kernel, options.method, options.arithmetic}, wording).recipe(wording);
}

// The files of a kernel that --command runs.
struct KernelFiles {
  TemporaryDirectory directory;
  std::filesystem::path input, output, again;
};

// What standard input holds, in a file with the ending of its kind.
std::filesystem::path file_of_standard_input(std::filesystem::path path) {
  const std::string& held = buffered_standard_input();
  const std::string beginning = beginning_of_file(held, 6);
  path += beginning == "\x93NUMPY" ? ".npy" : beginning.starts_with("PK") ? ".npz" : ".safetensors";
  std::filesystem::copy_file(held, path);
  return path;
}

// Runs the kernel on the file, or on inputs of the family.
std::unique_ptr<KernelFiles> run_command(const CheckOptions& options, int n, const std::atomic<bool>& stop) {
  const std::vector<std::string> words = words_of_command(options.process, "--command");
  auto files = std::make_unique<KernelFiles>();
  if (options.input.path == "-") {
    files->input = file_of_standard_input(files->directory.path() / "input");
  } else if (is_tensor_file(options.input.path)) {
    files->input = options.input.path;
  } else {
    const FamilySpec spec = expand_family(Json(options.input.path), "INPUT").front();
    const std::unique_ptr<Source> source =
        open_source(spec, static_cast<std::uint64_t>(options.seed), static_cast<int>(options.trials), "", "INPUT");
    files->input = write_kernel_input(*source, n, chunks_of_generated, files->directory.path() / "input");
  }
  files->output = run_kernel(words, files->input, files->directory.path() / "output", options.limits, stop);
  if (options.twice)
    files->again = run_kernel(words, files->input, files->directory.path() / "again", options.limits, stop);
  return files;
}

void check_output(const Command& command, const CheckOptions& given, int& status) {
  CheckOptions options = given;
  if (options.input.path.empty()) refuse("tristab check", "no INPUT", "tristab check INPUT OUTPUT --kernel K");
  const bool runs = command.given("--command");
  if (options.output.empty() != runs)
    refuse("tristab check", runs ? "OUTPUT and --command" : "no OUTPUT",
           "tristab check INPUT OUTPUT, or tristab check INPUT --command 'prog {input} {output}'");
  command.needs({"--timeout", "--twice"}, "--command", "with --command");
  const bool file = is_tensor_file(options.input.path);
  if (!file && !runs)
    refuse("INPUT", options.input.path, "a .npy, .npz or .safetensors file; a family only with --command");
  if (file) {
    command.excludes("INPUT", {"--trials", "--seed"}, "these only for a family");
  }
  const std::atomic<bool>& stop = listen_for_interrupts();
  const std::optional<Recipe> kernel = declared_recipe(options);
  std::unique_ptr<KernelFiles> files;
  const std::string shown = options.input.path, shown_output = runs ? options.process : options.output;
  std::unique_ptr<OutputFile> junit;
  if (!options.junit.empty()) junit = std::make_unique<OutputFile>(options.junit, replaces_files_with("<?xml"));
  const auto write_junit = [&](const std::string& xml) {
    if (!junit) return;
    junit->write(xml);
    junit->commit();
  };
  // A kernel that gives nothing to judge is an error in JUnit's file too.
  const auto judging = [&](const auto& step) {
    try {
      return step();
    } catch (const std::exception& error) {
      write_junit(check_junit_error(shown_output, error.what()));
      throw;
    }
  };
  if (runs) {
    const int n = options.chunk > 0 ? static_cast<int>(options.chunk) : usual_chunk(kernel ? &*kernel : nullptr);
    files = judging([&] { return run_command(options, n, stop); });
    options.input.path = files->input.string();
    options.output = files->output.string();
    if (options.twice) options.again = files->again.string();
  }
  CheckRequest request;
  request.kernel = kernel;
  const Recipe* const said = kernel ? &*kernel : nullptr;
  const OpenedInput input =
      open_chosen(options.input.family(), options.chunk, usual_chunk(said), said, options.input.path, "INPUT", wording);
  request.input = shown;
  request.shown_output = shown_output;
  request.layer = options.input.layer;
  request.output = options.output;
  request.output_tensor = options.output_tensor;
  request.again = options.again;
  request.reference = options.reference;
  request.exact = options.exact;
  request.search = options.search;
  complete(request, input, options.require, {options.gates, "gate"}, wording);
  const std::unique_ptr<CheckReport> report = judging([&] { return check(request, stop); });
  write_junit(check_junit(*report));
  if (!report->passed()) status = 1;
  if (options.junit == "-") return;
  fmt::print("{}", options.format == "json"     ? check_json(*report)
                   : options.format == "github" ? check_annotations(*report)
                                                : check_text(*report, standard_output_page()));
}

}  // namespace

Command check_command(int& status) {
  auto options = std::make_shared<CheckOptions>();
  CheckOptions& o = *options;
  Command command(
      "check", "Judge what a kernel returned: right, rounding or bug",
      "Says whether OUTPUT has the bits of a kernel or of another one, and whether what differs is rounding.",
      {"tristab check A.npy X.npy --method mxr --arithmetic fp16"});
  command.positional("INPUT", "FILE.npy|npz|safetensors", o.input.path, "what the kernel was given: A, or k, beta, g",
                     "INPUT");
  command.positional("OUTPUT", "FILE.npy|npz|safetensors", o.output, "what it returned: T, or also w, u, o, state",
                     "[OUTPUT]");
  command.option("--command", "CMD", o.process, R"(or a program: 'prog {input} {output}'
It runs without a shell. '...' and "..." keep words together; in "..." write \" and \\ for " and \. {input} is INPUT,
or for a family a file of its inputs in float32: k, beta, g, q, v [tokens, trials, d] in .safetensors, or A
[trials, n, n] in .npy. It writes {output}, a .npy, .npz or .safetensors file. Processes that it leaves are ended.)");
  command.option("--timeout", "N", WholeNumber{&o.limits.seconds, 1, 86400}, "seconds it may take (60)");
  command.flag("--twice", o.twice, "run it twice").beside();
  command.option("--trials", "N", WholeNumber{&o.trials, 1, 4096}, "inputs of a family (4)");
  command.option("--seed", "N", WholeNumber{&o.seed, 0, std::int64_t{1} << 53}, "seed (1)").beside();
  command.option("--kernel,--kernels", "KERNEL", o.kernel, "what it is said to be, or a recipe.json");
  command.option("--method,--methods", "METHOD", o.method, "or a method, such as mxr:block=8");
  command.option("--arithmetic,--arithmetics", "ARITHMETIC", o.arithmetic, "and its arithmetic");
  command.option("--require", "REQUIREMENT", o.require, requirement_help);
  command.option("--gate,--gates", "GATE", o.gates, R"(gates that all outputs must pass: fla:0.005
Names of tristab list gates with commas between them. A gate looks at all matrices of a tensor together, as the test of
its owner does.)");
  command.flag("--exact", o.exact, "all its bits are required");
  command.option("--search", "N", WholeNumber{&o.search, 0, 1000000}, "recipes to try (4000)").beside();
  command.option("--again", "FILE", o.again, R"(OUTPUT of a second run, or in other batches
The bits must be the same. A file of fewer matrices or tokens is compared as far as it goes.)");
  command.option("--reference", "FILE", o.reference, "somebody's reference: how wrong it is");
  command.option("--tensor", "NAME", o.input.tensor, "the tensor of A");
  command.option("--layer", "NAME", o.input.layer, "or the layer").beside();
  command.option("--output-tensor", "NAME", o.output_tensor, R"(the tensor of OUTPUT, or its prefix
With the prefix P the tensors P.T, P.w, P.u, P.o and P.state are taken, as many as there are.)");
  command.option("--chunk,--chunks", "N", WholeNumber{&o.chunk, 1, 4096}, "chunk size (64)");
  command.option("--heads", "HEADS", o.input.heads, "only heads 0,1").beside();
  command.option("--format", "text|json|github", o.format, "github: annotations of a workflow");
  command.output("--junit", "FILE.xml", o.junit, R"(the same as JUnit's XML
Where the program fails, or its file or OUTPUT cannot be judged, one test case says why with an <error>.)");
  command.force();
  command.run([options, &status](const Command& c) { check_output(c, *options, status); });
  return command;
}

}  // namespace tristab
