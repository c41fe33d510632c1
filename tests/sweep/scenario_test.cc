#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tristab/base/errors.h"
#include "tristab/base/json_reader.h"
#include "tristab/sweep/config.h"

namespace tristab::scenario_test {

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

std::string scenario(const char* keys) {
  return fmt::format(R"({{"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]{}}})", keys);
}

constexpr const char* two =
    R"({"name": "both", "seed": 7, "trials": 3, "chunks": [16, 32], "reference": "given",
  "scenarios": [{"name": "a", "what": "what happened", "source": "where", "families": ["ones"], "methods": ["mbh"],
                 "arithmetics": ["fp16"], "expect": [{"statistic": "unfit", "equals": 0, "why": "right"}]},
                {"name": "b", "seed": 8, "trials": 4, "chunks": 64, "reference": "rounded", "families": ["uniform"],
                 "kernels": ["hf-transformers"]}]})";

TEST(Scenario, takes_from_around_it_what_it_does_not_set) {
  const SweepConfig config = config_of(two);
  ASSERT_EQ(config.scenarios.size(), 2u);
  EXPECT_TRUE(config.has_scenarios());
  const Scenario &a = config.scenarios[0], &b = config.scenarios[1];
  EXPECT_EQ(a.seed, 7u);
  EXPECT_EQ(a.trials, 3);
  EXPECT_EQ(a.chunks, (std::vector<int>{16, 32}));
  EXPECT_TRUE(a.compare_with_given);
  EXPECT_EQ(a.what, "what happened");
  EXPECT_EQ(a.expectations.size(), 1u);
  EXPECT_EQ(b.seed, 8u);
  EXPECT_EQ(b.trials, 4);
  EXPECT_EQ(b.chunks, (std::vector<int>{64}));
  EXPECT_FALSE(b.compare_with_given);
  EXPECT_EQ(b.settings(64).size(), 1u);
}

TEST(Scenario, a_plain_configuration_is_one_without_a_name) {
  const SweepConfig config = config_of(scenario(""));
  ASSERT_EQ(config.scenarios.size(), 1u);
  EXPECT_FALSE(config.has_scenarios());
  EXPECT_FALSE(config.json().contains("scenarios"));
  EXPECT_FALSE(config.json().contains("expect"));
}

TEST(Scenario, the_json_of_a_configuration_gives_the_same_configuration) {
  const Json json = config_of(two).json();
  EXPECT_EQ(config_of(json.dump()).json(), json);
  EXPECT_EQ(json["scenarios"][0]["trials"], 3);
  EXPECT_EQ(json["scenarios"][0]["expect"][0]["why"], "right");
  EXPECT_EQ(json["seed"], 7);
}

TEST(Scenario, seeds_and_trials_of_all_are_replaced_by_options) {
  const SweepConfig config = config_of(two, {{"seed", "1"}, {"trials", "2"}});
  for (const Scenario& each : config.scenarios) {
    EXPECT_EQ(each.seed, 1u);
    EXPECT_EQ(each.trials, 2);
  }
  EXPECT_EQ(message_of(two, {{"methods", "mxr"}}),
            "--methods: found 'mxr' for x.json, whose scenarios have their own settings; allowed: --seed, "
            "--trials, --trial with scenarios");
}

TEST(Scenario, mistakes_are_refused_with_their_place) {
  const auto expect_message = [](const std::string& text, const char* part) {
    const std::string message = message_of(text);
    EXPECT_NE(message.find(part), std::string::npos) << part << " is not in: " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  };
  const auto of_one = [](const char* keys) { return fmt::format(R"({{"scenarios": [{}]}})", scenario(keys)); };
  expect_message(R"({"scenarios": []})", "x.json: scenarios: found []");
  expect_message(R"({"scenarios": [3]})", "x.json: scenarios[0]: found number");
  expect_message(of_one(""), "x.json: scenarios[0]: name: the key is missing");
  expect_message(of_one(R"(, "name": "a/b")"), "x.json: scenarios[0]: name: found \"a/b\"");
  expect_message(of_one(R"(, "name": "a", "what": 3)"), "x.json: scenarios[0]: what: found 3");
  expect_message(fmt::format(R"({{"scenarios": [{0}, {0}]}})", scenario(R"(, "name": "a")")),
                 "scenario a is given twice (first in x.json: scenarios[0])");
  expect_message(of_one(R"(, "name": "a", "waht": "x")"),
                 "no configuration key is called 'waht'; did you mean 'what'?");
  expect_message(of_one(R"(, "name": "a", "trials": 0)"), "x.json: scenarios[0]: trials: found 0");
  expect_message(of_one(R"(, "name": "a", "expect": [{"statistic": "max"}])"),
                 "x.json: scenarios[0]: expect[0].metric: found null");
  expect_message(R"({"methods": ["mbh"], "scenarios": []})", "no configuration key is called 'methods'");
  expect_message(scenario(R"(, "scenaros": [])"), "did you mean 'scenarios'?");
}

}  // namespace tristab::scenario_test
