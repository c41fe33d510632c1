// tristab compare: a ranked table of methods for each situation, from a result file or computed now.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <tuple>

#include "command.h"
#include "interrupt.h"
#include "progress.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/report/case_groups.h"
#include "tristab/report/cross_table.h"
#include "tristab/report/layer_table.h"
#include "tristab/report/ranking.h"
#include "tristab/sweep/config_text.h"
#include "tristab/sweep/run.h"

namespace tristab {
namespace {

struct CompareOptions {
  std::string results, chunk, family, methods, arithmetics, kernels, metrics, format, trials, seed, require;
  FilePart input;
  std::int64_t jobs = 0, top = 0;
  bool overall = false;
};

// Keeps what rankings and tables need of each record.
class GroupingSink : public ResultSink {
 public:
  GroupingSink(CaseGroups& groups, LayerTable& layers, Progress& progress)
      : groups_(groups), layers_(layers), progress_(progress) {}
  SerializedRecords render(const MatrixResult&) const override { return {}; }
  void accept(const MatrixResult& result, SerializedRecords) override {
    progress_.add(result);
    groups_.add(result);
  }
  std::string render_layer(const LayerResult&) const override { return {}; }
  void accept_layer(const LayerResult& result, std::string) override {
    progress_.add(result);
    layers_.add(result);
  }
  void finish(const SweepReport&) override {}

