#include "tristab/layer/layer_errors.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tristab/matrix/norms.h"

namespace tristab {

LayerErrorCollector::LayerErrorCollector(const LayerTruth& truth, int n) : truth_(truth), n_(n) {
  errors_.chunks = reported_chunks(truth.chunks);
}

double LayerErrorCollector::Sums::relative() const {
  return exact > 0
             ? std::sqrt(difference / exact)
             : (difference > 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN());
}

void LayerErrorCollector::add_rows(Sums& sums, const Matrix& computed, const Matrix& exact) const {
  const int rows = std::min(n_, exact.rows() - done_ * n_);
  for (int i = 0; i < rows; ++i) {
    for (int c = 0; c < exact.columns(); ++c) {
      const double truth = exact(done_ * n_ + i, c), error = computed(i, c) - truth;
      sums.difference += error * error;
      sums.exact += truth * truth;
    }
  }
}

void LayerErrorCollector::abandon() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  errors_.by_chunk.resize(errors_.chunks.size(), {nan, nan, nan, nan});
  errors_.whole = errors_.by_chunk.back();
}

void LayerErrorCollector::add(const ChunkOutputs& outputs, const Matrix& state) {
  const bool finite = all_finite(outputs.w) && all_finite(outputs.u) && all_finite(outputs.o) && all_finite(state);
  if (!finite && !errors_.first_nonfinite_chunk) errors_.first_nonfinite_chunk = done_;
  add_rows(w_, outputs.w, truth_.w);
  add_rows(u_, outputs.u, truth_.u);
  add_rows(o_, outputs.o, truth_.o);
  for (const double s : state.values()) {
    if (std::isfinite(s)) errors_.state_max = std::max(errors_.state_max, std::fabs(s));
  }
  ++done_;
  if (!std::ranges::count(errors_.chunks, done_)) return;
  const Matrix& exact = truth_.states[errors_.by_chunk.size()];
  Sums of_state;
  for (std::size_t i = 0; i < exact.values().size(); ++i) {
    const double error = state.values()[i] - exact.values()[i];
    of_state.difference += error * error;
    of_state.exact += exact.values()[i] * exact.values()[i];
  }
  LayerError error{w_.relative(), u_.relative(), o_.relative(), of_state.relative()};
  if (errors_.first_nonfinite_chunk) {
    for (double* value : {&error.w, &error.u, &error.o, &error.state}) {
      if (!std::isfinite(*value)) *value = std::numeric_limits<double>::quiet_NaN();
    }
  }
  errors_.by_chunk.push_back(error);
  errors_.whole = error;
}

}  // namespace tristab
