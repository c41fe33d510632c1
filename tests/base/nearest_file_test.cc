#include "tristab/base/nearest_file.h"

#include <gtest/gtest.h>

#include <fstream>

namespace tristab::nearest_file_test {

class NearestFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(directory_ / "quick.json.d");
    for (const char* name : {"quick.json", "zoo.json"}) std::ofstream(directory_ / name) << "{}";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string hint(const char* name) const { return nearest_file_hint(directory_ / name); }

  const std::filesystem::path directory_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string("nearest_file_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(NearestFile, names_the_file_beside_a_mistyped_one) {
  EXPECT_EQ(hint("quik.json"), "; did you mean '" + (directory_ / "quick.json").string() + "'?");
}

TEST_F(NearestFile, says_nothing_of_files_that_exist_or_resemble_none) {
  EXPECT_EQ(hint("quick.json"), "");
  EXPECT_EQ(hint("failures.ndjson"), "");
}

TEST_F(NearestFile, says_nothing_where_there_is_no_directory_or_no_name) {
  EXPECT_EQ(hint("absent/quick.json"), "");
  EXPECT_EQ(nearest_file_hint(""), "");
  EXPECT_EQ(nearest_file_hint("-"), "");
}

TEST_F(NearestFile, does_not_offer_directories) {
  EXPECT_EQ(hint("quick.json.e").find("quick.json.d"), std::string::npos);
}

}  // namespace tristab::nearest_file_test
