#include "tristab/report/layer_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/report/table.h"
#include "tristab/sweep/label.h"

namespace tristab {
namespace {

constexpr std::size_t longest_label = 44;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

std::string number(const std::vector<double>& values, bool worst = false) {
  if (values.empty()) return "-";
  return fmt::format("{:.2g}", worst ? *std::max_element(values.begin(), values.end()) : median(values));
}

std::string setting_text(const Setting& setting) {
  std::string text = setting.kernel != nullptr
                         ? label_of(*setting.kernel)
                         : fmt::format("{} {}", label_of(*setting.method), label_of(*setting.arithmetic));
  if (setting.kernel == nullptr && setting.is_formed())
    text += fmt::format(" {}", label_of(*setting.formation));
  return text;
}

}  // namespace

void LayerTable::add(const LayerResult& result) {
  std::string place = fmt::format("{} n={}", label_of(*result.family), result.n);
  if (!result.scenario->name.empty()) place = fmt::format("{}: {}", result.scenario->name, place);
  for (const LayerRecord& record : result.records) {
    const std::string setting = setting_text(record.setting);
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

std::string LayerTable::text() const {
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
    text += fmt::format("{}{}, layer: {} sequences, largest |S| {:.3g}\n", i > 0 ? "\n" : "",
                        broken_label(place, 90), order[i]->sequences, order[i]->exact_state_max);
    Table table({{"setting"},
                 {"o", true},
                 {"o worst", true},
                 {"state", true},
                 {"largest |S|", true},
                 {"not finite", true}});
    for (; i < order.size() && order[i]->place == place; ++i) {
      const Row& row = *order[i];
      std::string lost =
          row.nonfinite == 0 ? "-" : fmt::format("{} (from chunk {})", row.nonfinite, row.first_nonfinite);
      if (row.failed > 0) lost = fmt::format("{} failed", row.failed);
      table.add_row({broken_label(row.setting, longest_label), number(row.o), number(row.o, true),
                     number(row.state), number(row.state_max, true), lost});
    }
    text += table.str();
  }
  return text;
}

}  // namespace tristab
