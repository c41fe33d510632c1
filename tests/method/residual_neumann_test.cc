// The algebra of arXiv 2606.06034, checked in exact arithmetic (src/tristab/method/README.md).
#include "problems.h"

#include "tristab/base/json.h"

namespace tristab::residual_neumann_test {

// Entries k / 64: nothing is rounded at 6000 bits, and no entry of a power vanishes by chance.
Matrix generic_matrix(int n) {
  Matrix a = matrices({{"family", "uniform"}, {"scale", 1.0}}, n, 1).at(0);
  for (double& x : a.values()) x = x == 0 ? 0 : std::floor(x * 63 + 1) / 64;
  return a;
}

struct Exactly {
  Machine machine{make_exact_engine(6000)};
  Arithmetic fp64 = arithmetic_of("fp64");

  Matrix run(const Json& parameters, const Matrix& a) {
    Json method = parameters;
    method["method"] = "residual-neumann";
    const Inversion inversion = invert(method_of(method), fp64, a, machine);
    EXPECT_TRUE(machine.engine().exact_so_far());
    return inversion.x;
  }
};

// The largest |error| on each subdiagonal i - j.
std::vector<double> error_by_distance(const Matrix& x, const Reference& reference) {
  const int n = x.rows();
  const Matrix error = error_matrix(x, reference);
  std::vector<double> largest(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) {
      auto& entry = largest[static_cast<std::size_t>(i - j)];
      entry = std::max(entry, std::fabs(error(i, j)));
    }
  }
  return largest;
}

TEST(ResidualNeumann, is_exact_for_every_A_if_S_times_N_plus_1_is_at_least_n) {
  Exactly exactly;
  const struct {
    int n, order, terms;
  } cases[] = {{32, 3, 8}, {64, 3, 16}, {32, 4, 7}, {24, 5, 4}, {16, 15, 1}, {16, 1, 8}};
  for (const auto& [n, order, terms] : cases) {
    ASSERT_GE(terms * (order + 1), n);
    const Matrix a = generic_matrix(n);
    const Matrix x = exactly.run({{"order", order}, {"terms", terms}}, a);
    // Both sides are the correctly rounded doubles of the same exact numbers.
    EXPECT_EQ(x, invert_reference(a).high) << "n " << n << " N " << order << " S " << terms;
  }
}

TEST(ResidualNeumann, errs_from_distance_S_times_N_plus_1_on_and_not_before) {
  Exactly exactly;
  const struct { int n, order, terms; } cases[] = {{64, 3, 8}, {32, 3, 7}, {32, 4, 3}, {16, 3, 1}};
  for (const auto& [n, order, terms] : cases) {
    const Matrix a = generic_matrix(n);
    const std::vector<double> errors =
        error_by_distance(exactly.run({{"order", order}, {"terms", terms}}, a), invert_reference(a));
    const int first = terms * (order + 1);
    for (int distance = 0; distance < n; ++distance) {
      const double error = errors[static_cast<std::size_t>(distance)];
      if (distance < first) {
        EXPECT_LE(error, 1e-15) << "n " << n << " distance " << distance;
      } else {
        EXPECT_GT(error, 1e-9) << "n " << n << " distance " << distance;
      }
    }
  }
}

TEST(ResidualNeumann, the_masked_series_alone_has_the_band_of_the_true_inverse) {
  Exactly exactly;
  const Matrix a = generic_matrix(32);
  const Matrix t0 = exactly.run({{"order", 5}, {"terms", 1}}, a);
  const Matrix x = invert_reference(a).high;
  for (int i = 0; i < 32; ++i) {
    for (int j = 0; j < 32; ++j) EXPECT_EQ(t0(i, j), i - j >= 0 && i - j <= 5 ? x(i, j) : 0) << i << " " << j;
  }
}

