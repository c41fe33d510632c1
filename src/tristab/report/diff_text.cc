#include "tristab/report/diff_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "tristab/base/json.h"
#include "tristab/report/table.h"
#include "tristab/report/table_format.h"

namespace tristab {
namespace {

constexpr const char* exactness = "Results are exact, so there is no noise band: every difference counts.";

std::string counted_things(int count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string with_digits(double value, int precision, bool in_decibels) {
  if (std::isnan(value)) return "-";
  if (value == 0) return "0";
  return in_decibels ? fmt::format("{:.{}f}", value, precision) : fmt::format("{:.{}e}", value, precision);
}

// Two numbers with as many with_digits as tell them apart.
std::pair<std::string, std::string> number_pair(double before, double after, bool in_decibels) {
  constexpr int most = 16;
  const bool same = before == after || (std::isnan(before) && std::isnan(after));
  for (int precision = 1;; ++precision) {
    std::string one = with_digits(before, precision, in_decibels), other = with_digits(after, precision, in_decibels);
    if (same || one != other || precision == most) return {std::move(one), std::move(other)};
  }
}

std::string change_word(double change, bool in_decibels) {
  if (std::isnan(change)) return "-";
  if (change == (in_decibels ? 0 : 1)) return "same";
  if (in_decibels)
    return std::fabs(change) < 0.1 ? fmt::format("{:+.0e} dB", change) : fmt::format("{:+.1f} dB", change);
  if (std::isinf(change)) return change > 0 ? "inf" : "-inf";
  if (std::fabs(change - 1) < 1e-3) return fmt::format("1{:+.0e}x", change - 1);
  return std::fabs(change) >= 1e4 || std::fabs(change) < 1e-2 ? fmt::format("{:.0e}x", change)
                                                              : fmt::format("{:.3g}x", change);
}

// A cell with lines; of a pair these are the number of OLD and that of NEW.
struct DiffCell {
  DiffCell(std::string text) : lines{std::move(text)} {}  // NOLINT: a row is a list of texts
  DiffCell(std::vector<std::string> all, Style meaning = Style::plain) : lines(std::move(all)), style(meaning) {}
  static DiffCell pair(std::pair<std::string, std::string> numbers) {
    DiffCell cell({std::move(numbers.first), std::move(numbers.second)});
    cell.is_pair = true;
    return cell;
  }

  std::vector<std::string> lines;
  Style style = Style::plain;
  bool is_pair = false;
};

struct DiffRows {
  std::string title;
  std::vector<TableColumn> columns;
  std::vector<std::vector<DiffCell>> rows;
  std::size_t left_out = 0;
};

// What became of the cases: their statuses first; a verdict that only says "nonfinite" again is left out.
DiffCell outcome_cell(const GroupChange& group, const Field& metric, bool metric_changed) {
  std::vector<std::string> lines;
  bool status = false, worse = false, better = false;
  for (const bool statuses : {true, false}) {
    for (const auto& [word, count] : group.words) {
      if (word.is_status() != statuses) continue;
      if (status && (word.after == "nonfinite" || word.before == "nonfinite")) continue;
      status = status || statuses;
      lines.push_back(fmt::format("{} -> {} {}", word.before, word.after, count));
      (word.is_worse() ? worse : better) = true;
    }
  }
  if (lines.empty() && !metric_changed) {  // the numbers shown are the same, so others are not
    std::vector<std::string> others;
    for (const auto& [field, count] : group.fields) {
      if (field != metric.name()) others.push_back(field);
    }
    if (group.fields.contains(metric.name())) others.insert(others.begin(), "another trial");
    constexpr std::size_t most = 3;
    const std::size_t more = others.size() > most ? others.size() - most : 0;
    if (more > 0) others.resize(most);
    std::string text = fmt::format("{}", fmt::join(others, ", "));
    if (more > 0) text += fmt::format(" and {} more", more);
    lines.push_back(std::move(text));
  }
  return {lines, worse ? Style::fail : better ? Style::pass : Style::plain};
}

std::vector<std::string> changed_lines(const DiffCounts& cases) {
  std::vector<std::string> lines{fmt::format("{} of {}", cases.changed, cases.both())};
  if (cases.missing > 0) lines.push_back(fmt::format("{} missing", cases.missing));
  if (cases.added > 0) lines.push_back(fmt::format("{} new", cases.added));
  return lines;
}

std::vector<std::string> setting_lines(const CaseSetting& setting) {
  if (!setting.kernel.empty()) return {setting.shown};
  return {setting.shown, fmt::format("in {}", setting.arithmetic_label)};
}

// Breaks each line of a setting.
std::string broken_lines(std::string_view text, std::size_t width) {
  std::string lines;
  for (const std::string& line : lines_of(text)) lines += (lines.empty() ? "" : "\n") + broken_label(line, width);
  return lines;
}

std::string wrapped_lines(std::string_view text, std::size_t width) {
  std::string lines;
  for (const std::string& line : lines_of(text)) lines += (lines.empty() ? "" : "\n") + wrapped_cell(line, width);
  return lines;
}

const TableColumn setting_column{.header = "setting", .layout = broken_lines, .widest = 34, .least = 14};
const TableColumn input_column{.header = "input", .layout = broken_label, .widest = 34, .least = 14};

// `first`: also the settings of which other fields changed.
DiffRows change_rows(const ResultDiff& diff, bool layers, const Field& metric, bool first, std::size_t top) {
  std::vector<const GroupChange*> groups;
  for (const GroupChange& group : diff.groups) {
    if (group.layers == layers && (first ? group.changed() : group.fields.contains(metric.name())))
      groups.push_back(&group);
  }
  const std::size_t field = diff.old_groups(layers).position(metric.name());
  if (!first) std::ranges::stable_sort(groups, {}, [&](const auto* each) { return -change_size(diff, *each, field); });
  const bool in_decibels = metric.info.decibels;
  DiffRows rows{fmt::format("{}{}: {}; OLD above NEW; the change is that of the worst", layers ? "layers, " : "",
                            metric.name(), metric.info.formula),
                {setting_column,
                 input_column,
                 {"n", true},
                 {"changed", false},
                 {.header = in_decibels ? "mean" : "median", .right = true, .dispensable = 1},
                 {"worst", true},
                 {"change", true},
                 {.header = "outcome", .layout = wrapped_lines, .widest = 30, .least = 12}},
                {}};
  for (const GroupChange* each : groups) {
    const GroupChange& group = *each;
    if (rows.rows.size() == top) {
      ++rows.left_out;
      continue;
    }
    const Distribution &before = group.old_numbers[field], &after = group.new_numbers[field];
    double Distribution::*const middle = in_decibels ? &Distribution::mean : &Distribution::median;
    const double change = change_of(before.worst, after.worst, metric.info);
    const auto alike = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
    const bool shown = !alike(before.worst, after.worst) || !alike(before.*middle, after.*middle);
    rows.rows.push_back({DiffCell(setting_lines(diff.setting_of(group))), diff.input_of(group).title(),
                         std::to_string(diff.size_of(group)), DiffCell(changed_lines(group.cases)),
                         DiffCell::pair(number_pair(before.*middle, after.*middle, in_decibels)),
                         DiffCell::pair(number_pair(before.worst, after.worst, in_decibels)),
                         change_word(change, in_decibels), outcome_cell(group, metric, shown)});
  }
  return rows;
}

// A row of the table of cases that only one result has: those of a setting that the other lacks, or those of an input.
struct SingleRow {
  std::vector<std::string> settings, inputs;
  std::vector<int> sizes;
  int cases = 0, of = 0;
  bool layers = false;
};

template <class Value>
void add_once(std::vector<Value>& values, const Value& value) {
  if (std::ranges::find(values, value) == values.end()) values.push_back(value);
}

std::string one_or_count(const std::vector<std::string>& names, const char* what) {
  return names.size() == 1 ? names.front() : fmt::format("{} {}s", names.size(), what);
}

// Cases that only OLD has, or only NEW.
DiffRows single_rows(const ResultDiff& diff, bool missing, std::size_t top) {
  std::map<std::string, bool> shared;  // settings that both have
  for (const GroupChange& group : diff.groups)
    shared[diff.setting_of(group).label()] |= group.before != nullptr && group.after != nullptr;
  std::vector<SingleRow> singles;
  std::map<std::string, std::size_t> at;
  for (const GroupChange& group : diff.groups) {
    const int count = missing ? group.cases.missing : group.cases.added;
    if (count == 0) continue;
    const std::string setting = diff.setting_of(group).label(), input = diff.input_of(group).title();
    const int n = diff.size_of(group), of = (missing ? group.before : group.after)->statistics.trials;
    const std::string key = shared[setting] ? fmt::format("{}\n{}\n{}/{}/{}", input, n, count, of, group.layers)
                                            : fmt::format("{}\n{}", setting, group.layers);
    const auto [found, fresh] = at.try_emplace(key, singles.size());
    if (fresh) singles.emplace_back().layers = group.layers;
    SingleRow& row = singles[found->second];
    add_once(row.settings, setting);
    add_once(row.inputs, input);
    add_once(row.sizes, n);
    row.cases += count;
    row.of += of;
  }
  DiffRows rows{missing ? "Missing: only in OLD" : "New: only in NEW",
                {{.header = "setting", .layout = broken_label, .widest = 40, .least = 14},
                 input_column,
                 {"n", true},
                 {"cases", false}},
                {}};
  for (SingleRow& row : singles) {
    if (rows.rows.size() == top) {
      ++rows.left_out;
      continue;
    }
    std::ranges::sort(row.sizes);
    rows.rows.push_back({one_or_count(row.settings, "setting"), one_or_count(row.inputs, "input"),
                         fmt::format("{}", fmt::join(row.sizes, ", ")),
                         fmt::format("{} of {}{}", row.cases, row.of, row.layers ? " layers" : "")});
  }
  return rows;
}

std::vector<DiffRows> all_tables(const ResultDiff& diff, const DiffView& view) {
  std::vector<DiffRows> tables;
  for (const Field* metric : view.metrics)
    tables.push_back(change_rows(diff, false, *metric, metric == view.metrics.front(), view.top));
  const CaseGroups& layers = diff.old_groups(true);
  tables.push_back(change_rows(diff, true, *layers.fields()[layers.position(shown_layer_field)], true, view.top));
  tables.push_back(single_rows(diff, true, view.top));
  tables.push_back(single_rows(diff, false, view.top));
  std::erase_if(tables, [](const DiffRows& table) { return table.rows.empty(); });
  return tables;
}

std::string result_words(const ComparedResult& result) {
  const ResultHead& head = result.head();
  std::vector<std::string> words;
  const auto text = [](const Json& object, const char* name) {
    return object.is_object() && object.contains(name) && object[name].is_string() ? object[name].get<std::string>()
                                                                                   : std::string();
  };
  const std::string version = text(head.tool, "version"), commit = text(head.tool, "commit");
  if (!version.empty())
    words.push_back(commit.empty() ? "tristab " + version : fmt::format("tristab {} ({})", version, commit));
  if (const std::string started = text(head.run, "started"); !started.empty()) words.push_back(started.substr(0, 10));
  words.push_back(fmt::format("{} case{}{}", head.records, head.records == 1 ? "" : "s",
                              head.complete ? ""
                              : head.says_whether_complete && head.expected_cases > 0
                                  ? fmt::format(" of {}: not complete", head.expected_cases)
                              : head.says_whether_complete ? ", not complete"
                                                           : ""));
  return fmt::format("{}: {}", result.name(), fmt::join(words, ", "));
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
  for (const auto& [field, counts] : diff.one_sided) {
    std::vector<std::string> sides;
    if (counts.only_before > 0)
      sides.push_back(fmt::format("only in OLD ({})", counted_things(counts.only_before, "case")));
    if (counts.only_after > 0)
      sides.push_back(fmt::format("only in NEW ({})", counted_things(counts.only_after, "case")));
    words.push_back(fmt::format("the field {} is {} and not compared", field, fmt::join(sides, ", ")));
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

// The sentences about the whole.
std::vector<std::string> summary_sentences(const ResultDiff& diff, const DiffView& view) {
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
  for (const Field* metric : view.metrics) {
    if (metric != view.metrics.front() && fields_changed(diff, false).count(metric->name()) == 0)
      sentences.push_back(fmt::format("{} changed in no case.", metric->name()));
  }
  if (has_layers(diff)) {
    sentences.push_back("Layers: " + counts_words(diff.layers, "layer"));
    if (const std::string fields = field_words(diff, true); !fields.empty()) sentences.push_back(fields);
  }
  return sentences;
}

std::string rows_left_words(std::size_t left_out) {
  return left_out == 0 ? "" : fmt::format("{} more (--top N)", left_out);
}

std::string table_text(const DiffRows& rows, const Page& page) {
  Table table(rows.columns);
  for (const std::vector<DiffCell>& row : rows.rows) {
    std::vector<TableCell> cells;
    for (const DiffCell& cell : row) cells.emplace_back(fmt::format("{}", fmt::join(cell.lines, "\n")), cell.style);
    table.add_row(std::move(cells));
  }
  std::string text = paragraph(rows.title, 0, page) + table.str(page);
  return rows.left_out == 0 ? text : text + rows_left_words(rows.left_out) + "\n";
}

std::string markdown_of(const DiffRows& rows) {
  std::string text = fmt::format("{}\n\n|", markdown(rows.title)), rule = "|";
  for (const TableColumn& column : rows.columns) {
    text += fmt::format(" {} |", column.header);
    rule += column.right ? "---:|" : "---|";
  }
  text += "\n" + rule + "\n";
  for (const std::vector<DiffCell>& row : rows.rows) {
    text += "|";
    for (const DiffCell& cell : row) {
      std::vector<std::string> lines;
      for (const std::string& line : cell.lines) lines.push_back(markdown(without_controls(line)));
      text += fmt::format(" {} |", fmt::join(lines, cell.is_pair ? " → " : "<br>"));
    }
    text += "\n";
  }
  return rows.left_out == 0 ? text : text + "\n" + rows_left_words(rows.left_out) + "\n";
}

}  // namespace

std::vector<std::string> violation_lines(const ResultDiff& diff, const std::vector<Violation>& found, std::size_t top) {
  std::vector<std::string> lines;
  std::size_t of_threshold = 0;
  for (std::size_t k = 0; k < found.size(); ++k) {
    if (of_threshold++ < top) lines.push_back(violation_text(diff, found[k]));
    if (k + 1 < found.size() && found[k + 1].threshold == found[k].threshold) continue;
    if (of_threshold > top)
      lines.push_back(fmt::format("FAILED {}: {} more (--top N)", found[k].threshold->text, of_threshold - top));
    of_threshold = 0;
  }
  return lines;
}

std::string violation_text(const ResultDiff& diff, const Violation& violation) {
  const GroupChange& group = *violation.group;
  return fmt::format("FAILED {}: {} on {} n={}: {}", violation.threshold->text, diff.setting_of(group).label(),
                     diff.input_of(group).title(), diff.size_of(group), violation.found);
}

std::string diff_text(const ResultDiff& diff, const std::vector<Violation>& found, const DiffView& view,
                      const Page& page) {
  std::string text = paragraph(diff_text_beginning + result_words(*diff.before), 0, page) +
                     paragraph("NEW " + result_words(*diff.after), 0, page);
  for (const std::string& sentence : summary_sentences(diff, view)) text += paragraph(sentence, 0, page);
  for (const DiffRows& table : all_tables(diff, view)) text += "\n" + table_text(table, page);
  if (!found.empty()) text += "\n";
  for (const std::string& each : violation_lines(diff, found, view.top)) {
    std::string line = sentence(each, page);
    if (page.colored) line = styled(line.substr(0, 6), Style::fail, page) + line.substr(6);
    text += line;
  }
  return text;
}

std::string diff_markdown(const ResultDiff& diff, const std::vector<Violation>& found, const DiffView& view) {
  const int changed = diff.records.changed + diff.layers.changed, missing = diff.records.missing + diff.layers.missing,
            added = diff.records.added + diff.layers.added;
  std::string text = diff_markdown_beginning;
  text += diff.is_equal() ? "no differences" : fmt::format("{} changed, {} missing, {} new", changed, missing, added);
  if (!found.empty()) text += fmt::format(", {} beyond thresholds", found.size());
  text += "\n\n";
  for (const auto& [side, result] : {std::pair("OLD", diff.before), std::pair("NEW", diff.after)})
    text += fmt::format("- {} {}\n", side, markdown(without_controls(result_words(*result))));
  for (const std::string& sentence : summary_sentences(diff, view))
    text += fmt::format("- {}\n", markdown(without_controls(sentence)));
  if (!found.empty()) {
    text += "\n";
    for (const std::string& each : violation_lines(diff, found, view.top))
      text += fmt::format("- **{}**\n", markdown(without_controls(each)));
  }
  for (const DiffRows& table : all_tables(diff, view)) text += "\n" + markdown_of(table);
  return text;
}

}  // namespace tristab
