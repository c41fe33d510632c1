#include "tristab/report/diff_threshold.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"
#include "tristab/report/table.h"
#include "tristab/sweep/config_text.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

using Kind = DiffThreshold::Kind;
using Measure = DiffThreshold::Measure;

constexpr std::array<ThresholdWord, 5> words{
    {{"fit", Kind::fit, "a setting that was fit on an input is not any more"},
     {"status", Kind::status, "a case has another status (ok, nonfinite, failed)"},
     {"verdict", Kind::verdict, "a case has another word on its requirement or for its format"},
     {"missing", Kind::missing, "NEW lacks a case"},
     {"changed", Kind::changed, "anything differs: a case changed, is missing or is new"}}};

constexpr const char* forms = "QUANTITY>1.1x, QUANTITY>1e-3, QUANTITY<0.9x, of decibels QUANTITY<-3dB";

struct Name {
  SummaryQuantity quantity;
  bool layers;
};

// Every number of a summary, and the same of layers.
const std::vector<Name>& quantity_names() {
  static const std::vector<Name> names = [] {
    std::vector<Name> all;
    for (const SummaryQuantity& each : summary_quantities()) all.push_back({each, false});
    for (const Field* field : compared_layer_fields()) {
      for (SummaryQuantity& each : summary_quantities_of(field->info, field)) {
        each.name = std::string(layer_prefix) + each.name;
        all.push_back({each, true});
      }
    }
    return all;
  }();
  return names;
}

[[noreturn]] void refuse_name(const std::string& place, const std::string& name, bool bound) {
  std::vector<std::string> known, of_field;
  for (const Name& each : quantity_names()) {
    known.push_back(each.quantity.name);
    if (each.quantity.info != nullptr && each.quantity.info->name == name) of_field.push_back(each.quantity.name);
  }
  if (!of_field.empty())
    refuse(place, fmt::format("{} without a statistic over the trials", name), join_names(of_field));
  if (!bound) {
    for (const ThresholdWord& word : words) {
      if (std::ranges::find(known, word.name) == known.end()) known.emplace_back(word.name);
    }
  }
  throw_unknown_name(place, bound ? "number of a summary" : "threshold", name, known);
}

double number_of(const std::string& place, const std::string& whole, const std::string& text) {
  const Json value = parse_scalar(text);
  if (text.empty() || !value.is_number()) refuse(place, fmt::format("'{}' in {}", text, whole), forms);
  return value.get<double>();
}

std::string without_spaces(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t'; });
  return text;
}

DiffThreshold read_threshold(const std::string& given, const std::string& place) {
  DiffThreshold threshold;
  threshold.text = without_spaces(given);
  const std::string& text = threshold.text;
  const std::size_t at = text.find_first_of("<>=");
  const std::string name = text.substr(0, at);
  const auto quantity = std::ranges::find_if(quantity_names(), [&](const Name& n) { return n.quantity.name == name; });
  if (at == std::string::npos) {
    const auto word = std::ranges::find_if(words, [&](const ThresholdWord& w) { return w.name == name; });
    if (word != words.end()) {
      threshold.kind = word->kind;
      return threshold;
    }
    if (quantity != quantity_names().end())
      refuse(place, fmt::format("{} without a bound", name), fmt::format("{0}>1.1x, {0}>1e-3, {0}<0.9x", name));
    refuse_name(place, name, false);
  }
  if (quantity == quantity_names().end()) refuse_name(place, name, true);
  std::string limit = text.substr(at + 1);
  if (text[at] == '=' || limit.starts_with("="))
    refuse(place, fmt::format("'{}' in {}", text.substr(at, limit.starts_with("=") ? 2 : 1), text),
           fmt::format("> or <: {}", forms));
  threshold.quantity = quantity->quantity;
  threshold.layers = quantity->layers;
  threshold.above = text[at] == '>';
  if (limit.ends_with("dB")) {
    if (threshold.quantity.info == nullptr || !threshold.quantity.info->decibels)
      refuse(place, fmt::format("decibels of {}", name), fmt::format("{0}>1.1x, {0}>1e-3, {0}<0.9x", name));
    threshold.measure = Measure::difference;
    limit.resize(limit.size() - 2);
    if (limit.starts_with('+')) limit.erase(0, 1);
  } else if (limit.ends_with("x")) {
    threshold.measure = Measure::ratio;
    limit.pop_back();
  }
  threshold.limit = number_of(place, text, limit);
  if (threshold.measure == Measure::ratio && threshold.limit < 0)
    refuse(place, fmt::format("the factor {} in {}", limit, text), "a factor of at least 0");
  return threshold;
}

