// Gates as requirements: of matrices, of layers, and what is refused.
#include <gtest/gtest.h>

#include <cmath>

#include "run_program.h"
#include "tristab/base/json.h"

namespace tristab::gates_test {

// A with one entry, A_10 = 0.1. In fp16 X_10 is -0x1.998p-4.
constexpr double error = 0.1 - 0x1.998p-4;

Json record_with(const std::string& requirement) {
  const Workplace place;
  std::vector<double> a(256, 0);
  a[16] = 0.1;
  place.write("a.npy",
              npy_bytes("<f8", "(16, 16)", std::string(reinterpret_cast<const char*>(a.data()), 8 * a.size())));
  const Json file{{"family", "file"}, {"path", "a.npy"}};
  place.write("c.json", Json{{"families", {file}},
                             {"chunks", 16},
                             {"methods", {"row-substitution"}},
                             {"arithmetics", {"fp16"}},
                             {"require", requirement}}
                            .dump());
  const ProgramResult run = place.run("sweep c.json -o r.json");
  EXPECT_EQ(run.status, 0) << requirement << run.err;
  return run.status == 0 ? Json::parse(place.read("r.json"))["records"][0] : Json();
}

double share_with(const std::string& requirement) {
  return record_with(requirement)["requirement_share"].get<double>();
}

TEST(GatesOfMatrices, shares_are_those_of_the_rules_by_hand) {
  EXPECT_NEAR(share_with("fla:0.005"), error / std::sqrt(16.01) / 0.005, 1e-6);
  // In fp16 the reference is -0x1.998p-4 too.
  EXPECT_EQ(share_with("torch"), 0);
  EXPECT_EQ(share_with("torch:rtol=0:atol=0"), 0);
  EXPECT_EQ(share_with("flashinfer-bench:0.95"), 0);
  EXPECT_NEAR(share_with("snr:80"), error / std::sqrt(16.01) * 1e4, 1e-6);
  // LX - I has one entry, the error; norms of L and X are 1.1.
  EXPECT_NEAR(share_with("lapack:30"), error / (1.1 * (1 + 0x1.998p-4) * 16 * 0x1p-11) / 30, 1e-9);
  EXPECT_NEAR(share_with("gpu-mode:20n"), error / (1.1 * 16 * 0x1p-10) / 20, 1e-9);
  EXPECT_NEAR(share_with("fla:0.005,snr:80"), share_with("snr:80"), 0) << "the hardest counts";
}

TEST(GatesOfMatrices, the_peer_is_row_substitution_in_the_format) {
  EXPECT_EQ(share_with("fa:2x"), 0);
  EXPECT_LE(share_with("ascend:dual"), 0.5) << "errors equal to the peer's";
}

TEST(GatesOfMatrices, verdict_is_the_statement_for_the_format) {
  for (const char* arithmetic : {"bf16", "int16"}) {
    const Workplace place;
    place.write("c.json", Json{{"families", {"uniform"}},
                               {"chunks", 16},
                               {"trials", 4},
                               {"methods", {"row-substitution", "neumann:degree=1"}},
                               {"arithmetics", {arithmetic}},
                               {"require", "verdict"}}
                              .dump());
    EXPECT_EQ(place.run("sweep c.json -o r.json").status, 0);
    int normal = 0, others = 0;
    const Json result = Json::parse(place.read("r.json"));
    for (const Json& record : result["records"]) {
      ++(record["for_format"] == "normal" ? normal : others);
      EXPECT_EQ(record["fit"] == "fit", record["for_format"] == "normal") << record.dump();
      EXPECT_GT(record["requirement_share"].get<double>(), 0);
    }
    EXPECT_GT(normal, 3);
    EXPECT_GT(others, 3);
  }
}

TEST(GatesOfMatrices, the_exit_status_of_compare_says_whether_all_pass) {
  const Workplace place;
  const std::string compare = "compare --family uniform --chunk 16 --trials 2 --arithmetics fp32 --require ";
  for (const char* gate :
       {"torch", "fla:1e-4", "fla-ci", "fa:2x", "ascend:dual", "flashinfer-bench:0.95", "pearson", "cosine", "snr:40",
        "lapack:30", "gpu-mode:20n", "kernelbench", "verdict", "fla:0.005,torch:rtol=1e-2:atol=1e-2"}) {
    const ProgramResult good = place.run(compare + gate + " --methods row-substitution");
    EXPECT_EQ(good.status, 0) << gate << good.out << good.err;
    EXPECT_EQ(place.run(compare + gate + " --methods row-substitution,neumann:degree=1").status, 1) << gate;
  }
}

TEST(GatesOfMatrices, nan_never_meets_a_requirement) {
  const Workplace place;
  const ProgramResult run =
      place.run("compare --family ones --chunk 64 --methods mch --arithmetics fp16 --require lapack:1e9,ascend");
  EXPECT_EQ(run.status, 1) << run.out;
  EXPECT_NE(run.out.find("nonfinite"), std::string::npos) << run.out;
}

TEST(GatesOfMatrices, inspect_finds_what_misses_a_gate) {
  const Workplace place;
  const ProgramResult run =
      place.run("inspect gdn:keys=collinear:gate=none --method mbh --arithmetic fp16 --chunk 16 --require fla:1e-5");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("fla:1e-5"), std::string::npos) << run.out;
}

