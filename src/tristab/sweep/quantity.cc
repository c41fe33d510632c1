#include "tristab/sweep/quantity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace tristab {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

using C = ConditionReport;
constexpr std::array<MatrixFact, 9> facts{{{"cond_1", &C::cond_1},
                                           {"cond_inf", &C::cond_inf},
                                           {"cond_2", &C::cond_2},
                                           {"cond_frobenius", &C::cond_frobenius},
                                           {"cond_skeel", &C::cond_skeel},
                                           {"norm_inf", &C::norm_inf},
                                           {"norm_2", &C::norm_2},
                                           {"max_abs", &C::max_abs},
                                           {"inverse_max_abs", &C::inverse_max_abs}}};

constexpr std::array<LayerPart, 4> parts{
    {{"w", &LayerError::w}, {"u", &LayerError::u}, {"o", &LayerError::o}, {"state", &LayerError::state}}};

template <class Value>
Quantity of_matrix(std::string name, Value value) {
  return {"matrix." + std::move(name), false, [value](const MatrixResult& matrix, const Record&) {
            return matrix.condition ? value(*matrix.condition) : nan;
          }};
}

double largest_power(const ConditionReport& report) {
  double largest = 0;
  for (std::size_t k = 1; k < report.power_max.size(); ++k) largest = std::max(largest, report.power_max[k]);
  return largest;
}

double largest_state(const LayerRecord& record) {
  return record.status == Status::nonfinite ? infinity : record.errors.state_max;
}

template <class Value>
LayerQuantity of_layer(std::string name, Value value) {
  return {std::move(name), [value](const LayerResult& sequence, const LayerRecord& record) {
            return record.status == Status::failed ? nan : static_cast<double>(value(sequence, record));
          }};
}

}  // namespace

std::span<const MatrixFact> matrix_facts() { return facts; }
std::span<const LayerPart> layer_parts() { return parts; }

const std::vector<Quantity>& quantities() {
  static const std::vector<Quantity> list = [] {
    std::vector<Quantity> all;
    for (const Field& field : record_fields()) {
      if (!field.is_number()) continue;
      all.push_back(
          {field.name(), field.info.larger_is_better, [&field](const MatrixResult& matrix, const Record& record) {
             return field.number(matrix, record).ranked(field.info.larger_is_better);
           }});
    }
    for (const MatrixFact& fact : facts)
      all.push_back(
          of_matrix(fact.name, [value = fact.value](const ConditionReport& report) { return report.*value; }));
    all.push_back(of_matrix("power_max", largest_power));
    return all;
  }();
  return list;
}

const std::vector<LayerQuantity>& layer_quantities() {
  static const std::vector<LayerQuantity> list = [] {
    std::vector<LayerQuantity> all;
    for (const LayerPart& part : parts) {
      all.push_back(of_layer(part.name, [value = part.value](const LayerResult&, const LayerRecord& record) {
        return record.errors.whole.*value;
      }));
    }
    all.push_back(
        of_layer("state_max", [](const LayerResult&, const LayerRecord& record) { return largest_state(record); }));
    all.push_back(of_layer("state_growth", [](const LayerResult& sequence, const LayerRecord& record) {
      return largest_state(record) / sequence.state_max;
    }));
    all.push_back(of_layer(
        "nonfinite", [](const LayerResult&, const LayerRecord& record) { return record.status == Status::nonfinite; }));
    return all;
  }();
  return list;
}

}  // namespace tristab
