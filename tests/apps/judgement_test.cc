// Conclusions of the program that a careful person would draw: each test is a wrong one that was found.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "run_program.h"
#include "shell.h"
#include "tristab/base/json.h"

namespace tristab::judgement_test {

// The records of a sweep of this configuration.
std::vector<Json> records_of(const Json& config) {
  const Workplace place;
  place.write("c.json", config.dump());
  const ProgramResult result = place.run("sweep c.json -o r.json");
  EXPECT_EQ(result.status, 0) << result.err;
  return Json::parse(place.read("r.json"))["records"].get<std::vector<Json>>();
}

std::string recipe(const std::string& name, const std::string& merge) {
  return Json{{"kernel", name},
              {"summary", "16 x 16 substitution in fp32, merges in " + merge},
              {"source", "made for this test"},
              {"date", "2026-11"},
              {"chunks", {64}},
              {"method", {{"method", "blocked-substitution"}, {"block", 16}, {"merge", "direct"}}},
              {"arithmetic", {{"*", "fp32"}, {"merge", merge}}},
              {"phases", {"diagonal blocks", "merges"}}}
      .dump();
}

const Json trained{{"family", "file"}, {"path", TRISTAB_TEST_DATA "/gdn-slice.safetensors"}, {"layer", "all"}};

// 2.7e-4 failed on all matrices and 1.6e-3 passed: the finest stage was the yardstick.
TEST(Judgement, recipes_are_judged_by_their_coarsest_stage) {
  const Json config{{"families", {trained}},
                    {"chunks", 64},
                    {"kernels", {Json{{"kernel", "fla-solve-tril"}, {"dot", "tf32"}}, "aiter-v2"}}};
  for (const Json& record : records_of(config)) {
    EXPECT_EQ(record["for_format"], "normal") << record["case"];
    EXPECT_EQ(record["fit"], "fit") << record["case"];
    EXPECT_EQ(record["coarsest"], record["kernel"] == "aiter-v2" ? "bf16" : "tf32");
  }
}

// Three quarters of the integer cases failed, int16 substitution with 1.4e-4 among them.
TEST(Judgement, integers_have_a_bound_of_their_own) {
  const Json config{{"families", {"uniform", trained}},
                    {"chunks", 64},
                    {"methods", {"row-substitution", "blocked-substitution", "mbh"}},
                    {"arithmetics", {"int16", "int8"}}};
  for (const Json& record : records_of(config)) {
    EXPECT_EQ(record["for_format"], "normal") << record["case"];
    if (record["arithmetic"] == "int16") {
      EXPECT_EQ(record["fit"], "fit") << record["case"];
    }
  }
}

// Errors of 5e-56 were failures, and medians of such families 0.
TEST(Judgement, saturated_heads_are_trivial_and_judge_nobody) {
  const Json config{{"families", {Json{{"family", "gdn"}, {"gate", "saturated"}}}},
                    {"chunks", 64},
                    {"trials", 4},
                    {"methods", {"row-substitution", "mbh"}},
                    {"arithmetics", {"fp16", "int8", "mxfp8", "fp32"}},
                    {"kernels", {Json{{"kernel", "tcu-exact"}, {"output", "fp32"}}}}};
  for (const Json& record : records_of(config)) {
    EXPECT_EQ(record["for_format"], "trivial") << record["case"];
    EXPECT_EQ(record["fit"], "trivial") << record["case"];
  }
}

// "cheapest: mbh e4m3, passed all cases" at a total error of 18.5%.
TEST(Judgement, a_normal_error_of_fp8_is_not_fit) {
  const Json config{{"families", {Json{{"family", "gdn"}, {"keys", "silu"}, {"gate", "none"}}}},
                    {"chunks", 64},
                    {"methods", {"mbh"}},
                    {"arithmetics", {"e4m3"}}};
  const Workplace place;
  place.write("c.json", config.dump());
  const ProgramResult result = place.run("sweep c.json -o r.json");
  EXPECT_NE(result.err.find("cheapest  none: no setting is fit in every case"), std::string::npos) << result.err;
  const Json result_file = Json::parse(place.read("r.json"));
  for (const Json& record : result_file["records"]) {
    EXPECT_GT(record["total_frobenius"], 0.02);
    EXPECT_EQ(record["fit"], "unfit");
  }
}

// bf16 in the merges instead of fp16, with 8 times the error, passed; nothing told it from the right kernel.
TEST(Judgement, a_planted_bug_misses_the_requirement_of_the_right_recipe) {
  const Workplace place;
  place.write("right.json", recipe("right", "fp16"));
  place.write("bug.json", recipe("bug", "bf16"));
  const std::string compare =
      "compare --input $DATA/gdn-slice.safetensors --layer all --chunk 64 --require right.json ";
  EXPECT_EQ(place.run(compare + "--kernels right.json").status, 0);
  const ProgramResult bug = place.run(compare + "--kernels bug.json");
  EXPECT_EQ(bug.status, 1);
  EXPECT_NE(bug.out.find("unfit"), std::string::npos) << bug.out;
}

// Most trials not finite: the median was 0, the growth 1.
TEST(Judgement, no_median_is_that_of_the_survivors) {
  const Workplace place;
  const ProgramResult table = place.run(
      "compare --family gdn:keys=silu --chunk 128 --trials 16 --seed 1 --methods mch --arithmetics fp16 "
      "--metrics frobenius,growth");
  EXPECT_NE(table.out.find("mch / fp16  128  inf / inf, nf 12/14"), std::string::npos) << table.out;
  EXPECT_EQ(table.out.find("1.0e+0 /"), std::string::npos) << table.out;
}

// One arithmetic showed one metric, two showed another.
TEST(Judgement, a_setting_has_the_same_numbers_alone_and_beside_others) {
  const Workplace place;
  const auto row = [&](const std::string& arithmetics) {
    const std::string out = place.run("compare --chunk 32 --methods mbh --arithmetics " + arithmetics).out;
    const std::size_t begin = out.find("mbh ", out.find("fp16") - 20);
    return out.substr(begin, out.find('\n', begin) - begin);
  };
  const std::string alone = row("fp16");
  EXPECT_EQ(alone.substr(0, 40), row("fp16,fp8-h100").substr(0, 40));
}

// A stable method was marginal or failed: no factor for the sums, no structured matrix in the calibration.
TEST(Judgement, substitution_is_normal_on_structured_matrices) {
  const Json config{
      {"families", {Json{{"family", "dlattr"}, {"condition", {10, 1000}}}}},
      {"chunks", {64, 256}},
      {"trials", 2},
      {"methods", {Json{{"method", "row-substitution"}, {"form", {"unit", "strict"}}, {"order", {"axpy", "dot"}}}}},
      {"arithmetics", {"fp32", "bf16", "fp16"}}};
  for (const Json& record : records_of(config)) EXPECT_EQ(record["for_format"], "normal") << record["case"];
}

// Judged with fp32's roundoff, stable methods were marginal in bf16x3.
TEST(Judgement, split_products_have_the_roundoff_of_both_parts) {
  const Json config{{"families", {Json{{"family", "gdn"}, {"keys", "silu"}}, "uniform"}},
                    {"chunks", {16, 64}},
                    {"methods", {"ladder", "mbh", "blocked-substitution"}},
                    {"arithmetics", {"bf16x3", "tf32x3"}},
                    {"kernels", {"maxtext-ladder"}}};
  for (const Json& record : records_of(config)) EXPECT_NE(record["for_format"], "excessive") << record["case"];
}

// The rounding of A to the operand format was counted as the formation's error: 1.6e-8 became 2.8e-4.
TEST(Judgement, a_formations_error_does_not_depend_on_the_arithmetic) {
  const Json config{{"families", {Json{{"family", "gdn"}, {"gate", "none"}, {"key_format", "bf16"}}}},
                    {"chunks", 16},
                    {"trials", 2},
                    {"methods", {"mbh"}},
                    {"arithmetics", {"fp32", "fp16", "bf16", "tf32"}},
                    {"formations", {"gram"}}};
  std::map<std::string, double> of_matrix;
  for (const Json& record : records_of(config)) {
    const double error = record["error_formation"];
    EXPECT_LT(error, 1e-6);
    EXPECT_EQ(of_matrix.try_emplace(record["matrix"], error).first->second, error) << record["case"];
  }
}

// tf32 rounded A for methods that multiply nothing.
TEST(Judgement, tf32_substitution_has_the_bits_of_fp32) {
  const Json config{
      {"families", {"uniform"}}, {"chunks", 16}, {"methods", {"row-substitution"}}, {"arithmetics", {"fp32", "tf32"}}};
  std::map<std::string, double> of_matrix;
  for (const Json& record : records_of(config)) {
    const double error = record["total_frobenius"];
    EXPECT_EQ(of_matrix.try_emplace(record["matrix"], error).first->second, error) << record["case"];
  }
}

// The exact inverse had a residual of 6.8e2, because double cannot hold 2^62 + 1.
TEST(Judgement, exact_results_have_residuals_of_zero) {
  const Json config{{"families", {"worst-growth"}}, {"chunks", 64}, {"methods", {"mbh"}}, {"arithmetics", {"fp32"}}};
  for (const Json& record : records_of(config)) {
    EXPECT_EQ(record["frobenius"], 0);
    EXPECT_EQ(record["residual_left"], 0);
    EXPECT_EQ(record["residual_right"], 0);
  }
}

// A running sum in place of g was accepted without a word; trained layers are read without a note.
TEST(Judgement, plausible_nonsense_is_told_and_never_refused) {
  const Workplace place;
  const ProgramResult good =
      place.run("compare --input $DATA/gdn-slice.safetensors --layer all --methods mbh --arithmetics fp16");
  EXPECT_EQ(good.err.find("note:"), std::string::npos) << good.err;
  const auto floats = [](const std::vector<float>& values) {
    return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  };
  std::vector<float> keys, betas(32, 0.5f), sums;
  for (int t = 0; t < 32; ++t) {
    for (int d = 0; d < 4; ++d) keys.push_back(d == t % 4 ? 1.0f : 0.0f);
    sums.push_back(-0.1f * static_cast<float>(t + 1));
  }
  place.write("k.npy", npy_bytes("<f4", "(32, 1, 4)", floats(keys)));
  place.write("beta.npy", npy_bytes("<f4", "(32, 1)", floats(betas)));
  place.write("g.npy", npy_bytes("<f4", "(32, 1)", floats(sums)));
  const std::string family = "'file:path=k.npy:beta=beta.npy:g=g.npy'";
  const ProgramResult told = place.run("compare --chunk 32 --methods mbh --arithmetics fp16 --family " + family);
  EXPECT_EQ(told.status, 0) << told.err;
  EXPECT_NE(told.err.find("note: k.npy: tensor 'g': it falls from token to token in every head"), std::string::npos)
      << told.err;
}

// Only the share of the requirement counts, and it is the total error on one matrix: no unfit case is better than a fit
// one, whatever recipe, arithmetic or unit made it.
TEST(Judgement, fit_follows_the_total_error_over_recipes_and_formats) {
  Json config{{"families", {trained, Json{{"family", "gdn"}, {"keys", "silu"}, {"gate", "none"}}}},
              {"chunks", 64},
              {"trials", 4},
              {"methods", {"mbh", "mch", "mxr", "row-substitution", "residual-neumann"}},
              {"arithmetics", {"fp32", "tf32", "fp16", "fp16-pure", "bf16", "e5m10", "e4m3", "mxfp8", "int16", "int8"}},
              {"kernels",
               {"fla-solve-tril", "aiter-v2", "tileops", "vllm-gdn-sm100", "flashinfer-gdn-sm90",
                "flashinfer-gdn-sm100", "qualcomm-int16", "qualcomm-int8", "maxtext-ladder"}}};
  for (const char* requirement : {"4x-bf16", "1x-fp16", "fla-solve-tril", "fla:0.005"}) {
    config["require"] = requirement;
    std::map<std::string, std::pair<double, double>> of_matrix;  // the worst fit error, the best unfit one
    int fit = 0, unfit = 0;
    for (const Json& record : records_of(config)) {
      if (record["fit"] == "trivial") continue;
      auto& [worst_fit, best_unfit] = of_matrix.try_emplace(record["matrix"], 0, HUGE_VAL).first->second;
      if (record["fit"] == "nonfinite") continue;
      const double error = record["total_frobenius"];
      record["fit"] == "fit" ? ++fit : ++unfit;
      double& bound = record["fit"] == "fit" ? worst_fit : best_unfit;
      bound = record["fit"] == "fit" ? std::max(bound, error) : std::min(bound, error);
    }
    EXPECT_GT(fit, 30) << requirement;
    EXPECT_GT(unfit, 30) << requirement;
    for (const auto& [matrix, errors] : of_matrix)
      EXPECT_LE(errors.first, errors.second) << requirement << " " << matrix;
  }
}

// Scores of gates of -5.9 a token, first anchor, subnormals flushed: outputs wrong by a quarter were no failure, for A
// and T are right.
TEST(Judgement, a_layer_whose_outputs_are_wrong_is_unfit) {
  const auto layers_of = [](double gate, const char* anchor) {
    const Json config{
        {"families", {Json{{"family", "kda"}, {"gate", "constant"}, {"gate_value", gate}}}},
        {"chunks", 16},
        {"trials", 2},
        {"layer", true},
        {"layer_chunks", 4},
        {"methods", {"row-substitution"}},
        {"arithmetics", {"bf16"}},
        {"layer_arithmetic",
         {{"arithmetic", "bf16-b200"},
          {"scores", {{"formation", "anchored"}, {"product", "bf16-b200:subnormals=flush"}, {"anchor", anchor}}}}}};
    const Workplace place;
    place.write("c.json", config.dump());
    EXPECT_EQ(place.run("sweep c.json -o r.json").status, 0);
    return Json::parse(place.read("r.json"))["layers"];
  };
  for (const Json& layer : layers_of(-5.9, "first")) {
    EXPECT_GT(layer["o"], 0.2);
    EXPECT_EQ(layer["fit"], "unfit");
    EXPECT_EQ(layer["for_layer"], "normal");  // the inverse adds nothing to what the layer does wrong
    EXPECT_EQ(layer["o_exact_t"], layer["o"]);
  }
  for (const double gate : {-5.0, -5.9}) {
    for (const Json& layer : layers_of(gate, "middle")) EXPECT_EQ(layer["fit"], "fit") << gate;
  }
  for (const Json& layer : layers_of(-5.93, "first")) {
    EXPECT_EQ(layer["fit"], "nonfinite");
    EXPECT_EQ(layer["for_layer"], nullptr);  // nor with the exact T
  }
}

TEST(Judgement, compare_judges_layers_where_the_requirement_bounds_them) {
  const Workplace place;
  const std::string command =
      "compare --input " TRISTAB_TEST_DATA
      "/h100-fla-layers.safetensors --layer gdn.layer6 --arithmetics fp16 --require 'layer.o<=1e-2' ";
  const ProgramResult good = place.run(command + "--methods mbh");
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_NE(good.out.find("layer: 1 sequence"), std::string::npos) << good.out;
  EXPECT_EQ(place.run(command + "--methods mbh,mch").status, 1);
  const ProgramResult wrong = place.run("compare --chunk 16 --require 'layer.oo<=1'");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("layer.o"), std::string::npos) << wrong.err;
}

