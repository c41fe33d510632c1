// Recipes from the shell: as an axis of a sweep, for one inversion, and from a user's file.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "run_program.h"

namespace tristab::kernels_test {

using nlohmann::json;

TEST(Kernels, run_beside_methods_without_being_crossed_with_arithmetics) {
  const Workplace place;
  place.write("c.json", R"({"chunks": [16, 64], "trials": 2, "families": ["uniform"], "methods": ["mbh"],
    "arithmetics": ["fp16", "bf16"], "kernels": ["flashkda-v2", {"kernel": "fla-solve-tril", "dot": ["ieee", "tf32"]}]})");
  const ProgramResult run = place.run("sweep c.json -o r.json");
  ASSERT_EQ(run.status, 0) << run.err;
  const json result = json::parse(place.read("r.json"));
  int kernels = 0;
  for (const json& record : result["records"]) {
    if (record["kernel"].is_null()) continue;
    ++kernels;
    EXPECT_EQ(record["arithmetic"], "recipe");
    EXPECT_EQ(record["method"], "blocked-substitution");
    EXPECT_TRUE(record["arithmetic_params"].contains("*"));
    EXPECT_EQ(record["status"], "ok");
    EXPECT_TRUE(record["kernel"] != "flashkda-v2" || record["n"] == 16);
  }
  // 2 matrices of 16 by three kernels, 2 of 64 by two: flashkda-v2 takes chunks of 16 alone.
  EXPECT_EQ(kernels, 2 * 3 + 2 * 2);
  EXPECT_EQ(result["records"].size(), 4u * 2 + 10);
  EXPECT_EQ(result["run"]["cases"], 18);
  EXPECT_EQ(result["config"]["kernels"].size(), 3u);
}

TEST(Kernels, alone_are_a_sweep_too_and_the_option_replaces_them) {
  const Workplace place;
  place.write("c.json", R"({"chunks": 64, "trials": 1, "families": ["uniform"], "kernels": ["hf-transformers"]})");
  ASSERT_EQ(place.run("sweep c.json -o r.json --kernels tcu-exact,fla-solve-tril:dot=ieee/tf32").status, 0);
  const json result = json::parse(place.read("r.json"));
  ASSERT_EQ(result["records"].size(), 3u);
  EXPECT_EQ(result["records"][0]["kernel"], "tcu-exact");
  EXPECT_EQ(result["records"][2]["kernel"], "fla-solve-tril:dot=tf32");
  EXPECT_EQ(result["records"][2]["method_label"], "fla-solve-tril:dot=tf32");
}

TEST(Kernels, invert_takes_a_kernel_with_its_parameters_or_a_file) {
  const Workplace place;
  ASSERT_EQ(place.run("generate uniform --chunk 64 --trials 1 -o A.npy").status, 0);
  EXPECT_EQ(place.run("invert A.npy --kernel fla-solve-tril dot=tf32 -o X.npy").status, 0);
  EXPECT_EQ(place.run("invert A.npy --method mbh --arithmetic fp32 -o Y.npy").status, 0);
  EXPECT_NE(place.read("X.npy"), place.read("Y.npy"));
  place.write("mine.json", R"({"kernel": "mine", "summary": "s", "source": "here", "date": "2026-11",
    "method": "mbh", "arithmetic": {"*": "fp32"}})");
  ASSERT_EQ(place.run("invert A.npy --kernel mine.json -o Z.npy").status, 0);
  EXPECT_EQ(place.read("Z.npy"), place.read("Y.npy"));  // the same mathematics, named by a file
}

TEST(Kernels, mistakes_exit_with_2_and_name_the_nearest) {
  const Workplace place;
  ASSERT_EQ(place.run("generate uniform --chunk 64 --trials 1 -o A.npy").status, 0);
  const ProgramResult unknown = place.run("invert A.npy --kernel fla-solv-tril -o X.npy");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("did you mean 'fla-solve-tril'?"), std::string::npos) << unknown.err;
  EXPECT_EQ(place.run("invert A.npy --kernel fla-solve-tril --method mbh -o X.npy").status, 2);
  EXPECT_EQ(place.run("invert A.npy --kernel absent.json -o X.npy").status, 3);
  place.write("c.json", R"({"chunks": 32, "trials": 1, "families": ["uniform"], "kernels": ["flashkda-v1"]})");
  const ProgramResult sizes = place.run("sweep c.json -o r.json");
  EXPECT_EQ(sizes.status, 2);
  EXPECT_NE(sizes.err.find("flashkda-v1 takes chunks of 16, not of 32"), std::string::npos) << sizes.err;
}

}  // namespace tristab::kernels_test
