// Starts with the structures that make powers of A grow: one repeated key, few clusters, alternating signs, slowly
// turning keys, blocks of the method's size; rates at an end of their range or one rate for all; little decay.
#include <cmath>

#include "tristab/base/elementary.h"
#include "tristab/hunt/strategy.h"

namespace tristab {
namespace {

void draw_keys(Search& search, int block, Matrix& keys) {
  const int n = keys.rows(), dim = keys.columns();
  enum Shape { repeated, clusters, alternating, turning, blocks, shapes };
  const int shape = search.below(shapes);
  const int directions = shape == clusters ? 2 + search.below(3) : shape == blocks ? (n + block - 1) / block : 2;
  Matrix base(directions, dim);
  for (double& x : base.values()) x = search.normal();
  for (int s = 0; s < directions; ++s) {
    double squares = 0;
    for (int d = 0; d < dim; ++d) squares += base(s, d) * base(s, d);
    for (int d = 0; d < dim; ++d) base(s, d) /= std::sqrt(squares);
  }
  const double turn = search.spread(1e-3, 3) / n;
  const double noise = search.chance(0.5) ? 0 : search.spread(1e-3, 1) / std::sqrt(static_cast<double>(dim));
  for (int t = 0; t < n; ++t) {
    const int chosen = shape == clusters ? search.below(directions) : shape == blocks ? t / block : 0;
    const double sign = shape == alternating && t % 2 == 1 ? -1 : 1;
    for (int d = 0; d < dim; ++d) {
      keys(t, d) = shape == turning ? base(0, d) + turn * t * base(1, d) : sign * base(chosen, d);
      if (noise > 0) keys(t, d) += noise * search.normal();
    }
  }
}

// One value for all, near an end, or of its own for each.
void draw_values(Search& search, const Range& range, double end, Matrix& x) {
  const double width = range.high - range.low;
  const double one = range.low + width * search.uniform(), off = search.chance(0.3) ? 0 : search.spread(1e-4, 0.3);
  const bool same = search.chance(0.3), apart = search.chance(0.2);
  for (double& value : x.values()) {
    const double near = end == range.high ? end - off * width : end + off * width;
    value = same    ? one
            : apart ? near + (near < (range.low + range.high) / 2 ? 1 : -1) * off * width * search.uniform()
                    : near;
  }
}

}  // namespace

Strategy structured_strategy() {
  return {"structured", "repeated, clustered, alternating, turning and blockwise keys; rates at an end; no decay", true,
          [](Search& search, const HuntRequest& request, std::span<const Trial* const>) {
            while (!search.done()) {
              TokenInputs tokens = blank_tokens(search.space());
              const InputSpace& space = search.space();
              draw_keys(search, block_of(request), directions_of(tokens));
              draw_values(search, space.rate, space.rate.high, rate_of(tokens));
              draw_values(search, space.log_decay, space.log_decay.high, tokens.log_decay);
              search.examine(std::move(tokens));
            }
          }};
}

}  // namespace tristab