TEST(Judgement, counters_see_what_happens_on_input_and_inside_sums) {
  const auto record_of = [](const std::vector<double>& entries, const std::string& method,
                            const std::string& arithmetic) {
    const Workplace place;  // A_10, A_21 of a 16 x 16 matrix
    std::vector<double> a(256, 0);
    a[16] = entries[0];
    a[33] = entries[1];
    place.write("A.npy",
                npy_bytes("<f8", "(16, 16)", std::string(reinterpret_cast<const char*>(a.data()), 8 * a.size())));
    place.write("c.json", Json{{"families", {Json{{"family", "file"}, {"path", "A.npy"}}}},
                               {"chunks", 16},
                               {"methods", {method}},
                               {"arithmetics", {Json{{"arithmetic", arithmetic}, {"overflow", "saturate"}}}}}
                              .dump());
    const ProgramResult run = place.run("sweep c.json -o r.json");
    EXPECT_EQ(run.status, 0) << run.err;
    return Json::parse(place.read("r.json"))["records"][0];
  };
  for (const char* method : {"row-substitution", "mbh", "mch"}) {
    const Json cut = record_of({300, 300}, method, "fp16");  // 90000 becomes 65504
    EXPECT_GE(cut["overflows"], 1) << method;
    EXPECT_GE(cut["saturations"], 1) << method;
    EXPECT_TRUE(cut["first_overflow_stage"].is_string()) << method;
    const Json input = record_of({70000, 0}, method, "fp16");
    EXPECT_EQ(input["first_overflow_stage"], "input") << method;
    EXPECT_GE(input["saturations"], 1) << method;
    const Json tiny = record_of({0x1p-26, 0}, method, "fp16");
    EXPECT_GE(tiny["underflows"], 1) << method;
  }
}

