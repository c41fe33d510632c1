// What a user can get wrong: the exit status, and one message that names file, place, found, allowed and
// nearest name.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "run_program.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"

namespace tristab::bad_input_test {

using Parts = std::vector<std::string>;

void expect_refusal(const ProgramResult& result, int status, const Parts& parts) {
  EXPECT_EQ(result.status, status) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(result.err.starts_with("tristab: error: ")) << result.err;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  for (const std::string& part : parts) {
    EXPECT_NE(result.err.find(part), std::string::npos) << "'" << part << "' is not in: " << result.err;
  }
}

// Runs a sweep of a configuration with one key changed; nothing may be written.
void expect_config_refused(const std::string& key, const std::string& value, int status, const Parts& parts) {
  const Workplace place;
  Json config = Json::parse(R"({"chunks": [16], "trials": 1, "families": ["ones"], "methods": ["mbh"],
                                "arithmetics": ["fp16"]})");
  config[key] = Json::parse(value);
  place.write("c.json", config.dump());
  expect_refusal(place.run("sweep c.json -o r.json"), status, parts);
  EXPECT_EQ(place.files(), (Parts{"c.json"}));
}

TEST(BadInput, a_misspelt_key) {
  expect_config_refused("chunk", "[16]", 2, {"c.json", "'chunk'", "did you mean 'chunks'?", "Allowed: name, chunks"});
  expect_config_refused("families", R"([{"family": "gdn", "key": "silu"}])", 2,
                        {"c.json: families[0]", "'key'", "did you mean 'keys'?"});
}

TEST(BadInput, keys_that_this_version_has_no_use_for) {
  expect_config_refused("kernels", R"(["fla-solve-trl"])", 2,
                        {"c.json: kernels[0]", "fla-solve-trl", "did you mean 'fla-solve-tril'?"});
  expect_config_refused("layer", "true", 2, {"layer: found no family with keys, queries and values"});
  expect_config_refused("layer", "3", 2, {"c.json: layer: found 3 (an integer); allowed: true | false"});
}

TEST(BadInput, a_name_that_is_not_utf8) {
  const Workplace place;
  place.write("c.json", R"({"chunks": [16], "families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  expect_refusal(place.run("sweep c.json -o r\xff.json"), 3, {"r\uFFFD.json", "not valid UTF-8"});
  expect_refusal(place.run("compare --input r\xff.npy --chunk 16"), 3, {"r\uFFFD.npy", "not valid UTF-8"});
  EXPECT_EQ(place.files(), (Parts{"c.json"}));
}

TEST(BadInput, a_result_whose_records_are_broken) {
  const Workplace place;
  place.write("r.json", R"({"schema": "tristab-results/1", "records": [{"family": "ones", "n": "x"}]})");
  expect_refusal(place.run("compare r.json"), 3, {"r.json: records[0].n: found \"x\"", "allowed: a whole number"});
}

TEST(BadInput, a_misspelt_method) {
  expect_config_refused("methods", R"(["mbh", "newton-shulz"])", 2,
                        {"c.json: methods[1]", "'newton-shulz'", "did you mean 'newton-schulz'?", "row-substitution"});
}

TEST(BadInput, a_misspelt_arithmetic_or_format) {
  expect_config_refused("arithmetics", R"(["bf17"])", 2, {"c.json: arithmetics[0]", "'bf17'", "'bf16'", "int8"});
  expect_config_refused("arithmetics", R"([{"arithmetic": "fp16", "accumulate": "fp23"}])", 2,
                        {"c.json: arithmetics[0]", "accumulate", "'fp23'", "'fp32'"});
}

TEST(BadInput, a_wrong_type) {
  expect_config_refused("trials", "\"eight\"", 2, {"c.json: trials", "\"eight\"", "an integer from 1 to 1000000"});
  expect_config_refused("methods", R"([{"method": "mxr", "block": "big"}])", 2,
                        {"c.json: methods[0].block", "\"big\"", "allowed: an integer from"});
}

TEST(BadInput, a_negative_size) {
  expect_config_refused("chunks", "[16, -32]", 2, {"c.json: chunks", "found -32", "16 to 256"});
}

TEST(BadInput, an_empty_axis) {
  expect_config_refused("chunks", "[]", 2, {"c.json: chunks", "empty", "16 to 256"});
  expect_config_refused("chunks", "\"64:16:*2\"", 2, {"c.json: chunks", "'64:16:*2' is empty", "first <= last"});
  expect_config_refused("families", "[]", 2, {"c.json: families", "found []", "at least one"});
}

TEST(BadInput, a_missing_file) {
  const Workplace place;
  expect_refusal(place.run("sweep missing.json"), 3, {"missing.json", "No such file", "a JSON file"});
  expect_refusal(place.run("compare missing.json"), 3, {"missing.json", "No such file", "a result of tristab sweep"});
  expect_config_refused("families", R"([{"family": "file", "path": "missing.npy"}])", 3,
                        {"c.json: families[0]", "missing.npy"});
}

TEST(BadInput, a_configuration_that_is_not_json) {
  const Workplace place;
  place.write("c.json", "{\n  \"trials\": 4,\n  // a comment\n}");
  expect_refusal(place.run("sweep c.json"), 2, {"c.json: parse error at line 3", "JSON (without comments)"});
  place.write("c.json", R"({"trials": 1, "trials": 2})");
  expect_refusal(place.run("sweep c.json"), 2, {"c.json: trials: the key is given twice"});
}

// Tries a sweep and an inversion of a file.
void expect_file_refused(const std::string& name, const std::string& bytes, int status, const Parts& parts) {
  const Workplace place;
  place.write(name, bytes);
  place.write("c.json", R"({"chunks": [16], "families": [{"family": "file", "path": ")" + name +
                            R"("}], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  Parts in_sweep = parts;
  in_sweep.push_back("c.json: families[0]");
  for (const char* format : {"json", "csv"}) {
    expect_refusal(place.run("sweep c.json -o r." + std::string(format)), status, in_sweep);
  }
  expect_refusal(place.run("invert " + name + " --method mbh --arithmetic fp16 -o x.npy"), status, parts);
  EXPECT_EQ(place.files(), (Parts{name, "c.json"}));  // nothing that looks like a result
}

