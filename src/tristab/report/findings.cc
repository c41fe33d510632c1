#include "tristab/report/findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "tristab/report/case_label.h"
#include "tristab/report/findings_page.h"
#include "tristab/report/table.h"
#include "tristab/report/text_layout.h"
#include "tristab/sweep/label.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

constexpr std::size_t most_failing = 4;  // settings that are named

Setting setting_of(const SummaryRow& row) { return {row.method, row.arithmetic, row.kernel, row.formation}; }

std::int64_t lost_in(const SummaryRow& row) { return row.fail + row.nonfinite_trials + row.failed_trials; }

std::string input_of(const SummaryRow& row) { return input_label(*row.scenario, *row.family, row.n); }

// "1 case", "2 cases"
std::string counted(double count, const std::string& one, const std::string& many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}
std::string counted(double count, const std::string& one) { return counted(count, one, one + "s"); }

// "80 non-finite, 20 fail"
std::string kinds_text(const SettingFindings& found) {
  std::vector<std::string> kinds;
  if (found.nonfinite > 0) kinds.push_back(fmt::format("{} non-finite", found.nonfinite));
  if (found.fail > 0) kinds.push_back(fmt::format("{} fail", found.fail));
  if (found.failed > 0) kinds.push_back(fmt::format("{} without an answer", found.failed));
  return fmt::format("{}", fmt::join(kinds, ", "));
}

std::string failure_text(const SettingFindings& found) {
  if (found.lost() == found.trials && found.groups > 1) {
    return fmt::format("{}: all {} cases on {} inputs ({})", found.setting, found.trials, found.groups,
                       kinds_text(found));
  }
  if (found.worst_lost == found.lost()) {  // all of it on one input
    const bool one_kind = (found.nonfinite > 0) + (found.fail > 0) + (found.failed > 0) == 1;
    return one_kind
               ? fmt::format("{}: {} of {} {} on {}", found.setting, found.lost(), found.worst_trials,
                             kinds_text(found).substr(kinds_text(found).find(' ') + 1), found.worst_input)
               : fmt::format("{}: {} of {} on {}", found.setting, kinds_text(found), found.worst_trials,
                             found.worst_input);
  }
  return fmt::format("{}: {} of {}, most on {} ({} of {})", found.setting, kinds_text(found), found.trials,
                     found.worst_input, found.worst_lost, found.worst_trials);
}

// Settings with failures, those with the largest part of non-finite and missing answers first, then those with the
// largest part of failures.
std::vector<const SettingFindings*> failing(const std::vector<SettingFindings>& settings) {
  std::vector<const SettingFindings*> found;
  for (const SettingFindings& each : settings) {
    if (each.lost() > 0) found.push_back(&each);
  }
  const auto part = [](std::int64_t count, const SettingFindings* of) {
    return static_cast<double>(count) / static_cast<double>(of->trials);
  };
  std::stable_sort(found.begin(), found.end(), [&](const SettingFindings* a, const SettingFindings* b) {
    return std::tuple(part(a->nonfinite + a->failed, a), part(a->lost(), a)) >
           std::tuple(part(b->nonfinite + b->failed, b), part(b->lost(), b));
  });
  return found;
}

// "largest error": total_frobenius, which compares across arithmetics; "" where no case has one.
std::string worst_text(const std::vector<SummaryRow>& summary) {
  const auto& quantities = summary_quantities();
  const auto quantity = static_cast<std::size_t>(&summary_quantity("total_frobenius") - quantities.data());
  const SummaryRow* worst = nullptr;
  double error = -1;
  for (const SummaryRow& row : summary) {
    const QuantileRow& found = row.quantities[quantity];
    const double value = found.undefined_worst == "infinite" ? HUGE_VAL : found.worst;
    if (!(value > error)) continue;  // NaN: no finite case
    error = value;
    worst = &row;
  }
  if (worst == nullptr) return "";
  return fmt::format("{}: {} on {} (total_frobenius{})", std::isinf(error) ? "infinite" : short_number(error),
                     setting_label(setting_of(*worst)), input_of(*worst),
                     worst->nonfinite_trials > 0 ? " of the finite cases" : "");
}

std::string steps_text(const SettingFindings& found) {
  return fmt::format("{} deep ({}, {} vector)", counted(found.steps(), "step"),
                     counted(found.depth, "product"), found.vector_depth);
}

int most_groups(const std::vector<SettingFindings>& settings) {
  int most = 0;
  for (const SettingFindings& each : settings) most = std::max(most, each.groups);
  return most;
}