 private:
  CaseGroups& groups_;
  LayerTable& layers_;
  Progress& progress_;
};

Json every_method() {
  Json names = Json::array();
  for (const Method& method : methods()) names.push_back(method.description.name);
  return names;
}

// A sweep skips sizes that a kernel does not support. Here the user named both, so report an error.
void refuse_kernels_of_other_sizes(const Scenario& scenario) {
  for (const Recipe& kernel : scenario.kernels) kernel.check_takes(scenario.chunks, "--kernels");
}

// Returns the text of the requirement.
std::string compute(const Command& command, const CompareOptions& options, CaseGroups& groups, LayerTable& layers) {
  command.excludes("--family", {"--input"}, "one of them");
  command.needs({"--tensor", "--layer", "--heads", "--tokens"}, "--input", "--input FILE with it");
  Json json{{"families", Json::array({Json{{"family", "gdn"}, {"keys", "silu"}}})},
            {"methods", every_method()},
            {"arithmetics", Json::array({"fp16", "bf16"})}};
  if (command.given("--kernels") && !command.given("--methods") && !command.given("--arithmetics")) {
    json.erase("methods");
    json.erase("arithmetics");
  }
  ConfigOverrides overrides;
  const std::tuple<const char*, const char*, const std::string*> given[] = {
      {"--chunk", "chunks", &options.chunk},      {"--family", "families", &options.family},
      {"--methods", "methods", &options.methods}, {"--arithmetics", "arithmetics", &options.arithmetics},
      {"--kernels", "kernels", &options.kernels}, {"--trials", "trials", &options.trials},
      {"--seed", "seed", &options.seed},          {"--require", "require", &options.require}};
  for (const auto& [option, key, text] : given) {
    if (command.given(option)) overrides[key] = *text;
  }
  if (command.given("--input")) overrides["families"] = options.input.family().dump();
  const SweepConfig config = make_config(json, overrides, "tristab compare", "", "compare");
  refuse_kernels_of_other_sizes(config.scenarios.front());
  const Plan plan = make_plan(config);
  print_notes(plan);
  Progress progress(plan);
  GroupingSink sink(groups, layers, progress);
  run_sweep(config, plan, {static_cast<int>(options.jobs), &listen_for_interrupts(), progress.reporter()}, sink);
  return config.scenarios.front().requirement.text();
}

using Texts = std::vector<std::string>;

// The texts that `texts` gives for the things that `chosen` selects, each once.
template <class Things, class Chosen, class TextsOf>
Texts names_in(const Things& things, Chosen chosen, TextsOf texts) {
  Texts names;
  for (const auto& thing : things) {
    if (!chosen(thing)) continue;
    for (const std::string& each : texts(thing)) {
      if (std::ranges::find(names, each) == names.end()) names.push_back(each);
    }
  }
  return names;
}

// The names that an option lists; the file must have each of them. `labels` gives the labels of the settings that a
// name with parameters stands for ("mxr:block=16" is the default, so its label is "mxr").
template <class Labels>
std::vector<std::string> selection_of(const char* option, const std::string& text,
                                      const std::vector<std::string>& available, Labels labels) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  if (available.empty()) refuse(option, fmt::format("'{}'", text), "nothing, because the file has none");
  for (const std::string& given : split_list(text, option)) {
    if (std::find(available.begin(), available.end(), given) != available.end()) {
      names.push_back(given);
      continue;
    }
    if (given.find(':') == std::string::npos) throw_unknown_name(option, "setting in the file", given, available);
    for (const std::string& label : labels(given)) {
      if (std::find(available.begin(), available.end(), label) == available.end()) {
        throw_unknown_name(option, "setting in the file", label, available);
      }
      names.push_back(label.find(':') == std::string::npos ? fmt::format("{}:", label) : label);
    }
  }
  return names;
}

template <class Specs>
Texts labels_of(const Specs& specs) {
  Texts labels;
  for (const auto& spec : specs) labels.push_back(spec.label);
  return labels;
}

CaseSelection selection_in(const CaseGroups& groups, const CompareOptions& options) {
  const auto any = [](const auto&) { return true; };
  const auto of_method = [](const CaseSetting& s) { return s.kernel.empty(); };
  const auto of_kernel = [](const CaseSetting& s) { return !s.kernel.empty(); };
  CaseSelection selection;
  selection.families = selection_of("--family", options.family,
                                    names_in(groups.inputs(), any,
                                             [](const CaseInput& i) {
                                               return Texts{i.family, i.label, i.name};
                                             }),
                                    [](const std::string& text) { return labels_of(expand_family(text, "--family")); });
  selection.methods = selection_of("--methods", options.methods,
                                   names_in(groups.settings(), of_method,
                                            [](const CaseSetting& s) {
                                              return Texts{s.method, s.method_label};
                                            }),
                                   [](const std::string& text) { return labels_of(expand_method(text, "--methods")); });
  selection.arithmetics =
      selection_of("--arithmetics", options.arithmetics,
                   names_in(groups.settings(), of_method,
                            [](const CaseSetting& s) {
                              return Texts{s.arithmetic, s.arithmetic_label};
                            }),
                   [](const std::string& text) { return labels_of(expand_arithmetic(text, "--arithmetics")); });
  selection.kernels =
      selection_of("--kernels", options.kernels,
                   names_in(groups.settings(), of_kernel,
                            [](const CaseSetting& s) {
                              return Texts{s.kernel_name(), s.kernel};
                            }),
                   [](const std::string& text) { return labels_of(expand_recipe(text, "--kernels", "")); });
  if (!options.chunk.empty()) {
    for (const std::int64_t n :
         expand_axis(Json(split_list(options.chunk, "--chunk")), smallest_chunk, largest_chunk, "--chunk"))
      selection.chunks.push_back(static_cast<int>(n));
  }
  return selection;
}

// The metrics of cross tables; empty without --metrics, when rankings are printed instead.
std::vector<const Field*> metrics_of(const Command& command, const CompareOptions& options) {
  command.needs({"--format"}, "--metrics", "--metrics strict_lower --format markdown, for instance");
  command.excludes("--metrics", {"--top", "--overall"}, "one of them");
  std::vector<const Field*> metrics;
  if (!command.given("--metrics")) return metrics;
  std::vector<std::string> known;
  for (const Field* field : distributed_fields()) known.push_back(field->name());
  for (const std::string& name : split_list(options.metrics, "--metrics")) {
    if (std::ranges::find(known, name) == known.end())
      throw_unknown_name("--metrics", "metric of a table", name, known);
    if (std::ranges::find(metrics, name, &Field::name) != metrics.end())
      refuse("--metrics", fmt::format("{} twice", name), "each metric once");
    metrics.push_back(find_field(name));
  }
  return metrics;
}

Requirements read_groups(const std::string& path, CaseGroups& groups) {
  const ResultHead head =
      visit_result(path, {"records"}, [&](const std::string& section, const Json& object, const std::string& place) {
        groups.add(section, object, place);
      });
  note_incomplete(path, head);
  return requirements_of(head.config.json());
}

// Returns whether every setting meets the requirement of --require, if it is given.
bool compare(const Command& command, const CompareOptions& options) {
  const std::vector<const Field*> metrics = metrics_of(command, options);
  const TableFormat format = table_format_of(options.format.empty() ? "text" : options.format, "--format");
  CaseGroups groups(metrics.empty() ? ranking_fields() : metrics);
  LayerTable layers;  // only where the requirement is about them
  Requirements requirements;
  CaseSelection selection;
  if (options.results.empty()) {
    requirements[""] = compute(command, options, groups, layers);
  } else {
    for (const char* option :
         {"--trials", "--seed", "--require", "--jobs", "--input", "--tensor", "--layer", "--heads", "--tokens"}) {
      if (!command.given(option)) continue;
      refuse("tristab compare", fmt::format("{} together with {}", option, options.results),
             "--family, --chunk, --methods, --arithmetics, --kernels, --overall, --metrics, --format, --top with a "
             "result file");
    }
    requirements = read_groups(options.results, groups);
    selection = selection_in(groups, options);
  }
  if (std::ranges::none_of(groups.groups(),
                           [&](const CaseGroup& group) { return selection.includes(groups, group); })) {
    refuse(options.results.empty() ? "tristab compare" : options.results, "no records for this selection",
           "one that the file has");
  }
  const Page page = standard_output_page();
  const auto lost = [](const auto& trials) { return trials.unfit + trials.lost() > 0; };
  const bool met = !command.given("--require") || (std::ranges::none_of(layers.rows(), lost) &&
                                                   std::ranges::none_of(groups.groups(), lost, &CaseGroup::statistics));
  const auto print = [&](const std::string& text) {
    fmt::print("{}", text);
    if (!layers.empty()) fmt::print("\n{}", layers.text(page));
    return met;
  };
  if (!metrics.empty()) {
    return print(cross_table_text(cross_table(groups, selection), format, page));
  }
  const std::vector<Ranking> rankings = rank_settings(groups, selection, requirements);
  if (options.overall) {
    return print(overall_text(rank_overall(rankings), rankings, static_cast<int>(options.top), page));
  }
  std::string text;
  for (const Ranking& ranking : rankings)
    text += (text.empty() ? "" : "\n") + ranking_text(ranking, static_cast<int>(options.top), page);
  return print(text);
}

}  // namespace

