#include "tristab/report/check_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "tristab/report/table.h"

namespace tristab {
namespace {

std::string size_text(double x) {
  if (std::isinf(x) || std::isnan(x)) return "not finite";
  return x == 0 ? "0" : fmt::format("{:.1e}", x);
}

std::string value_text(double x) { return fmt::format("{:.6g}", x); }

std::string errors_table(const CheckReport& report, const Page& page) {
  Table table({{"part"},
               {"stored"},
               {.header = "error", .right = true},
               {.header = "of the\nrecipe", .right = true},
               {.header = "largest\n|x - X|", .right = true},
               {.header = "where", .layout = wrapped_cell, .widest = 30},
               {.header = "x", .right = true},
               {.header = "X", .right = true}});
  for (const PartCheck& part : report.parts) {
    table.add_row({name_of(part.part), part.format, size_text(part.error), size_text(part.recipe_error),
                   size_text(part.largest_error),
                   fmt::format("({}, {}) of {}", part.row, part.column, part.worst_piece), value_text(part.found),
                   value_text(part.expected)});
  }
  return table.str(page);
}

// The matrix with the largest error, in the metrics that people quote.
std::string worst_sentence(const CheckReport& report) {
  const Record& worst = report.records[report.worst];
  std::string text = fmt::format("Worst T: {}; total_frobenius {}", report.record_places[report.worst],
                                 size_text(worst.total_frobenius.value));
  for (const Metric metric : {Metric::strict_lower, Metric::row_relative, Metric::max_rel, Metric::max_ulp,
                              Metric::residual_left, Metric::backward_normwise}) {
    if (const double value = worst.metrics[metric]; std::isfinite(value))
      text += fmt::format(", {} {}", metrics()[static_cast<std::size_t>(metric)].name, size_text(value));
  }
  if (worst.for_format) text += fmt::format("; for its format {}", name_of(*worst.for_format));
  return text + ".";
}

// A row a gate, a column a part: how much of what the gate allows is taken.
std::string gates_table(const CheckReport& report, const Page& page) {
  std::vector<TableColumn> columns{{.header = "gate", .layout = broken_label, .widest = 34}};
  for (const PartCheck& part : report.parts) columns.push_back({.header = name_of(part.part), .right = true});
  Table table(std::move(columns));
  std::vector<std::string> labels;
  for (const GateFinding& each : report.gates) {
    if (std::ranges::find(labels, each.gate.label) == labels.end()) labels.push_back(each.gate.label);
  }
  for (const std::string& label : labels) {
    std::vector<TableCell> row{label};
    for (const PartCheck& part : report.parts) {
      const auto found = std::ranges::find_if(
          report.gates, [&](const GateFinding& g) { return g.part == part.part && g.gate.label == label; });
      if (found == report.gates.end()) {
        row.emplace_back("-");
      } else {
        const double share = found->result.share;
        const std::string text = std::isfinite(share) ? fmt::format("{:.2g}", share) : "inf";
        row.emplace_back(found->result.passes ? text : text + " !", found->result.passes ? Style::plain : Style::fail);
      }
    }
    table.add_row(std::move(row));
  }
  return table.str(page);
}

std::string layer_sentence(const CheckReport& report) {
  const auto& [own, recipe, exact] = *report.layer;
  return fmt::format(
      "In the layer this T gives errors of {} in o and {} in the state; that of {} gives {} and {}, the exact T {} and "
      "{}.",
      size_text(own.o), size_text(own.state), report.against.label, size_text(recipe.o), size_text(recipe.state),
      size_text(exact.o), size_text(exact.state));
}

}  // namespace

std::string check_text(const CheckReport& report, const Page& page) {
  std::string text =
      styled(fmt::format("{}: {}", report.request.shown_output, report.output_text), Style::heading, page) + "\n";
  text += paragraph(
      fmt::format("{} {} of {} x {} of {}, {} {}.", report.matrices, report.matrices == 1 ? "matrix" : "matrices",
                  report.request.n, report.request.n, report.request.input,
                  report.declared     ? "said to be"
                  : report.unlike_all ? "no kernel named, and none is near; of those that are right here the nearest is"
                                      : "no kernel named; the nearest is",
                  report.against.label),
      0, page);
  // Parts of which the same was found share a line.
  for (std::size_t k = 0; k < report.items.size(); ++k) {
    const CheckItem& item = report.items[k];
    std::vector<std::string> parts{item.part};
    while (k + 1 < report.items.size() && report.items[k + 1].what == item.what &&
           report.items[k + 1].text == item.text)
      parts.push_back(report.items[++k].part);
    const bool failed = item.outcome == CheckItem::Outcome::failed;
    const char* mark = failed ? "FAILED" : item.outcome == CheckItem::Outcome::passed ? "passed" : "      ";
    text += "\n" +
            styled(fmt::format("{} {}: {}", mark, fmt::join(parts, ", "), item.what),
                   failed ? Style::fail : Style::plain, page) +
            "\n";
    text += paragraph(item.text, 7, page);
  }
  text += "\n" + errors_table(report, page);
  text += paragraph(
      "Errors are ||x - X||_F / ||X||_F over all matrices, X exact; the recipe's are those of its own bits.", 0, page);
  if (!report.records.empty()) text += paragraph(worst_sentence(report), 0, page);
  text += "\n" + gates_table(report, page);
  text +=
      paragraph("Share of what each gate allows with its own defaults (tristab list gates); ! does not pass.", 0, page);
  if (report.layer) text += "\n" + paragraph(layer_sentence(report), 0, page);
  for (const CheckReport::ReferenceError& each : report.reference) {
    text +=
        paragraph(fmt::format("The reference {} is itself wrong by {} in {} (largest {}).", report.request.reference,
                              size_text(each.error), name_of(each.part), size_text(each.largest)),
                  0, page);
  }
  return text;
}

}  // namespace tristab
