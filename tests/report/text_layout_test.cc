#include "tristab/report/text_layout.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cwchar>

namespace tristab::text_layout_test {

std::string utf8(char32_t point) {
  std::string text;
  const auto byte = [&](char32_t bits) { text += static_cast<char>(static_cast<unsigned char>(bits)); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xc0 | point >> 6);
    byte(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    byte(0xe0 | point >> 12);
    byte(0x80 | (point >> 6 & 0x3f));
    byte(0x80 | (point & 0x3f));
  } else {
    byte(0xf0 | point >> 18);
    byte(0x80 | (point >> 12 & 0x3f));
    byte(0x80 | (point >> 6 & 0x3f));
    byte(0x80 | (point & 0x3f));
  }
  return text;
}

// The C library's tables, where it has a UTF-8 locale: Latin, Greek, Cyrillic, CJK, Hangul, full-width forms.
TEST(TextLayout, widths_are_those_of_the_c_library) {
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) GTEST_SKIP() << "no locale C.UTF-8";
  const std::pair<char32_t, char32_t> blocks[] = {
      {0x20, 0x7e},     {0xa1, 0xac},     {0xae, 0x0377},   {0x0391, 0x03a1}, {0x0400, 0x0482},   {0x20d0, 0x20dc},
      {0x3041, 0x3096}, {0x4e00, 0x9fff}, {0xac00, 0xd7a3}, {0xff01, 0xff60}, {0x1f300, 0x1f320}, {0x20000, 0x20100}};
  int points = 0;
  for (const auto& [first, last] : blocks) {
    for (char32_t point = first; point <= last; ++point) {
      const int expected = wcwidth(static_cast<wchar_t>(point));
      if (expected < 0) continue;  // not assigned
      ++points;
      EXPECT_EQ(display_width(utf8(point)), static_cast<std::size_t>(expected))
          << std::hex << static_cast<unsigned>(point);
    }
  }
  std::setlocale(LC_CTYPE, "C");
  EXPECT_GT(points, 30000);
}

TEST(TextLayout, bytes_that_are_not_utf8_take_a_column_each) {
  EXPECT_EQ(display_width("a\xff\xc3"), 3u);
  EXPECT_EQ(display_width("\xe6\x97"), 2u);  // a character cut short
}

TEST(TextLayout, a_beginning_ends_between_characters) {
  const std::string text = "a\xc3\xa4\xe6\x97\xa5z";  // 1, 1 and 2 columns, and 1
  EXPECT_EQ(beginning_of(text, 1), "a");
  EXPECT_EQ(beginning_of(text, 2), "a\xc3\xa4");
  EXPECT_EQ(beginning_of(text, 3), "a\xc3\xa4");
  EXPECT_EQ(beginning_of(text, 4), "a\xc3\xa4\xe6\x97\xa5");
  EXPECT_EQ(beginning_of("\xe6\x97\xa5", 1), "\xe6\x97\xa5");  // never nothing
}

TEST(TextLayout, a_long_text_is_elided_and_lines_are_cut) {
  EXPECT_EQ(elided("abcdef", 6), "abcdef");
  EXPECT_EQ(elided("abcdefg", 6), "abc...");
  EXPECT_EQ(cut_lines("abcdefg\nhi", 3), "abc\ndef\ng\nhi");
  EXPECT_EQ(cut_lines("", 3), "");
}

TEST(TextLayout, control_characters_do_not_reach_a_terminal) {
  EXPECT_EQ(without_controls("a\x1b[31mb\x7f\tc\nd"), "a?[31mb??c\nd");
  EXPECT_EQ(without_controls("a\x9b[b \xc2\x9b \xc3\xa4 \xff"), "a?[b ? \xc3\xa4 ?");  // C1, as a byte and in UTF-8
}

TEST(TextLayout, sentences_and_paragraphs_fit_a_terminal_not_a_file) {
  const std::string text = "one two three-and-a-half four";
  EXPECT_EQ(sentence(text, Page{}), text + "\n");
  EXPECT_EQ(sentence(text, Page{10}), "one two\nthree-and-\na-half\nfour\n");
  EXPECT_EQ(paragraph(text, 2, Page{}), "  " + text + "\n");
  EXPECT_EQ(label_lines("gdn:gate=none:negative=true", Page{16}), "gdn:gate=none\n  :negative=true");
}

}  // namespace tristab::text_layout_test
