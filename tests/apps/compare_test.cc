#include <gtest/gtest.h>

#include <algorithm>

#include "run_program.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"

namespace tristab::compare_test {

TEST(Compare, computes_a_table_now) {
  const Workplace place;
  const ProgramResult result =
      place.run("compare --chunk 64 --family ones --methods mch,mbh --arithmetics fp16 --trials 1");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  // mbh is exact on the all-ones matrix in fp16, mch overflows.
  EXPECT_NE(result.out.find("ones\nn = 64, 1 matrix;"), std::string::npos) << result.out;
  EXPECT_LT(result.out.find("mbh"), result.out.find("mch"));
  EXPECT_NE(result.out.find("1/1"), std::string::npos);
}

TEST(Compare, a_file_and_the_same_cases_computed_now_give_the_same_table) {
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
  place.write("c.json", R"({"chunks": [16], "families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  EXPECT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const ProgramResult method = place.run("compare r.json --methods mbj");
  EXPECT_EQ(method.status, 2);
  EXPECT_NE(method.err.find("did you mean 'mbh'?"), std::string::npos) << method.err;
  EXPECT_EQ(place.run("compare r.json --chunk 32").status, 2);
  EXPECT_EQ(place.run("compare r.json --trials 3").status, 2);
}

constexpr const char* with_kernels =
    R"({"chunks": [16, 64], "trials": 3, "families": ["uniform", "ones"], "methods": ["mbh"], "arithmetics": ["fp16"],
        "kernels": ["flashkda-v2", {"kernel": "fla-solve-tril", "dot": ["ieee", "tf32"]}]})";

TEST(Compare, kernels_are_ranked_now_and_from_a_file_alike) {
  const Workplace place;
  place.write("c.json", with_kernels);
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const std::string kernels = "--kernels fla-solve-tril:dot=ieee/tf32 --chunk 64 --family uniform";
  const ProgramResult now = place.run("compare --trials 3 " + kernels);
  EXPECT_EQ(now.status, 0) << now.err;
  // Their arithmetics differ, and no method was asked for.
  EXPECT_NE(now.out.find("total_frobenius"), std::string::npos) << now.out;
  EXPECT_EQ(now.out.find("mbh"), std::string::npos) << now.out;
  EXPECT_LT(now.out.find("1  fla-solve-tril  "), now.out.find("2  fla-solve-tril:dot=tf32")) << now.out;
  EXPECT_EQ(place.run("compare r.json " + kernels).out, now.out);
  EXPECT_EQ(place.run("compare r.json --chunk 64 --family uniform --kernels fla-solve-tril").out, now.out);
}

TEST(Compare, kernels_stand_beside_methods_where_both_are_asked_for) {
  const Workplace place;
  place.write("c.json", with_kernels);
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const std::string now =
      place.run("compare --kernels fla-solve-tril --methods mbh --arithmetics fp16 --trials 3 --family uniform").out;
  EXPECT_NE(now.find("  mbh  "), std::string::npos) << now;
  EXPECT_NE(now.find("  fla-solve-tril  "), std::string::npos) << now;
  EXPECT_EQ(place.run("compare r.json --chunk 64 --family uniform --kernels fla-solve-tril:dot=ieee --methods mbh").out,
            now);
  // Methods alone leave the kernels out, whatever method these use.
  const std::string methods = place.run("compare r.json --chunk 16 --family ones --methods mbh").out;
  EXPECT_EQ(methods.find("fla"), std::string::npos) << methods;
}

TEST(Compare, kernels_that_are_unknown_or_of_other_sizes_are_refused) {
  const Workplace place;
  const auto refused = [&](const std::string& arguments, const std::string& part) {
    const ProgramResult result = place.run("compare " + arguments);
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
  };
  refused("--kernels fla-solve-trl", "--kernels: no kernel is called 'fla-solve-trl'; did you mean 'fla-solve-tril'?");
  refused("--kernels flashkda-v2,flashkda-v1",
          "kernels: nothing to run: flashkda-v2 takes chunks of 16, not of 64; flashkda-v1 takes chunks of 16");
  place.write("c.json", with_kernels);
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  refused("r.json --kernels flashkda-v1", "did you mean 'flashkda-v2'?");
  refused("r.json --kernels fla-solve-tril:dot=tf32x3", "'fla-solve-tril:dot=tf32x3'");
  refused("r.json --kernels fla-solve-tril:dto=tf32", "did you mean 'dot'?");
  place.write("m.json", R"({"chunks": [16], "families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  ASSERT_EQ(place.run("sweep m.json -o m-r.json").status, 0);
  refused("m-r.json --kernels tileops", "--kernels: found 'tileops'; allowed: nothing, because the file has none");
}

TEST(Compare, a_setting_with_its_defaults_spelt_out_is_that_setting_alone) {
  const Workplace place;
  place.write("c.json", R"({"chunks": [16], "trials": 1, "families": ["uniform"],
                            "methods": [{"method": "mxr", "block": [8, 16]}], "arithmetics": ["fp16"]})");
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const auto rows = [&](const std::string& methods) {
    const std::string csv = place.run("compare r.json --metrics frobenius --format csv --methods " + methods).out;
    return std::count(csv.begin(), csv.end(), '\n') - 1;
  };
  EXPECT_EQ(rows("mxr"), 2);
  EXPECT_EQ(rows("mxr:block=16"), 1);  // the default, labelled "mxr"
  EXPECT_EQ(rows("mxr:block=8/16"), 2);
}

TEST(Compare, one_table_of_a_metric_is_the_same_now_and_from_a_file) {
  const Workplace place;
  place.write("c.json", with_kernels);
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  ASSERT_EQ(place.run("sweep c.json -o r.ndjson").status, 0);
  for (const char* format : {"text", "markdown", "csv"}) {
    const std::string options = std::string(
                                    " --chunk 64 --kernels fla-solve-tril:dot=ieee/tf32 --metrics "
                                    "snr_db,strict_lower,growth --format ") +
                                format;
    const ProgramResult now = place.run("compare --trials 3 --families uniform,ones" + options);
    EXPECT_EQ(now.status, 0) << now.err;
    EXPECT_EQ(place.run("compare r.json" + options).out, now.out);
    EXPECT_EQ(place.run("compare r.ndjson" + options).out, now.out);
  }
  const std::string csv =
      place.run("compare r.json --kernels fla-solve-tril:dot=ieee --metrics snr_db --format csv").out;
  // Two inputs of two sizes; the inverse of all ones is exact.
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 4) << csv;
  EXPECT_NE(csv.find("ones,16,fla-solve-tril,fla-solve-tril,recipe,1,0,0,0,inf,inf,inf\n"), std::string::npos) << csv;
}

TEST(Compare, metrics_and_formats_that_do_not_exist_are_refused) {
  const Workplace place;
  const auto refused = [&](const std::string& arguments, const std::string& part) {
    const ProgramResult result = place.run("compare " + arguments);
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
  };
  refused("--metrics snr", "--metrics: no metric of a table is called 'snr'");
  refused("--metrics snr_bd", "did you mean 'snr_db'?");
  refused("--metrics snr_db,snr_db", "--metrics: found snr_db twice");
  refused("--metrics snr_db --format cvs", "--format: no format is called 'cvs'; did you mean 'csv'?");
  refused("--metrics snr_db --top 3", "found --top together with --metrics");
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

}  // namespace tristab::compare_test