Command compare_command(int& status) {
  auto options = std::make_shared<CompareOptions>();
  CompareOptions& o = *options;
  Command command(
      "compare", "Rank methods by their errors, in a result or computed now",
      R"(Prints one table for each size and family, ranked by the error against the inverse of A as given. With --require,
the exit status is 1 unless every setting meets the requirement on every input.

With --metrics, prints one table for each metric instead: a row for each method or kernel, a column for each input.)",
      {"tristab compare --chunk 64 --family gdn:keys=silu --arithmetics fp16"});
  command.positional("RESULTS", "FILE.json|ndjson", o.results, R"(a result, .json or .ndjson; if absent, compute now
A result of tristab sweep; it may be partial. The options then select among its settings.)",
                     "[RESULTS]");
  command.group("What to compare, and how");
  command.option("--chunk,--chunks", "SIZES", o.chunk, R"(sizes, such as 16,64 or 16:256:*2 (64)
Whole numbers from 16 to 256.)");
  command.option("--family,--families", "FAMILIES", o.family, R"(families, such as ones,gdn (gdn:keys=silu)
Names from tristab list families, with parameters after a colon.)");
  command.option("--methods", "METHODS", o.methods, R"(methods, such as mbh,mxr:block=8/16 (all)
Names from tristab list methods, with parameters after a colon; several values of a parameter are separated by /.)");
  command.option("--arithmetics", "ARITHMETICS", o.arithmetics, R"(arithmetics, such as fp32,e5m7 (fp16,bf16)
Names from tristab list arithmetics, or any format as eXmY.)");
  command.option("--kernels", "KERNELS", o.kernels, R"(kernels, such as fla-solve-tril:dot=tf32 (none)
Names from tristab list kernels, or paths of recipe files (JSON). Without --methods and --arithmetics, only these
kernels are compared.)");
  command.option("--trials", "N", o.trials, "matrices of each random family (8)");
  command.option("--seed", "N", o.seed, "seed of the random families (1)");
  command.option("--require", "REQUIREMENT", o.require, requirement_help);
  command.flag("--overall", o.overall, R"(one table over all inputs, the worst of each
A setting is fit on an input (a family at one size) if it is fit on each of its matrices.)");
  command.option("--metrics", "METRICS", o.metrics, R"(a table for each metric instead of rankings
For instance strict_lower,snr_db. strict_lower leaves out the unit diagonal, which hides errors.)");
  command.option("--format", "text|markdown|csv", o.format, "format of these tables (text)");
  command.option("--top", "N", WholeNumber{&o.top, 1, 1000000}, "rows of each ranking (all)");
  command.option("--jobs", "N", thread_count(o.jobs), "threads (all cores)");
  command.option("--input", "FILE.npy|npz|safetensors", o.input.path,
                 R"(matrices or layers instead of a family
A .npy, .npz or .safetensors file. Matrices A, [n, n], [batch, n, n] or [tokens, heads, n]; or the k, beta and g of
layers, as apps/dump_layer_inputs.py writes them.)");
  command.option("--tensor", "NAME", o.input.tensor, "the tensor that holds A");
  command.option("--layer", "NAME", o.input.layer, "the layer whose k, beta and g give A, or all");
  command.option("--heads", "HEADS", o.input.heads, "its heads, such as 0,1 (all)");
  command.option("--tokens", "RANGE", o.input.tokens, "its tokens, such as 0:512 (all)");
  command.run([options, &status](const Command& given) {
    if (!compare(given, *options)) status = 1;
  });
  return command;
}

}  // namespace tristab
