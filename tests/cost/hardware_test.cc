#include "tristab/cost/hardware.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "tristab/arithmetic/machines.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/cost/cost.h"

namespace tristab::hardware_test {
namespace {

Json description(const std::string& name) {
  std::ifstream file(std::string(TRISTAB_SOURCE_DIR "/configs/hardware/") + name + ".json");
  return Json::parse(file);
}

// The message about a description that is wrong.
std::string refusal(const Json& given) {
  const std::string path = testing::TempDir() + "wrong.json";
  std::ofstream(path) << given;
  try {
    find_hardware(path, "--hardware");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Hardware, every_built_in_description_can_be_read) {
  const std::vector<std::string> names = hardware_names();
  EXPECT_NE(std::find(names.begin(), names.end(), "h200"), names.end());
  for (const std::string& name : names) {
    const Hardware hardware = find_hardware(name, "");
    EXPECT_FALSE(hardware.matrix.empty()) << name;
    EXPECT_FALSE(hardware.source.empty()) << name;
    EXPECT_GT(hardware.memory_gb_s, 0) << name;
  }
}

TEST(Hardware, names_itself_by_the_file) { EXPECT_EQ(find_hardware("h200", "").name, "h200"); }

TEST(Hardware, unknown_names_are_refused_with_the_nearest) {
  try {
    find_hardware("h20", "--hardware");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("'h200'"), std::string::npos) << error.what();
  }
}

TEST(Hardware, messages_name_the_key_that_is_missing_or_wrong) {
  Json given = description("h200");
  given.erase("memory_gb_s");
  EXPECT_NE(refusal(given).find("no memory_gb_s"), std::string::npos) << refusal(given);
  given = description("h200");
  given["matrix"][1]["tflops"] = "fast";
  EXPECT_NE(refusal(given).find("matrix[1]"), std::string::npos) << refusal(given);
  given = description("h200");
  given["matrix"][0]["arithmetic"] = "fp61-h200";
  EXPECT_NE(refusal(given).find("fp16-h200"), std::string::npos) << refusal(given);
  given = description("h200");
  given["memory_gbs"] = 1;
  EXPECT_NE(refusal(given).find("memory_gb_s"), std::string::npos) << refusal(given);
}

TEST(Hardware, h200_has_the_published_times_of_five_methods) {
  const Hardware h200 = find_hardware("h200", "");
  const auto time = [&](const char* method, int n) {
    for (const MeasuredTime& each : h200.measured) {
      if (each.method == method && each.arithmetic == "fp16-h200" && each.n == n && !each.source.empty())
        return each.ns;
    }
    return std::nan("");
  };
  EXPECT_EQ(time("mch", 64), 11.1);
  EXPECT_EQ(time("mbh", 128), 206);
  EXPECT_EQ(time("mxr:block=8", 32), 2.00);
  EXPECT_EQ(time("newton-schulz:steps=12", 16), 1.02);
}

TEST(Hardware, h200_covers_three_formats_at_four_sizes) {
  const Hardware h200 = find_hardware("h200", "");
  for (const char* arithmetic : {"fp16-h200", "bf16-h200", "tf32-h200"}) {
    for (const int n : {16, 32, 64, 128}) {
      const auto count = std::count_if(h200.measured.begin(), h200.measured.end(), [&](const MeasuredTime& time) {
        return time.arithmetic == arithmetic && time.n == n;
      });
      EXPECT_GE(count, 10) << arithmetic << " " << n;
    }
  }
}

TEST(Hardware, rates_alone_predict_the_order_of_the_h200s_times) {
  Machines machines;
  const Hardware h200 = find_hardware("h200", "");
  const PredictionQuality quality = prediction_quality(h200.measured, predicted_times(h200, machines));
  EXPECT_EQ(quality.times, static_cast<int>(h200.measured.size()));
  EXPECT_GT(quality.rank_correlation, 0.95);
  EXPECT_LT(quality.worst_factor, 10);
}

}  // namespace
}  // namespace tristab::hardware_test
