#include "tristab/base/spool.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "tristab/base/errors.h"

namespace tristab::spool_test {

class SpoolTest : public ::testing::Test {
 protected:
  SpoolTest() {
    std::string name = (std::filesystem::temp_directory_path() / "tristab-XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~SpoolTest() override { std::filesystem::remove_all(directory_); }
  std::filesystem::path directory_;
};

TEST_F(SpoolTest, bytes_are_read_back_from_where_they_were_put) {
  Spool spool(directory_);
  EXPECT_EQ(spool.append("abc"), 0u);
  EXPECT_EQ(spool.append("defg"), 3u);
  std::string bytes(4, ' ');
  spool.read(2, bytes.data(), 4);
  EXPECT_EQ(bytes, "cdef");
  EXPECT_THROW(spool.read(4, bytes.data(), 4), InputError);  // beyond the end
  spool.clear();
  EXPECT_EQ(spool.append("xyzw"), 0u);
  spool.read(0, bytes.data(), 4);
  EXPECT_EQ(bytes, "xyzw");
}

TEST_F(SpoolTest, leaves_no_name_in_its_directory) {
  Spool spool(directory_);
  spool.append(std::string(Spool::block_bytes, ' '));
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(SpoolTest, goes_to_the_temporary_directory_where_its_own_takes_nothing) {
  Spool missing(directory_ / "none");
  EXPECT_EQ(missing.append(std::string(Spool::block_bytes, ' ')), 0u);
}

TEST_F(SpoolTest, reads_across_the_end_of_what_is_in_its_file) {
  Spool spool(directory_);
  spool.append(std::string(Spool::block_bytes, 'a'));
  spool.append("bcd");
  std::string bytes(5, ' ');
  spool.read(Spool::block_bytes - 2, bytes.data(), 5);
  EXPECT_EQ(bytes, "aabcd");
  spool.read(Spool::block_bytes + 1, bytes.data(), 2);
  EXPECT_EQ(bytes, "cdbcd");
  spool.clear();
  spool.append("xyz");
  spool.read(0, bytes.data(), 3);
  EXPECT_EQ(bytes, "xyzcd");
}

TEST_F(SpoolTest, names_the_temporary_directory_that_is_missing) {
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before != nullptr ? before : "";
  setenv("TMPDIR", (directory_ / "none").c_str(), 1);
  try {
    Spool spool;
    spool.append(std::string(Spool::block_bytes, ' '));
    ADD_FAILURE() << "no error";
  } catch (const InputError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("what a run collects: cannot be kept in "), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
  before != nullptr ? setenv("TMPDIR", kept.c_str(), 1) : unsetenv("TMPDIR");
}

TEST_F(SpoolTest, text_of_many_blocks_comes_back_in_order) {
  SpooledText text(directory_);
  std::string expected;
  for (int k = 0; k < 60000; ++k) {
    const std::string line = "line " + std::to_string(k) + " of text that is long enough to fill blocks\n";
    text.append(line);
    expected += line;
  }
  ASSERT_GT(expected.size(), std::size_t{3} << 20);
  for (int time = 0; time < 2; ++time) {  // more than once
    std::string found;
    text.for_each_block([&](std::string_view block) { found += block; });
    EXPECT_EQ(found, expected);
  }
}

TEST_F(SpoolTest, lists_that_share_a_spool_keep_their_numbers_apart) {
  Spool spool(directory_);
  std::vector<SpooledRows> lists(3);
  const std::size_t sizes[] = {1024, 1500, 7};  // whole pages, a page and a half, none
  for (std::size_t k = 0; k < 1500; ++k) {
    for (std::size_t list = 0; list < 3; ++list) {
      if (k < sizes[list]) lists[list].append(static_cast<double>(10 * k + list), spool);
    }
  }
  EXPECT_GT(spool.size(), 0u);
  for (std::size_t list = 0; list < 3; ++list) {
    const std::vector<double> values = lists[list].column(0, spool);
    ASSERT_EQ(values.size(), sizes[list]);
    EXPECT_EQ(lists[list].size(), sizes[list]);
    for (std::size_t k = 0; k < values.size(); ++k) EXPECT_EQ(values[k], static_cast<double>(10 * k + list));
  }
}

TEST_F(SpoolTest, rows_give_their_columns_in_the_order_of_the_rows) {
  Spool spool(directory_);
  SpooledRows rows(3);
  for (int k = 0; k < 300; ++k) {
    const double number = k;
    rows.append(std::array{number, -number, number / 2}, spool);
  }
  EXPECT_EQ(rows.size(), 300u);
  EXPECT_EQ(spool.size(), 256 * 3 * sizeof(double));  // whole pages; the rest is in memory
  const double factors[] = {1, -1, 0.5};
  for (std::size_t column = 0; column < 3; ++column) {
    const std::vector<double> values = rows.column(column, spool);
    ASSERT_EQ(values.size(), 300u);
    for (std::size_t k = 0; k < values.size(); ++k) EXPECT_EQ(values[k], factors[column] * static_cast<double>(k));
  }
}

}  // namespace tristab::spool_test
