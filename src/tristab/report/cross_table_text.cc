// Cross tables as text for a terminal, as Markdown and as comma-separated values.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "tristab/report/cross_table.h"
#include "tristab/report/ranking.h"
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
  std::map<std::string, std::size_t> row_of;
  for (const CrossRow& row : table.rows) {
    const std::string setting = row.setting->label();
    const auto [found, fresh] = row_of.try_emplace(setting, printed.rows.size());
    if (fresh) printed.rows.push_back({setting, "", std::vector<CrossCell>(sizes.size())});
    printed.rows[found->second].cells[static_cast<std::size_t>(std::ranges::find(sizes, row.n) - sizes.begin())] =
        row.cells.front();
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

void write_rows(const CrossTable& table, TableFormat format, const std::function<void(const std::string&)>& write) {
  RowsText rows(format);
  for (const CrossRow& row : table.rows) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const CrossCell& cell = row.cells[i];
      if (cell.trials == nullptr) continue;
      const CaseSetting& setting = *row.setting;
      const TrialStatistics& trials = *cell.trials;
      ValueRow values{{"input", table.inputs[i]->title()},
                      {"n", row.n},
                      {"method", setting.shown},
                      {"kernel", setting.kernel},
                      {"arithmetic", setting.arithmetic_label},
                      {"trials", trials.trials},
                      {"nonfinite_trials", trials.nonfinite},
                      {"failed_trials", trials.failed},
                      {"trivial_trials", trials.trivial}};
      for (std::size_t m = 0; m < table.metrics.size(); ++m) {
        const Field& metric = *table.metrics[m];
        const Distribution& found = cell.metrics[m];
        if (metric.info.decibels) values.emplace_back(metric.name() + "_mean", found.mean);
        values.emplace_back(metric.name() + "_median", found.median);
        values.emplace_back(metric.name() + (metric.info.larger_is_better ? "_min" : "_max"), found.worst);
      }
      write(rows.row(values));
    }
  }
  write(rows.end());
}

// Why settings did not run, each once.
std::string failures_text(const CrossTable& table, const Page& page) {
  std::set<std::string> lines;
  std::string text;
  for (const CrossRow& row : table.rows) {
    for (const CrossCell& cell : row.cells) {
      if (cell.group == nullptr) continue;
      const std::string line = failure_text(*cell.group, *row.setting, page);
      if (lines.insert(line).second) text += line;
    }
  }
  return text;
}

}  // namespace

void write_cross_table(const CrossTable& table, TableFormat format, const Page& page,
                       const std::function<void(const std::string&)>& write) {
  if (format == TableFormat::csv || format == TableFormat::json) return write_rows(table, format, write);
  const PrintedTable printed = printed_table(table);
  for (std::size_t m = 0; m < table.metrics.size(); ++m) {
    if (m > 0) write("\n");
    write(format == TableFormat::text ? metric_text(table, printed, m, page) : metric_markdown(table, printed, m));
  }
  if (format == TableFormat::text) write(failures_text(table, page));
}

}  // namespace tristab
