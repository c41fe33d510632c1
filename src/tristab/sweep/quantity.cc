#include "tristab/sweep/quantity.h"

#include <algorithm>
#include <array>
#include <cmath>

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

constexpr std::array<LayerPart, 4> parts{{
    {"w", &LayerError::w, "||W computed - W||_F / ||W||_F, W = T diag(beta) K decayed, over all chunks"},
    {"u", &LayerError::u, "||U computed - U||_F / ||U||_F, U = T diag(beta) V, over all chunks"},
    {"o", &LayerError::o, "||O computed - O||_F / ||O||_F, O the outputs of the recurrence, over the whole sequence"},
    {"state", &LayerError::state, "||S computed - S||_F / ||S||_F, S the state of the recurrence at the end"},
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

double largest_state(const LayerRecord& record) {
  return record.status == Status::nonfinite ? infinity : record.errors.state_max;
}

template <class Value>
LayerQuantity of_layer(std::string name, const char* formula, Value value) {
  return {std::move(name), formula, [value](const LayerResult& sequence, const LayerRecord& record) {
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
    all.reserve(std::size(parts) + 5);
    for (const LayerPart& part : parts) {
      all.push_back(of_layer(
          part.name, part.formula,
          [value = part.value](const LayerResult&, const LayerRecord& record) { return record.errors.whole.*value; }));
    }
    all.push_back(of_layer("state_max", "the largest |S_ij| after a chunk; infinite if the layer is not finite",
                           [](const LayerResult&, const LayerRecord& record) { return largest_state(record); }));
    all.push_back(of_layer("state_growth", "state_max over the largest |S_ij| of the recurrence",
                           [](const LayerResult& sequence, const LayerRecord& record) {
                             return largest_state(record) / sequence.state_max;
                           }));
    all.push_back(
        of_layer("nonfinite", "1 if the layer is not finite, else 0",
                 [](const LayerResult&, const LayerRecord& record) { return record.status == Status::nonfinite; }));
    all.push_back(of_layer(
        "exact_t_ratio",
        "error over that of the same layer with the exact T, of the outputs or the state, whichever is larger; "
        "1: the inverse adds nothing (for_layer: normal up to 2, high up to 20, excessive)",
        [](const LayerResult&, const LayerRecord& record) {
          return record.status == Status::nonfinite ? infinity : record.exact_t_ratio;
        }));
    all.push_back(of_layer("requirement_share", "error / what the requirement allows; up to 1 is fit",
                           [](const LayerResult&, const LayerRecord& record) {
                             return record.status == Status::nonfinite ? infinity : record.requirement_share;
                           }));
    return all;
  }();
  return list;
}

}  // namespace tristab
