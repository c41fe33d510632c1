#include "tristab/sweep/config.h"

#include <gtest/gtest.h>

#include "tristab/base/errors.h"
#include "tristab/base/json_reader.h"

namespace tristab::config_test {

SweepConfig config_of(const std::string& text, const ConfigOverrides& overrides = {}) {
  return make_config(parse_user_json(text, "x.json"), overrides, "x.json", "", "x");
}

std::string message_of(const std::string& text, const ConfigOverrides& overrides = {}) {
  try {
    config_of(text, overrides);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

// A valid configuration with one more or another key.
std::string with(const std::string& key, const std::string& value) {
  Json config = Json::parse(R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  config[key] = Json::parse(value);
  return config.dump();
}

void expect_message(const std::string& message, std::initializer_list<const char*> parts) {
  for (const char* part : parts) EXPECT_NE(message.find(part), std::string::npos) << part << " is not in: " << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST(Config, defaults_are_filled_in) {
  const SweepConfig config = config_of(with("trials", "4"));
  const Json expected = Json::parse(R"({"name": "x", "seed": 1, "trials": 4, "chunks": [64], "reference": "rounded",
    "families": [{"family": "ones"}], "methods": [{"method": "mbh"}]})");
  const Json json = config.json();
  for (const auto& [key, value] : expected.items()) EXPECT_EQ(json[key], value) << key;
  EXPECT_EQ(json["arithmetics"][0]["arithmetic"], "fp16");
  EXPECT_EQ(json["arithmetics"][0]["output"], "accumulator");
}

TEST(Config, its_own_json_gives_the_same_configuration) {
  const SweepConfig config = config_of(R"({"name": "a", "seed": 7, "chunks": "16:64:*2",
    "families": [{"family": "gdn", "keys": ["silu", "collinear"]}, "ones"],
    "methods": [{"method": "refine", "base": {"method": "mxr", "block": 8}}, {"method": "mxr", "block": [8, 16]}],
    "arithmetics": ["bf16", {"arithmetic": "int8", "scale": ["row", "tensor"]}], "reference": "given"})");
  EXPECT_EQ(config_of(config.json().dump()).json(), config.json());
  EXPECT_EQ(config.scenarios[0].families.size(), 3u);
  EXPECT_EQ(config.scenarios[0].methods.size(), 3u);
  EXPECT_EQ(config.scenarios[0].arithmetics.size(), 3u);
  EXPECT_TRUE(config.scenarios[0].compare_with_given);
}

TEST(Config, chunks_take_ranges_and_lists) {
  EXPECT_EQ(config_of(with("chunks", "\"16:256:*2\"")).scenarios[0].chunks, (std::vector<int>{16, 32, 64, 128, 256}));
  EXPECT_EQ(config_of(with("chunks", "[16, \"32:64:16\"]")).scenarios[0].chunks, (std::vector<int>{16, 32, 48, 64}));
  EXPECT_EQ(config_of(with("chunks", "48")).scenarios[0].chunks, (std::vector<int>{48}));
}

TEST(Config, sizes_outside_16_to_256_are_refused) {
  expect_message(message_of(with("chunks", "[8]")), {"x.json: chunks", "found 8", "16 to 256"});
  expect_message(message_of(with("chunks", "[-64]")), {"x.json: chunks", "found -64", "16 to 256"});
  expect_message(message_of(with("chunks", "512")), {"found 512", "16 to 256"});
}

TEST(Config, an_empty_axis_is_refused) {
  expect_message(message_of(with("chunks", "[]")), {"x.json: chunks", "empty"});
  expect_message(message_of(with("methods", "[]")), {"x.json: methods: found []", "at least one"});
  expect_message(message_of(with("methods", R"([{"method": "mxr", "block": []}])")),
                 {"x.json: methods[0].block", "empty"});
}

TEST(Config, a_misspelt_key_is_refused_with_the_nearest_one) {
  expect_message(message_of(with("trails", "3")), {"x.json", "'trails'", "did you mean 'trials'?", "arithmetics"});
}

TEST(Config, keys_that_may_be_absent_have_their_defaults_and_are_echoed) {
  for (const auto& [key, value] : {std::pair{"kernels", "[]"}, {"layer", "false"}, {"layer_chunks", "16"}}) {
    EXPECT_EQ(config_of(with("seed", "1")).json()[key], Json::parse(value)) << key;  // the default
    EXPECT_EQ(config_of(with(key, value)).json()[key], Json::parse(value)) << key;
  }
  EXPECT_EQ(config_of(with("layer_chunks", "4")).json()["layer_chunks"], 4);
}

TEST(Config, decompose_is_false_as_in_results_of_earlier_versions) {
  for (const char* value : {"false", "null"}) EXPECT_EQ(config_of(with("decompose", value)).json()["decompose"], false);
  EXPECT_EQ(config_of(with("decompose", "true")).json()["decompose"], true);
}

TEST(Config, values_that_a_key_does_not_take_are_refused) {
  expect_message(message_of(with("kernels", R"(["fla"])")),
                 {"x.json: kernels[0]: no kernel is called 'fla'; did you mean 'fla-"});
  expect_message(message_of(with("layer", "1")), {"x.json: layer: found 1 (an integer); allowed: true | false"});
  expect_message(message_of(with("layer_arithmetic", "\"int8\"")), {"x.json: layer_arithmetic", "floating-point"});
  expect_message(message_of(with("formations", R"(["gramm"])")), {"x.json: formations[0]", "'gramm'", "'gram'"});
  expect_message(message_of(with("decompose", "0")),
                 {"x.json: decompose: found 0 (an integer); allowed: true | false"});
  expect_message(message_of(with("layer_chunks", "0")), {"x.json: layer_chunks: found 0", "from 1 to"});
}

TEST(Config, misspelt_names_are_refused_with_place_and_nearest_name) {
  expect_message(message_of(with("methods", R"(["mbh", "mrx"])")),
                 {"x.json: methods[1]", "'mrx'", "did you mean 'mxr'?"});
  expect_message(message_of(with("arithmetics", R"(["bf61"])")), {"x.json: arithmetics[0]", "'bf61'", "'bf16'"});
  expect_message(message_of(with("families", R"(["gnd"])")), {"x.json: families[0]", "'gnd'", "'gdn'"});
  expect_message(message_of(with("families", R"([{"family": "gdn", "keys": "sliu"}])")),
                 {"x.json: families[0].keys", "\"sliu\"", "did you mean 'silu'?", "clustered"});
  expect_message(message_of(with("methods", R"([{"method": "mxr", "blok": 8}])")), {"methods[0]", "'blok'", "'block'"});
  expect_message(message_of(with("reference", "\"rounde\"")),
                 {"x.json: reference: found \"rounde\"", "did you mean 'rounded'?"});
}

TEST(Config, wrong_types_are_refused) {
  expect_message(message_of(with("trials", "\"many\"")), {"x.json: trials", "found \"many\"", "from 1 to"});
  expect_message(message_of(with("trials", "2.5")), {"found 2.5"});
  expect_message(message_of(with("trials", "0")), {"found 0", "from 1 to"});
  expect_message(message_of(with("seed", "-1")), {"x.json: seed", "found -1"});
  expect_message(message_of(with("methods", "\"mbh\"")), {"x.json: methods: found \"mbh\"", "a list"});
  expect_message(message_of(with("methods", "[3]")), {"x.json: methods[0]: found 3"});
  expect_message(message_of(with("name", "\"a/b\"")), {"x.json: name: found \"a/b\""});
  expect_message(message_of("[1]"), {"x.json: found array"});
}

TEST(Config, a_missing_key_is_refused) {
  expect_message(message_of(R"({"families": ["ones"], "arithmetics": ["fp16"]})"),
                 {"x.json: methods: the key is missing"});
}

TEST(Config, a_setting_given_twice_is_refused_with_both_places) {
  expect_message(message_of(with("methods", R"([{"method": "mxr", "block": [8, 16]}, "mxr"])")),
                 {"x.json: methods[1]: method mxr is given twice (first in x.json: methods[0])"});
  expect_message(message_of(with("chunks", "[64, \"16:64:*2\"]")), {"chunk size 64 is given twice"});
  expect_message(message_of(with("families", R"(["ones", {"family": "ones"}])")), {"family ones is given twice"});
}

TEST(Config, options_replace_keys_and_are_named_in_messages) {
  const std::string text = with("chunks", "64");
  const SweepConfig config = config_of(text, {{"chunks", "16:32:*2,64"},
                                              {"methods", "mxr:block=8/16,mbh"},
                                              {"arithmetics", R"({"arithmetic": "int8", "scale": "row"},fp32)"},
                                              {"trials", "3"},
                                              {"seed", "9"},
                                              {"families", "uniform:scale=0.1,ones"}});
  EXPECT_EQ(config.scenarios[0].chunks, (std::vector<int>{16, 32, 64}));
  EXPECT_EQ(config.scenarios[0].methods.size(), 3u);
  EXPECT_EQ(config.scenarios[0].arithmetics.front().settings.text("scale"), "row");
  EXPECT_EQ(config.scenarios[0].trials, 3);
  EXPECT_EQ(config.seed, 9u);
  EXPECT_EQ(config.scenarios[0].families.front().spec.settings.real("scale"), 0.1);
  expect_message(message_of(text, {{"methods", "mbj"}}), {"--methods", "'mbj'", "'mbh'"});
  expect_message(message_of(text, {{"trials", "x"}}), {"--trials: found \"x\""});
  expect_message(message_of(text, {{"chunks", "16:8:*2"}}), {"--chunks", "'16:8:*2' is empty"});
  expect_message(message_of(text, {{"chunks", "16:64:*1"}}), {"--chunks", "never ends"});
}

TEST(Config, paths_are_relative_to_the_file_or_to_the_working_directory) {
  const Json json = Json::parse(with("families", R"([{"family": "file", "path": "a.npy"}])"));
  EXPECT_EQ(make_config(json, {}, "d/x.json", "d", "x").scenarios[0].families.front().directory, "d");
  EXPECT_EQ(make_config(json, {{"families", "file:path=b.npy"}}, "d/x.json", "d", "x")
                .scenarios[0]
                .families.front()
                .directory,
            "");
}

}  // namespace tristab::config_test
