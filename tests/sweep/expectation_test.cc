#include "tristab/sweep/expectation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/sweep/config.h"
#include "tristab/sweep/field.h"
#include "tristab/sweep/quantity.h"

namespace tristab::expectation_test {

Expectation read(const std::string& text) { return read_expectation(Json::parse(text), "x.json: expect[0]"); }

std::string message_of(const std::string& text) {
  try {
    read(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

void expect_message(const std::string& text, std::initializer_list<const char*> parts) {
  const std::string message = message_of(text);
  for (const char* part : parts) EXPECT_NE(message.find(part), std::string::npos) << part << " is not in: " << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST(Expectation, mistakes_are_refused_with_place_and_nearest_name) {
  expect_message("[]", {"x.json: expect[0]: found array", "statistic"});
  expect_message(R"({"statistik": "max"})", {"'statistik'", "did you mean 'statistic'?"});
  expect_message(R"({"metric": "frobenius", "at_least": 1})", {"expect[0].statistic: found null"});
  expect_message(R"({"metric": "frobenius", "statistic": "medain", "at_least": 1})",
                 {"expect[0].statistic", "'medain'", "did you mean 'median'?"});
  expect_message(R"({"metric": "frobenuis", "statistic": "median", "at_least": 1})",
                 {"expect[0].metric", "'frobenuis'", "did you mean 'frobenius'?"});
  expect_message(R"({"statistic": "median", "at_least": 1})", {"expect[0].metric: found null"});
  expect_message(R"({"metric": "frobenius", "statistic": "unfit", "equals": 0})",
                 {"expect[0].metric: found \"frobenius\" with the statistic unfit", "allowed: no metric"});
  expect_message(R"({"metric": "frobenius", "statistic": "max"})", {"expect[0]: found no bound"});
  expect_message(R"({"metric": "frobenius", "statistic": "max", "equals": 0, "at_most": 1})",
                 {"found equals with at_least or at_most"});
  expect_message(R"({"metric": "frobenius", "statistic": "max", "at_most": "1"})",
                 {"expect[0].at_most: found \"1\"", "a number"});
  expect_message(R"({"metric": "frobenius", "statistic": "fraction_above", "at_most": 1})",
                 {"found 'fraction_above'", "fraction_above:LIMIT"});
  expect_message(R"({"metric": "frobenius", "statistic": "max:1", "at_most": 1})", {"found 'max:1'", "allowed: max"});
  expect_message(R"({"kernel": 3, "statistic": "unfit", "equals": 0})", {"expect[0].kernel: found 3"});
  expect_message(R"({"kernel": "aiter-v1", "method": "mch", "statistic": "unfit", "equals": 0})",
                 {"found kernel together with method"});
  expect_message(R"({"statistic": "unfit", "equals": 0, "why": 1})", {"expect[0].why: found 1"});
}

TEST(Expectation, bounds_are_closed_and_infinity_is_above_all) {
  const Expectation range = read(R"({"metric": "frobenius", "statistic": "max", "at_least": 1, "at_most": 2})");
  EXPECT_TRUE(range.is_met_by(1));
  EXPECT_TRUE(range.is_met_by(2));
  EXPECT_FALSE(range.is_met_by(0.999));
  EXPECT_FALSE(range.is_met_by(infinity));
  const Expectation above = read(R"({"metric": "frobenius", "statistic": "max", "at_least": 1})");
  EXPECT_TRUE(above.is_met_by(infinity));
  EXPECT_FALSE(above.is_met_by(-infinity));
  const Expectation equal = read(R"({"statistic": "unfit", "equals": 3})");
  EXPECT_TRUE(equal.is_met_by(3));
  EXPECT_FALSE(equal.is_met_by(2));
}

TEST(Expectation, selects_by_names_given_parameters_and_sizes) {
  const SweepConfig config =
      make_config(Json::parse(R"({"chunks": 64, "families": [{"family": "uniform", "scale": [0.1, 0.5]}],
        "methods": [{"method": "mxr", "block": [8, 16]}, "mch"], "arithmetics": ["fp16"],
        "kernels": [{"kernel": "vllm-gdn-sm100", "rounds": ["3", "4"]}]})"),
                  {}, "test", "", "test");
  const Scenario& scenario = config.scenarios.front();
  const std::vector<Setting> settings = scenario.settings(64);  // mxr:8, mxr, mch, rounds=3, rounds=4
  const auto selected = [&](const char* selection) {
    const Expectation expectation = read(fmt::format(R"({{"statistic": "unfit", "equals": 0{}}})", selection));
    std::string pattern;
    for (const FamilyEntry& family : scenario.families) {
      for (const Setting& setting : settings) pattern += expectation.selects(family.spec, 64, setting) ? '1' : '0';
      pattern += ' ';
    }
    return pattern;
  };
  EXPECT_EQ(selected(""), "11111 11111 ");
  EXPECT_EQ(selected(R"(, "method": "mxr")"), "11000 11000 ");
  EXPECT_EQ(selected(R"(, "method": "mxr:block=16", "family": "uniform:scale=0.1")"), "01000 00000 ");
  EXPECT_EQ(selected(R"(, "method": {"method": "mxr", "block": 8})"), "10000 10000 ");
  EXPECT_EQ(selected(R"(, "arithmetic": "fp16")"), "11100 11100 ");
  EXPECT_EQ(selected(R"(, "kernel": "vllm-gdn-sm100")"), "00011 00011 ");
  EXPECT_EQ(selected(R"(, "kernel": "vllm-gdn-sm100:rounds=4", "family": "uniform:scale=0.5")"), "00000 00001 ");
  EXPECT_EQ(selected(R"(, "family": {"family": "uniform", "scale": 5e-1})"), "00000 11111 ");  // by value
  EXPECT_EQ(selected(R"(, "n": 32)"), "00000 00000 ");
  EXPECT_EQ(selected(R"(, "n": [32, 64])"), "11111 11111 ");
  EXPECT_EQ(selected(R"(, "method": "mxr:blok=8")"), "00000 00000 ");
}

TEST(Expectation, quantities_have_the_names_of_record_and_matrix_fields) {
  EXPECT_EQ(read(R"({"metric": "pearson", "statistic": "min", "at_least": 0})").quantity->larger_is_better, true);
  EXPECT_EQ(read(R"({"metric": "matrix.cond_2", "statistic": "min", "at_least": 0})").quantity->name, "matrix.cond_2");
  EXPECT_EQ(read(R"({"statistic": "nonfinite_trials", "at_least": 0})").quantity, nullptr);
}

}  // namespace tristab::expectation_test
