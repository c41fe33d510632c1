// Inverses in three doubles: their leading parts against MPFR, their bounds against exact residuals.
#include "tristab/reference/threefold_inverse.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "support/exact_matrix.h"
#include "tristab/base/json.h"
#include "tristab/format/round.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/source.h"
#include "tristab/reference/mpfr_inverse.h"

namespace tristab::threefold_inverse_test {

using exact::Real;
using exact::RealMatrix;

Matrix of_family(const std::string& family, int n, int trial) {
  const std::unique_ptr<Source> source = open_source(expand_family(family, "test").front(), 1, 1000, {}, "test");
  return source->problem(n, std::min(trial, source->count(n) - 1)).a;
}

template <class Function>
Matrix changed(Matrix a, const Function& f) {
  for (int i = 1; i < a.rows(); ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = f(a(i, j), i - j);
  }
  return a;
}

Real exact_residual(const Matrix& a, const std::vector<const Matrix*>& parts) {
  const int n = a.rows();
  RealMatrix x(n);
  for (const Matrix* part : parts) x = exact::sum(x, RealMatrix(*part));
  const RealMatrix l = exact::sum(exact::identity(n), RealMatrix(a));
  return exact::frobenius(exact::sum(exact::identity(n), exact::product(l, x), -1));
}

// Counts the matrices that are proved; each must agree with MPFR.
class Audit {
 public:
  void add(const Matrix& a, const std::string& what) {
    ++matrices_;
    const std::optional<Reference> proven = invert_threefold(a);
    if (!proven) return;
    ++proven_;
    const Reference expected = invert_in_mpfr(a);
    EXPECT_EQ(proven->high, expected.high) << what;
    // MPFR's 192 bits end there; where `low` lies far below `high`, three doubles reach further.
    for (std::size_t k = 0; k < a.values().size(); ++k) {
      const double low = proven->low.values()[k], other = expected.low.values()[k];
      EXPECT_LE(std::fabs(low - other), 0x1p-185 * std::fabs(expected.high.values()[k])) << what;
    }
    EXPECT_LE(proven->residual, 0x1p-80) << what;
    EXPECT_EQ(proven->bits, threefold_bits);
  }
  int matrices() const { return matrices_; }
  int proven() const { return proven_; }

 private:
  int matrices_ = 0, proven_ = 0;
};

const std::vector<std::string> drawn = {"uniform", "normal",        "delta-net", "gdn",  "kda",  "gdn2",
                                        "rwkv7",   "delta-product", "comba",     "pgdn", "pkda", "uniform-signed"};

TEST(ThreefoldInverse, drawn_families_are_proved_and_agree_with_mpfr) {
  for (const std::string& family : drawn) {
    Audit audit;
    for (int trial = 0; trial < 60; ++trial) audit.add(of_family(family, 1 + trial % 24, trial), family);
    audit.add(of_family(family, 64, 3), family);
    EXPECT_GE(audit.proven(), audit.matrices() - 3) << family;
  }
}

TEST(ThreefoldInverse, few_digits_decay_and_growth_agree_with_mpfr) {
  const RoundingTarget<double> fp16(format_of("fp16", "test"));
  Audit rounded, decayed, tiny, grown, integers;
  for (const std::string& family : drawn) {
    for (int trial = 0; trial < 20; ++trial) {
      const Matrix a = of_family(family, 2 + trial, trial);
      rounded.add(changed(a, [&](double x, int) { return round_value(x, fp16, Rounding::nearest_even); }), family);
      decayed.add(changed(a, [&](double x, int d) { return std::ldexp(x, -5 * trial * d); }), family);
      tiny.add(changed(a, [&](double x, int) { return std::ldexp(x, -60 * trial); }), family);
      grown.add(changed(a, [&](double x, int d) { return std::ldexp(x, trial * d); }), family);
      integers.add(changed(a, [&](double x, int) { return std::nearbyint(8 * x); }), family);
    }
  }
  EXPECT_EQ(rounded.proven(), rounded.matrices());
  EXPECT_GE(decayed.proven(), decayed.matrices() * 9 / 10);
  EXPECT_GE(tiny.proven(), tiny.matrices() / 4) << "the others have products below the normal range";
  EXPECT_GE(grown.proven(), grown.matrices() / 4) << "the others lie beyond what three doubles prove";
  EXPECT_GE(integers.proven(), integers.matrices() * 9 / 10);
}

TEST(ThreefoldInverse, residual_is_within_its_bound_and_the_bound_is_near) {
  for (const std::string& family : drawn) {
    for (const int n : {3, 17, 40}) {
      const Matrix a = of_family(family, n, n);
      Matrix rest;
      const std::optional<Reference> proven = invert_threefold(a, &rest);
      ASSERT_TRUE(proven) << family << ' ' << n;
      const Real residual = exact_residual(a, {&proven->high, &proven->low, &rest});
      EXPECT_TRUE(residual <= Real(proven->residual) + Real(0x1p-1000)) << family << ' ' << n;
      if (residual > Real(0x1p-600)) {
        EXPECT_TRUE(Real(proven->residual) <= residual * (4 * n * n)) << family << ' ' << n;
      }
    }
  }
}

TEST(ThreefoldInverse, exact_results_have_no_residual) {
  Matrix a(64, 64);
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = 1;
  }
  const std::optional<Reference> proven = invert_threefold(a);
  ASSERT_TRUE(proven);
  EXPECT_EQ(proven->residual, 0);
  EXPECT_EQ(max_abs(proven->low), 0);
}

TEST(ThreefoldInverse, what_it_cannot_prove_it_leaves_to_mpfr) {
  Matrix cancelling(8, 8);  // powers of 0.9, each rounded: of X_ij, only rounding errors remain
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < i; ++j) cancelling(i, j) = std::pow(0.9, i - j);
  }
  const Matrix large = exact::random_strictly_lower(96, 50, 3);
  for (const Matrix& a : {cancelling, large}) {
    EXPECT_FALSE(invert_threefold(a));
    EXPECT_EQ(invert_reference(a).high, invert_in_mpfr(a).high);
    EXPECT_GE(invert_reference(a).bits, first_multiple_bits);
  }
}

TEST(ThreefoldInverse, same_bits_at_every_simd_level) {
  std::vector<Matrix> inputs;
  for (const std::string& family : drawn) {
    for (const int n : {1, 7, 8, 9, 33}) inputs.push_back(of_family(family, n, n));
    inputs.push_back(changed(inputs.back(), [](double x, int d) { return std::ldexp(x, -30 * d); }));
    inputs.push_back(changed(inputs.back(), [](double x, int) { return x * 0x1p-300; }));
    inputs.push_back(changed(inputs.front(), [](double x, int) { return x * 0x1p200; }));
  }
  for (const Matrix& a : inputs) {
    const std::optional<Reference> best = invert_threefold(a);
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
      hwy::SetSupportedTargetsForTest(target);
      const std::optional<Reference> other = invert_threefold(a);
      ASSERT_EQ(best.has_value(), other.has_value()) << hwy::TargetName(target);
      if (!best) continue;
      EXPECT_EQ(best->high, other->high) << hwy::TargetName(target);
      EXPECT_EQ(best->low, other->low) << hwy::TargetName(target);
      EXPECT_EQ(best->residual, other->residual) << hwy::TargetName(target);
    }
    hwy::SetSupportedTargetsForTest(0);
  }
}

}  // namespace tristab::threefold_inverse_test