TEST(GatesOfMatrices, wrong_ones_are_refused) {
  const Workplace place;
  for (const auto& [gate, told] : {std::pair{"fla:0", "--require: fla.ratio: found 0"},
                                   {"torhc", "did you mean 'torch'?"},
                                   {"fa:2y", "fa.factor: found \"2y\""},
                                   {"torch:0.01", "name:key=value"}}) {
    const ProgramResult run = place.run(std::string("compare --chunk 16 --require ") + gate);
    EXPECT_EQ(run.status, 2) << gate;
    EXPECT_NE(run.err.find(told), std::string::npos) << run.err;
  }
}

// The layers of a sweep in bf16, with sums in fp32.
Json layers_with(const std::string& requirement) {
  const Workplace place;
  place.write("c.json", Json{{"families", {Json{{"family", "gdn"}, {"keys", "silu"}}}},
                             {"chunks", 16},
                             {"trials", 2},
                             {"layer", true},
                             {"layer_chunks", 2},
                             {"methods", {"row-substitution"}},
                             {"arithmetics", {"bf16"}},
                             {"require", requirement}}
                            .dump());
  const ProgramResult run = place.run("sweep c.json -o r.json");
  EXPECT_EQ(run.status, 0) << run.err;
  return run.status == 0 ? Json::parse(place.read("r.json"))["layers"] : Json::array();
}

TEST(GatesOfLayers, outputs_and_state_are_judged) {
  for (const Json& layer : layers_with("fla:0.02")) {
    // The ratio of each is its relative error: 1e-8 and fp32 change the seventh digit.
    const double larger = std::max(layer["o"].get<double>(), layer["state"].get<double>());
    EXPECT_NEAR(layer["requirement_share"].get<double>(), larger / 0.02, 1e-4 * larger / 0.02);
    EXPECT_EQ(layer["fit"], "fit");
  }
  for (const Json& layer : layers_with("fla:1e-6")) EXPECT_EQ(layer["fit"], "unfit");
  for (const Json& layer : layers_with("torch:rtol=0.5:atol=0.5")) EXPECT_EQ(layer["fit"], "fit");
  for (const Json& layer : layers_with("verdict")) EXPECT_EQ(layer["fit"] == "fit", layer["for_layer"] == "normal");
}

// Row substitution in bf16 is the peer itself: its errors are half of what fa allows, but for 1e-5.
TEST(GatesOfLayers, the_peer_is_the_layer_with_row_substitution) {
  for (const Json& layer : layers_with("fa:2x:atol=0")) EXPECT_EQ(layer["requirement_share"], 0.5);
}

TEST(GatesOfLayers, rules_about_residuals_say_nothing_of_them) {
  for (const Json& layer : layers_with("lapack")) EXPECT_EQ(layer["fit"], nullptr);
}

}  // namespace tristab::gates_test
