// Keys as a layer makes them: projection, short convolution, SiLU, L2 norm.
//   x_tc = strength b_c + z_tc            b: a direction that all tokens share; z, b ~ N(0, 1)
//   y_tc = sum_{w < 4} h_wc x_(t-w)c      causal depthwise convolution of width 4, h ~ N(0, 1/4)
//   k_t  = silu(y_t) / |silu(y_t)|
// SiLU's positive mean and the shared direction make keys point in similar directions. With head_dim 128 the mean
// cosine is 0.14 at strength 0, 0.40 at 0.7 and 0.54 at 1; trained layers show 0.18 to 0.55. Source: Gated DeltaNet,
// arXiv 2412.06464, section 3.4 and figure 1 (linear, conv, SiLU, L2).
#include "tristab/base/elementary.h"
#include "tristab/matrix/keys/keys.h"

namespace tristab {
namespace {

constexpr int width = 4;

Matrix generate(const Settings& settings, int n, const RandomStream& random) {
  Matrix keys = silu_features(settings, n, random);
  normalise_rows(keys);
  apply_scale(settings, keys);
  return keys;
}

}  // namespace

Matrix silu_features(const Settings& settings, int n, const RandomStream& random) {
  const int dim = static_cast<int>(settings.integer("head_dim"));
  const double strength = settings.real("strength");
  const Matrix shared = normal_matrix(1, dim, random.part("shared direction"));
  const Matrix taps = normal_matrix(width, dim, random.part("convolution"));
  Matrix inputs = normal_matrix(n + width - 1, dim, random.part("inputs"));  // starts width - 1 tokens earlier
  for (int t = 0; t < inputs.rows(); ++t) {
    for (int c = 0; c < dim; ++c) inputs(t, c) += strength * shared(0, c);
  }
  Matrix keys(n, dim);
  for (int t = 0; t < n; ++t) {
    for (int w = 0; w < width; ++w) {
      for (int c = 0; c < dim; ++c) keys(t, c) += 0.5 * taps(w, c) * inputs(t + width - 1 - w, c);
    }
    for (int c = 0; c < dim; ++c) keys(t, c) = silu(keys(t, c));
  }
  return keys;
}

KeyModel silu_keys() {
  return {
      {"silu",
       "k_t = normalise(silu(conv4(strength b + z_t))), z_t, b ~ N(0, I), taps ~ N(0, 1/4)",
       "arXiv 2412.06464, section 3.4",
       {Parameter::real("strength", 0.7, 0, 100, "size of the direction that all tokens share"), scale_parameter()}},
      generate};
}

}  // namespace tristab
