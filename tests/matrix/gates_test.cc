#include "tristab/matrix/gates/gates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::gates_test {

constexpr int tokens = 100000;

std::vector<double> draw(std::span<const GateModel> models, const std::string& name, int n,
                         Json settings = Json::object(), const std::string& identity = "gates test") {
  for (const GateModel& model : models) {
    if (model.name != name) continue;
    for (const Parameter& parameter : model.parameters) {
      if (!settings.contains(parameter.name)) settings[parameter.name] = parameter.default_value;
    }
    return model.generate(Settings(settings), n, RandomStream(identity));
  }
  throw std::logic_error("no such model");
}

std::vector<double> betas(const std::string& name, const Json& settings = Json::object()) {
  return draw(beta_models(), name, tokens, settings);
}

double quantile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(p * static_cast<double>(values.size() - 1))];
}

double normal_probability(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

TEST(BetaModels, all_values_lie_between_zero_and_one) {
  for (const GateModel& model : beta_models()) {
    for (const double beta : betas(model.name)) {
      ASSERT_GE(beta, 0.0) << model.name;
      ASSERT_LE(beta, 1.0) << model.name;
    }
  }
}

// P(beta < b) = Phi((logit b - mean) / std).
TEST(BetaModels, sigmoid_normal_has_normal_logits) {
  const std::vector<double> values = betas("sigmoid-normal", {{"beta_mean", 0.7}, {"beta_std", 1.5}});
  for (const double b : {0.1, 0.3, 0.5, 0.9}) {
    const auto below = std::count_if(values.begin(), values.end(), [&](double x) { return x < b; });
    EXPECT_NEAR(static_cast<double>(below) / tokens, normal_probability((std::log(b / (1 - b)) - 0.7) / 1.5), 0.007);
  }
}

TEST(BetaModels, uniform_and_constant) {
  const std::vector<double> sigmoids = betas("sigmoid-uniform");
  for (const double p : {0.01, 0.5, 0.99}) EXPECT_NEAR(quantile(sigmoids, p), 1 / (1 + std::exp(-p)), 0.002);
  const std::vector<double> values = betas("uniform", {{"beta_low", 0.2}, {"beta_high", 0.6}});
  for (const double p : {0.01, 0.5, 0.99}) EXPECT_NEAR(quantile(values, p), 0.2 + 0.4 * p, 0.005);
  for (const double beta : draw(beta_models(), "constant", 7, {{"beta_value", 0.25}})) EXPECT_EQ(beta, 0.25);
}

// Measured over 8192 tokens of one layer each. A matrix is one head's; the quantiles are those of many heads
// together.
TEST(BetaModels, measured_layers_have_the_published_quantiles_over_many_heads) {
  constexpr int heads = 4000, head_tokens = 32;
  const std::vector<double> probabilities = {0.01, 0.25, 0.5, 0.75, 0.99};
  const struct {
    const char* name;
    std::vector<double> quantiles;
  } layers[] = {{"qwen3-next", {0.199, 0.539, 0.834, 0.992, 0.999}},
                {"qwen3.5-0.8b", {0.071, 0.252, 0.419, 0.654, 0.996}}};
  for (const auto& layer : layers) {
    std::vector<double> pooled;
    for (int head = 0; head < heads; ++head) {
      const std::vector<double> one =
          draw(beta_models(), layer.name, head_tokens, Json::object(), std::to_string(head));
      pooled.insert(pooled.end(), one.begin(), one.end());
    }
    for (std::size_t i = 0; i < probabilities.size(); ++i) {
      const auto below = std::count_if(pooled.begin(), pooled.end(), [&](double x) { return x < layer.quantiles[i]; });
      EXPECT_NEAR(static_cast<double>(below) / (heads * head_tokens), probabilities[i], 0.02) << layer.name;
    }
  }
}

// As measured: the median of beta by head runs from 0.36 to 0.998 over the 8 heads of the Qwen3-Next layer.
TEST(BetaModels, heads_of_a_measured_layer_differ_as_the_measured_ones_do) {
  std::vector<double> medians;
  for (int head = 0; head < 800; ++head) {
    medians.push_back(quantile(draw(beta_models(), "qwen3-next", 64, Json::object(), std::to_string(head)), 0.5));
  }
  // Blom's expectation of the smallest and the largest of 8 draws: the 0.076 and 0.924 quantiles.
  EXPECT_NEAR(quantile(medians, 0.076), 0.36, 0.06);
  EXPECT_NEAR(quantile(medians, 0.924), 0.998, 0.002);
}

TEST(QuantileTable, interpolation_increases_is_exact_at_knots_and_stays_inside) {
  for (const auto table : {qwen3_next_beta(), qwen35_beta()}) {
    double before = 0;
    for (double z = -8.2; z <= 8.2; z += 0.01) {
      const double value = value_at_normal_coordinate(z, table);
      ASSERT_GT(value, before);
      ASSERT_LT(value, 1.0);
      before = value;
    }
  }
  // Phi^-1 of 0.01, 0.25, 0.5, 0.75, 0.99 from a printed table.
  const std::vector<double> z = {-2.3263478740408408, -0.6744897501960817, 0, 0.6744897501960817, 2.3263478740408408};
  for (std::size_t i = 0; i < z.size(); ++i) {
    EXPECT_NEAR(value_at_normal_coordinate(z[i], qwen3_next_beta()), qwen3_next_beta()[i].value, 1e-12);
  }
}

TEST(DecayModels, no_token_grows) {
  for (const GateModel& model : decay_models()) {
    for (int trial = 0; trial < 50; ++trial) {
      for (const double g : draw(decay_models(), model.name, 64, Json::object(), std::to_string(trial))) {
        if (model.name != "normal") {  // not bounded by 0
          ASSERT_LE(g, 0.0) << model.name;
        }
        ASSERT_TRUE(std::isfinite(g)) << model.name;
      }
    }
  }
}

TEST(DecayModels, of_public_tests_draw_what_they_say) {
  double sum = 0;
  for (const double g : draw(decay_models(), "accumulated", 64)) {
    EXPECT_LT(g, sum);  // |a_t| more than the token before
    sum = g;
  }
  for (const double g : draw(decay_models(), "uniform-factor", 500, {{"factor_low", 0.99}, {"factor_high", 1}})) {
    EXPECT_GT(std::exp(g), 0.99);
    EXPECT_LT(std::exp(g), 1.0);
  }
  int above = 0;
  for (const double g : draw(decay_models(), "normal", 1000)) above += g > 0 ? 1 : 0;
  EXPECT_NEAR(above, 309, 60);  // P(-0.05 + 0.1 a > 0)
}

TEST(DecayModels, none_and_constant) {
  for (const double g : draw(decay_models(), "none", 5)) EXPECT_EQ(g, 0.0);
  for (const double g : draw(decay_models(), "constant", 5, {{"gate_value", -0.75}})) EXPECT_EQ(g, -0.75);
}

// -g / A = softplus(a + dt_bias) has the distribution of log(1 + e^(a + b)): with a median at a = 0 of
// log(1 + e^b), which is dt for fla-init and log(1 + e) for hf-init.
TEST(DecayModels, initialisations_have_medians_between_those_of_their_ranges) {
  double largest = 0, smallest = 1e9, mean_rate = 0;
  constexpr int heads = 400;
  for (int head = 0; head < heads; ++head) {
    const double median = -quantile(draw(decay_models(), "hf-init", 400, Json::object(), std::to_string(head)), 0.5);
    mean_rate += median / std::log(1 + std::exp(1.0)) / heads;  // A, uniform in (0, 16)
    const double fla = -quantile(draw(decay_models(), "fla-init", 400, Json::object(), std::to_string(head)), 0.5);
    largest = std::max(largest, fla);
    smallest = std::min(smallest, fla);
  }
  EXPECT_NEAR(mean_rate, 8.0, 4 * 4.62 / std::sqrt(heads) + 0.2);
  EXPECT_LT(largest, 1.6 * 1.3);  // A dt < 16 x 0.1
  EXPECT_GT(largest, 0.5);
  EXPECT_LT(smallest, 0.001);
}

TEST(DecayModels, kda_safe_stays_above_minus_five_and_is_symmetric) {
  const std::vector<double> g = draw(decay_models(), "kda-safe", tokens);
  EXPECT_GT(*std::min_element(g.begin(), g.end()), -5.0 - 1e-12);
  EXPECT_NEAR(quantile(g, 0.5), -2.5, 0.2);
}

TEST(DecayModels, saturated_heads_are_constant_and_forget_everything) {
  const std::vector<double> g = draw(decay_models(), "saturated", 64);
  for (const double value : g) EXPECT_EQ(value, g.front());
  // The medians measured on two saturated heads; a fair coin a matrix.
  int weak = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    const double value = draw(decay_models(), "saturated", 1, Json::object(), std::to_string(trial)).front();
    ASSERT_TRUE(value == -126.0 || value == -166.0) << value;
    weak += value == -126.0 ? 1 : 0;
  }
  EXPECT_NEAR(weak, 500, 5 * 15.8);
}

