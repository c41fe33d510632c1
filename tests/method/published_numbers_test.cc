// The tables of arXiv 2605.21325 and its public notebook: medians of at least 16 draws.
#include "problems.h"

#include "tristab/base/json.h"

namespace tristab::published_numbers_test {

constexpr int kDraws = 16;

std::vector<Matrix> half_uniform(int n) { return matrices({{"family", "uniform"}, {"scale", 0.5}}, n, kDraws); }

Json dot_form() { return with("column-sweep", {{"order", "dot"}}); }

TEST(PublishedNumbers, fp32_errors_on_half_uniform_are_those_of_the_notebook) {
  const int sizes[] = {16, 32, 64, 128};
  const struct {
    Json method;
    double error[4];
  } rows[] = {{dot_form(), {2.7e-8, 5.4e-8, 9.7e-8, 2.3e-7}},
              {"matrix-column-sweep", {2.6e-8, 5.4e-8, 1.1e-7, 2.0e-7}},
              {"mch", {8.2e-8, 1.2e-6, 6.6e-4, 1.8e2}},
              {"mbh", {2.5e-8, 5.5e-8, 8.7e-8, 1.8e-7}},
              {"mxr", {8.2e-8, 9.2e-8, 1.2e-7, 2.3e-7}}};
  for (int s = 0; s < 4; ++s) {
    const std::vector<Matrix> draws = half_uniform(sizes[s]);
    for (const auto& row : rows) {
      const double factor = row.method == "mch" && sizes[s] >= 64 ? 10 : 3;
      const double median = median_error(row.method, "fp32", draws);
      EXPECT_GT(median, row.error[s] / factor) << row.method << " n " << sizes[s];
      EXPECT_LT(median, row.error[s] * factor) << row.method << " n " << sizes[s];
    }
  }
}

TEST(PublishedNumbers, mch_in_fp32_has_no_correct_digit_on_half_uniform_at_128) {
  EXPECT_GT(median_error("mch", "fp32", half_uniform(128)), 1e1);
}

TEST(PublishedNumbers, fp16_errors_on_half_uniform) {
  EXPECT_NEAR(std::log10(median_error("mch", "fp16", half_uniform(32))), std::log10(3e-3), std::log10(3.0));
  EXPECT_NEAR(std::log10(median_error("mch", "fp16", half_uniform(64))), std::log10(2.0), std::log10(10.0));
  for (const int n : {16, 32, 64, 128}) {
    const std::vector<Matrix> draws = half_uniform(n);
    for (const Json& method : {dot_form(), Json("matrix-column-sweep"), Json("mbh"), Json("mxr")}) {
      const double median = median_error(method, "fp16", draws);
      EXPECT_GT(median, 1e-4 / 3) << method << " n " << n;
      EXPECT_LT(median, 2e-3 * 3) << method << " n " << n;
    }
  }
}

TEST(PublishedNumbers, mch_in_fp16_is_not_finite_on_half_uniform_at_128) {
  for (const Matrix& a : half_uniform(128)) {
    const Inversion inversion = inverted("mch", "fp16", a);
    EXPECT_TRUE(std::isnan(relative_frobenius(inversion.x, invert_reference(a))));
    EXPECT_EQ(inversion.trace.first_overflow.stage, "powers");
  }
}

TEST(PublishedNumbers, stable_methods_are_exact_on_ones_in_fp16_and_mch_only_at_16) {
  for (const int n : {16, 32, 64, 128, 256}) {
    const Matrix ones = matrices("ones", n, 1).at(0);
    for (const Json& method : {Json("column-sweep"), Json("matrix-column-sweep"), Json("mbh"), Json("mxr")}) {
      EXPECT_EQ(error_of(method, "fp16", ones), 0) << method << " n " << n;
    }
    if (n == 16) {
      EXPECT_EQ(error_of("mch", "fp16", ones), 0);
    } else {
      EXPECT_TRUE(std::isnan(error_of("mch", "fp16", ones))) << n;
    }
  }
}

TEST(PublishedNumbers, mxr_in_bf16_is_not_exact_on_all_ones) {
  const auto largest_error = [](int n) {
    const Matrix ones = matrices("ones", n, 1).at(0);
    double largest = 0;
    const Matrix error = error_matrix(inverted("mxr", "bf16", ones).x, invert_reference(ones));
    for (const double e : error.values()) {
      largest = std::max(largest, std::fabs(e));
    }
    return largest;
  };
  EXPECT_EQ(largest_error(16), 4);
  EXPECT_GT(largest_error(128), 4e6 / 3);
  EXPECT_LT(largest_error(128), 4e6 * 3);
}

// The largest entry of the last power that mch forms on all-ones is C(n-2, n/2-1): 3432 at n = 16.
TEST(PublishedNumbers, growth_of_mch_on_all_ones_is_the_binomial_coefficient) {
  for (const int n : {16, 32, 64}) {
    double binomial = 1;
    for (int k = 1; k <= n / 2 - 1; ++k) binomial = binomial * (n - 2 - (n / 2 - 1) + k) / k;
    const StageTrace total = inverted("mch", "fp64", matrices("ones", n, 1).at(0)).trace.total();
    EXPECT_NEAR(total.largest_live / binomial, 1, 1e-12) << n;
  }
}

// A_ij about 0.7 to 0.8: collinear keys with beta near 1.
std::vector<Matrix> strongly_correlated(int n) {
  const std::vector<Matrix> draws = matrices(
      {{"family", "delta-net"}, {"keys", "collinear"}, {"eps", 0.57}, {"beta", "constant"}, {"beta_value", 0.9997}}, n,
      kDraws);
  double mean = 0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) mean += draws[0](i, j) / (0.5 * n * (n - 1));
  }
  EXPECT_GT(mean, 0.68);
  EXPECT_LT(mean, 0.82);
  return draws;
}

