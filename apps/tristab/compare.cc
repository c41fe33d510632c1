// tristab compare: a ranked table of methods for each situation, from a result file or computed now.
#include <fmt/format.h>

#include <algorithm>

#include "command.h"
#include "interrupt.h"
#include "progress.h"
#include "tristab/base/errors.h"
#include "tristab/report/ranking.h"
#include "tristab/report/reader.h"
#include "tristab/sweep/config_text.h"
#include "tristab/sweep/run.h"

namespace tristab {
namespace {

struct CompareOptions {
  std::string results, chunk, family, methods, arithmetics, trials, seed, jobs, top;
  std::string input, tensor, layer, heads, tokens;
};

// Keeps what rankings need of each record.
class RankingSink : public ResultSink {
 public:
  RenderedMatrix render(const MatrixResult&) const override { return {}; }
  void accept(const MatrixResult& result, RenderedMatrix) override {
    for (const Record& record : result.records) records.push_back(result_record(result, record));
  }
  void finish(const SweepReport&) override {}

  std::vector<ResultRecord> records;
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

std::vector<ResultRecord> compute(const CLI::App& command, const CompareOptions& options) {
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
  ConfigOverrides overrides;
  if (command.count("--chunk") > 0) overrides["chunks"] = options.chunk;
  if (command.count("--family") > 0) overrides["families"] = options.family;
  if (command.count("--input") > 0) overrides["families"] = input_family(options).dump();
  if (command.count("--methods") > 0) overrides["methods"] = options.methods;
  if (command.count("--arithmetics") > 0) overrides["arithmetics"] = options.arithmetics;
  if (command.count("--trials") > 0) overrides["trials"] = options.trials;
  if (command.count("--seed") > 0) overrides["seed"] = options.seed;
  const SweepConfig config = make_config(json, overrides, "tristab compare", "", "compare");
  const Plan plan = make_plan(config);
  RankingSink sink;
  Progress progress(plan.cases);
  run_sweep(config, plan, {job_count(options.jobs), &listen_for_interrupts(), progress.reporter()}, sink);
  return std::move(sink.records);
}

std::vector<std::string> names_in(const std::vector<ResultRecord>& records, std::string ResultRecord::*name,
                                  std::string ResultRecord::*label) {
  std::vector<std::string> names;
  for (const ResultRecord& record : records) {
    for (const std::string& each : {record.*name, record.*label}) {
      if (std::find(names.begin(), names.end(), each) == names.end()) names.push_back(each);
    }
  }
  return names;
}

// The names of an option, each of which the file must have.
std::vector<std::string> selection_of(const char* option, const std::string& text,
                                      const std::vector<std::string>& available) {
  if (text.empty()) return {};
  std::vector<std::string> names = split_list(text, option);
  for (const std::string& name : names) {
    if (std::find(available.begin(), available.end(), name) == available.end()) {
      throw_unknown_name(option, "setting in the file", name, available);
    }
  }
  return names;
}

RankingSelection selection_in(const std::vector<ResultRecord>& records, const CompareOptions& options) {
  using R = ResultRecord;
  RankingSelection selection;
  selection.families =
      selection_of("--family", options.family, names_in(records, &R::family, &R::family_label));
  selection.methods =
      selection_of("--methods", options.methods, names_in(records, &R::method, &R::method_label));
  selection.arithmetics = selection_of("--arithmetics", options.arithmetics,
                                       names_in(records, &R::arithmetic, &R::arithmetic_label));
  if (!options.chunk.empty())
    selection.chunks = sizes_of("--chunk", options.chunk, smallest_chunk, largest_chunk);
  return selection;
}

void compare(const CLI::App& command, const CompareOptions& options) {
  refuse_leftovers(command);
  const int top = options.top.empty() ? 0 : static_cast<int>(whole_number("--top", options.top, 1, 1000000));
  std::vector<ResultRecord> records;
  RankingSelection selection;
  if (options.results.empty()) {
    records = compute(command, options);
  } else {
    for (const char* option :
         {"--trials", "--seed", "--jobs", "--input", "--tensor", "--layer", "--heads", "--tokens"}) {
      if (command.count(option) == 0) continue;
      throw UsageError(
          fmt::format("tristab compare: found {} together with {}; allowed: --family, --chunk, --methods, "
                      "--arithmetics, --top with a result file",
                      option, options.results));
    }
    ResultFile file = read_results(options.results);
    if (!file.complete) {
      fmt::print(stderr, "tristab: note: {} is not complete: {} records{}\n", options.results,
                 file.records.size(),
                 file.expected_cases > 0 ? fmt::format(" of {}", file.expected_cases) : "");
    }
    records = std::move(file.records);
    selection = selection_in(records, options);
  }
  const std::vector<Ranking> rankings = rank_methods(records, selection);
  if (rankings.empty()) {
    throw UsageError(fmt::format("{}: found no records for this selection; allowed: one that the file has",
                                 options.results.empty() ? "tristab compare" : options.results));
  }
  bool first = true;
  for (const Ranking& ranking : rankings) {
    fmt::print("{}{}", first ? "" : "\n", ranking_text(ranking, top));
    first = false;
  }
}

}  // namespace

void add_compare(CLI::App& app) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command = app.add_subcommand("compare", "Ranked table of methods, from a result or computed now");
  command->allow_extras();
  command->add_option("RESULTS", options->results,
                      "result of tristab sweep, .json or .ndjson; without it: computed now");
  command->add_option("--chunk,--chunks", options->chunk, "sizes (64)");
  command->add_option("--family,--families", options->family, "families (gdn:keys=silu)");
  command->add_option("--methods", options->methods, "methods, mxr:block=8/16,mbh (all)");
  command->add_option("--arithmetics", options->arithmetics, "arithmetics (fp16,bf16)");
  command->add_option("--trials", options->trials, "matrices of a random family (8)");
  command->add_option("--seed", options->seed, "seed (1)");
  command->add_option("--input", options->input,
                      "matrices of a .npy or .safetensors file instead of a family");
  command->add_option("--tensor", options->tensor, "of --input: the tensor that holds A");
  command->add_option("--layer", options->layer, "of --input: the layer whose k, beta and g give A, or all");
  command->add_option("--heads", options->heads, "of --input: heads, 0,1 (all)");
  command->add_option("--tokens", options->tokens, "of --input: tokens, 0:512 (all)");
  command->add_option("--jobs", options->jobs, "threads (all cores)");
  command->add_option("--top", options->top, "rows of each table (all)");
  command->callback([command, options] { compare(*command, *options); });
}

}  // namespace tristab