TEST(ResidualNeumann, without_the_mask_it_is_neumann_of_N_plus_1_times_S_terms) {
  Exactly exactly;
  const Matrix a = generic_matrix(32);
  const Matrix x = exactly.run({{"order", 3}, {"terms", 4}, {"mask", false}}, a);
  Machine machine(make_exact_engine(6000));
  const Inversion sum = invert(method_of(with("neumann", {{"degree", 15}})), arithmetic_of("fp64"), a, machine);
  EXPECT_EQ(x, sum.x);
}

TEST(ResidualNeumann, the_three_evaluations_are_the_same_polynomial) {
  Exactly exactly;
  const Matrix a = generic_matrix(48);
  const Matrix sequential = exactly.run({{"order", 3}, {"terms", 8}}, a);
  EXPECT_EQ(exactly.run({{"order", 3}, {"terms", 8}, {"evaluation", "horner"}}, a), sequential);
  EXPECT_EQ(exactly.run({{"order", 3}, {"terms", 8}, {"evaluation", "doubling"}}, a), sequential);
}

TEST(ResidualNeumann, options_for_the_differing_accounts_shift_N_and_S_by_one) {
  Exactly exactly;
  const Matrix a = generic_matrix(48);
  EXPECT_EQ(exactly.run({{"order", 4}, {"terms", 5}, {"last_power", "N-1"}}, a),
            exactly.run({{"order", 3}, {"terms", 5}}, a));
  EXPECT_EQ(exactly.run({{"order", 4}, {"terms", 5}, {"sum", "S+1"}}, a), exactly.run({{"order", 4}, {"terms", 6}}, a));
}

// With E = I - (I + A) T0 the correction is T0 (I + E + ...); (I + E + ...) T0 is wrong. Correlated keys, as
// in the field.
TEST(ResidualNeumann, the_reversed_order_is_wrong) {
  const Matrix a =
      matrices(
          {{"family", "delta-net"}, {"keys", "collinear"}, {"eps", 1.0}, {"beta", "constant"}, {"beta_value", 0.9}}, 64,
          1)
          .at(0);
  const Reference reference = invert_reference(a);
  Machine machine(make_exact_engine(6000));
  const Arithmetic fp64 = arithmetic_of("fp64");
  const Inversion right = invert(method_of("residual-neumann"), fp64, a, machine);

  const Inversion t0_matrix = invert(method_of(with("residual-neumann", {{"terms", 1}})), fp64, a, machine);
  machine.start({{"*", &fp64}});
  const Stage stage = machine.stage("test");
  const Value input = machine.input(a, 64), identity = machine.identity(64);
  Matrix strict = t0_matrix.x;
  const Value t0 = machine.input(strict, 64);
  const Value e = stage.fl(identity, {machine.negate(stage.add(identity, input)), t0});
  Value sum = identity;
  for (int s = 1; s < 8; ++s) sum = stage.fl(identity, {sum, e});
  const double correct = relative_frobenius(machine.output(stage.fl({t0, sum})), reference);
  const double reversed = relative_frobenius(machine.output(stage.fl({sum, t0})), reference);
  EXPECT_NEAR(correct, relative_frobenius(right.x, reference), 1e-12 * correct);
  EXPECT_GT(reversed, 0.10);
  EXPECT_LT(reversed, 0.20);
  EXPECT_LT(correct, 0.01);
}

TEST(ResidualNeumann, the_band_selects_so_overflow_outside_it_makes_no_NaN) {
  // At n = 64 the largest entry of A^5 of all-ones is C(62, 4) = 557,845, beyond fp16, and lies off the band
  // of 5.
  const Matrix ones = matrices("ones", 64, 1).at(0);
  const Inversion masked = inverted(with("residual-neumann", {{"order", 5}, {"terms", 11}}), "fp16", ones);
  EXPECT_GT(masked.trace.total().overflows_live, 0);
  const Reference reference = invert_reference(ones);
  EXPECT_EQ(relative_frobenius(masked.x, reference), 0);
}

}  // namespace tristab::residual_neumann_test
