#include "tristab/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace tristab::random_test {

constexpr int draws = 100000;

// sup |empirical distribution - distribution| sqrt(n); above 1.95 with probability 0.001.
template <typename Distribution>
double kolmogorov_smirnov(std::vector<double> sample, Distribution distribution) {
  std::sort(sample.begin(), sample.end());
  const double n = static_cast<double>(sample.size());
  double distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double f = distribution(sample[i]);
    distance = std::max({distance, static_cast<double>(i + 1) / n - f, f - static_cast<double>(i) / n});
  }
  return distance * std::sqrt(n);
}

double mean(const std::vector<double>& sample) {
  double sum = 0;
  for (const double x : sample) sum += x;
  return sum / static_cast<double>(sample.size());
}

double mean_of_squares(const std::vector<double>& sample) {
  double sum = 0;
  for (const double x : sample) sum += x * x;
  return sum / static_cast<double>(sample.size());
}

// Random123, tests/kat_vectors, lines "philox4x32 10".
TEST(Philox, known_answers_of_random123) {
  using Counter = std::array<std::uint32_t, 4>;
  EXPECT_EQ(philox4x32_10({0, 0, 0, 0}, {0, 0}), (Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox4x32_10({ones, ones, ones, ones}, {ones, ones}),
            (Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// http://www.isthe.com/chongo/tech/comp/fnv/ : FNV-1a, 64 bits, of "", "a" and "foobar".
TEST(HashText, published_values_of_fnv_1a) {
  EXPECT_EQ(hash_text(""), 0xcbf29ce484222325u);
  EXPECT_EQ(hash_text("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(hash_text("foobar"), 0x85944171f73967e8u);
}

TEST(RandomStream, values_do_not_depend_on_the_order_of_drawing) {
  const RandomStream stream("case"), again("case");
  std::vector<double> forward(101), backward(101);
  for (std::size_t i = 0; i < 101; ++i) forward[i] = stream.normal(i);
  for (std::size_t i = 101; i-- > 0;) backward[i] = again.normal(i);
  EXPECT_EQ(forward, backward);
}

TEST(RandomStream, filling_gives_the_values_of_the_single_draws) {
  const RandomStream stream("fill");
  for (const std::uint64_t first : {0u, 1u, 7u}) {
    for (const std::size_t count : {0u, 1u, 2u, 5u, 8u}) {
      std::vector<double> normals(count), uniforms(count);
      stream.fill_normal(first, normals);
      stream.fill_uniform(first, uniforms);
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(normals[i], stream.normal(first + i));
        EXPECT_EQ(uniforms[i], stream.uniform(first + i));
      }
    }
  }
}

TEST(RandomStream, streams_of_different_identities_and_parts_share_no_values) {
  std::set<std::uint64_t> seen;
  const RandomStream base("base");
  for (const RandomStream& stream : {base, RandomStream("base2"), base.part("keys"), base.part("beta"),
                                     base.part("keys").part("beta"), base.part("beta").part("keys")}) {
    for (std::uint64_t i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(stream.bits(i)).second);
  }
}

TEST(RandomStream, neighbouring_identities_are_uncorrelated) {
  double sum = 0;
  for (int trial = 0; trial < draws; ++trial) {
    const RandomStream a("trial " + std::to_string(trial)), b("trial " + std::to_string(trial + 1));
    sum += a.normal(0) * b.normal(0);
  }
  EXPECT_LT(std::fabs(sum) / std::sqrt(draws), 4.0);
}

TEST(RandomStream, uniform_has_moments_and_distribution_of_the_unit_interval) {
  std::vector<double> sample(draws);
  RandomStream("uniform").fill_uniform(0, sample);
  for (const double x : sample) {
    ASSERT_GE(x, 0.0);
    ASSERT_LT(x, 1.0);
    ASSERT_EQ(x * 0x1p53, std::trunc(x * 0x1p53));
  }
  EXPECT_NEAR(mean(sample), 0.5, 4 * std::sqrt(1.0 / 12 / draws));
  EXPECT_NEAR(mean_of_squares(sample), 1.0 / 3, 4 * std::sqrt(4.0 / 45 / draws));
  EXPECT_LT(kolmogorov_smirnov(sample, [](double x) { return x; }), 1.95);
}

TEST(RandomStream, normal_has_moments_and_distribution_of_the_standard_normal) {
  std::vector<double> sample(draws);
  RandomStream("normal").fill_normal(0, sample);
  EXPECT_NEAR(mean(sample), 0.0, 4 / std::sqrt(draws));
  EXPECT_NEAR(mean_of_squares(sample), 1.0, 4 * std::sqrt(2.0 / draws));
  double correlation = 0;
  for (std::size_t i = 1; i < sample.size(); ++i) correlation += sample[i] * sample[i - 1];
  EXPECT_LT(std::fabs(correlation) / std::sqrt(draws), 4.0);
  EXPECT_LT(kolmogorov_smirnov(sample, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }), 1.95);
}

TEST(RandomStream, open_uniform_never_reaches_its_ends) {
  const RandomStream stream("open");
  for (std::uint64_t i = 0; i < draws; ++i) {
    const double x = stream.open_uniform(i);
    ASSERT_GT(x, 0.0);
    ASSERT_LT(x, 1.0);
    ASSERT_NEAR(x, stream.uniform(i), 0x1p-52);
  }
}

}  // namespace tristab::random_test
