#include <gtest/gtest.h>

#include <algorithm>

#include "gate/judged.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::registry_test {

std::string refusal(const std::string& text) {
  try {
    make_gate(text, "--require");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "taken";
}

TEST(Gates, a_value_behind_the_name_is_the_main_parameter) {
  EXPECT_EQ(make_gate("fla:0.02", "").settings, make_gate("fla:ratio=0.02", "").settings);
  EXPECT_EQ(make_gate("fa:3x", "").settings.real("factor"), 3);
  EXPECT_EQ(make_gate("fa:3", "").settings, make_gate("fa:3x", "").settings);
  EXPECT_EQ(make_gate("fa:3x:atol=0", "").settings.real("atol"), 0);
  EXPECT_EQ(make_gate("gpu-mode:7n", "").settings.real("factor"), 7);
  EXPECT_EQ(make_gate("flashinfer-bench:0.95", "").settings.real("matched"), 0.95);
  EXPECT_EQ(make_gate("ascend:L2", "").settings.text("level"), "L2");
  EXPECT_EQ(make_gate("ascend:dual", "").settings, make_gate("ascend", "").settings);
  EXPECT_EQ(make_gate("lapack:30", "").settings, make_gate("lapack", "").settings);
  EXPECT_EQ(make_gate("torch:rtol=1e-2:atol=1e-2", "").settings.real("rtol"), 0.01);
}

TEST(Gates, labels_are_read_back_as_the_same_gate) {
  for (const char* text : {"fla:0.02", "fa:3x", "gpu-mode:7n:eps=0.5", "torch:atol=0.01:rtol=0.02", "ascend:L2", "fla",
                           "ascend:rms=2.5", "cosine:0.5", "kernelbench:0.05", "snr:-3.5", "verdict:4"}) {
    const GateSpec gate = make_gate(text, "");
    EXPECT_EQ(gate.label, text);
    EXPECT_EQ(make_gate(gate.label, "").settings, gate.settings);
  }
}

TEST(Gates, wrong_ones_are_refused_with_what_is_allowed) {
  EXPECT_NE(refusal("kernalbench").find("did you mean 'kernelbench'?"), std::string::npos) << refusal("kernalbench");
  EXPECT_NE(refusal("fla:0").find("--require: fla.ratio: found 0"), std::string::npos) << refusal("fla:0");
  EXPECT_NE(refusal("fla:much").find("allowed: a number"), std::string::npos);
  EXPECT_NE(refusal("fla:0.1/0.2").find("allowed: a number"), std::string::npos);
  EXPECT_NE(refusal("fla:rati=1").find("did you mean 'ratio'?"), std::string::npos);
  EXPECT_NE(refusal("torch:0.01").find("name:key=value"), std::string::npos) << refusal("torch:0.01");
  EXPECT_NE(refusal("ascend:L3").find("dual | L1 | L2"), std::string::npos);
  EXPECT_NE(refusal("fa:x").find("allowed: a number"), std::string::npos);
  EXPECT_NE(refusal("flashinfer-bench:95").find("allowed: a number"), std::string::npos);
}

TEST(Gates, every_one_says_what_it_is) {
  for (const Gate& gate : gates()) {
    const Description& about = gate.description;
    for (const std::string& text : {about.name, about.summary, about.formula, about.source, gate.used_by,
                                    gate.precision, gate.nonfinite, gate.hole})
      EXPECT_FALSE(text.empty()) << about.name;
    EXPECT_TRUE(names_gate(about.name + ":1"));
    EXPECT_TRUE(gate.main.empty() ||
                std::ranges::find(about.parameters, gate.main, &Parameter::name) != about.parameters.end());
    EXPECT_NE(gate.evaluate, nullptr);
    EXPECT_NE(gate.scaled, nullptr);
  }
  EXPECT_FALSE(names_gate("4x-bf16"));
  EXPECT_FALSE(names_gate("fl"));
}

// What share promises, on outputs that are wrong by more and more.
TEST(Gates, a_share_is_at_most_1_exactly_if_the_gate_passes) {
  const int n = 8;
  Matrix a(n, n), y(n, n);
  for (int i = 0; i < n; ++i) {
    y(i, i) = 1;
    if (i > 0) a(i, i - 1) = 0.5;
    for (int j = 0; j < i; ++j) y(i, j) = ((i - j) % 2 == 0 ? 1 : -1) * std::ldexp(1.0, j - i);
  }
  const auto wrong_by = [&](double factor) {
    Matrix x = y;
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < i; ++j) x(i, j) *= 1 + factor * ((3 * i + j) % 4 - 1.5);
    }
    return x;
  };
  const std::vector<Matrix> expected{y}, inputs{a}, peer{wrong_by(0x1p-9)};
  for (const Gate& gate : gates()) {
    int passed = 0, failed = 0;
    double last = 0;
    for (double factor = 0x1p-26; factor < 0x1p10; factor *= 1.19) {
      const std::vector<Matrix> output{wrong_by(factor)};
      const GateResult result = make_gate(gate.description.name, "")
                                    .evaluate({output, expected, format_of("fp32", ""), inputs,
                                               [&]() -> const std::vector<Matrix>& { return peer; }});
      EXPECT_EQ(result.passes, result.share <= 1) << gate.description.name << " " << factor << " " << result.text;
      EXPECT_GE(result.share, 0);
      EXPECT_FALSE(result.text.empty());
      EXPECT_TRUE(factor >= 1 || last < 0.01 || result.share >= 0.9 * last) << gate.description.name << " " << factor;
      last = result.share;
      ++(result.passes ? passed : failed);
    }
    EXPECT_GT(passed, 10) << gate.description.name;
    EXPECT_GT(failed, 10) << gate.description.name;
  }
}

}  // namespace tristab::registry_test
