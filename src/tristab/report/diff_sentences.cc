#include "tristab/report/diff_sentences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "tristab/base/errors.h"
#include "tristab/base/json_member.h"

namespace tristab {
namespace {

constexpr const char* exactness = "Results are exact, so there is no noise band: every difference counts.";

std::string counted_things(int count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// What differs about the results as wholes; "" if nothing.
std::string head_words(const ResultDiff& diff) {
  std::vector<std::string> words;
  constexpr std::size_t most = 12;
  for (const HeadChange& change : diff.head) words.push_back(change_text(change));
  if (words.size() > most) {
    const std::size_t more = words.size() - most;
    words.resize(most);
    words.push_back(fmt::format("and {} more", more));
  }
  for (const bool before : {true, false}) {
    std::map<int, std::vector<std::string>> fields;  // by the number of cases
    for (const auto& [field, counts] : diff.one_sided) {
      const int count = before ? counts.only_before : counts.only_after;
      if (count > 0) fields[count].push_back(field);
    }
    for (const auto& [count, names] : fields)
      words.push_back(fmt::format("only in {}, and not compared: {} ({})", before ? "OLD" : "NEW", join_names(names),
                                  counted_things(count, "case")));
  }
  return words.empty() ? "" : fmt::format("differ: {}", fmt::join(words, "; "));
}

std::string match_words(const DiffCounts& counts) {
  if (counts.by_setting == 0) return "matched by id";
  if (counts.by_id == 0) return "matched by input, setting and trial";
  return fmt::format("{} matched by id, {} by input, setting and trial because their ids differ", counts.by_id,
                     counts.by_setting);
}

std::string counts_words(const DiffCounts& counts, const char* what) {
  if (counts.both() == 0)
    return fmt::format("No {} is in both: {} missing (only in OLD), {} new (only in NEW).", what, counts.missing,
                       counts.added);
  std::string text = fmt::format("{} in both, {}: {} equal, {} changed", counted_things(counts.both(), what),
                                 match_words(counts), counts.equal, counts.changed);
  if (counts.missing > 0) text += fmt::format("; {} missing (only in OLD)", counts.missing);
  if (counts.added > 0) text += fmt::format("; {} new (only in NEW)", counts.added);
  return text + ".";
}

// The fields that changed, and in how many cases.
std::map<std::string, int> fields_changed(const ResultDiff& diff, bool layers) {
  std::map<std::string, int> fields;
  for (const GroupChange& group : diff.groups) {
    if (group.layers != layers) continue;
    for (const auto& [field, count] : group.fields) fields[field] += count;
  }
  return fields;
}

// "total_frobenius 12, growth 3": most cases first.
std::string field_words(const ResultDiff& diff, bool layers) {
  const std::map<std::string, int> fields = fields_changed(diff, layers);
  std::vector<std::pair<std::string, int>> order;
  for (const Field& field : record_fields()) {  // of fields with one count those come first that come first in records
    if (const auto found = fields.find(field.name()); found != fields.end()) order.emplace_back(*found);
  }
  for (const auto& entry : fields) {
    if (find_field(entry.first) == nullptr) order.emplace_back(entry);
  }
  std::ranges::stable_sort(order, {}, [](const auto& entry) { return -entry.second; });
  constexpr std::size_t most = 6;
  std::vector<std::string> words;
  for (const auto& [field, count] : order) {
    if (words.size() == most) break;
    words.push_back(fmt::format("{} {}", field, count));
  }
  if (words.empty()) return "";
  if (order.size() > most) words.push_back(fmt::format("and {} more", order.size() - most));
  return fmt::format("Fields that changed, and in how many {}: {}", layers ? "layers" : "cases",
                     fmt::join(words, ", "));
}

bool has_layers(const ResultDiff& diff) { return diff.layers.both() + diff.layers.missing + diff.layers.added > 0; }

}  // namespace

std::string result_words(const ComparedResult& result) {
  const ResultHead& head = result.head();
  std::vector<std::string> words;
  const std::string version = text_or_empty(head.tool, "version"), commit = text_or_empty(head.tool, "commit");
  if (!version.empty())
    words.push_back(commit.empty() ? "tristab " + version : fmt::format("tristab {} ({})", version, commit));
  if (const std::string started = text_or_empty(head.run, "started"); !started.empty())
    words.push_back(started.substr(0, 10));
  words.push_back(fmt::format("{} case{}{}", head.records, head.records == 1 ? "" : "s",
                              head.complete ? ""
                              : head.says_whether_complete && head.expected_cases > 0
                                  ? fmt::format(" of {}: not complete", head.expected_cases)
                              : head.says_whether_complete ? ", not complete"
                                                           : ""));
  return fmt::format("{}: {}", result.name(), fmt::join(words, ", "));
}

std::vector<std::string> diff_sentences(const ResultDiff& diff, const std::vector<const Field*>& metrics) {
  std::vector<std::string> sentences;
  if (const std::string head = head_words(diff); !head.empty()) sentences.push_back(head);
  if (diff.is_equal()) {
    std::string text =
        fmt::format("No differences: {} are equal in every field", counted_things(diff.records.equal, "record"));
    if (has_layers(diff)) text += fmt::format(", and so are {}", counted_things(diff.layers.equal, "layer"));
    if (diff.records.by_setting > 0) text += fmt::format(" ({})", match_words(diff.records));
    sentences.push_back(text + ".");
    return sentences;
  }
  sentences.push_back(counts_words(diff.records, "case") + " " + exactness);
  if (const std::string fields = field_words(diff, false); !fields.empty()) sentences.push_back(fields);
  for (const Field* metric : metrics) {
    if (metric != metrics.front() && fields_changed(diff, false).count(metric->name()) == 0)
      sentences.push_back(fmt::format("{} changed in no case.", metric->name()));
  }
  if (has_layers(diff)) {
    sentences.push_back("Layers: " + counts_words(diff.layers, "layer"));
    if (const std::string fields = field_words(diff, true); !fields.empty()) sentences.push_back(fields);
  }
  return sentences;
}

}  // namespace tristab