TEST(BadInput, a_truncated_file) {
  const std::string whole = npy_bytes("<f8", "(16, 16)", ones_bytes(16));
  expect_file_refused("a.npy", whole.substr(0, whole.size() - 5), 3, {"a.npy"});
  expect_file_refused("a.npy", whole.substr(0, 20), 3, {"a.npy"});
  expect_file_refused("a.npy", "", 3, {"a.npy"});
}

TEST(BadInput, a_tensor_of_the_wrong_shape) {
  expect_file_refused("a.npy", npy_bytes("<f8", "(32, 8)", ones_bytes(16)), 3, {"a.npy", "[32, 8]", "[n, n]"});
}

TEST(BadInput, a_tensor_of_the_wrong_type) {
  expect_file_refused("a.npy", npy_bytes("<i8", "(16, 16)", ones_bytes(16)), 3, {"a.npy", "i8", "f8"});
}

TEST(BadInput, a_size_that_is_not_among_the_chunks) {
  const Workplace place;
  place.write("a.npy", npy_bytes("<f8", "(32, 32)", ones_bytes(32)));
  place.write("c.json",
              R"({"chunks": [16], "families": [{"family": "file", "path": "a.npy"}], "methods": ["mbh"],
                            "arithmetics": ["fp16"]})");
  expect_refusal(place.run("sweep c.json -o r.json"), 2, {"c.json: families[0]", "16"});
}

// NaN is found when the matrix is read, in the middle of a run.
TEST(BadInput, nan_in_an_input) {
  const Workplace place;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  place.write("a.npy", npy_bytes("<f8", "(2, 16, 16)", ones_bytes(16) + ones_bytes(16, 3, 2, nan)));
  place.write("c.json", R"({"chunks": [16], "families": ["ones", {"family": "file", "path": "a.npy"}],
                            "methods": ["mbh"], "arithmetics": ["fp16"]})");
  for (const char* format : {"json", "csv"}) {
    // What is done stays in the journal, for when the file is mended.
    const ProgramResult failed = place.run("sweep c.json -o r." + std::string(format));
    EXPECT_EQ(failed.status, 3);
    EXPECT_NE(failed.err.find("a.npy: tensor 'array' holds NaN at index [1, 3, 2]"), std::string::npos) << failed.err;
    EXPECT_FALSE(std::filesystem::exists(place.file("r." + std::string(format))));
  }
  expect_refusal(place.run("invert a.npy --method mbh --arithmetic fp16 -o x.npy"), 3,
                 {"a.npy", "NaN at index [1, 3, 2]"});
  EXPECT_FALSE(std::filesystem::exists(place.file("x.npy")));
  const ProgramResult lines = place.run("sweep c.json -o r.ndjson");  // grows, but says that it is not complete
  EXPECT_EQ(lines.status, 3);
  EXPECT_EQ(place.read("r.ndjson").find("\"end\""), std::string::npos);
}

TEST(BadInput, an_input_that_is_not_strictly_lower_triangular) {
  expect_file_refused("a.npy", npy_bytes("<f8", "(16, 16)", ones_bytes(16, 2, 5, 0.5)), 3, {"a.npy", "0.5"});
}

