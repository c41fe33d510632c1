// tristab compare: a ranked table of methods for each situation, from a result file or computed now.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "command.h"
#include "interrupt.h"
#include "progress.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/report/cross_table.h"
#include "tristab/report/ranking.h"
#include "tristab/report/reader.h"
#include "tristab/sweep/config_text.h"
#include "tristab/sweep/label.h"
#include "tristab/sweep/run.h"

namespace tristab {
namespace {

struct CompareOptions {
  std::string results, chunk, family, methods, arithmetics, kernels, metrics, format, trials, seed, jobs, top;
  std::string input, tensor, layer, heads, tokens;
};

// Keeps what rankings need of each record.
class RankingSink : public ResultSink {
 public:
  RankingSink(std::vector<std::string> metrics, Progress& progress)
      : metrics_(std::move(metrics)), progress_(progress) {}
  RenderedMatrix render(const MatrixResult&) const override { return {}; }
  void accept(const MatrixResult& result, RenderedMatrix) override {
    progress_.add(result);
    for (const Record& record : result.records) {
      records.push_back(result_record(result, record, metrics_));
    }
  }
  std::string render_layer(const LayerResult&) const override { return {}; }
  void accept_layer(const LayerResult&, std::string) override {}
  void finish(const SweepReport&) override {}

  std::vector<ResultRecord> records;

