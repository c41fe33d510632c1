#include "tristab/sweep/quantity.h"

#include <algorithm>
#include <array>

namespace tristab {
namespace {

using C = ConditionReport;
constexpr std::array<MatrixFact, 9> facts{{
    {"cond_1", &C::cond_1, "||L||_1 ||X||_1"},
    {"cond_inf", &C::cond_inf, "||L||_inf ||X||_inf"},
    {"cond_2", &C::cond_2, "||L||_2 ||X||_2, the condition number that classes and figures use"},
    {"cond_frobenius", &C::cond_frobenius, "||L||_F ||X||_F"},
    {"cond_skeel", &C::cond_skeel, "|| |X| |L| ||_inf, Bauer and Skeel: it does not change when rows are scaled"},
    {"norm_inf", &C::norm_inf, "||A||_inf, the largest sum of a row: above 1, powers of A may grow"},
    {"norm_2", &C::norm_2, "||A||_2"},
    {"max_abs", &C::max_abs, "max |A_ij|"},
    {"inverse_max_abs", &C::inverse_max_abs, "max |X_ij|"},
}};

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

}  // namespace

std::span<const MatrixFact> matrix_facts() { return facts; }

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
    for (const LayerField& field : layer_fields()) {
      if (field.formula == nullptr) continue;
      all.push_back({field.name, field.formula, [&field](const LayerResult& sequence, const LayerRecord& record) {
                       const bool lost = field.infinite_if_lost && record.status == Status::nonfinite;
                       return lost ? infinity : field.number(sequence, record);
                     }});
    }
    const auto state_max = std::ranges::find(all, "state_max", &LayerQuantity::name)->value;
    all.push_back({"state_growth", "state_max over the largest |S_ij| of the recurrence",
                   [state_max](const LayerResult& sequence, const LayerRecord& record) {
                     return state_max(sequence, record) / sequence.state_max;
                   }});
    all.push_back(
        {"nonfinite", "1 if the layer is not finite, else 0", [](const LayerResult&, const LayerRecord& record) {
           return record.status == Status::failed ? nan : record.status == Status::nonfinite;
         }});
    return all;
  }();
  return list;
}

}  // namespace tristab