// Of the settings that ran on every input, or else on the most of them.
std::string cheapest_text(const std::vector<SettingFindings>& settings, int groups) {
  const SettingFindings* const cheapest = cheapest_that_held(settings);
  if (cheapest == nullptr) {
    const int most = most_groups(settings);
    const SettingFindings* nearest = nullptr;
    const auto part = [](const SettingFindings& each) {
      return static_cast<double>(each.pass) / static_cast<double>(each.trials);
    };
    for (const SettingFindings& each : settings) {
      if (each.groups == most && (nearest == nullptr || part(each) > part(*nearest))) nearest = &each;
    }
    if (settings.size() == 1 || nearest->pass == 0) return "none: no setting passed every case";
    return fmt::format("none: no setting passed every case; nearest: {}, {} of {} cases", nearest->setting,
                       nearest->pass, nearest->trials);
  }
  const auto held = std::count_if(settings.begin(), settings.end(),
                                  [](const SettingFindings& each) { return each.held(); });
  std::string where = "all cases";
  if (cheapest->groups < groups) {
    where = fmt::format("wherever they ran, this one on {} of {} inputs (n = {})", cheapest->groups, groups,
                        fmt::join(cheapest->sizes, ", "));
  }
  return fmt::format("{}, {}; {} of {} settings passed {}", cheapest->setting, steps_text(*cheapest), held,
                     settings.size(), where);
}

// "mbh in fp16, fp32; none in int8": the cheapest in each arithmetic; "" where no two ran on every input.
std::string arithmetics_text(const std::vector<SettingFindings>& settings, int groups) {
  std::vector<std::string> names;
  std::map<std::string, std::vector<SettingFindings>> of;
  for (const SettingFindings& each : settings) {
    if (each.arithmetic.empty() || each.groups < groups) continue;
    if (!of.contains(each.arithmetic)) names.push_back(each.arithmetic);
    of[each.arithmetic].push_back(each);
  }
  if (names.size() < 2) return "";
  std::vector<std::string> methods;  // "none" the last
  std::map<std::string, std::vector<std::string>> arithmetics;
  for (const std::string& name : names) {
    const SettingFindings* const cheapest = cheapest_that_held(of[name]);
    const std::string method = cheapest == nullptr ? "none" : cheapest->method;
    if (!arithmetics.contains(method) && cheapest != nullptr) methods.push_back(method);
    arithmetics[method].push_back(name);
  }
  if (arithmetics.contains("none")) methods.push_back("none");
  std::vector<std::string> parts;
  for (const std::string& method : methods)
    parts.push_back(fmt::format("{} in {}", method, fmt::join(arithmetics[method], ", ")));
  return fmt::format("by arithmetic: {}", fmt::join(parts, "; "));
}

std::string layers_text(const LayerFindings& layers, std::int64_t sequences) {
  std::string text = fmt::format("{} of {}, {} non-finite, {} failed", counted(layers.results, "result"),
                                 counted(sequences, "sequence"), layers.nonfinite, layers.failed);
  if (!layers.first_lost.empty()) text += fmt::format(" (first: {})", layers.first_lost);
  if (layers.worst_outputs >= 0)
    text += fmt::format("; largest error of o {:.1e}: {}", layers.worst_outputs, layers.worst_place);
  return text;
}

std::string expectations_text(const std::vector<ExpectationOutcome>& outcomes) {
  const auto met =
      std::count_if(outcomes.begin(), outcomes.end(), [](const ExpectationOutcome& o) { return o.met; });
  std::string text = fmt::format("{} of {} met", met, outcomes.size());
  const auto first =
      std::find_if(outcomes.begin(), outcomes.end(), [](const ExpectationOutcome& o) { return !o.met; });
  if (first != outcomes.end()) {
    text += fmt::format("; first not met: {} on {}", setting_label(first->setting),
                        input_label(*first->scenario, *first->family, first->n));
  }
  return text;
}

// As a shell takes it.
std::string shell_word(const std::string& path) {
  const bool plain = path.find_first_of(" \t\n'\"\\$`*?[]()<>|&;#~!{}") == std::string::npos;
  if (plain) return path;
  std::string quoted = "'";
  for (const char c : path) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// With both commands where that is a line, else with the one that shows the most.
std::string rest_text(const std::string& path, std::size_t room) {
  if (path == "-") return "on standard output";
  const std::filesystem::path file(path);
  if (file.extension() == ".csv") return fmt::format("{} (compare and report read .json and .ndjson)", path);
  const std::string page = std::filesystem::path(file).replace_extension(".html").string();
  const std::string compare = fmt::format("{}; next: tristab compare {}", path, shell_word(path));
  const std::string both =
      fmt::format("{}, or tristab report {} -o {}", compare, shell_word(path), shell_word(page));
  return display_width(both) <= room ? both : fmt::format("{}, or tristab report", compare);
}

// Without a second command where the first leaves no room for it on a line.
std::string shorter_rest_text(const std::string& path, std::size_t room) {
  const std::string text = rest_text(path, room);
  return display_width(text) <= room ? text : text.substr(0, text.rfind(", or tristab report"));
}

}  // namespace

void LayerFindings::add(const LayerResult& result) {
  for (const LayerRecord& record : result.records) {
    const bool lost = record.status != Status::ok;
    ++results;
    nonfinite += record.status == Status::nonfinite;
    failed += record.status == Status::failed;
    const bool first = lost && first_lost.empty();
    const bool worst = !lost && record.errors.whole.o > worst_outputs;
    if (!first && !worst) continue;
    std::string place = fmt::format("{} on {}", setting_label(record.setting),
                                    input_label(*result.scenario, *result.family, result.n));
    if (worst) worst_outputs = record.errors.whole.o;
    (worst ? worst_place : first_lost) = std::move(place);
  }
}

