// Log decay g_t of token t. a_t ~ N(0, 1) stands for the projection of a normalised token. Each matrix draws one head.
//   none          0
//   constant      gate_value
//   uniform       gate_low + (gate_high - gate_low) u_t, u_t ~ U[0, 1)
//   uniform-factor  log(factor_low + (factor_high - factor_low) u_t): the decay itself is uniform (FlashInfer,
//   tests/gdn) normal       gate_mean + gate_std a_t, also above 0 (a KernelBench-Hard problem about Kimi Delta
//   Attention) accumulated  -(|a_1| + ... + |a_t|): decays that were summed already, and are summed again (gpu-mode, a
//   problem
//                about w and u)
//   logsigmoid    logsigmoid(u_t) / normalizer, u_t ~ U[0, 1), and 0 for a share `masked` of the tokens
//                 (flash-linear-attention, tests/ops: gated delta rule)
//   fla-init      -A softplus(a_t + dt_bias), A ~ U(0, 16), softplus(dt_bias) log-uniform in (0.001, 0.1)
//                 (flash-linear-attention, fla/layers/gated_deltanet.py, __init__; Mamba-2's initialisation)
//   hf-init       the same with dt_bias = 1 (transformers, models/qwen3_next, _init_weights: ones_(dt_bias))
//   kda-safe      -5 sigmoid(A a_t), A ~ U(1, 16) (flash-linear-attention, fla/ops/kda/gate.py, lower bound -5;
//                 fla/layers/kda.py, __init__: dt_bias = 0)
//   saturated     -126 or -166 at every token: the two saturated heads of a Qwen3-Next layer, with equal chances
//   quantiles     the quantile function of a table at u_t (quantiles.cc)
//   qwen3-next    m exp(s x_t - s^2 / 2), x_t ~ N(0, 1): a head with mean m and deviation s of log(-g), drawn
//                 uniformly from those of a measured layer (measured_layers.cc)
//   qwen3.5-0.8b  the same for another layer
#include <fmt/format.h>

#include <cmath>

#include "tristab/base/elementary.h"
#include "tristab/base/json.h"
#include "tristab/matrix/gates/gates.h"

