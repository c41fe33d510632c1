// The decay-free inversion: exact where nothing rounds, and rounded where FlashQLA rounds.
#include "plain_loops.h"
#include "problems.h"

#include "tristab/base/json.h"

namespace tristab {
namespace {

// Decay factors 2^(G_i - G_j) of whole G, so that A = A_u .* Gamma and X = X_u .* Gamma round nothing.
Decay binary_decay(int n, double scale, std::uint64_t seed) {
  Decay decay{plain::strictly_lower(n, scale, seed), Matrix(n, n)};
  std::vector<int> exponents{0};
  for (int i = 1; i < n; ++i) exponents.push_back(exponents.back() - (i * 7 + 3) % 3);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) {
      decay.factors(i, j) =
          std::ldexp(1.0, exponents[static_cast<std::size_t>(i)] - exponents[static_cast<std::size_t>(j)]);
    }
  }
  return decay;
}

Matrix gated(const Decay& decay) {
  Matrix a = decay.ungated;
  for (int i = 0; i < a.rows(); ++i) {
    for (int j = 0; j < a.columns(); ++j) a(i, j) *= decay.factors(i, j);
  }
  return a;
}

TEST(Ungated, is_the_inverse_of_the_gated_matrix) {
  Machines machines;
  const Arithmetic fp64 = arithmetic_of("fp64");
  for (const int n : {1, 8, 16, 33, 64}) {
    const Decay decay = binary_decay(n, 0.2, 4);
    const Matrix a = gated(decay);
    for (const Json& base : {Json("blocked-substitution"), Json("mbh"), Json("row-substitution")}) {
      const Inversion inversion = invert(method_of(with("ungated", {{"base", base}})), fp64, a,
                                         machines.machine_for(fp64), 0, &decay);
      EXPECT_LT(relative_frobenius(inversion.x, invert_reference(a)), 1e-14) << base << " n " << n;
    }
  }
}

TEST(Ungated, powers_of_two_as_factors_change_no_bit_of_the_base) {
  // Rounding commutes with scaling by powers of two: the gated and the ungated way give the same bits in bf16.
  Machines machines;
  const Arithmetic bf16 = arithmetic_of("bf16");
  const Decay decay = binary_decay(64, 0.3, 8);
  const Inversion inversion =
      invert(method_of("ungated"), bf16, Matrix(64, 64), machines.machine_for(bf16), 0, &decay);
  const Matrix base = inverted("blocked-substitution", "bf16", decay.ungated).x;
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j <= i; ++j) {
      const double rounded = MpfrOracle().convert(base(i, j), bf16.storage, Rounding::nearest_even);
      EXPECT_EQ(inversion.x(i, j), rounded * decay.factors(i, j)) << i << " " << j;
    }
  }
}

TEST(Ungated, in_one_arithmetic_the_inverse_and_the_factors_are_rounded_before_they_are_multiplied) {
  Machines machines;
  const Arithmetic bf16 = arithmetic_of("bf16");
  const plain::Unit unit("bf16");
  Decay decay{plain::strictly_lower(32, 0.3, 6), Matrix(32, 32)};
  for (int i = 0; i < 32; ++i) {
    for (int j = 0; j <= i; ++j) decay.factors(i, j) = std::exp(-0.11 * (i - j));
  }
  const Inversion inversion =
      invert(method_of("ungated"), bf16, Matrix(32, 32), machines.machine_for(bf16), 0, &decay);
  const Matrix base = inverted("blocked-substitution", "bf16", decay.ungated).x;
  for (int i = 0; i < 32; ++i) {
    for (int j = 0; j <= i; ++j) {
      EXPECT_EQ(inversion.x(i, j), unit.round(unit.round(base(i, j)) * unit.round(decay.factors(i, j))))
          << i << " " << j;
    }
  }
}

TEST(Ungated, flashqla_rounds_to_bf16_then_multiplies_in_fp32_then_rounds_to_bf16) {
  Machines machines;
  Decay decay{plain::strictly_lower(64, 0.3, 12), Matrix(64, 64)};
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j <= i; ++j) decay.factors(i, j) = std::exp(-0.037 * (i - j));
  }
  const Arithmetic fp32 = arithmetic_of("fp32"), bf16 = arithmetic_of("bf16");
  const StageArithmetics arithmetics{{"*", &fp32}, {"result", &bf16}, {"output", &bf16}};
  const Inversion inversion =
      invert(method_of("ungated"), arithmetics, Matrix(64, 64), machines.machine_for(arithmetics), 0, &decay);
  const Matrix base = inverted("blocked-substitution", "fp32", decay.ungated).x;
  const plain::Unit unit("bf16");
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < 64; ++j) {
      const auto left = static_cast<float>(unit.round(base(i, j))),
                 right = static_cast<float>(decay.factors(i, j));
      EXPECT_EQ(inversion.x(i, j), j > i ? 0 : unit.round(static_cast<double>(left * right)))
          << i << " " << j;
    }
  }
  EXPECT_EQ(inversion.trace.stages.back().name, "decay");
  EXPECT_EQ(inversion.trace.stages.back().vector_steps, 1);
}

}  // namespace
}  // namespace tristab
