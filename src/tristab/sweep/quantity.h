// The numbers of a record, and of its matrix, by name: what summaries describe and expectations compare.
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

// Every metric, total_frobenius, growth and dead_growth, counts of the trace, and facts about the matrix:
// matrix.cond_1 ..., matrix.power_max (the largest entry of A^2, A^4, A^8, ..., the powers that doubling forms).
const std::vector<Quantity>& quantities();

}  // namespace tristab
