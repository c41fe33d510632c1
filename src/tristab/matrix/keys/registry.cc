#include <cmath>
#include <vector>

#include "tristab/matrix/keys/keys.h"
#include "tristab/matrix/sum.h"

namespace tristab {

std::span<const KeyModel> key_models() {
  static const std::vector<KeyModel> models = {
      independent_keys(), silu_keys(),        collinear_keys(), identical_keys(),    orthogonal_keys(),
      clustered_keys(),   alternating_keys(), positive_keys(),  token_offset_keys(), unnormalised_keys(),
  };
  return models;
}

void normalise_rows(Matrix& keys) {
  const auto dim = static_cast<std::size_t>(keys.columns());
  for (int i = 0; i < keys.rows(); ++i) {
    const double norm = std::sqrt(dot(keys.row(i), keys.row(i), dim));
    for (int d = 0; d < keys.columns(); ++d) keys(i, d) /= norm;
  }
}

Parameter scale_parameter() {
  return Parameter::real("scale", nullptr, 1e-6, 1000, "factor of every key, default 1: the length of normalised ones");
}

void apply_scale(const Settings& settings, Matrix& keys) {
  if (!settings.has("scale")) return;
  for (double& value : keys.values()) value *= settings.real("scale");
}

Matrix one_direction(const Settings& settings, const RandomStream& random) {
  Matrix base = normal_matrix(1, static_cast<int>(settings.integer("head_dim")), random.part("base"));
  normalise_rows(base);
  apply_scale(settings, base);
  return base;
}

Matrix normal_matrix(int rows, int columns, const RandomStream& random) {
  Matrix values(rows, columns);
  random.fill_normal(0, values.values());
  return values;
}

}  // namespace tristab
