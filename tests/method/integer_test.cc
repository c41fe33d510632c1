// Integers: the identity costs most of the range, so keeping it outside the quantiser pays.
#include "problems.h"

#include "tristab/base/json.h"

namespace tristab::integer_test {

double mean_snr(const Json& method, const Json& arithmetic, const std::vector<Matrix>& list) {
  double sum = 0;
  for (const Matrix& a : list)
    sum += -20 * std::log10(error_of(method, arithmetic, a)) / static_cast<double>(list.size());
  return sum;
}

// keys normalise(0.5 base + randn), beta 0.5: eps = 2 in normalise(base + eps randn).
std::vector<Matrix> mildly_correlated() {
  return matrices(
      {{"family", "delta-net"}, {"keys", "collinear"}, {"eps", 2.0}, {"beta", "constant"}, {"beta_value", 0.5}}, 64,
      16);
}

Json integers(int bits, const char* identity) {
  return {{"arithmetic", "int" + std::to_string(bits)}, {"identity", identity}};
}

TEST(Integer, the_identity_outside_the_quantiser_is_better_than_inside) {
  const std::vector<Matrix> draws = mildly_correlated();
  for (const int bits : {8, 16}) {
    for (const char* evaluation : {"sequential", "horner", "doubling"}) {
      const Json method =
          with("residual-neumann", {{"order", 3}, {"terms", bits == 8 ? 8 : 16}, {"evaluation", evaluation}});
      const double inside = mean_snr(method, integers(bits, "inside"), draws);
      const double outside = mean_snr(method, integers(bits, "outside"), draws);
      EXPECT_GT(outside, inside + 5) << bits << " bits, " << evaluation;
    }
  }
}

TEST(Integer, residual_neumann_has_the_snr_of_the_prototype) {
  const std::vector<Matrix> draws = mildly_correlated();
  const Json eight = with("residual-neumann", {{"terms", 8}, {"evaluation", "horner"}});
  const Json sixteen = with("residual-neumann", {{"terms", 16}, {"evaluation", "horner"}});
  EXPECT_NEAR(mean_snr(eight, integers(8, "inside"), draws), 34, 5);
  EXPECT_NEAR(mean_snr(eight, integers(8, "outside"), draws), 45, 5);
  EXPECT_NEAR(mean_snr(sixteen, integers(16, "inside"), draws), 83, 5);
  EXPECT_NEAR(mean_snr(sixteen, integers(16, "outside"), draws), 96, 5);
}

TEST(Integer, truncation_caps_int16_with_8_terms) {
  const double snr = mean_snr(with("residual-neumann", {{"terms", 8}}), integers(16, "outside"), mildly_correlated());
  EXPECT_NEAR(snr, 51, 5);
}

TEST(Integer, more_bits_are_better_for_every_method) {
  const std::vector<Matrix> draws = mildly_correlated();
  for (const char* method :
       {"row-substitution", "column-sweep", "mbh", "mxr", "blocked-substitution", "recursive", "newton-schulz"}) {
    for (const char* scale : {"tensor", "row"}) {
      const double eight = mean_snr(method, {{"arithmetic", "int8"}, {"scale", scale}}, draws);
      const double sixteen = mean_snr(method, {{"arithmetic", "int16"}, {"scale", scale}}, draws);
      EXPECT_GT(sixteen, eight + 30) << method << " " << scale;
      EXPECT_GT(eight, 25) << method << " " << scale;
      EXPECT_LT(eight, 70) << method << " " << scale;
    }
  }
}

TEST(Integer, output_in_storage_is_made_of_codes) {
  const Matrix a = mildly_correlated().at(0);
  const Matrix x = inverted("mxr", {{"arithmetic", "int8"}, {"output", "storage"}}, a).x;
  double largest = 0;
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < i; ++j) largest = std::max(largest, std::fabs(x(i, j)));
  }
  const float scale = static_cast<float>(largest) / 127.0F;
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(x(i, i), 1);
    for (int j = 0; j < i; ++j) {
      const double code = std::rint(x(i, j) / scale);
      EXPECT_LE(std::fabs(code), 127);
      EXPECT_NEAR(x(i, j), code * scale, 1e-6 * largest);
    }
  }
}

}  // namespace tristab::integer_test
