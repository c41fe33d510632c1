#include "tristab/report/diff_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "tristab/report/diff_sentences.h"
#include "tristab/report/table.h"
#include "tristab/report/table_format.h"

namespace tristab {
namespace {

std::string with_digits(double value, int precision, bool in_decibels) {
  if (std::isnan(value)) return "-";
  if (value == 0) return "0";
  return in_decibels ? fmt::format("{:.{}f}", value, precision) : fmt::format("{:.{}e}", value, precision);
}

// Two numbers with as many digits as tell them apart.
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

std::vector<std::string> setting_cell_lines(const CaseSetting& setting) {
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
    rows.rows.push_back({DiffCell(setting_cell_lines(diff.setting_of(group))), diff.input_of(group).title(),
                         std::to_string(diff.size_of(group)), DiffCell(changed_lines(group.cases)),
                         DiffCell::pair(number_pair(before.*middle, after.*middle, in_decibels)),
                         DiffCell::pair(number_pair(before.worst, after.worst, in_decibels)),
                         change_word(change, in_decibels), outcome_cell(group, metric, shown)});
  }
  return rows;
}

// A row of the table of cases that only one result has: those of a setting that the other lacks, or those of an input.
struct SingleRow {
  std::set<std::string> settings, inputs;
  std::set<int> sizes;
  int cases = 0, of = 0;
  bool layers = false;
};

std::string one_or_count(const std::set<std::string>& names, const char* what) {
  return names.size() == 1 ? *names.begin() : fmt::format("{} {}s", names.size(), what);
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
    row.settings.insert(setting);
    row.inputs.insert(input);
    row.sizes.insert(n);
    row.cases += count;
    row.of += of;
  }
  DiffRows rows{missing ? "Missing: only in OLD" : "New: only in NEW",
                {{.header = "setting", .layout = broken_label, .widest = 40, .least = 14},
                 input_column,
                 {"n", true},
                 {"cases", false}},
                {}};
  for (const SingleRow& row : singles) {
    if (rows.rows.size() == top) {
      ++rows.left_out;
      continue;
    }
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
  for (const std::string& sentence : diff_sentences(diff, view.metrics)) text += paragraph(sentence, 0, page);
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
  for (const std::string& sentence : diff_sentences(diff, view.metrics))
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
