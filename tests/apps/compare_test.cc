#include <gtest/gtest.h>

#include "run_program.h"
#include "tristab/base/parameters.h"

namespace tristab {
namespace {

TEST(Compare, computes_a_table_now) {
  const Workplace place;
  const ProgramResult result =
      place.run("compare --chunk 64 --family ones --methods mch,mbh --arithmetics fp16 --trials 1");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  // mbh is exact on the all-ones matrix in fp16, mch overflows (methods.md section 7).
  EXPECT_NE(result.out.find("ones\nn = 64, 1 matrix;"), std::string::npos) << result.out;
  EXPECT_LT(result.out.find("mbh"), result.out.find("mch"));
  EXPECT_NE(result.out.find("1/1"), std::string::npos);
}

TEST(Compare, a_result_file_and_the_same_cases_computed_now_give_the_same_table) {
  const Workplace place;
  place.write("c.json", R"({"chunks": [16, 32], "trials": 3, "families": ["uniform", "ones"],
                            "methods": ["mbh", "mch", {"method": "mxr", "block": 8}], "arithmetics": ["fp16", "bf16"]})");
  EXPECT_EQ(place.run("sweep c.json -o r.json").status, 0);
  EXPECT_EQ(place.run("sweep c.json -o r.ndjson").status, 0);
  const std::string now = place
                              .run(
                                  "compare --chunk 32 --family uniform --methods mbh,mch,mxr:block=8 "
                                  "--arithmetics fp16,bf16 --trials 3")
                              .out;
  EXPECT_EQ(place.run("compare r.json --chunk 32 --family uniform").out, now);
  EXPECT_EQ(place.run("compare r.ndjson --chunk 32 --family uniform").out, now);
  EXPECT_EQ(place.run("compare - --chunk 32 --family uniform", "r.json").out, now);
}

TEST(Compare, an_incomplete_result_is_read_with_a_note) {
  const Workplace place;
  place.write("c.json", R"({"chunks": [16], "trials": 3, "families": ["uniform"], "methods": ["mbh"],
                            "arithmetics": ["fp16"]})");
  EXPECT_EQ(place.run("sweep c.json -o r.ndjson").status, 0);
  const std::string whole = place.read("r.ndjson");
  place.write("part.ndjson", whole.substr(0, whole.rfind("{\"type\": \"matrix\"")));
  const ProgramResult result = place.run("compare part.ndjson");
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.err.find("part.ndjson is not complete: 2 records of 3"), std::string::npos) << result.err;
  EXPECT_NE(result.out.find("2 matrices"), std::string::npos);
}

TEST(Compare, a_document_that_lacks_records_is_read_with_a_note) {
  const Workplace place;
  place.write("c.json", R"({"chunks": [16], "trials": 3, "families": ["uniform"], "methods": ["mbh"],
                            "arithmetics": ["fp16"]})");
  EXPECT_EQ(place.run("sweep c.json -o r.json").status, 0);
  Json document = Json::parse(place.read("r.json"));
  document["records"].erase(2);
  place.write("part.json", document.dump());
  const ProgramResult result = place.run("compare part.json");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("part.json is not complete: 2 records of 3"), std::string::npos) << result.err;
}

TEST(Compare, a_selection_that_the_file_does_not_have_is_refused) {
  const Workplace place;
  place.write("c.json",
              R"({"chunks": [16], "families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  EXPECT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const ProgramResult method = place.run("compare r.json --methods mbj");
  EXPECT_EQ(method.status, 2);
  EXPECT_NE(method.err.find("did you mean 'mbh'?"), std::string::npos) << method.err;
  EXPECT_EQ(place.run("compare r.json --chunk 32").status, 2);
  EXPECT_EQ(place.run("compare r.json --trials 3").status, 2);
}

TEST(Compare, takes_layers_of_a_file) {
  const Workplace place;
  const ProgramResult result = place.run(
      "compare --chunk 64 --input $DATA/gdn-slice.safetensors --layer layer6 --heads 0 --tokens 0:64 "
      "--methods mbh "
      "--arithmetics fp16");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("n = 64, 1 matrix;"), std::string::npos) << result.out;
}

}  // namespace
}  // namespace tristab
