// The numbers of a record, of its matrix, and of a layer, by name: what summaries describe and expectations compare.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tristab/sweep/record.h"

namespace tristab {

bool larger_is_better(Metric metric);  // signal-to-noise ratios, correlations

// A metric's value for ranking: infinite where its definition gives an infinity, NaN where it gives nothing.
double ranked_value(const MetricValues& values, Metric metric);

struct Quantity {
  std::string name;  // as the field of a record is called; "matrix.NAME" for a field of its matrix
  bool larger_is_better = false;
  // NaN where the trial has no such number; may be infinite.
  std::function<double(const MatrixResult& matrix, const Record& record)> value;
};

// Every metric, total_frobenius, error_formation, growth and dead_growth, counts of the trace, and facts about the matrix:
// matrix.cond_1 ..., matrix.power_max (the largest entry of A^2, A^4, A^8, ..., the powers that doubling forms).
const std::vector<Quantity>& quantities();

// What a setting made of a sequence.
struct LayerQuantity {
  std::string name;  // as the field of a layer is called, but for state_growth and nonfinite
  // NaN where the run has no such number, a failed one above all; may be infinite.
  std::function<double(const LayerResult& sequence, const LayerRecord& record)> value;
};

// w, u, o, state: relative errors over the whole sequence. state_max: the largest |S| after a chunk, infinite where
// something was not finite. state_growth: the same over the largest |S| of the recurrence. nonfinite: 1 where
// something was not finite, else 0.
const std::vector<LayerQuantity>& layer_quantities();

}  // namespace tristab