// FLA's tests: logsigmoid(u) / normalizer with u ~ U[0, 1), zero for a share of the tokens.
TEST(DecayModels, logsigmoid_has_its_quantiles_and_its_share_of_zeros) {
  const std::vector<double> g = draw(decay_models(), "logsigmoid", tokens, {{"normalizer", 10}});
  for (const double p : {0.01, 0.25, 0.5, 0.99}) EXPECT_NEAR(10 * quantile(g, p), -std::log(1 + std::exp(-p)), 0.005);
  const std::vector<double> masked = draw(decay_models(), "logsigmoid", tokens, {{"masked", 0.5}});
  const auto zeros = std::count(masked.begin(), masked.end(), 0.0);
  EXPECT_NEAR(static_cast<double>(zeros) / tokens, 0.5, 0.02);
  for (const double value : masked) EXPECT_TRUE(value == 0 || value < -0.31) << value;
}

TEST(DecayModels, uniform_has_the_quantiles_of_a_uniform) {
  const std::vector<double> g = draw(decay_models(), "uniform", tokens, {{"gate_low", -3}, {"gate_high", -1}});
  for (const double p : {0.01, 0.25, 0.5, 0.99}) EXPECT_NEAR(quantile(g, p), -3 + 2 * p, 0.02);
  EXPECT_GE(quantile(g, 0), -3.0);
  EXPECT_LE(quantile(g, 1), -1.0);
}

