#include "tristab/report/result_lines.h"

#include <gtest/gtest.h>

#include <fstream>

#include "small_sweep.h"
#include "tristab/base/errors.h"

namespace tristab::result_lines_test {
namespace {

std::string put(const TemporaryDirectory& directory, const std::string& text) {
  const std::string path = directory / "lines";
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

// Lines shorter and longer than what is read at once, empty ones, and one of a whole block.
std::vector<std::string> lines_of_many_lengths() {
  std::vector<std::string> lines;
  for (std::size_t k = 0; k < 300; ++k) lines.emplace_back(k * 37 % 1500, static_cast<char>('a' + k % 26));
  for (const std::size_t length : {65535, 65536, 65537, 200000, 0, 1, 131071, 300})
    lines.emplace_back(length, static_cast<char>('A' + length % 26));
  return lines;
}

TEST(LineFile, gives_lines_of_every_length_and_their_places) {
  const TemporaryDirectory directory;
  const std::vector<std::string> lines = lines_of_many_lengths();
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  for (const bool releases : {false, true}) {
    LineFile file(put(directory, text));
    std::uint64_t offset = 0;
    std::string_view line;
    for (const std::string& expected : lines) {
      ASSERT_TRUE(file.next(line));
      ASSERT_EQ(line, expected);
      offset += expected.size() + 1;
      ASSERT_EQ(file.offset(), offset);
      if (releases && expected.size() % 3 == 0) file.release();
    }
    EXPECT_FALSE(file.next(line));
    EXPECT_EQ(file.offset(), text.size());
  }
}

TEST(LineFile, a_line_without_its_end_is_none) {
  const TemporaryDirectory directory;
  LineFile file(put(directory, "first\n" + std::string(70000, 'x')));
  std::string_view line;
  ASSERT_TRUE(file.next(line));
  EXPECT_EQ(line, "first");
  EXPECT_FALSE(file.next(line));
  EXPECT_TRUE(line.empty());
  EXPECT_FALSE(file.next(line));
  EXPECT_EQ(file.offset(), 6u);
}

TEST(LineFile, a_file_that_is_not_there_is_refused) {
  const TemporaryDirectory directory;
  EXPECT_THROW(LineFile(directory / "none"), InputError);
}

TEST(SectionLines, a_document_and_lines_give_the_same_objects) {
  const TemporaryDirectory directory;
  const std::string document =
      "{\n\"schema\": \"s\",\n\"records\": [\n{\"id\": 1},\n{\"id\": 2}\n],\n\"summary\": [\n]\n}\n";
  const std::string lines =
      "{\"type\": \"header\", \"schema\": \"s\"}\n{\"type\": \"record\", \"id\": 1}\n{\"type\": \"unit\", \"hash\": "
      "\"0\"}\n{\"type\": \"record\", \"id\": 2}\n";
  for (const std::string& text : {document, lines}) {
    SectionLines section(put(directory, text), "record");
    std::string object;
    ASSERT_TRUE(section.next(object));
    EXPECT_EQ(object, "{\"id\": 1}");
    section.release();
    ASSERT_TRUE(section.next(object));
    EXPECT_EQ(object, "{\"id\": 2}");
    EXPECT_FALSE(section.next(object));
  }
}

}  // namespace
}  // namespace tristab::result_lines_test
