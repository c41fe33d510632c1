// tristab recommend: answers, the recipe that it writes, changes of a kernel, tuning, and refusals.
#include <gtest/gtest.h>

#include <fstream>

#include "run_program.h"
#include "tristab/base/json.h"

namespace tristab::recommend_test {
namespace {

// A small question: one family, four methods, no hunts.
constexpr const char* small =
    "--family gdn:keys=silu --chunk 16 --methods mch,mbh,mxr:block=4,newton-schulz --trials 4 ";

Json answered(const Workplace& place, const std::string& arguments, int status = 0) {
  const ProgramResult result = place.run("recommend " + arguments + " --format json");
  EXPECT_EQ(result.status, status) << result.err;
  return result.out.empty() ? Json() : Json::parse(result.out);
}

void expect_refusal(const Workplace& place, const std::string& arguments, const std::vector<std::string>& words,
                    int status = 2) {
  const ProgramResult result = place.run("recommend " + arguments);
  EXPECT_EQ(result.status, status) << arguments << result.err;
  for (const std::string& word : words)
    EXPECT_NE(result.err.find(word), std::string::npos) << word << ": " << result.err;
}

TEST(RecommendCommand, answers_with_a_setting_its_margin_and_its_time) {
  const Workplace place;
  const Json size = answered(place, std::string(small) + "--hunt 0")["sizes"][0];
  EXPECT_EQ(size["n"], 16);
  EXPECT_LE(size["winner"]["share"].get<double>(), 1);
  EXPECT_NEAR(size["winner"]["margin_bits"].get<double>(), -std::log2(size["winner"]["share"].get<double>()), 1e-9);
  EXPECT_GT(size["winner"]["ns"].get<double>(), 0);
  EXPECT_EQ(size["inputs"][0]["matrices"], 4);
  for (const Json& cheaper : size["cheaper"]) EXPECT_FALSE(cheaper["why"].get<std::string>().empty());
}

TEST(RecommendCommand, the_recipe_that_it_writes_has_the_error_that_it_promises) {
  const Workplace place;
  const Json answer = answered(place, std::string(small) + "--hunt 0 -o mine.json");
  const ProgramResult compared = place.run(
      "compare --kernels mine.json --family gdn:keys=silu --chunk 16 --trials 4 --require 4x-bf16 --format json");
  ASSERT_EQ(compared.status, 0) << compared.err;
  const Json row = Json::parse(compared.out)[0];
  EXPECT_EQ(row["kernel"], "mine");
  EXPECT_NEAR(row["worst"].get<double>(), answer["sizes"][0]["winner"]["error"].get<double>(),
              1e-3 * answer["sizes"][0]["winner"]["error"].get<double>());
}

TEST(RecommendCommand, the_same_answer_for_any_number_of_threads) {
  const Workplace place;
  const std::string question = std::string(small) + "--hunt 200 --format json --jobs ";
  const ProgramResult one = place.run("recommend " + question + "1"), two = place.run("recommend " + question + "2");
  ASSERT_EQ(one.status, 0) << one.err;
  Json first = Json::parse(one.out), second = Json::parse(two.out);
  // How many inversions it took may differ.
  for (Json* answer : {&first, &second}) (*answer)["sizes"][0].erase("evaluations");
  EXPECT_EQ(first, second);
}

TEST(RecommendCommand, pruned_and_exhaustive_answers_are_equal) {
  const Workplace place;
  const Json pruned = answered(place, std::string(small) + "--hunt 0")["sizes"][0];
  const Json whole = answered(place, std::string(small) + "--hunt 0 --exhaustive")["sizes"][0];
  EXPECT_EQ(pruned["winner"], whole["winner"]);
  EXPECT_EQ(pruned["front"], whole["front"]);
  EXPECT_LT(pruned["evaluations"].get<int>(), whole["evaluations"].get<int>());
}

TEST(RecommendCommand, without_an_answer_it_ends_with_one) {
  const Workplace place;
  const ProgramResult result = place.run(
      "recommend --family ones --chunk 64 --methods mch --arithmetics fp16 --require 'total_frobenius<=1e-12' "
      "--trials 2 --hunt 0");
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_NE(result.out.find("No setting meets total_frobenius<=1e-12"), std::string::npos) << result.out;
}

TEST(RecommendCommand, a_hunt_names_what_it_found_and_that_it_is_no_proof) {
  const Workplace place;
  const ProgramResult result = place.run(
      "recommend --family gdn:keys=independent --chunk 16 --methods mch,mbh "
      "--arithmetics fp16 --outputs fp32 --trials 2 --hunt 300");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("That is no proof"), std::string::npos) << result.out;
}

TEST(RecommendCommand, the_least_change_of_a_kernel_is_counted) {
  const Workplace place;
  const Json size = answered(
      place, "--family gdn:gate=none:keys=identical --chunk 16 --trials 4 --hunt 0 --like flashkda-v1")["sizes"][0];
  EXPECT_EQ(size["winner"]["edits"], 1);
  EXPECT_EQ(size["front"][0]["edits"], 0);
}

TEST(RecommendCommand, scales_are_calibrated_on_other_tokens_than_tried) {
  const Workplace place;
  const std::string file = "--input " TRISTAB_TEST_DATA
                           "/gdn-slice.safetensors --layer layer6 --chunk 16 --trials 4 --hunt 0 "
                           "--tune residual-neumann --arithmetics int8 --outputs fp32 --tokens 64:128 ";
  const Json size = answered(place, file + "--calibrate 0:64")["sizes"][0];
  bool is_static = false;
  for (const Json& each : size["front"]) {
    for (const auto& [stage, arithmetic] : each["arithmetic"].items())
      is_static = is_static || (arithmetic.value("scale_rule", "") == "static" && arithmetic["static_amax"] > 0);
  }
  EXPECT_TRUE(is_static) << size["front"].dump(1);
  expect_refusal(place, file + "--calibrate 64:128", {"--calibrate", "other tokens than --tokens"});
  expect_refusal(place, file + "--calibrate 100:160", {"--calibrate", "overlap"});
}

TEST(RecommendCommand, a_description_of_ones_own_machine_works) {
  const Workplace place;
  Json machine = Json::parse(std::ifstream(TRISTAB_SOURCE_DIR "/configs/hardware/a100.json"));
  machine["memory_gb_s"] = 1;  // then everything takes the time of memory
  place.write("mine.json", machine.dump());
  const Json size = answered(place, std::string(small) + "--hunt 0 --hardware mine.json")["sizes"][0];
  EXPECT_EQ(size["winner"]["time"], "memory");
  EXPECT_DOUBLE_EQ(size["winner"]["ns"].get<double>(), 16 * 16 * (2 + 2));
}

TEST(RecommendCommand, refusals_name_what_was_typed_and_the_nearest_name) {
  const Workplace place;
  expect_refusal(place, "", {"no inputs", "--family"});
  expect_refusal(place, "--family gdn --hardware h20", {"--hardware", "h20", "'h200'"});
  expect_refusal(place, "--family gdn --arithmetics fp61", {"--arithmetics", "fp61", "fp16-h200"});
  expect_refusal(place, "--family gdn --outputs fb16", {"--outputs", "fb16"});
  expect_refusal(place, "--family gdn --tune mrx", {"--tune", "mrx", "'mxr'"});
  expect_refusal(place, "--family gdn --like flashkda-v1 --chunk 64", {"--like", "flashkda-v1", "16"});
  expect_refusal(place, "--family gdn --beta x", {"--beta", "x", "LOW:HIGH"});
  expect_refusal(place, "--family gdn --beta 2:1", {"--beta", "2:1"});
  expect_refusal(place, "--family gdn --beta 0:nan", {"--beta", "0:nan"});
  expect_refusal(place, "--family gdn --chunk 16 --require aiter-v2", {"--require", "aiter-v2", "64"});
  expect_refusal(place, "--family gdn --chunk 64 --like qualcomm-int16", {"--like", "qualcomm-int16", "--arithmetics"});
  expect_refusal(place,
                 "--input " TRISTAB_TEST_DATA
                 "/gdn-slice.safetensors --layer layer6 --chunk 16 --tokens 64:128 --calibrate 0:64",
                 {"--calibrate", "int8"});
  expect_refusal(place, "--family gdn --chunk 16,32 -o r.json", {"-o", "one size"});
  expect_refusal(place, "--family gdn --require 'layer.o<=1e-2'", {"--require", "layer.o<=1e-2"});
  expect_refusal(place, "--family gdn --tune mxr --methods mbh", {"--tune", "--methods"});
  expect_refusal(place, "--family gdn --heads 0", {"--heads", "--input"});
  expect_refusal(place, "--input missing.safetensors", {"missing.safetensors"}, 3);
}

TEST(RecommendCommand, writes_over_no_input) {
  const Workplace place;
  place.write("mine.json", Json::parse(std::ifstream(TRISTAB_SOURCE_DIR "/configs/hardware/a100.json")).dump());
  expect_refusal(place, std::string(small) + "--hunt 0 --hardware mine.json -o mine.json", {"mine.json"});
}

}  // namespace
}  // namespace tristab::recommend_test
