// Cross tables as text for a terminal, as Markdown and as comma-separated values.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/base/json_text.h"
#include "tristab/report/cell_text.h"
#include "tristab/report/cross_table.h"
#include "tristab/report/table.h"

namespace tristab {
namespace {

// The name of an input above its column.
std::string input_header(std::string_view name, std::size_t width) {
  return wrapped_cell(broken_label(name, width), width);
}

// "4.6e-4", "80.3" in decibels.
std::string cell_number(double value, bool in_decibels) {
  if (std::isnan(value)) return "-";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (in_decibels) return fmt::format("{:.1f}", value);
  std::string text = short_number(value);
  const std::size_t zero = text.find("e-0") != std::string::npos ? text.find("e-0") : text.find("e+0");
  if (zero != std::string::npos) text.erase(zero + 2, 1);
  return text;
}

std::string cell_text(const CrossCell& cell, std::size_t metric, bool in_decibels) {
  if (cell.trials == nullptr) return "-";
  const int lost = cell.trials->lost(), trials = cell.trials->judged();
  const char* const word = cell.trials->failed > 0 ? "failed" : "nf";
  const Distribution& found = cell.metrics[metric];
  if (lost == trials && trials > 0 && std::isinf(found.worst)) return fmt::format("{} {}/{}", word, lost, trials);
  if (found.count == 0) return lost > 0 ? fmt::format("{} {}/{}", word, lost, trials) : "trivial";
  std::string text = fmt::format("{} / {}", cell_number(in_decibels ? found.mean : found.median, in_decibels),
                                 cell_number(found.worst, in_decibels));
  if (in_decibels && found.infinite > 0) text += fmt::format(", exact {}/{}", found.infinite, trials);
  if (lost > 0) text += fmt::format(", {} {}/{}", word, lost, trials);
  return text;
}

// Cells with lost trials are highlighted; their text says how many.
Style style_of(const CrossCell& cell) {
  if (cell.trials == nullptr || cell.trials->lost() == 0) return Style::plain;
  return cell.trials->lost() == cell.trials->judged() ? Style::nonfinite : Style::fail;
}

// The table as it is printed. With one input and several sizes, the sizes are the columns, as in the papers.
// Otherwise the inputs are the columns, and each row has a size.
struct PrintedTable {
  struct Row {
    std::string setting, size;  // size: "" if the sizes are the columns
    std::vector<CrossCell> cells;
  };
  std::string input;  // the only one, if the sizes are the columns
  std::vector<std::string> columns;
  std::vector<Row> rows;
};

PrintedTable sizes_as_columns(const CrossTable& table, const std::vector<int>& sizes) {
  PrintedTable printed{table.inputs.front()->title(), {}, {}};
  for (const int n : sizes) printed.columns.push_back(fmt::format("n = {}", n));
  for (const CrossRow& row : table.rows) {
    const std::string setting = row.setting->label();
    auto same = std::ranges::find(printed.rows, setting, &PrintedTable::Row::setting);
    if (same == printed.rows.end()) {
      same = printed.rows.insert(printed.rows.end(), {setting, "", std::vector<CrossCell>(sizes.size())});
    }
    same->cells[static_cast<std::size_t>(std::ranges::find(sizes, row.n) - sizes.begin())] = row.cells.front();
  }
  return printed;
}

PrintedTable printed_table(const CrossTable& table) {
  std::vector<int> sizes;
  for (const CrossRow& row : table.rows) sizes.push_back(row.n);
  std::ranges::sort(sizes);
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  if (table.inputs.size() == 1 && sizes.size() > 1) return sizes_as_columns(table, sizes);
  PrintedTable printed;
  for (const CaseInput* input : table.inputs) printed.columns.push_back(input->title());
  for (const CrossRow& row : table.rows)
    printed.rows.push_back({row.setting->label(), std::to_string(row.n), row.cells});
  return printed;
}

std::string title_of(const NumberInfo& metric, const PrintedTable& printed) {
  const bool judged = metric.aggregate == Aggregate::judged_trials;
  return fmt::format("{}{}: {}; {} / worst over the trials; nf k/n: k of n are not finite{}{}", metric.name,
                     printed.input.empty() ? "" : fmt::format(" on {}", printed.input), metric.formula,
                     metric.decibels ? "mean" : "median", judged ? ", which counts as infinitely wrong" : "",
                     metric.decibels ? "; exact k/n: k of them were exact; the mean has neither" : "");
}

std::string metric_text(const CrossTable& table, const PrintedTable& printed, std::size_t metric, const Page& page) {
  const bool in_decibels = table.metrics[metric]->info.decibels;
  std::vector<TableColumn> columns{{.header = "setting", .layout = broken_label, .widest = 34, .least = 18}};
  if (printed.input.empty()) columns.push_back({"n", true});
  const std::size_t keys = columns.size();
  for (const std::string& name : printed.columns) columns.push_back({.header = name, .header_layout = input_header});
  Table text(std::move(columns), keys);
  for (const PrintedTable::Row& row : printed.rows) {
    std::vector<TableCell> cells{row.setting};
    if (printed.input.empty()) cells.emplace_back(row.size);
    for (const CrossCell& cell : row.cells) cells.emplace_back(cell_text(cell, metric, in_decibels), style_of(cell));
    text.add_row(std::move(cells));
  }
  return paragraph(title_of(table.metrics[metric]->info, printed), 0, page) + text.str(page);
}

// Escapes the characters of a formula that Markdown would interpret.
std::string markdown(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|' || c == '*' || c == '_') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string metric_markdown(const CrossTable& table, const PrintedTable& printed, std::size_t metric) {
  const bool in_decibels = table.metrics[metric]->info.decibels;
  const bool sizes = printed.input.empty();
  std::string header = sizes ? "| setting | n |" : "| setting |", rule = sizes ? "|---|---:|" : "|---|";
  for (const std::string& name : printed.columns) {
    header += fmt::format(" {} |", markdown(name));
    rule += "---|";
  }
  std::string text =
      fmt::format("{}\n\n{}\n{}\n", markdown(title_of(table.metrics[metric]->info, printed)), header, rule);
  for (const PrintedTable::Row& row : printed.rows) {
    text += fmt::format("| {} |", markdown(row.setting));
    if (sizes) text += fmt::format(" {} |", row.size);
    for (const CrossCell& cell : row.cells) text += fmt::format(" {} |", cell_text(cell, metric, in_decibels));
    text += "\n";
  }
  return text;
}

std::string csv_text(const std::string& text) { return text.empty() ? "none" : quoted_csv(text); }

std::string csv_number(double value) {
  if (std::isnan(value)) return "";
  return std::isinf(value) ? (value > 0 ? "inf" : "-inf") : json_number(value);
}

std::string cross_csv(const CrossTable& table) {
  std::string text = "input,n,method,kernel,arithmetic,trials,nonfinite_trials,failed_trials,trivial_trials";
  for (const Field* metric : table.metrics) {
    if (metric->info.decibels) text += fmt::format(",{}_mean", metric->name());
    text += fmt::format(",{0}_median,{0}_{1}", metric->name(), metric->info.larger_is_better ? "min" : "max");
  }
  text += "\n";
  for (const CrossRow& row : table.rows) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const CrossCell& cell = row.cells[i];
      if (cell.trials == nullptr) continue;
      const CaseSetting& setting = *row.setting;
      text += fmt::format("{},{},{},{},{},{},{},{},{}", csv_text(table.inputs[i]->title()), row.n,
                          csv_text(setting.shown), csv_text(setting.kernel), csv_text(setting.arithmetic_label),
                          cell.trials->trials, cell.trials->nonfinite, cell.trials->failed, cell.trials->trivial);
      for (std::size_t m = 0; m < table.metrics.size(); ++m) {
        if (table.metrics[m]->info.decibels) text += fmt::format(",{}", csv_number(cell.metrics[m].mean));
        text += fmt::format(",{},{}", csv_number(cell.metrics[m].median), csv_number(cell.metrics[m].worst));
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace

TableFormat table_format_of(std::string_view name, std::string_view place) {
  static const std::vector<std::string> names{"text", "markdown", "csv"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw_unknown_name(place, "format", name, names);
  return static_cast<TableFormat>(found - names.begin());
}

std::string cross_table_text(const CrossTable& table, TableFormat format, const Page& page) {
  if (format == TableFormat::csv) return cross_csv(table);
  const PrintedTable printed = printed_table(table);
  std::string text;
  for (std::size_t m = 0; m < table.metrics.size(); ++m) {
    if (m > 0) text += "\n";
    text += format == TableFormat::text ? metric_text(table, printed, m, page) : metric_markdown(table, printed, m);
  }
  return text;
}

}  // namespace tristab