// The number of a group; NaN where there is none.
double value_of(const DiffThreshold& threshold, const CaseGroups& groups, const CaseGroup* group,
                const std::vector<Distribution>& numbers) {
  if (group == nullptr) return nan;
  const SummaryQuantity& quantity = threshold.quantity;
  if (quantity.trials != nullptr) return group->statistics.*quantity.trials;
  const std::size_t at = groups.position(quantity.field->name());
  return quantity.statistic == nullptr ? group->statistics.count(at) : numbers[at].*quantity.statistic;
}

std::string bound_value_text(double value) {
  if (std::isnan(value)) return "no value";
  return std::trunc(value) == value && std::fabs(value) < 1e6 ? fmt::format("{}", value) : short_number(value);
}

// What violates a bound in a group; "" if nothing does.
std::string beyond_bound(const DiffThreshold& threshold, const ResultDiff& diff, const GroupChange& group) {
  if (group.layers != threshold.layers || group.after == nullptr) return "";
  if (group.before == nullptr && threshold.measure != Measure::value) return "";
  const double before = value_of(threshold, diff.old_groups(group.layers), group.before, group.old_numbers);
  const double after = value_of(threshold, diff.new_groups(group.layers), group.after, group.new_numbers);
  const std::string found = group.before == nullptr
                                ? fmt::format("{} (new)", bound_value_text(after))
                                : fmt::format("{} -> {}", bound_value_text(before), bound_value_text(after));
  if (std::isnan(after)) return std::isnan(before) ? "" : found;
  if (std::isnan(before) && threshold.measure != Measure::value) return "";
  const double measured = threshold.measure == Measure::value   ? after
                          : threshold.measure == Measure::ratio ? ratio_of(before, after)
                          : before == after                     ? 0
                                                                : after - before;
  return (threshold.above ? measured > threshold.limit : measured < threshold.limit) ? found : "";
}

int words_of(const GroupChange& group, bool statuses) {
  int count = 0;
  for (const auto& [word, cases] : group.words) count += word.is_status() == statuses ? cases : 0;
  return count;
}

std::string cases_text(int count, const char* what) {
  return count == 0 ? "" : fmt::format("{} case{} {}", count, count == 1 ? "" : "s", what);
}

// "2 of 8 cases: ok -> nonfinite"
std::string words_text(const GroupChange& group, bool statuses) {
  if (words_of(group, statuses) == 0) return "";
  std::string text;
  for (const auto& [word, count] : group.words) {
    if (word.is_status() != statuses) continue;
    text += fmt::format("{}{} {} -> {} in {}", text.empty() ? "" : ", ", word.field, word.before, word.after, count);
  }
  return fmt::format("{} of {} cases", text, group.cases.both());
}

bool was_fit(const TrialStatistics& trials) { return trials.fit > 0 && trials.unusable() == 0; }

std::string found_in(const DiffThreshold& threshold, const ResultDiff& diff, const GroupChange& group) {
  switch (threshold.kind) {
    case Kind::bound:
      return beyond_bound(threshold, diff, group);
    case Kind::fit: {
      if (group.before == nullptr || group.after == nullptr || !was_fit(group.before->statistics)) return "";
      const TrialStatistics& trials = group.after->statistics;
      if (trials.unusable() == 0) return "";
      return fmt::format("fit in {0} of {0} -> in {1} of {2}", group.before->statistics.judged(), trials.fit,
                         trials.judged());
    }
    case Kind::status:
      return words_text(group, true);
    case Kind::verdict:
      return words_text(group, false);
    case Kind::missing:
      return cases_text(group.cases.missing, "missing");
    case Kind::changed: {
      std::string text;
      for (const std::string& part : {cases_text(group.cases.changed, "changed"),
                                      cases_text(group.cases.missing, "missing"), cases_text(group.cases.added, "new")})
        if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
      return text;
    }
  }
  return "";
}

}  // namespace

std::span<const ThresholdWord> threshold_words() { return words; }

std::vector<DiffThreshold> read_thresholds(const std::string& text, const std::string& place) {
  std::vector<DiffThreshold> thresholds;
  for (const std::string& each : split_list(text, place)) thresholds.push_back(read_threshold(each, place));
  return thresholds;
}

std::vector<const Field*> threshold_fields(const std::vector<DiffThreshold>& thresholds,
                                           std::vector<const Field*> fields) {
  for (const DiffThreshold& threshold : thresholds) {
    const Field* const field = threshold.quantity.field;
    if (field != nullptr && !threshold.layers && std::ranges::find(fields, field) == fields.end())
      fields.push_back(field);
  }
  return fields;
}

std::vector<Violation> violations(const ResultDiff& diff, const std::vector<DiffThreshold>& thresholds) {
  std::vector<Violation> all;
  for (const DiffThreshold& threshold : thresholds) {
    for (const GroupChange& group : diff.groups) {
      std::string found = found_in(threshold, diff, group);
      if (!found.empty()) all.push_back({&threshold, &group, std::move(found)});
    }
  }
  return all;
}

}  // namespace tristab