TEST(BadInput, a_misspelt_layer) {
  const Workplace place;
  expect_refusal(
      place.run("invert $DATA/gdn-slice.safetensors --layer layre6 --chunk 64 --method mbh --arithmetic fp16 "
                "-o x.npy"),
      2, {"gdn-slice.safetensors", "'layre6'", "did you mean 'layer6'?"});
}

// Whatever is a megabyte long, the message fits on a screen or two and ends with what is allowed.
TEST(BadInput, a_value_of_a_megabyte_is_shortened) {
  const Workplace place;
  const std::string megabyte(1000000, 'x');
  place.write("name.json",
              R"({"chunks": [16], "families": [")" + megabyte + R"("], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  place.write("key.json", "{\"" + megabyte + "\": 1}");
  place.write("digits.json", R"({"trials": )" + std::string(1000000, '9') + "}");
  place.write("schema.json", R"({"schema": ")" + megabyte + R"(", "records": []})");
  std::string ones = "1";
  for (int k = 0; k < 20000; ++k) ones += ", 1";
  place.write("axes.npy", npy_bytes("<f8", "(" + ones + ")", ""));
  for (const char* arguments : {"sweep name.json", "sweep key.json", "sweep digits.json",
                                "report schema.json -o r.html", "generate --describe axes.npy"}) {
    const ProgramResult result = place.run(arguments);
    expect_refusal(result, result.status == 3 ? 3 : 2, {"llowed: "});
    EXPECT_LT(result.err.size(), 3000u) << arguments;
  }
}

// Labels of many settings are never made for a configuration that asks for too many.
TEST(BadInput, a_product_of_lists_is_limited_before_it_is_made) {
  const std::vector<std::string> keys(3000, "silu"), betas(3000, "sigmoid");
  const Json family{{"family", "gdn"}, {"keys", keys}, {"beta", betas}};
  expect_config_refused("families", Json::array({family}).dump(), 2,
                        {"c.json: families[0]: found 9000000 settings or more; allowed: at most 100000 of one item"});
}

TEST(BadInput, a_standard_input_that_is_a_directory) {
  const Workplace place;
  std::filesystem::create_directory(place.file("d"));
  for (const char* arguments : {"sweep -", "report - -o r.html", "generate --describe -"})
    expect_refusal(place.run(arguments, "d"), 3, {"standard input: cannot read", "Is a directory"});
}

TEST(BadInput, paths_of_a_foreign_result_that_are_no_texts) {
  const Workplace place;
  place.write("r.json",
              R"({"schema": "tristab-results/1", "run": {"command": 1}, "records": [], "config": {"chunks": [16],
    "families": [{"family": "file", "path": ["a"], "beta": 1}], "kernels": [{"kernel": 1}], "methods": ["mbh"],
    "arithmetics": ["fp16"]}})");
  expect_refusal(place.run("sweep r.json -o x.json"), 2, {"r.json: ", "allowed"});
}

TEST(BadInput, an_output_that_cannot_be_written) {
  const Workplace place;
  place.write("c.json", R"({"chunks": [16], "families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  expect_refusal(place.run("sweep c.json --format json -o /dev/full"), 3, {"/dev/full", "No space left"});
  expect_refusal(place.run("sweep c.json --format csv -o c.json/r.csv"), 3, {"c.json/r.csv", "cannot write"});
  std::filesystem::create_symlink("/dev/full", place.file("full"));  // a link, for a rename to do no harm
  expect_refusal(place.run("generate ones --chunk 16 -o full"), 3, {"full", "No space left"});
  place.write("a.npy", npy_bytes("<f8", "(16, 16)", ones_bytes(16)));
  expect_refusal(place.run("invert a.npy --method mbh --arithmetic fp16 -o full"), 3, {"full", "No space left"});
  EXPECT_TRUE(std::filesystem::is_symlink(place.file("full")));
}

TEST(BadInput, a_standard_output_that_is_full) {
  const Workplace place;
  place.write("c.json", R"({"chunks": [16], "families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  EXPECT_EQ(place.run("sweep c.json -o r.json").status, 0);
  for (const char* arguments :
       {"", "--version", "list metrics", "list methods", "list families", "sweep c.json --dry-run", "sweep c.json -o -",
        "compare r.json", "generate ones --chunk 16 -o -"}) {
    SCOPED_TRACE(arguments);
    expect_refusal(place.run(arguments, "", R"(sh -c 'exec "$0" "$@" >/dev/full')"), 3,
                   {"standard output: cannot write"});
  }
}

}  // namespace tristab::bad_input_test
