#include "tristab/judge/reach.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tristab/judge/mutant/kinds.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/sum.h"

namespace tristab {
namespace {

void add_cosines(const CaseInputs::Chunk& chunk, double& sum, double& pairs) {
  const Matrix& keys = chunk.tokens.keys;
  const auto dim = static_cast<std::size_t>(keys.columns());
  std::vector<double> norms;
  for (int i = 0; i < chunk.rows; ++i) norms.push_back(std::sqrt(dot(keys.row(i), keys.row(i), dim)));
  for (int i = 0; i < chunk.rows; ++i) {
    for (int j = 0; j < i; ++j) {
      const double product = norms[static_cast<std::size_t>(i)] * norms[static_cast<std::size_t>(j)];
      if (product == 0) continue;
      sum += dot(keys.row(i), keys.row(j), dim) / product;
      ++pairs;
    }
  }
}

}  // namespace

InputReach reach_of(const CaseInputs& inputs, int most) {
  std::vector<const CaseInputs::Chunk*> chunks;
  for (const CaseInputs::Sequence& sequence : inputs.sequences) {
    for (const CaseInputs::Chunk& chunk : sequence.chunks) chunks.push_back(&chunk);
  }
  InputReach reach;
  double cosines = 0, pairs = 0;
  const std::size_t count = std::min(chunks.size(), static_cast<std::size_t>(std::max(1, most)));
  for (std::size_t c = 0; c < count; ++c) {
    const CaseInputs::Chunk& chunk = *chunks[c * chunks.size() / count];
    const int n = chunk.a.rows();
    reach.row_sum = std::max(reach.row_sum, infinity_norm(chunk.a));
    Matrix power = chunk.a;
    for (int exponent = 1; exponent < n; exponent *= 2) {
      reach.power = max_or_nan(reach.power, max_abs(power));
      power = plain_product(power, power);
    }
    reach.inverse = std::max(reach.inverse, max_abs(strictly_lower(chunk.x)));
    for (int i = n / 4; i < n; ++i) {
      for (int j = 0; j <= i - n / 4; ++j) reach.far = std::max(reach.far, std::fabs(chunk.x(i, j)));
    }
    if (chunk.tokens.rule != nullptr) add_cosines(chunk, cosines, pairs);
  }
  reach.matrices = static_cast<int>(count);
  reach.cosine = pairs > 0 ? cosines / pairs : std::numeric_limits<double>::quiet_NaN();
  return reach;
}

}  // namespace tristab
