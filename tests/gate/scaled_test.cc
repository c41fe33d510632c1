// The gate that allows twice as much, and half as much.
#include <gtest/gtest.h>

#include <cmath>

#include "gate/judged.h"

namespace tristab::scaled_test {

GateSpec scaled(const std::string& gate, double factor, const char* format = "bf16") {
  return make_gate(gate, "").scaled(format_of(format, ""), factor);
}

TEST(ScaledGates, tolerances_and_limits_are_multiplied) {
  EXPECT_EQ(scaled("kernelbench", 3).label, "kernelbench:0.03");
  EXPECT_EQ(scaled("fla", 2).label, "fla:0.01");
  EXPECT_EQ(scaled("fa:2x", 2).label, "fa:4x:atol=2e-05");
  EXPECT_EQ(scaled("lapack", 2).label, "lapack:60");
  EXPECT_EQ(scaled("gpu-mode", 2).label, "gpu-mode:40n");
  EXPECT_EQ(scaled("ascend:L1", 2).label, "ascend:L1:maximum=10.0:mean=3.0:rms=3.0:small=4.0");
  EXPECT_EQ(scaled("verdict", 2).label, "verdict:4");
}

TEST(ScaledGates, a_relative_tolerance_beside_an_absolute_one_stays) {
  EXPECT_EQ(scaled("torch", 2).label, "torch:atol=2e-05:rtol=0.016");
  EXPECT_EQ(scaled("torch", 200, "fp16").label, "torch:atol=0.002:rtol=0.001");
  EXPECT_EQ(scaled("torch:rtol=1:atol=3", 0.5).label, "torch:atol=1.5:rtol=1.0");
  EXPECT_EQ(scaled("flashinfer-bench:0.95", 2).label, "flashinfer-bench:0.95:atol=0.02");
  EXPECT_EQ(scaled("torch:rtol=0.1:atol=0", 2).label, "torch:atol=0.0:rtol=0.2") << "there is nothing else";
}

TEST(ScaledGates, have_only_numbers_that_the_owner_takes) {
  EXPECT_EQ(scaled("fla-ci", 2).label, "fla-ci:0.01");
  EXPECT_EQ(scaled("fla-ci", 0.1).label, "fla-ci:0.004");
}

TEST(ScaledGates, are_not_stricter_than_one_unit_roundoff) {
  for (const char* format : {"bf16", "fp16", "fp32"}) {
    const double u = format_of(format, "").unit_roundoff();
    for (const auto& [gate, number] : {std::pair{"fla", "ratio"},
                                       {"fla-ci", "ratio"},
                                       {"kernelbench", "tolerance"},
                                       {"torch:rtol=0.1:atol=0", "rtol"},
                                       {"flashinfer-bench:1:atol=0", "rtol"}}) {
      const double least = scaled(gate, 1e-9, format).settings.real(number);
      EXPECT_GE(least, u) << gate << format;
      EXPECT_LE(least, 1.1 * u) << gate << format;
    }
    EXPECT_LE(scaled("snr", 1e-12, format).settings.real("decibels"), -20 * std::log10(u) + 1e-9);
    EXPECT_LT(scaled("cosine", 1e-12, format).settings.real("minimum"), 1);
  }
}

TEST(ScaledGates, what_is_needed_just_passes) {
  const std::vector<double> y{1, -2, 3, 0.5, 1e-3}, x{1.05, -2, 2.9, 0.52, 2e-3};
  for (const char* name : {"torch", "torch:rtol=0.01:atol=1", "torch:rtol=0.01:atol=0", "flashinfer-bench:0.7", "fla",
                           "fla-ci:1e-4:warn_ratio=0.001:warn_difference=0.001", "kernelbench"}) {
    const std::vector<Matrix> output{row_of(x)}, expected{row_of(y)};
    const GateInput input{output, expected, format_of("fp32", ""), {}, {}};
    const GateSpec gate = make_gate(name, "");
    const double needed = gate.needed(input, gate.evaluate(input));
    EXPECT_GT(needed, 0) << name;
    EXPECT_TRUE(gate.scaled(input.format, needed * (1 + 1e-4)).evaluate(input).passes) << name;
    EXPECT_FALSE(gate.scaled(input.format, needed * (1 - 1e-4)).evaluate(input).passes) << name;
  }
}

TEST(ScaledGates, correlations_move_away_from_1_and_decibels_down) {
  EXPECT_NEAR(scaled("pearson:0.99", 2).settings.real("minimum"), 0.98, 1e-15);
  EXPECT_NEAR(scaled("cosine:0.99", 0.5).settings.real("minimum"), 0.995, 1e-15);
  EXPECT_EQ(scaled("pearson:0", 10).settings.real("minimum"), -1) << "not below what a correlation can be";
  EXPECT_NEAR(scaled("snr:40", 10).settings.real("decibels"), 20, 1e-12);
}

// What a gate takes of an error is half as much of the gate that allows twice as much.
TEST(ScaledGates, shares_are_divided) {
  const std::vector<double> y{1, -2, 3, 0.5}, x{1.05, -2, 2.9, 0.5}, peer{1.01, -2, 3, 0.5};
  for (const char* name : {"torch:rtol=0", "kernelbench", "fla", "fa", "ascend", "flashinfer-bench:1:rtol=0", "cosine",
                           "pearson", "snr"}) {
    const auto share = [&](const std::string& gate) {
      const GateResult result = judged_with_peer(gate, "fp32", x, y, peer);
      return result.share;
    };
    EXPECT_NEAR(share(scaled(name, 2, "fp32").label) / share(name), 0.5, 1e-4) << name;
  }
}

}  // namespace tristab::scaled_test
