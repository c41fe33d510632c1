// tristab audit SUITE, or INPUT --kernel K --gate G: could a test tell a wrong kernel from a right one?
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "command.h"
#include "interrupt.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/output_file.h"
#include "tristab/judge/tolerance.h"
#include "tristab/library/opened_input.h"
#include "tristab/report/audit_text.h"
#include "tristab/sweep/config_text.h"

namespace tristab {
namespace {

struct AuditOptionsTyped {
  FilePart input;
  std::string kernel, gate = "torch", outputs = "inverse", stored, must_kill, write, beside, beside_layer,
                      format = "text";
  std::int64_t chunk = 0, heads = 1, length = 0, seed = 1, trials = 100;
  std::string cover = "0.95";
  bool no_addition = false;
};

bool is_suite(const std::string& input) {
  if (input.ends_with(".json")) return true;
  const std::vector<std::string> names = suite_names();
  return std::ranges::count(names, input) > 0;
}

double share_option(const std::string& name, const std::string& text) {
  const Json value = parse_scalar(text);
  if (!value.is_number() || !(value.get<double>() > 0 && value.get<double>() < 1))
    refuse(name, text, "a share between 0 and 1, as 0.95");
  return value.get<double>();
}

// What the kernel's results are stored in.
std::string stored_format(const Recipe& kernel, bool layer) {
  if (layer && kernel.layer) return kernel.layer->products.storage.name;
  return Setting{&kernel.method, &kernel.summary_arithmetic, &kernel, &kernel.formation}.result_format().name;
}

// A suite of one case, of inputs, a kernel and a gate.
Suite suite_of_input(const Command& command, const AuditOptionsTyped& options) {
  if (options.kernel.empty()) {
    const std::string nearest = nearest_name(options.input.path, suite_names());
    const std::string hint = nearest.empty() ? "" : fmt::format("; did you mean the suite '{}'?", nearest);
    refuse("tristab audit", fmt::format("the inputs {} and no --kernel{}", options.input.path, hint),
           "INPUT --kernel K --gate G, or one of the suites " + join_names(suite_names()));
  }
  const std::string kernel_place = command.typed("--kernel");
  const Recipe kernel = only_one(expand_recipe(Json(options.kernel), kernel_place, ""), kernel_place);
  make_gate(options.gate, command.typed("--gate"));
  Json gates = Json::object();
  bool layer = false;
  for (const std::string& output : split_list(options.outputs, "--outputs")) {
    gates[output] = options.gate;
    layer = layer || output != "inverse";
  }
  const std::int64_t chunk = options.chunk > 0 ? options.chunk : usual_chunk(&kernel);
  Json test{
      {"case", "inputs"}, {"kernel", options.kernel}, {"gates", gates}, {"chunk", chunk}, {"heads", options.heads}};
  test["family"] = is_tensor_file(options.input.path) ? options.input.family() : Json(options.input.path);
  test["seed"] = options.seed;
  test["output"] = options.stored.empty() ? stored_format(kernel, layer) : options.stored;
  if (options.length > 0) test["tokens"] = options.length;
  const Json suite{{"suite", "inputs"},
                   {"summary", fmt::format("{} judged by {}", options.input.path, options.gate)},
                   {"cases", Json::array({test})}};
  return make_suite(suite, "tristab audit", "");
}

BesideReach reach_beside(const TestCase& like, const std::string& name, const Json& family, int heads) {
  TestCase test = like;
  test.gates.clear();
  test.tokens.clear();
  test.first_token = 0;
  test.heads = heads;
  test.family = {expand_family(family, "--beside").front(), "--beside", ""};
  return {name, reach_of(draw_inputs(test), 1000)};
}

std::vector<std::string> not_killed(const Audit& audit, const std::vector<std::string>& wanted) {
  std::vector<std::string> left, known{"all"};
  for (const AuditRow& row : audit.rows) {
    known.push_back(row.name);
    const bool named = std::ranges::any_of(
        wanted, [&](const std::string& word) { return word == "all" || word == row.name || word == row.kind; });
    if (named && row.survives()) left.push_back(row.name);
  }
  for (const std::string& word : wanted) {
    const bool found = word == "all" || std::ranges::any_of(audit.rows, [&](const AuditRow& row) {
                         return row.name == word || row.kind == word;
                       });
    if (!found) throw_unknown_name("--must-kill", "mutant", word, known);
  }
  return left;
}

void run_audit(const Command& command, const AuditOptionsTyped& options, int& status) {
  const std::string& input = options.input.path;
  if (input.empty())
    refuse("tristab audit", "no SUITE and no INPUT",
           fmt::format("a suite ({}, or FILE.json), or INPUT --kernel K --gate G", join_names(suite_names())));
  const bool suite_given = is_suite(input);
  if (suite_given) {
    command.refuse_with("the suite " + input,
                        {"--kernel", "--gate", "--outputs", "--stored", "--chunk", "--heads", "--length", "--seed",
                         "--trials", "--cover", "--tensor", "--layer", "--tokens"},
                        "options of inputs without a suite: it says them");
  }
  std::unique_ptr<OutputFile> output;
  if (!options.write.empty()) output = std::make_unique<OutputFile>(options.write, replaces_files_with("{"));
  const auto suite = std::make_shared<const Suite>(suite_given ? read_suite(input) : suite_of_input(command, options));
  const std::atomic<bool>& stop = listen_for_interrupts();
  AuditReport report;
  AuditOptions settings;
  settings.stop = &stop;
  report.audit = audit(suite, settings);
  const TestCase& first = suite->cases.front();
  report.beside.push_back(reach_beside(first, "gdn (as a trained layer)", Json("gdn"), 16));
  if (!options.beside.empty()) {
    FilePart part;
    part.path = options.beside;
    part.layer = options.beside_layer;
    report.beside.push_back(reach_beside(first, options.beside, part.family(), 1 << 10));
  }
  if (!suite_given) {
    ToleranceRequest request;
    request.test = first;
    request.trials = trials_available(first, static_cast<int>(options.trials));
    request.covered = share_option("--cover", options.cover);
    request.stop = &stop;
    report.tolerance = find_tolerance(request);
  }
  if (!options.no_addition) report.additions = find_additions(report.audit, &stop);
  if (!options.must_kill.empty()) report.must_kill = split_list(options.must_kill, "--must-kill");
  report.not_killed = not_killed(report.audit, report.must_kill);
  if (output) {
    output->write(suite_with(*suite, report.additions ? *report.additions : Additions{}).dump(2) + "\n");
    output->commit();
  }
  if (!report.passed()) status = 1;
  if (options.write == "-") return;
  fmt::print("{}", options.format == "json" ? audit_json(report) : audit_text(report, standard_output_page()));
}

}  // namespace

Command audit_command(int& status) {
  auto options = std::make_shared<AuditOptionsTyped>();
  AuditOptionsTyped& o = *options;
  Command command(
      "audit", "Ask whether a test could tell a wrong kernel from a right one",
      R"(Runs wrong kernels on purpose through a test: which it kills, which it lets through, what would kill them.
With inputs, a kernel and a gate it also finds the tolerance to assert, between right kernels and wrong ones.)",
      {"tristab audit fla-solve-tril"});
  command.positional("INPUT", "FILE.json|npy|npz|safetensors", o.input.path, "a suite, a family, or a file",
                     "SUITE|INPUT");
  command.option("--kernel,--kernels", "KERNEL", o.kernel, "right kernel, of INPUT");
  command.option("--gate", "GATE", o.gate, "rule (torch)").beside();
  command.option("--outputs", "LIST", o.outputs, "inverse (default), or some of w, u, o, state");
  command.option("--stored", "FORMAT", o.stored, "of outputs (the kernel's)");
  command.option("--chunk,--chunks", "N", WholeNumber{&o.chunk, 2, 256}, "size (64)").beside();
  command.option("--heads", "N", WholeNumber{&o.heads, 1, 4096}, "sequences of one run (1)");
  command.option("--length", "N", WholeNumber{&o.length, 1, 32768}, "their tokens").beside();
  command.option("--trials", "N", WholeNumber{&o.trials, 1, 100000}, "runs of right kernels (100)");
  command.option("--seed", "N", WholeNumber{&o.seed, 0, 9007199254740992}, "seed").beside();
  command.option("--cover", "SHARE", o.cover, "share of runs the tolerance covers (0.95)");
  command.option("--tensor", "NAME", o.input.tensor, "the tensor of A");
  command.option("--layer", "NAME", o.input.layer, "the layer").beside();
  command.option("--tokens", "RANGE", o.input.tokens, "its tokens, as 0:512");
  command.option("--beside", "FILE", o.beside, "a trained layer to compare the inputs with");
  command.option("--beside-layer", "NAME", o.beside_layer, "its layer, or all");
  command.option("--must-kill", "LIST", o.must_kill, R"(mutants that must not survive, or all
Names of mutants or of kinds of them. The exit status is 1 if one survives.)");
  command.flag("--no-addition", o.no_addition, "do not look for what kills the survivors");
  command.group("Output");
  command.option("--format", "text|json", o.format, "text or json");
  command.output("--write", "FILE.json", o.write, "the suite with the addition");
  command.force();
  command.run([options, &status](const Command& c) { run_audit(c, *options, status); });
  return command;
}

}  // namespace tristab
