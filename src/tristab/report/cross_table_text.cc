// Cross tables as text for a terminal, as Markdown and as comma-separated values.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/report/column.h"
#include "tristab/report/cross_table.h"
#include "tristab/report/json_text.h"
#include "tristab/report/table.h"
#include "tristab/sweep/summary.h"

namespace tristab {
namespace {

// The name of an input above its column.
std::string input_header(std::string_view name, std::size_t width) {
  return wrapped_cell(broken_label(name, width), width);
}

std::string formula_of(const std::string& name) {
  for (const MetricInfo& info : metrics()) {
    if (info.name == name) return std::string(info.formula);
  }
  return name == "growth" ? "largest intermediate that is kept / max |X_ij|"
                          : "||E||_F / ||X||_F against the inverse of A as given";
}

// "4.6e-4", "80.3" in decibels.
std::string cell_number(double value, bool in_decibels) {
  if (std::isnan(value)) return "-";
  if (std::isinf(value)) return "inf";
  if (in_decibels) return fmt::format("{:.1f}", value);
  std::string text = short_number(value);
  const std::size_t zero = text.find("e-0") != std::string::npos ? text.find("e-0") : text.find("e+0");
  if (zero != std::string::npos) text.erase(zero + 2, 1);
  return text;
}

std::string cell_text(const CrossCell& cell, std::size_t metric, bool in_decibels) {
  if (cell.trials == 0) return "-";
  const int lost = cell.nonfinite_trials + cell.failed_trials;
  const char* const word = cell.failed_trials > 0 ? "failed" : "nf";
  if (lost == cell.trials) return fmt::format("{} {}/{}", word, lost, cell.trials);
  const CrossStatistics& found = cell.metrics[metric];
  std::string text = fmt::format("{} / {}", cell_number(in_decibels ? found.mean : found.median, in_decibels),
                                 cell_number(found.worst, in_decibels));
  if (in_decibels && found.exact_trials > 0)
    text += fmt::format(", exact {}/{}", found.exact_trials, cell.trials);
  if (lost > 0) text += fmt::format(", {} {}/{}", word, lost, cell.trials);
  return text;
}

std::string setting_text(const CrossRow& row) {
  return row.kernel.empty() ? fmt::format("{} / {}", row.method, row.arithmetic) : row.kernel;
}

std::string title_of(const std::string& metric) {
  const bool in_decibels = summary_quantity(metric).in_decibels;
  return fmt::format(
      "{}: {}; {} / worst over the finite trials; nf k/n: k of n trials gave infinities or NaN{}", metric,
      formula_of(metric), in_decibels ? "mean" : "median",
      in_decibels ? "; exact k/n: k of them were exact and are not in the mean" : "");
}

// Cells that lost trials stand out; the words say how many.
Style style_of(const CrossCell& cell) {
  const int lost = cell.nonfinite_trials + cell.failed_trials;
  return lost == 0 ? Style::plain : lost == cell.trials ? Style::nonfinite : Style::fail;
}

std::string metric_text(const CrossTable& table, std::size_t metric, const Page& page) {
  const bool in_decibels = summary_quantity(table.metrics[metric]).in_decibels;
  std::vector<TableColumn> columns{{.header = "setting", .layout = broken_label, .widest = 34, .least = 18},
                                   {"n", true}};
  for (const CrossInput& input : table.inputs)
    columns.push_back({.header = input.name, .header_layout = input_header});
  Table text(std::move(columns), 2);
  for (const CrossRow& row : table.rows) {
    std::vector<TableCell> cells{setting_text(row), std::to_string(row.n)};
    for (const CrossCell& cell : row.cells)
      cells.emplace_back(cell_text(cell, metric, in_decibels), style_of(cell));
    text.add_row(std::move(cells));
  }
  return paragraph(title_of(table.metrics[metric]), 0, page) + text.str(page);
}

// A formula's bars and stars as Markdown takes them in a table or in running text.
std::string markdown(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|' || c == '*' || c == '_') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string metric_markdown(const CrossTable& table, std::size_t metric) {
  const bool in_decibels = summary_quantity(table.metrics[metric]).in_decibels;
  std::string header = "| setting | n |", rule = "|---|---:|";
  for (const CrossInput& input : table.inputs) {
    header += fmt::format(" {} |", markdown(input.name));
    rule += "---|";
  }
  std::string text = fmt::format("{}\n\n{}\n{}\n", markdown(title_of(table.metrics[metric])), header, rule);
  for (const CrossRow& row : table.rows) {
    text += fmt::format("| {} | {} |", markdown(setting_text(row)), row.n);
    for (const CrossCell& cell : row.cells)
      text += fmt::format(" {} |", cell_text(cell, metric, in_decibels));
    text += "\n";
  }
  return text;
}

std::string csv_text(const std::string& text) { return text.empty() ? "none" : cell_csv(text); }

std::string csv_number(double value) {
  if (std::isnan(value)) return "";
  return std::isinf(value) ? "inf" : json_number(value);
}

std::string cross_csv(const CrossTable& table) {
  std::string text = "input,n,method,kernel,arithmetic,trials,nonfinite_trials,failed_trials";
  for (const std::string& metric : table.metrics) {
    const SummaryQuantity& quantity = summary_quantity(metric);
    if (quantity.in_decibels) text += fmt::format(",{}_mean", metric);
    text += fmt::format(",{0}_median,{0}_{1}", metric, quantity.larger_is_better ? "min" : "max");
  }
  text += "\n";
  for (const CrossRow& row : table.rows) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const CrossCell& cell = row.cells[i];
      if (cell.trials == 0) continue;
      text += fmt::format("{},{},{},{},{},{},{},{}", csv_text(table.inputs[i].name), row.n,
                          csv_text(row.method), csv_text(row.kernel), csv_text(row.arithmetic), cell.trials,
                          cell.nonfinite_trials, cell.failed_trials);
      for (std::size_t m = 0; m < table.metrics.size(); ++m) {
        if (summary_quantity(table.metrics[m]).in_decibels)
          text += fmt::format(",{}", csv_number(cell.metrics[m].mean));
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
  std::string text;
  for (std::size_t m = 0; m < table.metrics.size(); ++m) {
    if (m > 0) text += "\n";
    text += format == TableFormat::text ? metric_text(table, m, page) : metric_markdown(table, m);
  }
  return text;
}

}  // namespace tristab
