// `tristab selftest` as its users see it.
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "run_program.h"
#include "support/shared_data.h"

namespace tristab::selftest_test {

std::string last_line(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);) last = line;
  return last;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Selftest, passes_on_this_machine_and_names_the_simd_levels) {
  const Workplace place;
  const ProgramResult result = place.run("selftest");
  EXPECT_EQ(result.status, 0) << result.out;
  EXPECT_TRUE(result.out.starts_with("SIMD levels: ")) << result.out;
  EXPECT_TRUE(contains(result.out, "baseline"));
  EXPECT_TRUE(last_line(result.out).starts_with("selftest passed: 13 checks, ")) << result.out;
  EXPECT_EQ(result.err, "") << "progress is for terminals alone";
}

TEST(Selftest, recorded_products_agree) {
  const Workplace place;
  const ProgramResult result = place.run("selftest --vectors $DATA/h100-dots.safetensors");
  EXPECT_EQ(result.status, 0) << result.out;
  EXPECT_EQ(last_line(result.out), "selftest passed: 33 checks, 33792 cases");
}

TEST(Selftest, unit_names_the_machine_that_recorded_the_products) {
  const Workplace place;
  const ProgramResult ada = place.run("selftest --vectors $DATA/unit-ada.safetensors --unit ada");
  EXPECT_EQ(ada.status, 0) << ada.out;
  EXPECT_EQ(last_line(ada.out), "selftest passed: 5 checks, 320 cases");
  EXPECT_EQ(place.run("selftest --vectors $DATA/unit-ada.safetensors").status, 1) << "an H100 adds otherwise";
}

TEST(Selftest, groups_that_nothing_emulates_are_skipped_visibly) {
  const Workplace place;
  const ProgramResult result = place.run("selftest --vectors $DATA/h100-probes.safetensors");
  EXPECT_EQ(result.status, 0) << result.out;
  EXPECT_TRUE(contains(result.out, "s8_s32.m16n8k96.mma32-wrap"));
  EXPECT_TRUE(contains(result.out, "skipped: integers that wrap"));
  EXPECT_TRUE(contains(last_line(result.out), " skipped")) << result.out;
}

TEST(Selftest, one_flipped_bit_of_a_recorded_result_fails_by_its_group) {
  const Workplace place;
  std::filesystem::copy_file(TRISTAB_TEST_DATA "/h100-addends.safetensors", place.file("flipped.safetensors"));
  std::string bytes = place.read("flipped.safetensors");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);  // the last tensor is a .d
  place.write("flipped.safetensors", bytes);
  const ProgramResult result = place.run("selftest --vectors flipped.safetensors");
  EXPECT_EQ(result.status, 1) << result.out;
  EXPECT_TRUE(contains(last_line(result.out), "selftest FAILED: 1 of 3 checks")) << result.out;
  EXPECT_TRUE(contains(last_line(result.out), "fp16_f16.m64n64k64.subnormaladdend")) << result.out;
  EXPECT_TRUE(contains(result.out, "tile 1, row 15, column 15")) << result.out;
}

TEST(Selftest, bad_files_and_options_are_refused) {
  const Workplace place;
  const auto expect = [&](const std::string& arguments, int status, const std::string& part) {
    const ProgramResult result = place.run("selftest " + arguments);
    EXPECT_EQ(result.status, status) << arguments << ": " << result.err;
    EXPECT_TRUE(contains(result.err, part)) << result.err;
    EXPECT_EQ(result.out, "") << arguments;
  };
  expect("--vectors missing.safetensors", 3, "missing.safetensors");
  expect("--vectors $DATA/gdn-slice.safetensors", 3, "gdn-slice.safetensors");
  expect("--vectors ''", 2, "--vectors");
  expect("--exhaustiv", 2, "--exhaustive");
  expect("--exhaustive --vectors $DATA/h100-dots.safetensors", 2, "one of them");
  expect("--unit ada", 2, "--vectors");
  expect("--vectors $DATA/unit-ada.safetensors --unit a10", 2, "did you mean");
  expect("--jobs none", 2, "--jobs");
  place.write("text.safetensors", "not a tensor");
  expect("--vectors text.safetensors", 3, "text.safetensors");
}

// The whole records behind the committed slices, where they are at hand.
TEST(Selftest, the_whole_records_agree) {
  const std::filesystem::path data = shared_data("h100/dots.safetensors");
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with h100/dots.safetensors";
  const std::string folder = (data / "h100").string();
  const Workplace place;
  const ProgramResult dots = place.run("selftest --vectors " + folder + "/dots.safetensors");
  EXPECT_EQ(dots.status, 0) << dots.out;
  EXPECT_EQ(last_line(dots.out), "selftest passed: 30 checks, 307200 cases");
  const ProgramResult fp8 = place.run("selftest --vectors " + folder + "/fp8.safetensors");
  EXPECT_EQ(fp8.status, 0) << fp8.out;
  EXPECT_EQ(last_line(fp8.out), "selftest passed: 3 checks, 12288 cases");
  for (const char* unit : {"v100", "a100", "a2", "ada", "l40s", "h100", "h200", "b200"}) {
    const std::filesystem::path record = data / "units" / (std::string(unit) + ".safetensors");
    if (!std::filesystem::exists(record)) continue;
    const ProgramResult products = place.run("selftest --vectors " + record.string() + " --unit " + unit);
    EXPECT_EQ(products.status, 0) << products.out;
  }
}

}  // namespace tristab::selftest_test
