#include "tristab/report/diff_threshold.h"

#include <gtest/gtest.h>

#include "small_sweep.h"
#include "tristab/base/errors.h"

namespace tristab::diff_threshold_test {

std::string refusal(const std::string& text) {
  try {
    read_thresholds(text, "--fail-on");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(DiffThreshold, takes_every_number_of_a_written_summary) {
  const Json result = Json::parse(small_result());
  int numbers = 0;
  for (const auto& [name, value] : result["summary"][0].items()) {
    if (name == "n" || !(value.is_number() || (value.is_null() && name != "kernel" && name != "formation"))) continue;
    const std::vector<DiffThreshold> read = read_thresholds(name + ">2x", "--fail-on");
    ASSERT_EQ(read.size(), 1u) << name;
    EXPECT_EQ(read[0].quantity.name, name);
    ++numbers;
  }
  EXPECT_GT(numbers, 80);
}

TEST(DiffThreshold, reads_ratios_values_and_decibels) {
  const std::vector<DiffThreshold> read =
      read_thresholds("total_frobenius_max > 1.1x,unfit>0,snr_db_min<-3dB, matmuls<0.5x ,layer.o_max>1e-2,fit", "");
  ASSERT_EQ(read.size(), 6u);
  using Measure = DiffThreshold::Measure;
  EXPECT_EQ(read[0].measure, Measure::ratio);
  EXPECT_EQ(read[0].limit, 1.1);
  EXPECT_TRUE(read[0].above);
  EXPECT_EQ(read[0].text, "total_frobenius_max>1.1x");
  EXPECT_EQ(read[1].measure, Measure::value);
  EXPECT_EQ(read[2].measure, Measure::difference);
  EXPECT_EQ(read[2].limit, -3);
  EXPECT_FALSE(read[2].above);
  EXPECT_FALSE(read[3].above);
  EXPECT_TRUE(read[4].layers);
  EXPECT_EQ(read[5].kind, DiffThreshold::Kind::fit);
}

TEST(DiffThreshold, refusals_name_place_found_allowed_and_nearest) {
  EXPECT_TRUE(has(refusal("total_frobenus_max>1.1x"),
                  "--fail-on: no number of a summary is called "
                  "'total_frobenus_max'; did you mean 'total_frobenius_max'?"));
  EXPECT_TRUE(has(refusal("total_frobenius>1.1x"), "allowed: total_frobenius_median, total_frobenius_p95, "));
  EXPECT_TRUE(has(refusal("stats"), "no threshold is called 'stats'; did you mean 'status'?"));
  EXPECT_TRUE(has(refusal("unfit"), "found unfit without a bound"));
  EXPECT_TRUE(has(refusal("unfit>=2"), "found '>=' in unfit>=2; allowed: > or <"));
  EXPECT_TRUE(has(refusal("unfit>2y"), "found '2y' in unfit>2y"));
  EXPECT_TRUE(has(refusal("unfit>"), "found '' in unfit>"));
  EXPECT_TRUE(has(refusal("growth_max>3dB"), "found decibels of growth_max"));
  EXPECT_TRUE(has(refusal("growth_max>-2x"), "a factor of at least 0"));
  EXPECT_TRUE(has(refusal("frobenius_p5>1"), "did you mean 'frobenius_p95'?"));
  EXPECT_TRUE(has(refusal("fit,,status"), "an empty item"));
}

TEST(DiffThreshold, fields_of_thresholds_are_collected_once) {
  const std::vector<DiffThreshold> read =
      read_thresholds("total_frobenius_max>1x,growth_max>1x,growth_median>1x,matmuls>1x,layer.o_max>1x,fit", "");
  std::vector<std::string> names;
  for (const Field* field : threshold_fields(read, {find_field("total_frobenius")})) names.push_back(field->name());
  EXPECT_EQ(names, (std::vector<std::string>{"total_frobenius", "growth", "matmuls"}));
}

}  // namespace tristab::diff_threshold_test
