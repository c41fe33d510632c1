// The numbers that expectations compare and figures show beside those of records: of a matrix, and of a layer.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tristab/sweep/field.h"

namespace tristab {

// A number of a matrix: a field of the result's `matrices`.
struct MatrixFact {
  const char* name;
  double ConditionReport::*value;
};
std::span<const MatrixFact> matrix_facts();

// Relative errors of a layer: fields of the result's `layers`.
struct LayerPart {
  const char* name;
  double LayerError::*value;
};
std::span<const LayerPart> layer_parts();  // w, u, o, state

// What an expectation may be about.
struct Quantity {
  std::string name;  // the field of a record; "matrix.NAME" for a field of its matrix
  bool larger_is_better = false;
  // NaN where the trial has no such number; may be infinite.
  std::function<double(const MatrixResult& matrix, const Record& record)> value;
};

// Every number of a record, and facts about the matrix: matrix.cond_1 ..., matrix.power_max (the largest entry of A^2,
// A^4, A^8, ..., the powers that doubling forms).
const std::vector<Quantity>& quantities();

// What a setting made of a sequence.
struct LayerQuantity {
  std::string name;  // the field of a layer, but for state_growth and nonfinite
  // NaN where the run has no such number, a failed one above all; may be infinite.
  std::function<double(const LayerResult& sequence, const LayerRecord& record)> value;
};

// The parts: relative errors over the whole sequence. state_max: the largest |S| after a chunk, infinite where
// something was not finite. state_growth: the same over the largest |S| of the recurrence. nonfinite: 1 where something
// was not finite, else 0.
const std::vector<LayerQuantity>& layer_quantities();

}  // namespace tristab
