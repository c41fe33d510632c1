// Numbers of a matrix and of a layer. Expectations compare them and figures show them, besides the numbers of records.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/sweep/field.h"
#include "tristab/sweep/layer_field.h"

namespace tristab {

// A number of a matrix: a field of the result's `matrices`.
struct MatrixFact {
  const char* name;
  double ConditionReport::*value;
  const char* formula;
};
std::span<const MatrixFact> matrix_facts();

// A number that an expectation can be about.
struct Quantity {
  std::string name;  // the field of a record; "matrix.NAME" for a field of its matrix
  bool larger_is_better = false;
  // NaN if the trial has no such number; may be infinite.
  std::function<double(const MatrixResult& matrix, const Record& record)> value;
};

// Every number of a record, and facts about the matrix: matrix.cond_1 ..., matrix.power_max (the largest entry of A^2,
// A^4, A^8, ..., the powers that doubling forms).
const std::vector<Quantity>& quantities();

// Stands before the numbers of layers where those of records stand too: "layer.o".
constexpr std::string_view layer_prefix = "layer.";

// A number of a layer: of one setting on one sequence.
struct LayerQuantity {
  std::string name;  // a field of the layer, or state_growth or nonfinite
  const char* formula;
  // NaN if the run has no such number (a failed run has none); may be infinite.
  std::function<double(const LayerResult& sequence, const LayerRecord& record)> value;

  std::string full_name() const { return std::string(layer_prefix) + name; }
};

// The fields of a layer that have a formula, state_growth, nonfinite.
const std::vector<LayerQuantity>& layer_quantities();

}  // namespace tristab
