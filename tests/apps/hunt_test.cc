// tristab hunt: what it writes, what can be done with it, and refusals.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "pseudo_terminal.h"
#include "run_program.h"
#include "tristab/base/json.h"

namespace tristab::hunt_test {

constexpr const char* mch = "hunt --method mch --arithmetic fp16 --chunk 16 --head-dim 16 --evaluations 1024 ";

Json reported(const Workplace& place, const std::string& arguments) {
  const ProgramResult result = place.run(arguments + " --json -");
  EXPECT_EQ(result.status, 0) << result.err;
  return Json::parse(result.out);
}

void expect_refusal(const Workplace& place, const std::string& arguments, const std::vector<std::string>& words) {
  const ProgramResult result = place.run("hunt " + arguments);
  EXPECT_EQ(result.status, 2) << arguments << result.err;
  for (const std::string& word : words)
    EXPECT_NE(result.err.find(word), std::string::npos) << word << ": " << result.err;
}

TEST(HuntCommand, a_scenario_names_recipe_files_from_its_own_folder) {
  const Workplace place;
  place.write("limit.json", R"({"method": "mbh", "arithmetic": {"*": "fp16"}})");
  place.write("kernel.json", R"({"method": "mch", "arithmetic": {"*": "fp16"}})");
  std::filesystem::create_directory(place.file("deep"));
  ASSERT_EQ(
      place
          .run("hunt --kernel kernel.json --chunk 16 --evaluations 100 --require limit.json -o deep/x.safetensors "
               "--scenario deep/s.json")
          .status,
      0);
  const ProgramResult shown = place.run("sweep deep/s.json -o s.json");
  EXPECT_EQ(shown.status, 0) << shown.err;
}

TEST(HuntCommand, its_input_is_as_bad_in_a_sweep) {
  const Workplace place;
  const ProgramResult found =
      place.run(std::string(mch) + "--from random -o worst.safetensors --json h.json --scenario s.json");
  ASSERT_EQ(found.status, 0) << found.err;
  EXPECT_NE(found.out.find("mch fp16 on gdn n=16: 1024 evaluations of total_frobenius"), std::string::npos)
      << found.out;
  const Json report = Json::parse(place.read("h.json"));
  EXPECT_EQ(report["schema"], "tristab-hunt/1");
  EXPECT_EQ(report["evaluations"], 1024);
  EXPECT_EQ(report["nothing"], false);
  ASSERT_EQ(place.run("sweep s.json -o r.json").status, 0);
  const Json record = Json::parse(place.read("r.json"))["records"][0];
  EXPECT_EQ(record["total_frobenius"], report["worst"]["value"]);
  EXPECT_EQ(record["total_frobenius"], report["worst"]["record"]["total_frobenius"]);
}

TEST(HuntCommand, jobs_and_interruptions_leave_no_trace) {
  const Workplace place;
  const std::string words = std::string(mch) + "--seed 7 ";
  ASSERT_EQ(place.run(words + "--jobs 1 --json one.json -o one.safetensors").status, 0);
  ASSERT_EQ(place.run(words + "--jobs 2 --json two.json -o two.safetensors").status, 0);
  EXPECT_EQ(place.read("one.json"), place.read("two.json"));
  EXPECT_EQ(place.read("one.safetensors"), place.read("two.safetensors"));
  ASSERT_EQ(place.run(words + "--evaluations 600 --json part.json").status, 2);  // an option given twice
  const std::string shorter =
      "hunt --method mch --arithmetic fp16 --chunk 16 --head-dim 16 --seed 7 --evaluations 600 ";
  ASSERT_EQ(place.run(shorter + "--json part.json").status, 0);
  const ProgramResult resumed = place.run(words + "--resume part.json --json whole.json");
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(place.read("whole.json"), place.read("one.json"));
  const ProgramResult other = place.run(shorter + "--require fla --resume part.json");
  EXPECT_EQ(other.status, 2);
  EXPECT_NE(other.err.find("that of another hunt"), std::string::npos) << other.err;
}

TEST(HuntCommand, a_stable_method_gets_no_word_of_safety) {
  const Workplace place;
  const ProgramResult result =
      place.run("hunt --method row-substitution --arithmetic fp16 --chunk 16 --head-dim 16 --evaluations 600");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("nothing in 600 evaluations; worst ratio "), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find("safe"), std::string::npos);
}

TEST(HuntCommand, time_may_be_the_budget) {
  const Workplace place;
  const Json report = reported(place, "hunt --method mch --arithmetic fp16 --chunk 16 --head-dim 16 --seconds 1");
  EXPECT_GT(report["evaluations"].get<int>(), 0);
  EXPECT_EQ(report["evaluations"].get<int>() % 512, 0);  // whole rounds
}

TEST(HuntCommand, ranges_come_from_a_file) {
  const Workplace place;
  const Json request = reported(place,
                                "hunt --kernel fla-solve-tril --chunk 32 --evaluations 8 "
                                "--input $DATA/gdnneg-slice.safetensors --layer layer6")["request"];
  EXPECT_EQ(request["rate"], Json::array({0, 2}));
  EXPECT_EQ(request["rule"], "gdn");
  EXPECT_EQ(request["cosine"][1], 1);
  EXPECT_GT(request["cosine"][0].get<double>(), -1);
  const Json narrower = reported(place,
                                 "hunt --kernel fla-solve-tril --chunk 32 --evaluations 8 --beta 0:0.5 "
                                 "--input $DATA/gdnneg-slice.safetensors --layer layer6")["request"];
  EXPECT_EQ(narrower["rate"], Json::array({0, 0.5}));
}