 private:
  std::vector<std::string> metrics_;
  Progress& progress_;
};

Json every_method() {
  Json names = Json::array();
  for (const Method& method : methods()) names.push_back(method.description.name);
  return names;
}

// The part of a file that --input and its options name, as a family.
Json input_family(const CompareOptions& options) {
  Json family{{"family", "file"}, {"path", options.input}};
  const std::pair<const char*, const std::string*> given[] = {{"tensor", &options.tensor},
                                                              {"layer", &options.layer},
                                                              {"heads", &options.heads},
                                                              {"tokens", &options.tokens}};
  for (const auto& [name, text] : given) {
    if (!text->empty()) family[name] = *text;
  }
  return family;
}

// A sweep leaves a kernel out at sizes that it does not take; who names kernel and size is told.
void refuse_kernels_of_other_sizes(const Scenario& scenario) {
  const std::vector<int>& chunks = scenario.chunks;
  for (const Recipe& kernel : scenario.kernels) {
    if (std::any_of(chunks.begin(), chunks.end(), [&](int n) { return kernel.takes(n); })) continue;
    throw UsageError(fmt::format("--kernels: found {} with chunks of {}; allowed for it: --chunk {}",
                                 label_of(kernel), fmt::join(chunks, ", "), fmt::join(kernel.chunks, ",")));
  }
}

std::vector<ResultRecord> compute(const CLI::App& command, const CompareOptions& options,
                                  const std::vector<std::string>& metrics) {
  if (command.count("--input") > 0 && command.count("--family") > 0) {
    throw UsageError("tristab compare: found --input together with --family; allowed: one of them");
  }
  for (const char* option : {"--tensor", "--layer", "--heads", "--tokens"}) {
    if (command.count(option) > 0 && command.count("--input") == 0) {
      throw UsageError(fmt::format("tristab compare: found {} without --input; allowed: --input FILE {} ...",
                                   option, option));
    }
  }
  Json json{{"families", Json::array({Json{{"family", "gdn"}, {"keys", "silu"}}})},
            {"methods", every_method()},
            {"arithmetics", Json::array({"fp16", "bf16"})}};
  const bool kernels_alone = command.count("--kernels") > 0 && command.count("--methods") == 0 &&
                             command.count("--arithmetics") == 0;
  if (kernels_alone) {
    json.erase("methods");
    json.erase("arithmetics");
  }
  ConfigOverrides overrides;
  if (command.count("--chunk") > 0) overrides["chunks"] = options.chunk;
  if (command.count("--family") > 0) overrides["families"] = options.family;
  if (command.count("--input") > 0) overrides["families"] = input_family(options).dump();
  if (command.count("--methods") > 0) overrides["methods"] = options.methods;
  if (command.count("--arithmetics") > 0) overrides["arithmetics"] = options.arithmetics;
  if (command.count("--kernels") > 0) overrides["kernels"] = options.kernels;
  if (command.count("--trials") > 0) overrides["trials"] = options.trials;
  if (command.count("--seed") > 0) overrides["seed"] = options.seed;
  const SweepConfig config = make_config(json, overrides, "tristab compare", "", "compare");
  refuse_kernels_of_other_sizes(config.scenarios.front());
  const Plan plan = make_plan(config);
  Progress progress(plan);
  RankingSink sink(metrics, progress);
  run_sweep(config, plan, {job_count(options.jobs), &listen_for_interrupts(), progress.reporter()}, sink);
  return std::move(sink.records);
}

// Every text that `texts` gives for the records that `chosen` takes, once.
template <class Chosen, class Texts>
std::vector<std::string> names_in(const std::vector<ResultRecord>& records, Chosen chosen, Texts texts) {
  std::vector<std::string> names;
  for (const ResultRecord& record : records) {
    if (!chosen(record)) continue;
    for (const std::string& each : texts(record)) {
      if (std::find(names.begin(), names.end(), each) == names.end()) names.push_back(each);
    }
  }
  return names;
}

// The names of an option, each of which the file must have. `labels` gives the labels of the settings that a text
// with parameters stands for ("mxr:block=16" is the default, whose label is "mxr").
template <class Labels>
std::vector<std::string> selection_of(const char* option, const std::string& text,
                                      const std::vector<std::string>& available, Labels labels) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  if (available.empty()) {
    throw UsageError(
        fmt::format("{}: found '{}'; allowed: nothing, for the file has none of them", option, text));
  }
  for (const std::string& given : split_list(text, option)) {
    if (std::find(available.begin(), available.end(), given) != available.end()) {
      names.push_back(given);
      continue;
    }
    if (given.find(':') == std::string::npos)
      throw_unknown_name(option, "setting in the file", given, available);
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
std::vector<std::string> labels_of(const Specs& specs) {
  std::vector<std::string> labels;
  for (const auto& spec : specs) labels.push_back(label_of(spec));
  return labels;
}

RankingSelection selection_in(const std::vector<ResultRecord>& records, const CompareOptions& options) {
  using Texts = std::vector<std::string>;
  const auto all = [](const ResultRecord&) { return true; };
  const auto of_methods = [](const ResultRecord& r) { return r.kernel.empty(); };
  const auto of_kernels = [](const ResultRecord& r) { return !r.kernel.empty(); };
  RankingSelection selection;
  selection.families =
      selection_of("--family", options.family,
                   names_in(records, all,
                            [](const ResultRecord& r) {
                              return Texts{r.family, r.family_label, input_name(r)};
                            }),
                   [](const std::string& text) {
                     return labels_of(expand_family(parse_inline(text, "family", "--family"), "--family"));
                   });
  selection.methods =
      selection_of("--methods", options.methods,
                   names_in(records, of_methods,
                            [](const ResultRecord& r) {
                              return Texts{r.method, r.method_label};
                            }),
                   [](const std::string& text) {
                     return labels_of(expand_method(parse_inline(text, "method", "--methods"), "--methods"));
                   });
  selection.arithmetics =
      selection_of("--arithmetics", options.arithmetics,
                   names_in(records, of_methods,
                            [](const ResultRecord& r) {
                              return Texts{r.arithmetic, r.arithmetic_label};
                            }),
                   [](const std::string& text) {
                     return labels_of(expand_arithmetic(parse_inline(text, "arithmetic", "--arithmetics"),
                                                        "--arithmetics"));
                   });
  selection.kernels = selection_of(
      "--kernels", options.kernels,
      names_in(records, of_kernels,
               [](const ResultRecord& r) {
                 return Texts{kernel_name(r), r.kernel};
               }),
      [](const std::string& text) {
        return labels_of(expand_recipe(parse_inline(text, "kernel", "--kernels"), "--kernels", ""));
      });
  if (!options.chunk.empty()) {
    selection.chunks = sizes_of("--chunk", options.chunk, smallest_chunk, largest_chunk);
  }
  return selection;
}

// The metrics of cross tables: none, and ranked tables are printed, unless --metrics asks for them.
std::vector<std::string> metrics_of(const CLI::App& command, const CompareOptions& options) {
  if (command.count("--metrics") == 0) {
    if (command.count("--format") > 0) {
      throw UsageError(
          "tristab compare: found --format without --metrics; allowed: --metrics strict_lower --format " +
          options.format);
    }
    return {};
  }
  if (command.count("--top") > 0) {
    throw UsageError("tristab compare: found --top together with --metrics; allowed: one of them");
  }
  std::vector<std::string> names = split_list(options.metrics, "--metrics");
  const std::vector<std::string> known = cross_metrics();
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw_unknown_name("--metrics", "metric of a table", name, known);
    }
    if (std::count(names.begin(), names.end(), name) > 1) {
      throw UsageError(fmt::format("--metrics: found {} twice; allowed: each metric once", name));
    }
  }
  return names;
}

void print_rankings(const std::vector<Ranking>& rankings, int top) {
  const Page page = standard_output_page();
  bool first = true;
  for (const Ranking& ranking : rankings) {
    fmt::print("{}{}", first ? "" : "\n", ranking_text(ranking, top, page));
    first = false;
  }
}

void compare(const CLI::App& command, const CompareOptions& options) {
  refuse_leftovers(command);
  const int top = options.top.empty() ? 0 : static_cast<int>(whole_number("--top", options.top, 1, 1000000));
  const std::vector<std::string> metrics = metrics_of(command, options);
  const TableFormat format = table_format_of(options.format.empty() ? "text" : options.format, "--format");
  std::vector<ResultRecord> records;
  RankingSelection selection;
  if (options.results.empty()) {
    records = compute(command, options, metrics);
  } else {
    for (const char* option :
         {"--trials", "--seed", "--jobs", "--input", "--tensor", "--layer", "--heads", "--tokens"}) {
      if (command.count(option) == 0) continue;
      throw UsageError(
          fmt::format("tristab compare: found {} together with {}; allowed: --family, --chunk, --methods, "
                      "--arithmetics, --kernels, --metrics, --format, --top with a result file",
                      option, options.results));
    }
    ResultFile file = read_results(options.results, metrics);
    if (!file.complete) {
      fmt::print(stderr, "tristab: note: {} {}: {} records{}\n", options.results,
                 file.says_whether_complete ? "is not complete" : "does not say whether it is complete",
                 file.records.size(),
                 file.expected_cases > 0 ? fmt::format(" of {}", file.expected_cases) : "");
    }
    records = std::move(file.records);
    selection = selection_in(records, options);
  }
  if (std::none_of(records.begin(), records.end(),
                   [&](const ResultRecord& r) { return selection.includes(r); })) {
    throw UsageError(fmt::format("{}: found no records for this selection; allowed: one that the file has",
                                 options.results.empty() ? "tristab compare" : options.results));
  }
  if (metrics.empty()) return print_rankings(rank_methods(records, selection), top);
  fmt::print("{}",
             cross_table_text(cross_table(records, selection, metrics), format, standard_output_page()));
}

}  // namespace

