#include "tristab/matrix/keys/keys.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <set>

#include "tristab/base/json.h"
#include "tristab/matrix/gates/gates.h"

namespace tristab::keys_test {

Matrix draw(const std::string& name, int n, Json settings, const std::string& identity = "keys test") {
  for (const KeyModel& model : key_models()) {
    if (model.name != name) continue;
    for (const Parameter& parameter : model.parameters) {
      if (settings.contains(parameter.name) || parameter.default_value.is_null()) continue;
      settings[parameter.name] = parameter.default_value;
    }
    if (model.settle != nullptr) model.settle(settings, "keys test");
    return model.generate(Settings(settings), n, RandomStream(identity));
  }
  throw std::logic_error("no such key model");
}

double cosine(const Matrix& keys, int i, int j) {
  double sum = 0;
  for (int d = 0; d < keys.columns(); ++d) sum += keys(i, d) * keys(j, d);
  return sum;
}

double mean_cosine(const Matrix& keys) {
  double sum = 0;
  for (int i = 0; i < keys.rows(); ++i) {
    for (int j = 0; j < i; ++j) sum += cosine(keys, i, j);
  }
  return sum / (0.5 * keys.rows() * (keys.rows() - 1));
}

// Over 40 matrices.
double average_mean_cosine(const std::string& name, const Json& settings) {
  double sum = 0;
  for (int trial = 0; trial < 40; ++trial) sum += mean_cosine(draw(name, 64, settings, std::to_string(trial)));
  return sum / 40;
}

TEST(KeyModels, every_key_has_norm_one_but_those_without_normalisation) {
  for (const KeyModel& model : key_models()) {
    if (model.name == "unnormalised") continue;
    const Matrix keys = draw(model.name, 70, {{"head_dim", 64}});
    ASSERT_EQ(keys.rows(), 70);
    ASSERT_EQ(keys.columns(), 64);
    for (int i = 0; i < 70; ++i) EXPECT_NEAR(cosine(keys, i, i), 1.0, 1e-14) << model.name;
  }
}

// Scaling by a power of two is exact, so every component is that of the key of length 1, times 4.
TEST(KeyModels, scale_is_the_length_of_every_normalised_key) {
  for (const KeyModel& model : key_models()) {
    if (model.name == "unnormalised") continue;
    const Matrix one = draw(model.name, 20, {{"head_dim", 16}});
    const Matrix four = draw(model.name, 20, {{"head_dim", 16}, {"scale", 4}});
    for (std::size_t i = 0; i < one.values().size(); ++i) {
      ASSERT_EQ(four.values()[i], 4 * one.values()[i]) << model.name;
    }
  }
}

// E[u]^2 / E[u^2] = 3/4 for U[0, 1); field reports measured 0.75 on FLA's inputs.
TEST(PositiveKeys, have_a_mean_cosine_of_three_quarters) {
  EXPECT_NEAR(average_mean_cosine("positive", {{"head_dim", 128}}), 0.75, 0.005);
  const Matrix keys = draw("positive", 50, {{"head_dim", 64}});
  for (const double value : keys.values()) EXPECT_GE(value, 0);
}

// With m_t of variance o^2 and components of variance s^2 / 3 around it, two keys have the mean cosine of m_i m_j,
// which is 0; one with itself exceeds the spread's.
TEST(TokenOffsetKeys, are_nearly_independent_with_a_small_common_part) {
  EXPECT_NEAR(average_mean_cosine("token-offset", {{"head_dim", 128}}), 0.0, 0.02);
  const Matrix keys = draw("token-offset", 2000, {{"head_dim", 128}});
  double squares = 0;  // of the mean component over its deviation: E = o^2 / (o^2 + s^2 / 3) + 1 / dim
  for (int t = 0; t < 2000; ++t) {
    double sum = 0;
    for (int d = 0; d < 128; ++d) sum += keys(t, d);
    squares += sum * sum / 128 / 2000;
  }
  const double common = 0.05 * 0.05 / (0.05 * 0.05 + 0.25 * 0.25 / 3);
  EXPECT_NEAR(squares, common + (1 - common) / 128, 0.3 * common);
}

TEST(AlternatingKeys, products_are_one_with_the_sign_of_the_distance) {
  const Matrix keys = draw("alternating", 30, {{"head_dim", 32}});
  for (int i = 0; i < 30; ++i) {
    for (int j = 0; j < i; ++j) EXPECT_NEAR(cosine(keys, i, j), (i - j) % 2 == 0 ? 1.0 : -1.0, 1e-14);
  }
}

// |k|^2 is chi-squared with head_dim degrees of freedom: mean head_dim, variance 2 head_dim.
TEST(UnnormalisedKeys, without_activation_squared_lengths_are_chi_squared) {
  constexpr int n = 4000, dim = 32;
  const Matrix keys = draw("unnormalised", n, {{"head_dim", dim}, {"activation", "none"}});
  double mean = 0, variance = 0;
  for (int i = 0; i < n; ++i) mean += cosine(keys, i, i) / n;
  for (int i = 0; i < n; ++i) variance += std::pow(cosine(keys, i, i) - mean, 2) / n;
  EXPECT_NEAR(mean, dim, 5 * std::sqrt(2.0 * dim / n));
  EXPECT_NEAR(variance / (2 * dim), 1.0, 0.15);
}

// silu's values are at least -0.27846 and grow like their argument above; normalised they are the model silu.
TEST(UnnormalisedKeys, with_silu_they_are_the_silu_keys_before_normalisation) {
  const Matrix keys = draw("unnormalised", 64, {{"head_dim", 64}}), unit = draw("silu", 64, {{"head_dim", 64}});
  for (const double value : keys.values()) EXPECT_GT(value, -0.278465);
  for (int i = 0; i < 64; ++i) {
    const double length = std::sqrt(cosine(keys, i, i));
    EXPECT_GT(std::fabs(length - 1), 1e-3);
    for (int d = 0; d < 64; ++d) EXPECT_NEAR(keys(i, d) / length, unit(i, d), 1e-15);
  }
}

TEST(IndependentKeys, cosines_have_mean_zero_and_variance_one_over_head_dim) {
  const Matrix keys = draw("independent", 256, {{"head_dim", 64}});
  double squares = 0;
  for (int i = 0; i < 256; ++i) {
    for (int j = 0; j < i; ++j) squares += cosine(keys, i, j) * cosine(keys, i, j);
  }
  EXPECT_NEAR(mean_cosine(keys), 0.0, 0.005);
  EXPECT_NEAR(squares / (0.5 * 256 * 255) * 64, 1.0, 0.03);
}

TEST(SiluKeys, mean_cosine_by_default_is_that_of_trained_layers) {
  EXPECT_NEAR(average_mean_cosine("silu", {{"head_dim", 128}}), 0.40, 0.04);
}

// Without a shared direction and over independent tokens (taps apart by 4 and more), cos = E[silu(y)]^2 /
// E[silu(y)^2] in the limit of many channels, for y ~ N(0, s^2) with s^2 a mean of four squared normals: here
// by integration.
TEST(SiluKeys, cosine_without_shared_direction_is_that_of_silu_of_a_normal) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  double mean_product = 0, mean_square = 0;
  constexpr int channels = 4000, points = 400;
  for (int c = 0; c < channels; ++c) {
    double variance = 0;
    for (int w = 0; w < 4; ++w) variance += 0.25 * std::pow(normal(random), 2);
    double first = 0, second = 0, weight = 0;
    for (int i = 0; i < points; ++i) {
      const double z = -8 + 16.0 * (i + 0.5) / points, y = std::sqrt(variance) * z, p = std::exp(-z * z / 2);
      const double value = y / (1 + std::exp(-y));
      first += p * value, second += p * value * value, weight += p;
    }
    mean_product += std::pow(first / weight, 2);
    mean_square += second / weight;
  }
  double sum = 0;
  int pairs = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const Matrix keys = draw("silu", 64, {{"head_dim", 512}, {"strength", 0}}, std::to_string(trial));
    for (int i = 0; i < 64; ++i) {
      for (int j = 0; j + 4 <= i; ++j, ++pairs) sum += cosine(keys, i, j);
    }
  }
  EXPECT_NEAR(sum / pairs, mean_product / mean_square, 0.01);
}