TEST(HuntCommand, what_is_shrunk_stays_bad) {
  const Workplace place;
  const std::string setting = "hunt --kernel flashkda-v1 --head-dim 16 ";
  ASSERT_EQ(place.run(setting + "--evaluations 1024 -o worst.safetensors").status, 0);
  const ProgramResult shrunk =
      place.run(setting + "--shrink worst.safetensors -o small.safetensors --json s.json --scenario sweep.json");
  ASSERT_EQ(shrunk.status, 0) << shrunk.err;
  const Json report = Json::parse(place.read("s.json"));
  EXPECT_GE(report["after"]["value"].get<double>(), 0.5 * report["before"]["value"].get<double>());
  EXPECT_EQ(report["pytorch"].size(), 5u);
  for (const Json& line : report["pytorch"])
    EXPECT_NE(shrunk.out.find(line.get<std::string>() + "\n"), std::string::npos);
  EXPECT_LT(place.read("small.safetensors").size(), place.read("worst.safetensors").size());
  const ProgramResult sweep = place.run("sweep sweep.json -o r.json");
  EXPECT_EQ(sweep.status, 0) << sweep.out;
  EXPECT_NE(sweep.out.find("1 of 1 expectations met"), std::string::npos) << sweep.out;
  EXPECT_EQ(Json::parse(place.read("r.json"))["records"][0]["total_frobenius"], report["after"]["value"]);
}

TEST(HuntCommand, an_overflow_is_expected_as_one) {
  const Workplace place;
  ASSERT_EQ(place
                .run("hunt --method mch --arithmetic fp16 --chunk 32 --head-dim 16 --evaluations 2048 "
                     "-o w.safetensors --scenario s.json --json h.json")
                .status,
            0);
  EXPECT_EQ(Json::parse(place.read("h.json"))["worst"]["finite"], false);
  EXPECT_EQ(Json::parse(place.read("s.json"))["expect"][0]["statistic"], "nonfinite_trials");
  EXPECT_EQ(place.run("sweep s.json").status, 0);
}

TEST(HuntCommand, an_interrupt_keeps_what_was_found) {
  const Workplace place;
  const std::string setting = "hunt --method mch --arithmetic fp16 --chunk 16 --head-dim 16 ";
  const TerminalResult stopped = run_on_terminal(setting + "--evaluations 1000000000 --json h.json -o w.safetensors",
                                                 place.file("."), 80, {}, 400);
  EXPECT_EQ(stopped.status, 130) << stopped.raw;
  EXPECT_NE(stopped.raw.find(" evaluations, worst total_frobenius "), std::string::npos) << stopped.raw;
  const Json report = Json::parse(place.read("h.json"));
  EXPECT_EQ(report["stopped"], true);
  const std::int64_t done = report["evaluations"].get<std::int64_t>();
  EXPECT_EQ(done % 512, 0);
  const std::string more = fmt::format("{}--evaluations {} ", setting, done + 512);
  ASSERT_EQ(place.run(more + "--resume h.json -o a.safetensors").status, 0);
  ASSERT_EQ(place.run(more + "-o b.safetensors").status, 0);
  EXPECT_EQ(place.read("a.safetensors"), place.read("b.safetensors"));
}

TEST(HuntCommand, wrong_options_are_explained) {
  const Workplace place;
  place.write("a.npy", npy_bytes("<f8", "(16, 16)", ones_bytes(16)));
  expect_refusal(place, "--method mch", {"--arithmetic", "allowed: --method M --arithmetic F, or --kernel K"});
  expect_refusal(place, "--kernel flashkda-v3", {"flashkda-v2"});
  expect_refusal(place, "--kernel flashkda-v1 --method mch", {"--kernel"});
  expect_refusal(place, "--kernel flashkda-v1 --chunk 64", {"16"});
  expect_refusal(place, "--method mch --arithmetic fp16 --objective snr", {"snr_db"});
  expect_refusal(place, "--method mch --arithmetic fp16 --objective ratio", {"--against"});
  expect_refusal(place, "--method mch --arithmetic fp16 --family uniform", {"gdn", "kda"});
  expect_refusal(place, "--method mch --arithmetic fp16 --family dplr", {"rwkv7"});
  expect_refusal(place, "--method mch --arithmetic fp16 --beta 1:0", {"LOW:HIGH"});
  expect_refusal(place, "--method mch --arithmetic fp16 --beta 0:3", {"from 0 to 2"});
  expect_refusal(place, "--method mch --arithmetic fp16 --grid fp64", {"bf16"});
  expect_refusal(place, "--method mch --arithmetic fp16 --condition 1e9", {"which these ranges reach"});
  expect_refusal(place, "--method mch --arithmetic fp16 --chunk 16 --input a.npy", {"without keys"});
  expect_refusal(place, "--method mch --arithmetic fp16 --chunk 16 --shrink a.npy", {"without keys"});
  expect_refusal(place, "--method mch --arithmetic fp16 --scenario s.json", {"-o FILE"});
  expect_refusal(place, "--method mch --arithmetic fp16 --keep 0.5", {"--shrink"});
  expect_refusal(place, "--method mch --arithmetic fp16 --shrink a.npy --seconds 3", {"--shrink"});
}

TEST(HuntCommand, inputs_are_not_overwritten) {
  const Workplace place;
  ASSERT_EQ(place.run(std::string(mch) + "-o w.safetensors --json h.json").status, 0);
  const std::string tensors = place.read("w.safetensors"), report = place.read("h.json");
  EXPECT_EQ(place.run("hunt --method mch --arithmetic fp16 --chunk 16 --shrink w.safetensors -o w.safetensors --force")
                .status,
            2);
  EXPECT_EQ(place.run(std::string(mch) + "--resume h.json --json h.json --force").status, 2);
  EXPECT_EQ(place.read("w.safetensors"), tensors);
  EXPECT_EQ(place.read("h.json"), report);
}

}  // namespace tristab::hunt_test
