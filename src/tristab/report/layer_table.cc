#include "tristab/report/layer_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "tristab/report/table.h"
#include "tristab/sweep/field.h"

namespace tristab {
namespace {

double largest(const std::vector<double>& values) {
  return values.empty() ? nan : *std::max_element(values.begin(), values.end());
}

TableCell requirement_cell(const LayerRow& row) {
  std::string text;
  const auto add = [&](const char* word, int count) {
    if (count > 0) text += fmt::format("{}{} {}/{}", text.empty() ? "" : "\n", word, count, row.trials);
  };
  add("failed", row.failed);
  add("nonfinite", row.nonfinite);
  if (row.nonfinite > 0) text += fmt::format("\nfrom chunk {}", row.first_nonfinite);
  add("unfit", row.unfit);
  if (text.empty()) text = row.fit > 0 ? "fit" : "-";
  return {text, style_of_fit(text)};
}

}  // namespace

void LayerTable::add(const LayerResult& result) {
  const std::string place = result.input.label();
  for (const LayerRecord& record : result.records) {
    const std::string setting = record.setting.label();
    const auto [at, is_new] = row_at_.try_emplace({place, setting}, rows_.size());
    if (is_new) {
      LayerRow& added = rows_.emplace_back();
      added.place = place;
      added.setting = setting;
    }
    LayerRow* const row = &rows_[at->second];
    row->add(record.status, record.for_layer, record.fit);
    row->exact_state_max = std::max(row->exact_state_max, result.state_max);
    if (record.status == Status::failed) continue;
    row->exact_o = std::fmax(row->exact_o, std::isnan(record.exact_t.o) ? infinity : record.exact_t.o);
    if (record.for_layer) row->worst = std::max(row->worst.value_or(ForFormat::normal), *record.for_layer);
    row->state_max.push_back(record.errors.state_max);
    const bool finite = record.status == Status::ok;
    if (!finite) {
      const int chunk = *record.errors.first_nonfinite_chunk;
      row->first_nonfinite = row->first_nonfinite < 0 ? chunk : std::min(row->first_nonfinite, chunk);
    }
    const auto append = [&](std::vector<double>& errors, double error) {
      if (!finite) error = infinity;
      if (!std::isnan(error)) errors.push_back(error);  // NaN: 0/0
    };
    append(row->o, record.errors.whole.o);
    append(row->state, record.errors.whole.state);
  }
}

std::string LayerTable::text(const Page& page) const {
  std::map<std::string, std::size_t> places;
  for (const LayerRow& row : rows_) places.emplace(row.place, places.size());
  std::vector<const LayerRow*> order;
  for (const LayerRow& row : rows_) order.push_back(&row);
  std::ranges::stable_sort(order, {}, [&](const LayerRow* row) {
    return std::tuple(places[row->place], row->lost(), row->unfit, row->o.empty() ? infinity : median(row->o));
  });
  std::string text;
  for (std::size_t i = 0; i < order.size();) {
    const std::string& place = order[i]->place;
    if (i > 0) text += '\n';
    const std::string title = fmt::format("layer: {} sequence{}, largest |S| {:.3g}", order[i]->trials,
                                          order[i]->trials == 1 ? "" : "s", order[i]->exact_state_max);
    if (page.is_terminal() && display_width(place) + 2 + title.size() > page.width) {
      text += fmt::format("{}\n{}", label_lines(place, page), paragraph(title, 0, page));
    } else {
      text += fmt::format("{}, {}\n", page.is_terminal() ? place : broken_label(place, 90), title);
    }
    Table table({{.header = "setting", .layout = broken_label, .widest = 36, .least = 18},
                 {.header = "o\nmedian", .right = true},
                 {.header = "o\nworst", .right = true},
                 {.header = "state\nmedian", .right = true, .dispensable = 1},
                 {.header = "o with\nexact T", .right = true, .dispensable = 2},
                 {.header = "requirement", .layout = wrapped_cell},
                 {.header = "for the\nlayer", .dispensable = 3},
                 {.header = "largest\n|S|", .right = true, .dispensable = 4}});
    for (; i < order.size() && order[i]->place == place; ++i) {
      const LayerRow& row = *order[i];
      table.add_row({row.setting, row.o.empty() ? "-" : short_number(median(row.o)), short_number(largest(row.o)),
                     row.state.empty() ? "-" : short_number(median(row.state)), short_number(row.exact_o),
                     requirement_cell(row), row.worst ? std::string(name_of(*row.worst)) : "-",
                     row.state_max.empty() ? "-" : fmt::format("{:.2g}", largest(row.state_max))});
    }
    text += table.str(page);
  }
  return text;
}

}  // namespace tristab
