// Beta of token t; x_t ~ N(0, 1), u_t ~ U[0, 1), independent between tokens:
//   sigmoid-normal   sigmoid(mean + std x_t)                          (a layer's sigmoid of a projection)
//   sigmoid-uniform  sigmoid(u_t), in (0.50, 0.73)                     (torch.rand(...).sigmoid() in tests)
//   uniform          low + (high - low) u_t
//   constant         value
//   quantiles        the quantile function of a table at u_t (quantiles.cc)
//   qwen3-next       the quantile function of a measured layer (measured_layers.cc) at sqrt(r) h + sqrt(1 - r) x_t,
//                    h ~ N(0, 1) drawn once a matrix: heads differ far more than the tokens of one head
//   qwen3.5-0.8b     the same for another layer
#include <fmt/format.h>

#include <cmath>

#include "tristab/base/elementary.h"
#include "tristab/base/json.h"
#include "tristab/matrix/gates/gates.h"

namespace tristab {
namespace {

template <typename Transform>
std::vector<double> of_normals(int n, const RandomStream& random, Transform transform) {
  std::vector<double> values(static_cast<std::size_t>(n));
  random.fill_normal(0, values);
  for (double& value : values) value = transform(value);
  return values;
}

std::vector<double> sigmoid_normal(const Settings& settings, int n, const RandomStream& random) {
  const double mean = settings.real("beta_mean"), deviation = settings.real("beta_std");
  return of_normals(n, random, [&](double x) { return sigmoid(mean + deviation * x); });
}

std::vector<double> sigmoid_uniform(const Settings&, int n, const RandomStream& random) {
  std::vector<double> values(static_cast<std::size_t>(n));
  random.fill_uniform(0, values);
  for (double& value : values) value = sigmoid(value);
  return values;
}

std::vector<double> uniform(const Settings& settings, int n, const RandomStream& random) {
  const double low = settings.real("beta_low"), high = settings.real("beta_high");
  std::vector<double> values(static_cast<std::size_t>(n));
  random.fill_uniform(0, values);
  for (double& value : values) value = low + (high - low) * value;
  return values;
}

std::vector<double> constant(const Settings& settings, int n, const RandomStream&) {
  return std::vector<double>(static_cast<std::size_t>(n), settings.real("beta_value"));
}

std::vector<double> quantiles(const Settings& settings, int n, const RandomStream& random) {
  const std::vector<Quantile> table = read_quantiles(settings.text("beta_quantiles"), 0, 1, "beta_quantiles");
  std::vector<double> values(static_cast<std::size_t>(n));
  random.fill_uniform(0, values);
  for (double& value : values) value = value_at_probability(value, table);
  return values;
}

void settle_uniform(Json& settings, std::string_view place) {
  refuse_reversed_range(settings, "beta_low", "beta_high", place);
}

void settle_quantiles(Json& settings, std::string_view place) {
  Json& table = settings["beta_quantiles"];
  table = quantiles_text(
      read_quantiles(table.get_ref<const std::string&>(), 0, 1, fmt::format("{}.beta_quantiles", place)));
}

// `share` is the part of the variance of beta's normal score that lies between heads. Over all heads beta still has the
// pooled quantiles; a single head may have beta near 1 throughout, which is the hard case for inversions.
template <typename Quantiles>
std::vector<double> measured(int n, const RandomStream& random, double share, const Quantiles& quantiles) {
  const double head = std::sqrt(share) * random.part("head").normal(0), spread = std::sqrt(1 - share);
  return of_normals(n, random, [&](double x) { return value_at_normal_coordinate(head + spread * x, quantiles); });
}

// Measured over the 8 and 16 heads of the layers. Within a head the scores of tokens are uncorrelated (lag 1: below
// 0.01).
constexpr double kQwen3NextShare = 0.81;
constexpr double kQwen35Share = 0.69;

std::vector<double> qwen3_next(const Settings&, int n, const RandomStream& random) {
  return measured(n, random, kQwen3NextShare, qwen3_next_beta());
}

std::vector<double> qwen35(const Settings&, int n, const RandomStream& random) {
  return measured(n, random, kQwen35Share, qwen35_beta());
}

}  // namespace

std::span<const GateModel> beta_models() {
  static const std::vector<GateModel> models = {
      {{"sigmoid-normal",
        "beta_t = sigmoid(beta_mean + beta_std x_t), x_t ~ N(0, 1)",
        "Gated DeltaNet, arXiv 2412.06464, section 3.4",
        {Parameter::real("beta_mean", 0.0, -50, 50, "mean of beta's logit"),
         Parameter::real("beta_std", 1.0, 0, 50, "standard deviation of beta's logit")}},
       sigmoid_normal},
      {{"sigmoid-uniform",
        "beta_t = sigmoid(u_t), u_t ~ U[0, 1): in (0.50, 0.73)",
        "flash-linear-attention, tests/ops, gated delta rule: torch.rand(...).sigmoid()",
        {}},
       sigmoid_uniform},
      {{"uniform",
        "beta_t = beta_low + (beta_high - beta_low) u_t, u_t ~ U[0, 1)",
        "flash-linear-attention, tests/ops (torch.rand)",
        {Parameter::real("beta_low", 0.0, 0, 1, "lower end"), Parameter::real("beta_high", 1.0, 0, 1, "upper end")},
        settle_uniform},
       uniform},
      {{"constant",
        "beta_t = beta_value",
        "one write strength for all tokens in DeltaNet, arXiv 2406.06484, section 3; 1: no write gate",
        {Parameter::real("beta_value", 1.0, 0, 1, "beta of every token")}},
       constant},
      {{"quantiles",
        "beta_t = Q(u_t), u_t ~ U[0, 1), Q piecewise linear through the table, constant beyond its ends",
        "quantiles measured by you (default: a Qwen3-Next layer, 8 heads, 8192 tokens, pooled)",
        {Parameter::text("beta_quantiles", "0.01=0.199,0.25=0.539,0.5=0.834,0.75=0.992,0.99=0.999",
                         "probability=value, ..., both ascending, values from 0 to 1")},
        settle_quantiles},
       quantiles},
      {{"qwen3-next",
        "quantiles 1, 25, 50, 75, 99 %: 0.199, 0.539, 0.834, 0.992, 0.999; 81% of the variance of the normal score "
        "between heads",
        "a Qwen3-Next layer, 8 heads, 8192 tokens",
        {}},
       qwen3_next},
      {{"qwen3.5-0.8b",
        "quantiles 1, 25, 50, 75, 99 %: 0.071, 0.252, 0.419, 0.654, 0.996; 69% of the variance of the normal score "
        "between heads",
        "a Qwen3.5-0.8B layer, 16 heads, 8192 tokens",
        {}},
       qwen35},
  };
  return models;
}

}  // namespace tristab