TEST(SiluKeys, convolution_ties_neighbours_and_reaches_three_tokens_back) {
  double near = 0, far = 0;
  for (int trial = 0; trial < 40; ++trial) {
    const Matrix keys = draw("silu", 64, {{"head_dim", 128}, {"strength", 0}}, std::to_string(trial));
    for (int t = 4; t < 64; ++t) near += std::fabs(cosine(keys, t, t - 1) - cosine(keys, t, t - 4)), ++far;
  }
  EXPECT_GT(near / far, 0.05);
}

TEST(CollinearKeys, cosine_is_one_over_one_plus_eps_squared) {
  for (const double eps : {0.1, 0.5, 2.0}) {
    EXPECT_NEAR(average_mean_cosine("collinear", {{"head_dim", 512}, {"eps", eps}}), 1 / (1 + eps * eps), 0.01) << eps;
  }
}

TEST(IdenticalKeys, all_rows_are_the_same) {
  const Matrix keys = draw("identical", 20, {{"head_dim", 32}});
  for (int i = 1; i < 20; ++i) {
    for (int d = 0; d < 32; ++d) EXPECT_EQ(keys(i, d), keys(0, d));
  }
}

TEST(OrthogonalKeys, different_keys_have_cosine_zero) {
  const Matrix keys = draw("orthogonal", 64, {{"head_dim", 64}});
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < i; ++j) EXPECT_NEAR(cosine(keys, i, j), 0.0, 1e-15);
  }
}

TEST(OrthogonalKeys, the_set_repeats_beyond_head_dim) {
  const Matrix keys = draw("orthogonal", 40, {{"head_dim", 16}});
  for (int i = 16; i < 40; ++i) {
    for (int d = 0; d < 16; ++d) EXPECT_EQ(keys(i, d), keys(i - 16, d));
  }
}

TEST(ClusteredKeys, without_noise_there_are_as_many_distinct_keys_as_clusters) {
  const Matrix keys = draw("clustered", 200, {{"head_dim", 32}, {"clusters", 5}, {"eps", 0}});
  std::set<std::vector<double>> distinct;
  for (int i = 0; i < 200; ++i) distinct.insert(std::vector<double>(keys.row(i), keys.row(i) + 32));
  EXPECT_EQ(distinct.size(), 5u);
}

TEST(ClusteredKeys, mean_cosine_is_the_chance_of_meeting_times_that_of_a_cluster) {
  EXPECT_NEAR(average_mean_cosine("clustered", {{"head_dim", 512}, {"clusters", 4}, {"eps", 0.5}}), 0.25 * 0.8, 0.03);
}

}  // namespace tristab::keys_test
