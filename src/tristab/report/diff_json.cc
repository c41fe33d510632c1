#include "tristab/report/diff_json.h"

#include <fmt/format.h>

#include <cmath>

#include "tristab/base/json.h"
#include "tristab/base/json_text.h"

namespace tristab {
namespace {

// A number, null, or "inf", "-inf": JSON has no infinity.
std::string number_json(double value) {
  if (!std::isinf(value)) return json_number(value);
  return value > 0 ? "\"inf\"" : "\"-inf\"";
}

std::string text_or_null(const std::string& text) { return text.empty() ? "null" : json_string(text); }

std::string side_text(const ComparedResult& result) {
  const ResultHead& head = result.head();
  JsonObject object;
  object.text("file", result.name()).json("tool", head.tool).json("run", head.run).integer("records", head.records);
  return object.flag("complete", head.complete).str();
}

std::string counts_text(const DiffCounts& counts) {
  JsonObject object;
  object.integer("equal", counts.equal).integer("changed", counts.changed).integer("missing", counts.missing);
  object.integer("new", counts.added).integer("matched_by_id", counts.by_id);
  return object.integer("matched_by_setting", counts.by_setting).str();
}

std::string statistics_text(const std::vector<Distribution>& numbers, std::size_t at, const NumberInfo& info) {
  JsonObject object;
  for (const SummaryStatistic& statistic : summary_statistics(info))
    object.raw(statistic.suffix.substr(1), number_json(numbers[at].*statistic.value));
  return object.str();
}

std::string trials_text(const CaseGroup* group) {
  if (group == nullptr) return "null";
  JsonObject object;
  for (const TrialCount& count : trial_counts()) object.integer(count.name, group->statistics.*count.value);
  return object.str();
}

std::string group_text(const ResultDiff& diff, const GroupChange& group) {
  const CaseInput& input = diff.input_of(group);
  const CaseSetting& setting = diff.setting_of(group);
  JsonObject object;
  object.text("of", group.layers ? "layers" : "records");
  if (!input.scenario.empty()) object.text("scenario", input.scenario);
  object.text("input", input.name).text("family", input.family).text("family_label", input.label);
  object.integer("n", diff.size_of(group)).text("setting", setting.label());
  object.text("method_label", setting.method_label).raw("kernel", text_or_null(setting.kernel));
  object.text("arithmetic_label", setting.arithmetic_label).raw("formation", text_or_null(setting.formation));
  object.raw("cases", counts_text(group.cases));
  object.raw("old_trials", trials_text(group.before)).raw("new_trials", trials_text(group.after));
  JsonObject fields, numbers;
  for (const auto& [field, count] : group.fields) fields.integer(field, count);
  JsonArray words;
  for (const auto& [word, count] : group.words) {
    JsonObject one;
    one.text("field", word.field).text("old", word.before).text("new", word.after);
    words.raw(one.integer("cases", count).str());
  }
  object.raw("changed_fields", fields.str()).raw("words", words.str());
  const std::vector<const Field*>& collected = diff.old_groups(group.layers).fields();
  for (std::size_t k = 0; k < collected.size(); ++k) {
    const NumberInfo& info = collected[k]->info;
    if (info.aggregate != Aggregate::judged_trials && info.aggregate != Aggregate::all_trials) continue;
    JsonObject both;
    if (group.before != nullptr) both.raw("old", statistics_text(group.old_numbers, k, info));
    if (group.after != nullptr) both.raw("new", statistics_text(group.new_numbers, k, info));
    numbers.raw(info.name, both.str());
  }
  return object.raw("numbers", numbers.str()).str();
}

// [, then one object a line, then ].
class Lines {
 public:
  explicit Lines(const std::string& name) : text_(fmt::format(",\n{}: [", json_string(name))) {}
  void add(const std::string& object) {
    text_ += fmt::format("{}\n{}", any_ ? "," : "", object);
    any_ = true;
  }
  std::string str() const { return text_ + (any_ ? "\n]" : "]"); }

 private:
  std::string text_;
  bool any_ = false;
};

}  // namespace

CaseVisitor DiffCases::visitor() {
  return [this, first = true](const char* kind, bool layer, const std::string& id, const Json& fields) mutable {
    JsonObject object;
    object.text("case", id).text("what", kind).text("of", layer ? "layers" : "records");
    if (!fields.is_null()) object.json("fields", fields);
    lines_.append(fmt::format("{}\n{}", first ? "" : ",", object.str()));
    first = false;
  };
}

void write_diff_json(const ResultDiff& diff, const std::vector<Violation>& found, const DiffCases& cases,
                     const std::function<void(std::string_view)>& write) {
  write(diff_json_beginning);
  write(fmt::format(",\n\"equal\": {},\n\"old\": {},\n\"new\": {}", diff.is_equal(), side_text(*diff.before),
                    side_text(*diff.after)));
  Lines head("differ"), one_sided("one_sided_fields"), groups("groups"), failed("failed");
  for (const HeadChange& change : diff.head) {
    JsonObject object;
    head.add(object.text("what", change.what)
                 .raw("old", text_or_null(change.before))
                 .raw("new", text_or_null(change.after))
                 .str());
  }
  for (const auto& [field, counts] : diff.one_sided) {
    JsonObject object;
    one_sided.add(object.text("field", field)
                      .integer("only_old", counts.only_before)
                      .integer("only_new", counts.only_after)
                      .str());
  }
  write(head.str() + one_sided.str());
  write(fmt::format(",\n\"records\": {},\n\"layers\": {}", counts_text(diff.records), counts_text(diff.layers)));
  for (const Violation& each : found) {
    JsonObject object;
    object.text("threshold", each.threshold->text).text("setting", diff.setting_of(*each.group).label());
    object.text("input", diff.input_of(*each.group).title()).integer("n", diff.size_of(*each.group));
    failed.add(object.text("found", each.found).str());
  }
  write(failed.str());
  for (const GroupChange& group : diff.groups) {
    if (!group.cases.all_equal()) groups.add(group_text(diff, group));
  }
  write(groups.str());
  write(",\n\"cases\": [");
  cases.lines_.for_each_block(write);
  write("\n]\n}\n");
}

}  // namespace tristab
