// Files of recorded products: what is read, and what a broken one is told.
#include "tristab/selftest/recorded_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "support/hardware_vectors.h"
#include "tristab/base/errors.h"

namespace tristab::recorded_file_test {

using selftest::read_recorded_products;

TEST(RecordedFile, holds_the_bits_that_another_reader_finds) {
  for (const char* name : {"h100-dots", "h100-probes", "h100-addends"}) {
    const std::string path = fmt::format("{}/{}.safetensors", TRISTAB_TEST_DATA, name);
    const auto groups = read_recorded_products(path);
    const auto sets = read_hardware_vectors(path);
    ASSERT_EQ(groups.size(), sets.size());
    std::map<std::string, const HardwareVectors*> by_name;
    for (const HardwareVectors& set : sets) by_name[set.label()] = &set;
    for (const auto& group : groups) {
      ASSERT_TRUE(by_name.contains(group.name)) << group.name;
      const HardwareVectors& set = *by_name[group.name];
      EXPECT_EQ(group.operand, set.operand);
      EXPECT_EQ(group.accumulator, set.accumulator);
      EXPECT_EQ(group.distribution, set.name);
      EXPECT_TRUE(group.batch == set.batch && group.m == set.m && group.k == set.k && group.n == set.n);
      EXPECT_TRUE(group.a == set.a && group.b == set.b && group.c == set.c && group.d == set.d) << group.name;
    }
  }
}

class BrokenFile : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() /
            (std::string("tristab-recorded-") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
  }
  void TearDown() override { std::filesystem::remove(path_); }

  // One tensor a, b, c and d each of a bf16 group, 1 x 1 x 1, with a part of the header replaced.
  std::string error_of(const std::string& from, const std::string& to) const {
    std::string header = R"({"bf16_f32.m1n1k1.one.a":{"dtype":"BF16","shape":[1,1,1],"data_offsets":[0,2]},)"
                         R"("bf16_f32.m1n1k1.one.b":{"dtype":"BF16","shape":[1,1,1],"data_offsets":[2,4]},)"
                         R"("bf16_f32.m1n1k1.one.c":{"dtype":"F32","shape":[1,1,1],"data_offsets":[4,8]},)"
                         R"("bf16_f32.m1n1k1.one.d":{"dtype":"F32","shape":[1,1,1],"data_offsets":[8,12]}})";
    for (std::size_t at = header.find(from); !from.empty() && at != std::string::npos;
         at = header.find(from, at + to.size()))
      header.replace(at, from.size(), to);
    std::string bytes;
    for (int byte = 0; byte < 8; ++byte) bytes.push_back(static_cast<char>((header.size() >> (8 * byte)) & 0xff));
    bytes += header + std::string(12, '\0');
    std::ofstream(path_, std::ios::binary) << bytes;
    try {
      read_recorded_products(path_);
    } catch (const InputError& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      EXPECT_NE(std::string(error.what()).find(path_.string()), std::string::npos) << error.what();
      return error.what();
    }
    return "";
  }

  std::filesystem::path path_;
};

TEST_F(BrokenFile, is_told_what_is_wrong_and_what_is_allowed) {
  EXPECT_EQ(error_of("", ""), "");
  EXPECT_NE(error_of("one.d", "two.d").find("'bf16_f32.m1n1k1.one.d' is missing"), std::string::npos);
  EXPECT_NE(error_of("one.a", "one.e").find("no tensor whose name ends in .a"), std::string::npos);
  EXPECT_NE(error_of("bf16_f32.", "bf16f32.").find("another name"), std::string::npos);
  EXPECT_NE(error_of("m1n1k1.one", "m1n1k1").find("another name"), std::string::npos);
  EXPECT_NE(error_of("[1,1,1],\"data_offsets\":[8", "[1,1],\"data_offsets\":[8").find("three dimensions"),
            std::string::npos);
  EXPECT_NE(error_of("\"F32\",\"shape\":[1,1,1],\"data_offsets\":[8,12]",
                     "\"BF16\",\"shape\":[1,2,1],\"data_offsets\":[8,12]")
                .find("allowed: [1, 1, 1]"),
            std::string::npos);
  EXPECT_NE(error_of("\"F32\"", "\"F64\"").find("allowed"), std::string::npos);
}

}  // namespace tristab::recorded_file_test