TEST(Judgement, the_words_for_a_format_follow_the_errors) {
  const Json config{{"families", {Json{{"family", "gdn"}, {"keys", "silu"}, {"gate", "none"}}}},
                    {"chunks", 64},
                    {"methods", {"mbh", "mch", "newton-schulz", "residual-neumann"}},
                    {"arithmetics", {"fp32", "fp16", "bf16", "int8"}}};
  const std::vector<std::string> words{"normal", "high", "excessive", "nonfinite"};
  std::map<std::pair<std::string, std::string>, std::vector<std::pair<double, std::size_t>>> of_matrix;
  for (const Json& record : records_of(config)) {
    if (record["fit"] == "trivial") continue;
    const double error = record["frobenius"].is_null() ? HUGE_VAL : record["frobenius"].get<double>();
    const auto word = std::find(words.begin(), words.end(), record["for_format"]) - words.begin();
    of_matrix[{record["matrix"], record["arithmetic"]}].emplace_back(error, static_cast<std::size_t>(word));
  }
  ASSERT_GT(of_matrix.size(), 20u);
  for (auto& [place, judged] : of_matrix) {
    std::sort(judged.begin(), judged.end());
    EXPECT_TRUE(std::is_sorted(judged.begin(), judged.end(), [](auto a, auto b) { return a.second < b.second; }))
        << place.first << " " << place.second;
  }
}

