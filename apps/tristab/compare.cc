// tristab compare: a ranked table of methods for each situation, from a result file or computed now.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "command.h"
#include "interrupt.h"
#include "progress.h"
#include "result_options.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/report/case_groups.h"
#include "tristab/report/cross_table.h"
#include "tristab/report/layer_table.h"
#include "tristab/report/ranking.h"
#include "tristab/sweep/config_text.h"
#include "tristab/sweep/run.h"
#include "vocabulary.h"

namespace tristab {
namespace {

struct CompareOptions {
  ConfigOptions config;
  std::string results, metrics, format;
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

// Returns the text of the requirement.
std::string compute(const Command& command, const CompareOptions& options, CaseGroups& groups, LayerTable& layers) {
  command.excludes("--family", {"--input"}, "one of them");
  command.needs(file_part_options, "--input", "--input FILE with it");
  Json json{{"families", Json::array({Json{{"family", "gdn"}, {"keys", "silu"}}})},
            {"methods", every_method()},
            {"arithmetics", Json::array({"fp16", "bf16"})}};
  if (command.given("--kernels") && !command.given("--methods") && !command.given("--arithmetics") &&
      !command.given("--formation")) {
    json.erase("methods");
    json.erase("arithmetics");
  }
  ConfigOverrides overrides = options.config.given(command);
  if (command.given("--input")) overrides.emplace("families", Override(options.input.family().dump(), "--input"));
  SweepConfig config = make_config(json, overrides, "tristab compare", "", "compare");
  settle_sizes(config);
  for (const Field* field : groups.fields()) {
    if (field->presence == Field::Presence::decomposed) config.scenarios.front().decompose = true;
  }
  const Plan plan = make_plan(config);
  print_notes(plan);
  Progress progress(counts_of(plan, units_of(plan)));
  GroupingSink sink(groups, layers, progress);
  run_sweep(config, plan, {static_cast<int>(options.jobs), &listen_for_interrupts(), progress.reporter()}, sink);
  return config.scenarios.front().requirement.text();
}

// The metrics of cross tables; empty without --metrics, when rankings are printed instead.
std::vector<const Field*> metrics_of(const Command& command, const CompareOptions& options) {
  command.excludes("--metrics", {"--top", "--overall"}, "one of them");
  if (!command.given("--metrics")) return {};
  return metrics_named(options.metrics, "--metrics");
}

Requirements read_groups(const std::string& path, CaseGroups& groups) {
  const ResultHead head =
      visit_result(path, {"records"}, [&](const std::string& section, const Json& object, const std::string& place) {
        groups.add(section, object, place);
      });
  note_incomplete(path, head);
  return requirements_of(head.config.json());
}

// Refuses what is an input, a kernel, a method ... and belongs to an option.
void refuse_other_words(const std::string& results) {
  if (results.empty()) return;
  std::string option = results != "-" && is_tensor_file(results) ? "--input" : "";
  std::error_code error;
  for (const char* kind : {"methods", "kernels", "arithmetics", "families"}) {
    const Vocabulary::Entries names = vocabulary_of(kind).entries();
    if (std::ranges::find(names, results, &VocabularyEntry::name) != names.end() &&
        !std::filesystem::exists(results, error))
      option = fmt::format("--{}", kind);
  }
  if (!option.empty())
    refuse("tristab compare", fmt::format("{} as a result", results), fmt::format("{} {}", option, results));
}

// Returns whether every setting meets the requirement of --require, if it is given.
bool compare(const Command& command, const CompareOptions& options) {
  refuse_other_words(options.results);
  const std::vector<const Field*> metrics = metrics_of(command, options);
  const TableFormat format = table_format_of(options.format.empty() ? "text" : options.format, "--format");
  CaseGroups groups(metrics.empty() ? ranking_fields() : metrics);
  LayerTable layers;  // only where the requirement is about them
  Requirements requirements;
  CaseSelection selection;
  if (options.results.empty()) {
    requirements[""] = compute(command, options, groups, layers);
  } else {
    const char* const allowed =
        "--family, --chunk, --methods, --arithmetics, --kernels, --overall, --metrics, --format, --top with a "
        "result file";
    command.refuse_with(options.results,
                        {"--trials", "--seed", "--trial", "--formation", "--require", "--jobs", "--input"}, allowed);
    command.refuse_with(options.results, file_part_options, allowed);
    requirements = read_groups(options.results, groups);
    for (std::size_t k = 0; k < metrics.size(); ++k) {
      if (metrics[k]->presence == Field::Presence::decomposed && !groups.has(k))
        refuse("--metrics", fmt::format("{}, which {} lacks", metrics[k]->name(), options.results),
               R"(a result of a configuration with "decompose": true)");
    }
    selection = selection_in(command, groups.inputs(), groups.settings(), options.config);
  }
  if (std::ranges::none_of(groups.groups(),
                           [&](const CaseGroup& group) { return selection.includes(groups, group); })) {
    std::set<int> sizes;
    for (const CaseGroup& group : groups.groups()) sizes.insert(group.n);
    refuse(options.results.empty() ? "tristab compare" : options.results, "no records for this selection",
           fmt::format("one that the file has (chunks of {})", fmt::join(sizes, ", ")));
  }
  const Page page = standard_output_page();
  const auto lost = [](const auto& trials) { return trials.unusable() > 0; };
  const bool met = !command.given("--require") || (std::ranges::none_of(layers.rows(), lost) &&
                                                   std::ranges::none_of(groups.groups(), lost, &CaseGroup::statistics));
  const bool for_people = format == TableFormat::text || format == TableFormat::markdown;
  const auto write = [](const std::string& text) { fmt::print("{}", text); };
  const auto print = [&](const std::string& text) {
    write(text);
    if (!layers.empty() && for_people) fmt::print("\n{}", layers.text(page));
    return met;
  };
  if (!metrics.empty()) {
    write_cross_table(cross_table(groups, selection), format, page, write);
    return print("");
  }
  const int top = static_cast<int>(options.top);
  if (options.overall) {
    const std::vector<Ranking> rankings = rank_settings(groups, selection, requirements);
    const std::vector<OverallSetting> overall = rank_overall(rankings);
    return print(format == TableFormat::text ? overall_text(overall, rankings, top, page)
                                             : rows_text(overall_rows(overall, top), format));
  }
  RowsText rows(format);
  bool first = true;
  for_each_ranking(groups, selection, requirements, [&](const Ranking& ranking) {
    if (format == TableFormat::text) {
      write((std::exchange(first, false) ? "" : "\n") + ranking_text(ranking, top, page));
    } else {
      for (const ValueRow& row : ranking_rows(ranking, top)) write(rows.row(row));
    }
  });
  return print(format == TableFormat::text ? "" : rows.end());
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
  command.positional("RESULTS", "FILE.json|ndjson", o.results, R"(a result (.json, .ndjson); absent: compute now
A result of tristab sweep; it may be partial. The options then select among its settings.)",
                     "[RESULTS]");
  command.group("What to compare, and how");
  ConfigOptions& c = o.config;
  command.option("--chunk,--chunks", "SIZES", c.chunks, R"(sizes, such as 16,64 or 16:256:*2 (64)
Whole numbers from 16 to 256. A file of matrices is compared at its own size.)");
  command.option("--family,--families", "FAMILIES", c.families, R"(families, such as ones,gdn (gdn:keys=silu)
Names from tristab list families, with parameters after a colon.)");
  command.option("--methods,--method", "METHODS", c.methods, R"(methods, such as mbh,mxr:block=8/16 (all)
Names from tristab list methods, with parameters after a colon; several values of a parameter are separated by /.)");
  command.option("--arithmetics,--arithmetic", "ARITHMETICS", c.arithmetics,
                 R"(arithmetics, such as fp32,e5m7 (fp16,bf16)
Names from tristab list arithmetics, or any format as eXmY.)");
  command.option("--formation,--formations", "FORMATIONS", c.formations, R"(how A is formed from k, beta, g (exact)
Names from tristab list formations, such as gram:product=bf16; each is run with every method and arithmetic.)");
  command.option("--kernels,--kernel", "KERNELS", c.kernels, R"(kernels, such as fla-solve-tril:dot=tf32 (none)
Names from tristab list kernels, or paths of recipe files (JSON). Without --methods and --arithmetics, only these
kernels are compared.)");
  command.option("--trials", "N", c.trials, "matrices of a random family (8)");
  command.option("--seed", "N", c.seed, "their seed (1)").beside();
  command.option("--trial", "N", c.trial, R"(only matrix N of each family; 0 is the first
Of a random family it is the matrix that a run with more trials has under this number.)");
  command.option("--require", "REQUIREMENT", c.require, requirement_help);
  command.flag("--overall", o.overall, R"(one table over all inputs, the worst of each
A setting is fit on an input (a family at one size) if it is fit on each of its matrices.)");
  command.option("--metrics,--metric", "METRICS", o.metrics, R"(a table for each metric instead of rankings
For instance strict_lower,snr_db. strict_lower leaves out the unit diagonal, which hides errors.)");
  command.option("--format", "text|markdown|csv|json", o.format, "text, markdown, csv or json (text)");
  command.option("--top", "N", WholeNumber{&o.top, 1, 1000000}, "rows of each ranking (all)");
  command.option("--jobs", "N", thread_count(o.jobs), "threads (all cores)");
  command.option("--input", "FILE.npy|npz|safetensors", o.input.path,
                 R"(matrices or layers of a file; - is stdin
A .npy, .npz or .safetensors file. Matrices A, [n, n], [batch, n, n] or [tokens, heads, n]; or the k, beta and g of
layers, as apps/dump_layer_inputs.py writes them.)");
  o.input.declare(command);
  command.run([options, &status](const Command& given) {
    if (!compare(given, *options)) status = 1;
  });
  return command;
}

}  // namespace tristab