TEST(PublishedNumbers, fp16_on_strongly_correlated_keys) {
  for (const int n : {16, 32, 64, 128}) {
    const std::vector<Matrix> draws = strongly_correlated(n);
    const double mxr = median_error("mxr", "fp16", draws);
    EXPECT_GT(mxr, 1.5e-2 / 3) << n;
    EXPECT_LT(mxr, 1.6e-1 * 3) << n;
    const double mbh = median_error("mbh", "fp16", draws);
    EXPECT_GT(mbh, 1e-4 / 3) << n;
    EXPECT_LT(mbh, 1e-4 * 3) << n;
    const double newton = median_error("newton-schulz", "fp16", draws);
    EXPECT_GT(newton, 1e-7 / 5) << n;
    EXPECT_LT(newton, 1e-7 * 5) << n;
    for (const Matrix& a : draws) {
      if (n >= 32) {
        EXPECT_TRUE(std::isnan(error_of("mch", "fp16", a))) << n;
        EXPECT_TRUE(std::isnan(error_of(with("newton-schulz", {{"start", "identity-minus-a"}}), "fp16", a))) << n;
      }
    }
  }
  const double newton =
      median_error(with("newton-schulz", {{"start", "identity-minus-a"}}), "fp16", strongly_correlated(16));
  EXPECT_GT(newton, 1.8e-2 / 5);
  EXPECT_LT(newton, 1.8e-2 * 5);
}

TEST(PublishedNumbers, residual_neumann_3_8_in_fp16_on_strongly_correlated_keys) {
  for (const int n : {16, 32, 64}) {
    const double median = median_error("residual-neumann", "fp16", strongly_correlated(n));
    EXPECT_GT(median, 7e-6 / 3) << n;
    EXPECT_LT(median, 8e-5 * 3) << n;
  }
}

// rec_unroll on an Ascend 910B4, worst relative Frobenius error by cond(I + A).
TEST(PublishedNumbers, mxr_by_condition_number_is_of_the_published_order) {
  const double conditions[] = {1.2, 2, 4, 8};
  const struct {
    const char* arithmetic;
    double worst[4];
  } rows[] = {{"fp16", {2.0e-5, 7.6e-5, 1.5e-4, 2.3e-4}}, {"bf16", {1.6e-4, 6.1e-4, 1.2e-3, 1.8e-3}}};
  for (const auto& row : rows) {
    double before = 0;
    for (int c = 0; c < 4; ++c) {
      double worst = 0;
      for (const Matrix& a : matrices({{"family", "uniform-signed"}, {"condition", conditions[c]}}, 64, kDraws)) {
        worst = std::max(worst, error_of("mxr", row.arithmetic, a));
      }
      EXPECT_GT(worst, row.worst[c] / 5) << row.arithmetic << " cond " << conditions[c];
      EXPECT_LT(worst, row.worst[c] * 5) << row.arithmetic << " cond " << conditions[c];
      EXPECT_GT(worst, before);
      before = worst;
    }
  }
}

TEST(PublishedNumbers, newton_schulz_stalls_in_fp16_in_the_notebook_form_only) {
  // Every diagonal entry at 1 - 2^-11, because 2 - Y ties to 1.
  const Matrix a = half_uniform(64).at(0);
  const Matrix notebook = inverted(with("newton-schulz", {{"form", "notebook"}}), "fp16", a).x;
  const Matrix kernel = inverted("newton-schulz", "fp16", a).x;
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(notebook(i, i), 1 - 0x1p-11) << i;
    EXPECT_NEAR(kernel(i, i), 1, 0x1p-22) << i;
  }
}

}  // namespace tristab::published_numbers_test