void add_compare(CLI::App& app) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command =
      app.add_subcommand("compare", R"(Rank methods by their errors, in a result or computed now
One table for each size and family. Within one arithmetic it ranks by the error against the inverse of A as that
arithmetic takes it, across arithmetics by the error against the inverse of A as given.

With --metrics there is one table for each metric instead: methods and kernels down, inputs across.)");
  command->allow_extras();
  command
      ->add_option("RESULTS", options->results, R"(a result, .json or .ndjson; without: computed now
Of tristab sweep; it may be partial. The options then choose among the settings that it holds.)")
      ->type_name("FILE.json|ndjson")
      ->option_text("[RESULTS]");
  const char* const what = "What to compare";
  command
      ->add_option("--chunk,--chunks", options->chunk, R"(sizes, 16,64 or 16:256:*2 (64)
Whole numbers from 16 to 256.)")
      ->type_name("SIZES")
      ->group(what);
  command
      ->add_option("--family,--families", options->family,
                   R"(families, ones,gdn:keys=clustered (gdn:keys=silu)
Names of tristab list families, with parameters after a colon.)")
      ->type_name("FAMILIES")
      ->group(what);
  command
      ->add_option("--methods", options->methods, R"(methods, mbh,mxr:block=8/16 (all)
Names of tristab list methods, with parameters after a colon; of a parameter several values with / between them.)")
      ->type_name("METHODS")
      ->group(what);
  command
      ->add_option("--arithmetics", options->arithmetics, R"(arithmetics, fp16,int8:scale=row (fp16,bf16)
Names of tristab list arithmetics, or any format as eXmY.)")
      ->type_name("ARITHMETICS")
      ->group(what);
  command
      ->add_option("--kernels", options->kernels, R"(kernels, fla-solve-tril:dot=ieee/tf32 (none)
Names of tristab list kernels, or paths of JSON files; without --methods and --arithmetics: them alone.)")
      ->type_name("KERNELS")
      ->group(what);
  command->add_option("--trials", options->trials, "matrices of each random family (8)")
      ->type_name("N")
      ->group(what);
  command->add_option("--seed", options->seed, "seed of the random families (1)")
      ->type_name("N")
      ->group(what);
  const char* const input = "Inputs of one's own instead of a family";
  command
      ->add_option("--input", options->input, R"(.npy, .npz or .safetensors
Matrices A, [n, n], [batch, n, n] or [tokens, heads, n]; or the k, beta and g of layers, as
apps/dump_layer_inputs.py writes them.)")
      ->type_name("FILE.npy|npz|safetensors")
      ->group(input);
  command->add_option("--tensor", options->tensor, "the tensor that holds A")
      ->type_name("NAME")
      ->group(input);
  command->add_option("--layer", options->layer, "the layer whose k, beta and g give A, or all")
      ->type_name("NAME")
      ->group(input);
  command->add_option("--heads", options->heads, "its heads, 0,1 (all)")->type_name("HEADS")->group(input);
  command->add_option("--tokens", options->tokens, "its tokens, 0:512 (all)")
      ->type_name("RANGE")
      ->group(input);
  command
      ->add_option("--metrics", options->metrics, R"(a table for each metric instead of rankings
strict_lower,snr_db for instance. strict_lower leaves the unit diagonal out, which hides errors.)")
      ->type_name("METRICS")
      ->group("Output");
  command->add_option("--format", options->format, "of these tables (text)")
      ->type_name("text|markdown|csv")
      ->group("Output");
  command->add_option("--top", options->top, "rows of each ranking (all)")->type_name("N")->group("Output");
  command->add_option("--jobs", options->jobs, "threads (all cores)")->type_name("N")->group("Output");
  command->footer("tristab compare --chunk 64 --family gdn:keys=silu --arithmetics fp16");
  command->callback([command, options] { compare(*command, *options); });
}

}  // namespace tristab