// The share of values below a row of the table is the row's probability, and in the middle between two rows
// half of what lies between.
TEST(QuantileModels, values_have_the_quantiles_of_the_table) {
  const std::vector<double> g =
      draw(decay_models(), "quantiles", tokens, {{"gate_quantiles", "0.1=-40, 0.5=-8,0.9=-2, 1=0"}});
  const std::vector<double> b = betas("quantiles", {{"beta_quantiles", "0=0.25,0.5=0.5,1=0.625"}});
  const auto share_below = [](const std::vector<double>& values, double limit) {
    return static_cast<double>(std::ranges::count_if(values, [&](double x) { return x < limit; })) / tokens;
  };
  EXPECT_EQ(*std::ranges::min_element(g), -40.0);
  EXPECT_NEAR(static_cast<double>(std::ranges::count(g, -40.0)) / tokens, 0.1, 0.005);
  for (const auto& [value, probability] :
       std::vector<std::pair<double, double>>{{-24, 0.3}, {-8, 0.5}, {-5, 0.7}, {-2, 0.9}, {-1, 0.95}}) {
    EXPECT_NEAR(share_below(g, value), probability, 0.008) << value;
  }
  EXPECT_GE(*std::ranges::min_element(b), 0.25);
  EXPECT_LE(*std::ranges::max_element(b), 0.625);
  for (const auto& [value, probability] :
       std::vector<std::pair<double, double>>{{0.375, 0.25}, {0.5, 0.5}, {0.5625, 0.75}}) {
    EXPECT_NEAR(share_below(b, value), probability, 0.008) << value;
  }
}

