#include "tristab/report/closing_summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "tristab/base/file_ledger.h"
#include "tristab/base/random.h"
#include "tristab/report/case_groups.h"
#include "tristab/report/replaced.h"
#include "tristab/report/table.h"
#include "tristab/report/text_layout.h"

namespace tristab {
namespace {

constexpr std::size_t most_failing = 3;  // settings that are named
constexpr std::size_t indent = 10;       // the longest word, and two spaces

// "1 case", "2 cases"
std::string counted(double count, const std::string& one, const std::string& many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}
std::string counted(double count, const std::string& one) { return counted(count, one, one + "s"); }

double part(int count, const SettingOutcome& of) {
  const int all = of.judged_cases() + of.judged_layers();
  return all == 0 ? 0 : static_cast<double>(count) / all;
}

// "mch fp16: 80 non-finite, 20 unfit of 200, most on gdn n=64 (40 of 40)"; behind it the layers
std::string failure_text(const SettingOutcome& outcome) {
  const TrialCounts& cases = outcome.cases;
  const int layers_lost = outcome.layers.unusable();
  const std::string layers =
      layers_lost == 0 ? "" : fmt::format("{} of {}", layers_lost, counted(outcome.judged_layers(), "layer"));
  if (cases.unusable() == 0) return fmt::format("{}: {}", outcome.setting.label(), layers);
  std::vector<std::string> kinds;
  if (cases.nonfinite > 0) kinds.push_back(fmt::format("{} non-finite", cases.nonfinite));
  if (cases.unfit > 0) kinds.push_back(fmt::format("{} unfit", cases.unfit));
  if (cases.failed > 0) kinds.push_back(fmt::format("{} without an answer", cases.failed));
  const std::string text = fmt::format("{}: {} of {}{}", outcome.setting.label(), fmt::join(kinds, ", "),
                                       outcome.judged_cases(), layers.empty() ? "" : fmt::format(" and {}", layers));
  if (outcome.groups == 1) return fmt::format("{} on {}", text, outcome.worst_input);
  if (cases.unusable() == outcome.judged_cases()) return fmt::format("{} on {} inputs", text, outcome.groups);
  return fmt::format("{}, most on {} ({} of {})", text, outcome.worst_input, outcome.worst_lost, outcome.worst_trials);
}

// Settings with failures. Those with the largest part of non-finite and missing answers come first; among equal
// ones, those with the largest part of failures of any kind.
std::vector<const SettingOutcome*> failing(const std::vector<SettingOutcome>& settings) {
  std::vector<const SettingOutcome*> found;
  for (const SettingOutcome& each : settings) {
    if (each.unusable() > 0) found.push_back(&each);
  }
  std::ranges::stable_sort(found, std::greater{}, [](const SettingOutcome* each) {
    return std::tuple(part(each->cases.lost(), *each), part(each->unusable(), *each));
  });
  return found;
}

// The largest error, in the field by which the settings of its input are ranked; "" if no case has a finite result.
std::string worst_text(const Summary& summary) {
  std::optional<SummaryRow> worst;
  double error = -1;
  for (const SummaryRow& row : summary) {
    const double value = row.distribution(ranked_field).worst;
    if (!(value > error)) continue;  // NaN: no trial has one
    error = value;
    worst = row;
  }
  if (!worst) return "";
  return fmt::format("{} {}: {} on {}", ranked_field, std::isinf(error) ? "not finite" : short_number(error),
                     worst->setting.label(), worst->input.label());
}

// The cheapest setting of those that ran on every input, or else on most inputs.
std::string cheapest_text(const std::vector<SettingOutcome>& settings, int groups) {
  const SettingOutcome* const cheapest = cheapest_that_held(settings);
  if (cheapest == nullptr) {
    const auto nearest = std::ranges::max_element(
        settings, {}, [](const SettingOutcome& each) { return std::pair(each.groups, part(each.fit(), each)); });
    if (settings.size() == 1 || nearest->fit() == 0) return "none: no setting is fit in every case";
    std::vector<std::string> parts;
    if (nearest->judged_cases() > 0)
      parts.push_back(fmt::format("{} of {} cases", nearest->cases.fit, nearest->judged_cases()));
    if (nearest->judged_layers() > 0)
      parts.push_back(fmt::format("{} of {}", nearest->layers.fit, counted(nearest->judged_layers(), "layer")));
    return fmt::format("none: no setting is fit in every case; nearest: {}, {}", nearest->setting.label(),
                       fmt::join(parts, ", "));
  }
  const auto held = std::ranges::count_if(settings, &SettingOutcome::held);
  std::string where = "in all cases";
  if (cheapest->groups < groups) {
    where = fmt::format("wherever they ran, this one on {} of {} inputs (n = {})", cheapest->groups, groups,
                        fmt::join(cheapest->sizes, ", "));
  }
  return fmt::format("{}, {} deep ({}, {} vector); {} of {} settings are fit {}", cheapest->setting.label(),
                     counted(cheapest->steps(), "step"), counted(cheapest->depth, "product"), cheapest->vector_depth,
                     held, settings.size(), where);
}

// "mbh in fp16, fp32; none in int8": the cheapest in each arithmetic; "" if fewer than two
// arithmetics ran on every input.
std::string arithmetics_text(const std::vector<SettingOutcome>& settings, int groups) {
  std::vector<std::string> arithmetics;
  std::map<std::string, std::vector<SettingOutcome>> of;
  for (const SettingOutcome& each : settings) {
    if (each.setting.kernel != nullptr || each.groups < groups) continue;
    const std::string& arithmetic = each.setting.arithmetic->label;
    if (!of.contains(arithmetic)) arithmetics.push_back(arithmetic);
    of[arithmetic].push_back(each);
  }
  if (arithmetics.size() < 2) return "";
  std::vector<std::pair<std::string, std::vector<std::string>>> methods;  // with their arithmetics; "none" is last
  std::vector<std::string> none;
  for (const std::string& arithmetic : arithmetics) {
    const SettingOutcome* const cheapest = cheapest_that_held(of[arithmetic]);
    if (cheapest == nullptr) {
      none.push_back(arithmetic);
      continue;
    }
    std::string method = cheapest->setting.method->label;
    if (cheapest->setting.is_formed()) method += " " + cheapest->setting.formation->label;
    auto known = std::ranges::find(methods, method, &std::pair<std::string, std::vector<std::string>>::first);
    if (known == methods.end()) known = methods.insert(methods.end(), {method, {}});
    known->second.push_back(arithmetic);
  }
  if (!none.empty()) methods.emplace_back("none", none);
  std::vector<std::string> parts;
  parts.reserve(methods.size());
  for (const auto& [method, where] : methods) parts.push_back(fmt::format("{} in {}", method, fmt::join(where, ", ")));
  return fmt::format("by arithmetic: {}", fmt::join(parts, "; "));
}

std::string layers_text(const LayerTable& layers, std::int64_t sequences, const std::string& requirements) {
  TrialCounts all;
  const LayerRow* worst = nullptr;
  double error = -1;
  for (const LayerRow& row : layers.rows()) {
    all += row;
    const double value = row.o.empty() ? -1 : *std::ranges::max_element(row.o);
    if (!(value > error)) continue;
    error = value;
    worst = &row;
  }
  std::string text = fmt::format("{} of {}: {} fit{}, {} unfit, {} non-finite{}", counted(all.trials, "result"),
                                 counted(sequences, "sequence"), all.fit, requirements, all.unfit, all.nonfinite,
                                 all.failed > 0 ? fmt::format(", {} without an answer", all.failed) : "");
  if (worst != nullptr) {
    text += fmt::format("; worst error of o {}: {} on {}", std::isinf(error) ? "not finite" : short_number(error),
                        worst->setting, worst->place);
  }
  return text;
}

std::string expectations_text(const std::vector<ExpectationOutcome>& outcomes) {
  const auto met = std::ranges::count_if(outcomes, &ExpectationOutcome::met);
  std::string text = fmt::format("{} of {} met", met, outcomes.size());
  const auto first = std::ranges::find(outcomes, false, &ExpectationOutcome::met);
  if (first != outcomes.end())
    text += fmt::format("; first not met: {} on {}", first->setting.label(), first->input.label());
  return text;
}

// The path as a word of a shell: in quotes if necessary.
std::string shell_word(const std::string& path) {
  const bool plain = path.find_first_of(" \t\n'\"\\$`*?[]()<>|&;#~!{}") == std::string::npos;
  return plain ? path : "'" + replaced(path, {{"'", "'\\''"}}) + "'";
}

std::string rest_text(const std::string& path, ResultFormat format) {
  if (path == "-") return "on standard output";
  if (is_written_through(path)) return path;  // a device or a pipe, which nothing reads again
  if (format == ResultFormat::csv)
    return fmt::format("{} (a table; compare and report read the formats json and ndjson)", path);
  return fmt::format("{}; next: tristab compare {}, or tristab report", path, shell_word(path));
}

}  // namespace

double SettingOutcome::operand_bits() const {
  return setting.arithmetic->quantiser ? setting.arithmetic->quantiser->bits : setting.arithmetic->operand.bits;
}

std::vector<SettingOutcome> outcomes_by_setting(const Summary& summary, const LayerTable& layers) {
  std::vector<SettingOutcome> settings;
  std::map<std::string, std::size_t> index;
  for (const SummaryRow& row : summary) {
    const auto [at, fresh] = index.emplace(row.setting.label(), settings.size());
    if (fresh) settings.emplace_back().setting = row.setting;
    SettingOutcome& found = settings[at->second];
    ++found.groups;
    const auto size = std::ranges::lower_bound(found.sizes, row.input.n);
    if (size == found.sizes.end() || *size != row.input.n) found.sizes.insert(size, row.input.n);
    found.cases += row;
    const auto larger = [](double& most, double count) { most = std::fmax(most, count); };
    larger(found.matmuls, row.count("matmuls"));
    larger(found.depth, row.count("depth"));
    larger(found.vector_depth, row.count("vector_depth"));
    // Compares lost / trials with worst_lost / worst_trials; if they are equal, more trials win.
    const std::int64_t row_part = std::int64_t{row.unusable()} * std::max(found.worst_trials, 1);
    const std::int64_t worst_part = std::int64_t{found.worst_lost} * row.judged();
    if (row_part > worst_part || (row_part == worst_part && row.unusable() > found.worst_lost)) {
      found.worst_lost = row.unusable();
      found.worst_trials = row.judged();
      found.worst_input = row.input.label();
    }
  }
  for (const LayerRow& row : layers.rows()) {
    const auto found = index.find(row.setting);
    if (found != index.end()) settings[found->second].layers += row;
  }
  return settings;
}

const SettingOutcome* cheapest_that_held(const std::vector<SettingOutcome>& settings) {
  const auto key = [](const SettingOutcome& each) {
    return std::tuple(-each.groups, each.steps(), each.matmuls, each.operand_bits());
  };
  const SettingOutcome* cheapest = nullptr;
  for (const SettingOutcome& each : settings) {
    if (each.held() && (cheapest == nullptr || key(each) < key(*cheapest))) cheapest = &each;
  }
  return cheapest;
}

std::string closing_summary(const SweepReport& report, const LayerTable& layers, const std::string& path,
                            ResultFormat format, const Page& page) {
  std::string text;
  const auto add = [&](const std::string& word, Style style, const std::string& line, bool whole = false) {
    const std::size_t margin = text.empty() ? 0 : indent;
    std::string shown = without_controls(line);
    if (page.is_terminal() && !whole) shown = elided(shown, page.width - std::min(page.width - 3, margin));
    text += fmt::format("{}{:{}}{}\n", styled(word, style, page), "", margin - word.size(), shown);
  };
  const std::string done =
      fmt::format("{} ({}{}) in {:.1f} s on {}", counted(static_cast<double>(report.records), "case"),
                  counted(static_cast<double>(report.matrices), "matrix", "matrices"),
                  report.kept > 0 ? fmt::format(", {} kept", counted(static_cast<double>(report.kept), "case")) : "",
                  report.seconds, counted(report.threads, "thread"));
  if (report.shard) {  // what holds for all trials is known when all shards are there
    add("", Style::plain, fmt::format("shard {}: {}", report.shard->text(), done));
    const std::string place = path == "-" ? "on standard output" : path;
    add("rest", Style::heading, fmt::format("{}; when all are there: tristab merge", place), true);
    return text;
  }
  const std::vector<SettingOutcome> settings = outcomes_by_setting(report.summary, layers);
  std::set<std::uint64_t> inputs;  // hashes of their labels
  TrialCounts trials;
  std::set<std::string> requirements;
  bool about_matrices = report.summary.empty();
  for (const SummaryRow& row : report.summary) {
    inputs.insert(hash_text(row.input.label()));
    trials += row;
    requirements.insert(row.input.scenario->requirement.text());
    about_matrices = about_matrices || row.input.scenario->requirement.is_about_matrices();
  }
  const std::string required = requirements.empty() ? "" : fmt::format(" ({})", fmt::join(requirements, "; "));
  add("", Style::plain,
      fmt::format("{}: {}{} non-finite{}{}", done,
                  about_matrices ? fmt::format("{} fit{}, {} unfit, ", trials.fit, required, trials.unfit) : "",
                  trials.nonfinite, trials.failed > 0 ? fmt::format(", {} without an answer", trials.failed) : "",
                  trials.trivial > 0 ? fmt::format(", {} trivial", trials.trivial) : ""));
  if (report.records > 0) {
    const std::vector<const SettingOutcome*> lost = failing(settings);
    if (lost.empty()) add("failed", Style::pass, "none: every answer is finite and fit");
    for (std::size_t k = 0; k < std::min(lost.size(), most_failing); ++k)
      add(k == 0 ? "failed" : "", Style::fail, failure_text(*lost[k]));
    if (lost.size() > most_failing) {
      add("", Style::fail, fmt::format("and {} more of the {} settings", lost.size() - most_failing, settings.size()));
    }
    const int groups = static_cast<int>(inputs.size());
    if (const std::string worst = worst_text(report.summary); !worst.empty()) add("worst", Style::heading, worst);
    add("cheapest", Style::heading, cheapest_text(settings, groups));
    const bool room = layers.empty() || report.expectations.empty() || lost.size() <= most_failing;
    const std::string by_arithmetic = arithmetics_text(settings, groups);
    if (room && !by_arithmetic.empty()) add("", Style::plain, by_arithmetic);
  }
  if (!layers.empty()) {
    const bool lost = std::ranges::any_of(layers.rows(), [](const LayerRow& row) { return row.unusable() > 0; });
    add("layers", lost ? Style::fail : Style::heading, layers_text(layers, report.sequences, required));
  }
  if (!report.expectations.empty()) {
    const bool all = std::ranges::all_of(report.expectations, &ExpectationOutcome::met);
    add("expected", all ? Style::pass : Style::fail, expectations_text(report.expectations));
  }
  add("rest", Style::heading, rest_text(path, format), true);
  return text;
}

}  // namespace tristab