namespace tristab {
namespace {

std::vector<double> normals(int n, const RandomStream& random) {
  std::vector<double> values(static_cast<std::size_t>(n));
  random.part("tokens").fill_normal(0, values);
  return values;
}

std::vector<double> of_softplus(int n, double dt_bias, const RandomStream& random) {
  const double a_of_head = 16.0 * random.part("A").open_uniform(0);
  std::vector<double> values = normals(n, random);
  for (double& value : values) value = -a_of_head * softplus(value + dt_bias);
  return values;
}

std::vector<double> none(const Settings&, int n, const RandomStream&) {
  return std::vector<double>(static_cast<std::size_t>(n), 0.0);
}

std::vector<double> constant(const Settings& settings, int n, const RandomStream&) {
  return std::vector<double>(static_cast<std::size_t>(n), settings.real("gate_value"));
}

std::vector<double> uniform(const Settings& settings, int n, const RandomStream& random) {
  const double low = settings.real("gate_low"), high = settings.real("gate_high");
  std::vector<double> values(static_cast<std::size_t>(n));
  random.part("tokens").fill_uniform(0, values);
  for (double& value : values) value = low + (high - low) * value;
  return values;
}

void settle_uniform(Json& settings, std::string_view place) {
  refuse_reversed_range(settings, "gate_low", "gate_high", place);
}

std::vector<double> uniform_factor(const Settings& settings, int n, const RandomStream& random) {
  const double low = settings.real("factor_low"), high = settings.real("factor_high");
  const RandomStream tokens = random.part("tokens");
  std::vector<double> values(static_cast<std::size_t>(n));
  for (std::size_t t = 0; t < values.size(); ++t) values[t] = natural_log(low + (high - low) * tokens.open_uniform(t));
  return values;
}

void settle_factor(Json& settings, std::string_view place) {
  refuse_reversed_range(settings, "factor_low", "factor_high", place);
}

std::vector<double> normal(const Settings& settings, int n, const RandomStream& random) {
  std::vector<double> values = normals(n, random);
  for (double& value : values) value = settings.real("gate_mean") + settings.real("gate_std") * value;
  return values;
}

std::vector<double> accumulated(const Settings&, int n, const RandomStream& random) {
  std::vector<double> values = normals(n, random);
  double sum = 0;
  for (double& value : values) value = sum -= std::fabs(value);
  return values;
}

std::vector<double> logsigmoid(const Settings& settings, int n, const RandomStream& random) {
  const double normalizer = settings.real("normalizer"), masked = settings.real("masked");
  std::vector<double> values(static_cast<std::size_t>(n)), chances(values);
  random.part("tokens").fill_uniform(0, values);
  random.part("mask").fill_uniform(0, chances);
  for (std::size_t t = 0; t < values.size(); ++t)
    values[t] = chances[t] < masked ? 0.0 : -softplus(-values[t]) / normalizer;
  return values;
}

std::vector<double> fla_init(const Settings&, int n, const RandomStream& random) {
  const double low = natural_log(0.001), high = natural_log(0.1);
  const double dt = exponential(low + (high - low) * random.part("dt").open_uniform(0));
  return of_softplus(n, dt + natural_log(-expm1_of(-dt)), random);  // the inverse of softplus
}

std::vector<double> hf_init(const Settings&, int n, const RandomStream& random) { return of_softplus(n, 1.0, random); }

std::vector<double> kda_safe(const Settings&, int n, const RandomStream& random) {
  const double a_of_head = 1.0 + 15.0 * random.part("A").open_uniform(0);
  std::vector<double> values = normals(n, random);
  for (double& value : values) value = -5.0 * sigmoid(a_of_head * value);
  return values;
}

std::vector<double> saturated(const Settings&, int n, const RandomStream& random) {
  return std::vector<double>(static_cast<std::size_t>(n), random.part("head").uniform(0) < 0.5 ? -126.0 : -166.0);
}

constexpr double lowest_gate = -1000;

std::vector<double> quantiles(const Settings& settings, int n, const RandomStream& random) {
  const std::vector<Quantile> table = read_quantiles(settings.text("gate_quantiles"), lowest_gate, 0, "gate_quantiles");
  std::vector<double> values(static_cast<std::size_t>(n));
  random.part("tokens").fill_uniform(0, values);
  for (double& value : values) value = value_at_probability(value, table);
  return values;
}

void settle_quantiles(Json& settings, std::string_view place) {
  Json& table = settings["gate_quantiles"];
  table = quantiles_text(
      read_quantiles(table.get_ref<const std::string&>(), lowest_gate, 0, fmt::format("{}.gate_quantiles", place)));
}

std::vector<double> measured(std::span<const MeasuredHead> heads, int n, const RandomStream& random) {
  const double drawn = random.part("head").uniform(0) * static_cast<double>(heads.size());
  const auto [mean, deviation] = heads[static_cast<std::size_t>(drawn)];
  std::vector<double> values = normals(n, random);
  for (double& value : values) value = mean * exponential(deviation * value - 0.5 * deviation * deviation);
  return values;
}

std::vector<double> qwen3_next(const Settings&, int n, const RandomStream& random) {
  return measured(qwen3_next_heads(), n, random);
}

std::vector<double> qwen35(const Settings&, int n, const RandomStream& random) {
  return measured(qwen35_heads(), n, random);
}

}  // namespace

std::span<const GateModel> decay_models() {
  static const std::vector<GateModel> models = {
      {{"none", "g_t = 0", "DeltaNet, arXiv 2406.06484", {}}, none},
      {{"constant",
        "g_t = gate_value",
        "RetNet's fixed decay, arXiv 2307.08621",
        {Parameter::real("gate_value", -0.1, lowest_gate, 0, "log decay of every token")}},
       constant},
      {{"uniform",
        "g_t = gate_low + (gate_high - gate_low) u_t, u_t ~ U[0, 1)",
        "a simple default; flash-linear-attention, tests/ops, draws logsigmoid",
        {Parameter::real("gate_low", -1.0, lowest_gate, 0, "lower end"),
         Parameter::real("gate_high", 0.0, lowest_gate, 0, "upper end")},
        settle_uniform},
       uniform},
      {{"uniform-factor",
        "g_t = log(factor_low + (factor_high - factor_low) u_t), u_t ~ U(0, 1)",
        "FlashInfer, tests/gdn/test_prefill_delta_rule.py: alpha uniform in (0, 1) or (0.99, 1)",
        {Parameter::real("factor_low", 0.0, 0, 1, "lower end of e^g"),
         Parameter::real("factor_high", 1.0, 0, 1, "upper end of e^g")},
        settle_factor},
       uniform_factor},
      {{"normal",
        "g_t = gate_mean + gate_std a_t, a_t ~ N(0, 1); not bounded by 0",
        "github.com/Infatoshi/KernelBench-Hard, problems/02_kda_cutlass: -0.05 + 0.1 a_t",
        {Parameter::real("gate_mean", -0.05, lowest_gate, 0, "mean of the log decays"),
         Parameter::real("gate_std", 0.1, 0, 100, "their standard deviation")}},
       normal},
      {{"accumulated",
        "g_t = -(|a_1| + ... + |a_t|), a_t ~ N(0, 1): sums that are taken for decays",
        "github.com/gpu-mode/reference-kernels, problems/helion/gated_deltanet_recompute_w_u_py",
        {}},
       accumulated},
      {{"logsigmoid",
        "g_t = logsigmoid(u_t) / normalizer, u_t ~ U[0, 1); 0 for a share `masked` of the tokens",
        "flash-linear-attention, tests/ops, gated delta rule: normalizer 0.01 to 10, masked 0 or 0.5",
        {Parameter::real("normalizer", 1.0, 1e-3, 1e6, "divides logsigmoid(u_t), which lies in (-0.69, -0.31)"),
         Parameter::real("masked", 0.0, 0, 1, "share of the tokens without decay")}},
       logsigmoid},
      {{"fla-init",
        "g_t = -A softplus(a_t + dt_bias), A ~ U(0, 16), softplus(dt_bias) log-uniform in (0.001, 0.1), a_t "
        "~ N(0, 1)",
        "flash-linear-attention, fla/layers/gated_deltanet.py",
        {}},
       fla_init},
      {{"hf-init",
        "g_t = -A softplus(a_t + 1), A ~ U(0, 16), a_t ~ N(0, 1)",
        "transformers, models/qwen3_next/modeling_qwen3_next.py",
        {}},
       hf_init},
      {{"kda-safe",
        "g_t = -5 sigmoid(A a_t), A ~ U(1, 16), a_t ~ N(0, 1)",
        "flash-linear-attention, fla/ops/kda/gate.py",
        {}},
       kda_safe},
      {{"saturated",
        "g_t = -126 or -166, one of the two for all tokens",
        "the two saturated heads of a Qwen3-Next layer, 8192 tokens",
        {}},
       saturated},
      {{"quantiles",
        "g_t = Q(u_t), u_t ~ U[0, 1), Q piecewise linear through the table, constant beyond its ends",
        "quantiles measured by you (default: a Qwen3.5-0.8B layer, 16 heads, 8192 tokens, pooled)",
        {Parameter::text("gate_quantiles", "0.01=-5.868,0.25=-0.3655,0.5=-0.001472,0.75=-0.0001431,0.99=-3.264e-10",
                         "probability=value, ..., both ascending, values from -1000 to 0")},
        settle_quantiles},
       quantiles},
      {{"qwen3-next",
        "g_t = m exp(s x_t - s^2/2), x_t ~ N(0, 1), (m, s) of one of 8 measured heads",
        "a Qwen3-Next layer, 8192 tokens",
        {}},
       qwen3_next},
      {{"qwen3.5-0.8b",
        "g_t = m exp(s x_t - s^2/2), x_t ~ N(0, 1), (m, s) of one of 16 measured heads",
        "a Qwen3.5-0.8B layer, 8192 tokens",
        {}},
       qwen35},
  };
  return models;
}

}  // namespace tristab