// A truncated series with errors of 15 % was "stable", for its slope is 0; so was doubling with errors of 3e9.
// The theory bounds from above: mbh, ladder, mxr and recursive are logarithmically stable at worst, which these inputs
// do not show. Newton-Schulz is stable once it has converged, and 40 steps are enough here; the series are unstable
// where they truncate or form large powers. `ungated` has its base's class.
TEST(Judgement, no_class_is_better_or_worse_than_the_theory_allows) {
  const std::map<std::string, std::string> expected{
      {"row-substitution", "stable"},
      {"solve", "stable"},
      {"column-sweep", "stable"},
      {"matrix-column-sweep", "stable"},
      {"gauss-jordan", "stable"},
      {"mch", "unstable"},
      {"neumann", "stable"},  // by Horner's scheme, to the last power
      {"neumann:evaluation=powers", "unstable"},
      {"neumann:evaluation=product", "unstable"},
      {"neumann:degree=8", "unstable"},  // truncation
      {"paterson-stockmeyer", "unstable"},
      {"mbh", "stable"},
      {"ladder", "stable"},
      {"mxr", "stable"},
      {"blocked-substitution", "stable"},
      {"bounded-doubling", "stable"},
      {"recursive", "stable"},
      {"newton-schulz", "unstable"},  // not converged where the condition number is 1e5
      {"newton-schulz:steps=40", "stable"},
      {"newton-schulz:start=identity", "unstable"},
      {"ungated", "stable"},
      {"residual-neumann", "unstable"},
      {"residual-neumann:terms=2", "unstable"},
      {"refine", "stable"},
  };
  Json methods = Json::array();
  std::set<std::string> names;
  for (const auto& [label, name] : expected) {
    methods.push_back(label);
    names.insert(label.substr(0, label.find(':')));
  }
  const Json config{
      {"families",
       {"ones", "uniform", "normal", Json{{"family", "uniform-signed"}, {"condition", {10, 1000, 100000}}},
        Json{{"family", "gdn"}, {"keys", {"silu", "collinear"}}, {"gate", "none"}},
        Json{{"family", "dlattr"}, {"condition", {10, 1000}}}}},
      {"chunks", {16, 32, 64, 128}},
      {"trials", 2},
      {"methods", methods},
      {"arithmetics", {"fp32"}}};
  const Workplace place;
  place.write("c.json", config.dump());
  EXPECT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const Json result = Json::parse(place.read("r.json"));  // kept while the loop runs
  for (const Json& row : result["classes"]) {
    const std::string label = row["method_label"];
    EXPECT_EQ(row["class"], expected.at(label)) << row.dump(1);
  }
  const std::string listing = place.run("list methods").out;
  for (const std::string& line : lines_of(listing)) {
    const std::string name = line.substr(0, line.find(' '));
    if (name.empty() || name == "method" || name == "Stability") continue;
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

// A family was printed as "gdn": nobody could tell its keys, betas and gates.
TEST(Judgement, a_ranking_gives_the_whole_family) {
  const Workplace place;
  const std::string out = place.run("compare --family gdn --chunk 16 --trials 1 --methods mbh --arithmetics fp16").out;
  EXPECT_TRUE(out.starts_with("gdn:beta=qwen3-next:gate=qwen3-next:head_dim=128:key_format=fp64:keys=silu:")) << out;
  const std::string again = out.substr(0, out.find('\n'));
  EXPECT_EQ(place.run("compare --chunk 16 --trials 1 --methods mbh --arithmetics fp16 --family " + again).out, out);
}

TEST(Judgement, overall_is_one_table_over_all_inputs) {
  const Workplace place;
  const std::string compare =
      "compare --family ones,uniform --chunk 16,64 --trials 2 --methods mbh,mch --arithmetics fp16 ";
  const std::string out = place.run(compare + "--overall").out;
  EXPECT_NE(out.find("Over 4 inputs"), std::string::npos) << out;
  EXPECT_NE(out.find("4/4"), std::string::npos) << out;
  EXPECT_NE(out.find("ones n=64"), std::string::npos) << out;
  EXPECT_EQ(place.run(compare + "--overall --metrics frobenius").status, 2);
}

}  // namespace tristab::judgement_test
