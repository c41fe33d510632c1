#include "tristab/hunt/gradient.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tristab/base/random.h"
#include "tristab/hunt/space.h"
#include "tristab/matrix/rule/rule.h"

namespace tristab::gradient_test {
namespace {

TokenInputs drawn(const InputSpace& space) {
  TokenInputs tokens = blank_tokens(space);
  const RandomStream random("gradient");
  random.part("keys").fill_normal(0, directions_of(tokens).values());
  random.part("rate").fill_uniform(0, rate_of(tokens).values());
  random.part("decay").fill_uniform(0, tokens.log_decay.values());
  for (double& g : tokens.log_decay.values()) g *= -0.1;
  EXPECT_TRUE(settle(space, tokens));
  return tokens;
}

// What follows from a changed tensor.
void follow(TokenInputs& tokens) {
  if (tokens.parts.contains("p")) tokens.parts["p"] = tokens.keys;
  if (tokens.rule->complete != nullptr) tokens.rule->complete(tokens);
}

void expect_slope(const GrowthModel& model, TokenInputs tokens, Matrix& (*tensor)(TokenInputs&), const Matrix& slope,
                  const std::string& what) {
  constexpr double step = 1e-5;
  Matrix& x = tensor(tokens);
  ASSERT_EQ(x.values().size(), slope.values().size()) << what;
  for (std::size_t k = 0; k < x.values().size(); k += 7) {
    const double before = x.values()[k];
    double values[2];
    for (const int side : {0, 1}) {
      tensor(tokens).values()[k] = before + (side == 0 ? -step : step);
      follow(tokens);
      values[side] = growth_slope(model, tokens).value;
    }
    tensor(tokens).values()[k] = before;
    const double difference = (values[1] - values[0]) / (2 * step);
    EXPECT_NEAR(slope.values()[k], difference, 1e-5 * (1 + std::fabs(difference))) << what << " " << k;
  }
}

TEST(Gradient, agrees_with_differences_for_every_rule) {
  for (const DeltaRule& rule : delta_rules()) {
    if (rule.name == "dplr") continue;
    const InputSpace space = rule_space(rule, 8, 4, false, "");
    const TokenInputs tokens = drawn(space);
    for (const GrowthModel model : {GrowthModel{0, 0}, GrowthModel{8, 1}, GrowthModel{8, 2}, GrowthModel{4, 1}}) {
      const GrowthSlope slope = growth_slope(model, tokens);
      const std::string what = rule.name + " " + std::to_string(model.block) + " " + std::to_string(model.squarings);
      expect_slope(model, tokens, directions_of, slope.directions, what + " keys");
      expect_slope(model, tokens, rate_of, slope.rates, what + " rates");
      expect_slope(
          model, tokens, [](TokenInputs& x) -> Matrix& { return x.log_decay; }, slope.decays, what + " decays");
    }
  }
}

}  // namespace
}  // namespace tristab::gradient_test