// The quantile function itself, against values worked out by hand.
TEST(QuantileModels, the_quantile_function_is_linear_between_rows_only) {
  const std::vector<Quantile> table = read_quantiles(" 0.25 = 1 ,0.5=3,1e0=3.5", 0, 4, "p");
  for (const auto& [p, value] :
       std::vector<std::pair<double, double>>{{0, 1}, {0.25, 1}, {0.375, 2}, {0.5, 3}, {0.75, 3.25}, {1, 3.5}}) {
    EXPECT_EQ(value_at_probability(p, table), value) << p;
  }
  EXPECT_EQ(quantiles_text(table), "0.25=1,0.5=3,1=3.5");
  EXPECT_EQ(value_at_probability(0.75, read_quantiles("0.25=1,0.5=3", 0, 4, "p")), 3.0);
}

TEST(QuantileModels, tables_that_are_none_are_refused_in_one_line) {
  const std::vector<std::pair<std::string, std::string>> tables = {
      {"", "the row ''"},
      {"0.5=1", "one row"},
      {"0.5", "the row '0.5'"},
      {"0.5=1,", "the row ''"},
      {"0.5=x,1=2", "the row '0.5=x'"},
      {"0.5=1=2,1=2", "the row '0.5=1=2'"},
      {"nan=1,1=2", "the row 'nan=1'"},
      {"-0.1=1,1=2", "the probability -0.1"},
      {"0=1,1.5=2", "the probability 1.5"},
      {"0.5=1,0.5=2", "the probability 0.5 after 0.5"},
      {"0.1=2,0.9=1", "the value 1 after 2"},
      {"0.1=2,0.9=5", "the value 5"},
      {"0.1=-inf,0.9=4", "the value -inf"},
  };
  for (const auto& [table, found] : tables) {
    try {
      read_quantiles(table, 0, 4, "a.json: families[0].gate_quantiles");
      ADD_FAILURE() << table;
    } catch (const UsageError& error) {
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with("a.json: families[0].gate_quantiles: found " + found)) << message;
      EXPECT_NE(message.find("allowed: two or more of probability=value"), std::string::npos);
      EXPECT_EQ(message.find('\n'), std::string::npos);
    }
  }
}

// Measured: the sum of g over 64 tokens, median by head, of Qwen3-Next; each drawn matrix is
// one of these heads, and all of them come up.
TEST(DecayModels, sums_of_measured_heads_are_those_published) {
  const std::vector<double> published = {-0.014, -0.039, -0.08, -0.15, -1.4, -8.4, -8e3, -1e4};
  std::vector<std::vector<double>> sums(published.size());
  for (int trial = 0; trial < 2000; ++trial) {
    double sum = 0;
    for (const double g : draw(decay_models(), "qwen3-next", 64, Json::object(), std::to_string(trial))) sum += g;
    std::size_t nearest = 0;
    for (std::size_t h = 1; h < published.size(); ++h) {
      if (std::fabs(std::log(sum / published[h])) < std::fabs(std::log(sum / published[nearest]))) nearest = h;
    }
    sums[nearest].push_back(sum);
  }
  for (std::size_t h = 0; h < published.size(); ++h) {
    ASSERT_GT(sums[h].size(), 100u) << published[h];
    EXPECT_LT(std::fabs(std::log(quantile(sums[h], 0.5) / published[h])), std::log(1.35)) << published[h];
  }
}

TEST(DecayModels, spread_of_the_logarithm_inside_a_head_is_that_measured) {
  bool found = false;
  for (int trial = 0; trial < 40 && !found; ++trial) {
    std::vector<double> logs = draw(decay_models(), "qwen3-next", 20000, Json::object(), std::to_string(trial));
    if (logs.front() < -100) continue;
    double mean = 0, squares = 0;
    for (double& g : logs) g = std::log(-g), mean += g / 20000;
    for (const double g : logs) squares += (g - mean) * (g - mean) / 20000;
    EXPECT_GT(std::sqrt(squares), 1.1);
    EXPECT_LT(std::sqrt(squares), 2.1);
    found = true;
  }
  EXPECT_TRUE(found);
}

}  // namespace tristab::gates_test