std::vector<SettingFindings> settings_of(const std::vector<SummaryRow>& summary) {
  std::vector<SettingFindings> settings;
  std::map<std::string, std::size_t> index;
  for (const SummaryRow& row : summary) {
    const Setting setting = setting_of(row);
    const std::string label = setting_label(setting);
    const auto [at, fresh] = index.emplace(label, settings.size());
    if (fresh) {
      settings.emplace_back();
      settings.back().setting = label;
      if (row.kernel == nullptr) {
        settings.back().arithmetic = label_of(*row.arithmetic);
        settings.back().method = label_of(*row.method);
        if (setting.is_formed()) settings.back().method += fmt::format(" {}", label_of(*row.formation));
      }
      const Arithmetic& arithmetic = *row.arithmetic;
      settings.back().operand_bits =
          arithmetic.quantiser ? arithmetic.quantiser->bits : arithmetic.operand.bits;
    }
    SettingFindings& found = settings[at->second];
    ++found.groups;
    const auto size = std::lower_bound(found.sizes.begin(), found.sizes.end(), row.n);
    if (size == found.sizes.end() || *size != row.n) found.sizes.insert(size, row.n);
    found.trials += row.trials;
    found.pass += row.pass;
    found.fail += row.fail;
    found.nonfinite += row.nonfinite_trials;
    found.failed += row.failed_trials;
    found.matmuls = std::max(found.matmuls, row.matmuls);
    found.depth = std::max(found.depth, row.depth);
    found.vector_depth = std::max(found.vector_depth, row.vector_depth);
    // lost / trials against worst_lost / worst_trials; of equal parts that of more trials.
    const std::int64_t part = lost_in(row) * std::max<std::int64_t>(found.worst_trials, 1);
    const std::int64_t worst_part = found.worst_lost * row.trials;
    if (part > worst_part || (part == worst_part && lost_in(row) > found.worst_lost)) {
      found.worst_lost = lost_in(row);
      found.worst_trials = row.trials;
      found.worst_input = input_of(row);
    }
  }
  return settings;
}

const SettingFindings* cheapest_that_held(const std::vector<SettingFindings>& settings) {
  const auto key = [](const SettingFindings& each) {
    return std::tuple(-each.groups, each.steps(), each.matmuls, each.operand_bits);
  };
  const SettingFindings* cheapest = nullptr;
  for (const SettingFindings& each : settings) {
    if (each.held() && (cheapest == nullptr || key(each) < key(*cheapest))) cheapest = &each;
  }
  return cheapest;
}

std::string findings_text(const SweepReport& report, const LayerFindings& layers, const std::string& path,
                          const Page& page) {
  const std::vector<SettingFindings> settings = settings_of(report.summary);
  std::set<std::tuple<const Scenario*, const FamilySpec*, int>> inputs;
  std::int64_t pass = 0, marginal = 0, fail = 0, nonfinite = 0, failed = 0;
  for (const SummaryRow& row : report.summary) {
    inputs.emplace(row.scenario, row.family, row.n);
    pass += row.pass;
    marginal += row.marginal;
    fail += row.fail;
    nonfinite += row.nonfinite_trials;
    failed += row.failed_trials;
  }
  const int groups = static_cast<int>(inputs.size());
  FindingsPage lines(fmt::format("{} ({}) in {:.1f} s on {}: {} pass, {} marginal, {} fail, {} non-finite{}",
                                 counted(report.records, "case"),
                                 counted(report.matrices, "matrix", "matrices"), report.seconds,
                                 counted(report.threads, "thread"), pass, marginal, fail, nonfinite,
                                 failed > 0 ? fmt::format(", {} without an answer", failed) : ""));
  const std::vector<const SettingFindings*> lost = failing(settings);
  std::vector<std::string> failures;
  for (std::size_t k = 0; k < std::min(lost.size(), most_failing); ++k)
    failures.push_back(failure_text(*lost[k]));
  if (report.records > 0) {
    lines.add_failures(std::move(failures), lost.size(), settings.size());
    const std::string worst = worst_text(report.summary);
    if (!worst.empty()) lines.add("worst", Style::heading, worst);
    lines.add("cheapest", Style::heading, cheapest_text(settings, groups));
    const std::string by_arithmetic = arithmetics_text(settings, groups);
    if (!by_arithmetic.empty()) lines.add_optional(by_arithmetic);
  }
  if (layers.results > 0) {
    lines.add("layers", layers.nonfinite + layers.failed > 0 ? Style::fail : Style::heading,
              layers_text(layers, report.sequences));
  }
  if (!report.expectations.empty()) {
    const bool all = std::all_of(report.expectations.begin(), report.expectations.end(),
                                 [](const ExpectationOutcome& outcome) { return outcome.met; });
    lines.add("expected", all ? Style::pass : Style::fail, expectations_text(report.expectations));
  }
  const std::size_t room = page.prose_width() - FindingsPage::indent;
  lines.add("rest", Style::heading, rest_text(path, room), shorter_rest_text(path, room));
  return lines.str(page);
}

}  // namespace tristab
