#include "tristab/report/layer_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/report/table.h"
#include "tristab/sweep/trial_statistics.h"

namespace tristab {
namespace {

std::string number(const std::vector<double>& values, bool worst = false) {
  if (values.empty()) return "-";
  return fmt::format("{:.2g}", worst ? *std::max_element(values.begin(), values.end()) : median(values));
}

}  // namespace

void LayerTable::add(const LayerResult& result) {
  const std::string place = result.input.label();
  for (const LayerRecord& record : result.records) {
    const std::string setting = record.setting.label();
    auto row = std::find_if(rows_.begin(), rows_.end(),
                            [&](const Row& each) { return each.place == place && each.setting == setting; });
    if (row == rows_.end()) row = rows_.insert(rows_.end(), Row{place, setting, {}, {}, {}});
    ++row->sequences;
    row->exact_state_max = std::max(row->exact_state_max, result.state_max);
    if (record.status == Status::failed) {
      ++row->failed;
      continue;
    }
    row->state_max.push_back(record.errors.state_max);
    if (record.status == Status::nonfinite) {
      ++row->nonfinite;
      const int chunk = *record.errors.first_nonfinite_chunk;
      row->first_nonfinite = row->first_nonfinite < 0 ? chunk : std::min(row->first_nonfinite, chunk);
      continue;
    }
    row->o.push_back(record.errors.whole.o);
    row->state.push_back(record.errors.whole.state);
  }
}

std::string LayerTable::text(const Page& page) const {
  std::vector<const Row*> order;
  for (const Row& row : rows_) order.push_back(&row);
  std::vector<std::string> places;
  for (const Row& row : rows_) {
    if (std::find(places.begin(), places.end(), row.place) == places.end()) places.push_back(row.place);
  }
  const auto rank = [&](const Row* row) {
    return std::find(places.begin(), places.end(), row->place) - places.begin();
  };
  const auto better = [&](const Row* x, const Row* y) {
    if (rank(x) != rank(y)) return rank(x) < rank(y);
    if (x->nonfinite + x->failed != y->nonfinite + y->failed)
      return x->nonfinite + x->failed < y->nonfinite + y->failed;
    if (x->o.empty() || y->o.empty()) return !x->o.empty();
    return median(x->o) < median(y->o);
  };
  std::stable_sort(order.begin(), order.end(), better);
  std::string text;
  for (std::size_t i = 0; i < order.size();) {
    const std::string& place = order[i]->place;
    if (i > 0) text += '\n';
    const std::string title = fmt::format("layer: {} sequence{}, largest |S| {:.3g}", order[i]->sequences,
                                          order[i]->sequences == 1 ? "" : "s", order[i]->exact_state_max);
    if (page.is_terminal() && display_width(place) + 2 + title.size() > page.width) {
      text += fmt::format("{}\n{}", label_lines(place, page), paragraph(title, 0, page));
    } else {
      text += fmt::format("{}, {}\n", page.is_terminal() ? place : broken_label(place, 90), title);
    }
    Table table({{.header = "setting", .layout = broken_label, .widest = 44, .least = 18},
                 {"o", true},
                 {.header = "o worst", .right = true, .dispensable = 1},
                 {.header = "state", .right = true, .dispensable = 2},
                 {.header = "largest |S|", .right = true, .dispensable = 3},
                 {.header = "not finite", .right = true, .layout = wrapped_cell}});
    for (; i < order.size() && order[i]->place == place; ++i) {
      const Row& row = *order[i];
      std::string lost =
          row.nonfinite == 0 ? "-" : fmt::format("{} (from chunk {})", row.nonfinite, row.first_nonfinite);
      if (row.failed > 0) lost = fmt::format("{} failed", row.failed);
      const Style style = row.nonfinite > 0 ? Style::nonfinite : row.failed > 0 ? Style::fail : Style::plain;
      table.add_row({row.setting, number(row.o), number(row.o, true), number(row.state), number(row.state_max, true),
                     TableCell(lost, style)});
    }
    text += table.str(page);
  }
  return text;
}

}  // namespace tristab
