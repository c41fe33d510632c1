#include "tristab/report/table.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tristab::table_test {

TEST(Table, columns_are_aligned_and_lines_end_without_spaces) {
  Table table({{"#", true}, {"method"}, {"error", true}});
  table.add_row({"1", "mbh", "3.1e-04"});
  table.add_row({"10", "residual-neumann", "0"});
  EXPECT_EQ(table.str(),
            " #  method              error\n"
            " 1  mbh               3.1e-04\n"
            "10  residual-neumann        0\n");
}

TEST(Table, a_cell_may_have_several_lines) {
  Table table({{"method"}, {"n", true}});
  table.add_row({"mxr\n  :block=8", "64"});
  EXPECT_EQ(table.str(), "method       n\nmxr         64\n  :block=8\n");
}

TEST(Table, a_row_of_another_length_is_a_bug) {
  Table table({{"a"}, {"b"}});
  EXPECT_THROW(table.add_row({"1"}), std::logic_error);
}

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> lines = lines_of(text);
  lines.pop_back();  // after the last newline
  return lines;
}

// A label that can be laid out narrower, and columns that may be left out.
Table wide_table() {
  Table table({{.header = "method", .layout = broken_label, .least = 10},
               {"median", true},
               {.header = "non-\nfinite", .right = true, .dispensable = 1},
               {.header = "depth", .right = true, .dispensable = 2}});
  table.add_row({"newton-schulz:steps=8", "3.1e-04", "0", "24 1v"});
  table.add_row({"mbh", "1.5e-04", "3/8", "12"});
  return table;
}

TEST(Table, a_wide_terminal_breaks_nothing) {
  EXPECT_EQ(wide_table().str(Page{200}), wide_table().str());
  EXPECT_EQ(wide_table().str(Page{45}), wide_table().str());  // its width
}

TEST(Table, labels_are_laid_out_narrower_before_columns_are_left_out) {
  EXPECT_EQ(wide_table().str(Page{42}),
            "method          median    non-  depth\n"
            "                        finite\n"
            "newton-schulz  3.1e-04       0  24 1v\n"
            "  :steps=8\n"
            "mbh            1.5e-04     3/8     12\n");
}

TEST(Table, the_most_dispensable_columns_are_left_out_first_and_named) {
  EXPECT_EQ(wide_table().str(Page{32}),
            "method          median    non-\n"
            "                        finite\n"
            "newton-schulz  3.1e-04       0\n"
            "  :steps=8\n"
            "mbh            1.5e-04     3/8\n"
            "left out: depth (shown in 37\n"
            "columns, and in a pipe: | cat)\n");
  const std::string text = wide_table().str(Page{24});
  EXPECT_NE(text.find("left out: non-finite,\ndepth"), std::string::npos) << text;
}

TEST(Table, no_line_is_longer_than_the_terminal) {
  for (std::size_t width = 12; width < 60; ++width) {
    for (const std::string& line : lines_in(wide_table().str(Page{width})))
      EXPECT_LE(display_width(line), width) << line;
  }
}

TEST(Table, with_key_columns_the_others_are_spread_over_several_tables) {
  Table table({{"n", true}, {"first"}, {"second"}, {"third"}}, 1);
  table.add_row({"16", "a", "b", "c"});
  EXPECT_EQ(table.str(Page{24}), " n  first  second  third\n16  a      b       c\n");
  EXPECT_EQ(table.str(Page{20}),
            " n  first  second\n"
            "16  a      b\n"
            "\n"
            " n  third\n"
            "16  c\n");
}

TEST(Table, colours_change_no_width_and_are_there_only_where_asked_for) {
  Table table({{"method"}, {"verdict"}, {"n", true}});
  table.add_row({"mbh", TableCell("pass", Style::pass), "16"});
  table.add_row({"mch", TableCell("nonfinite", Style::nonfinite), "16"});
  Page page{80, true};
  const std::string colored = table.str(page);
  std::string plain;
  for (std::size_t k = 0; k < colored.size(); ++k) {
    if (colored[k] == '\033')
      k = colored.find('m', k);
    else
      plain += colored[k];
  }
  EXPECT_EQ(plain, table.str());
  EXPECT_NE(colored.find(styled("pass", Style::pass, page) + "       16"), std::string::npos) << colored;
  EXPECT_EQ(table.str(Page{80}).find('\033'), std::string::npos);
}

TEST(Table, wide_characters_are_aligned_by_their_columns) {
  Table table({{"file"}, {"n", true}});
  table.add_row({"\xe6\x97\xa5", "1"});  // two columns
  table.add_row({"abc", "2"});
  EXPECT_EQ(table.str(), "file  n\n\xe6\x97\xa5    1\nabc   2\n");
}

TEST(Table, numbers_have_two_digits) {
  EXPECT_EQ(short_number(4.567e-4), "4.6e-04");
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(std::nan("")), "-");
}

TEST(Table, labels_break_before_parameters) {
  EXPECT_EQ(broken_label("mxr:block=8", 30), "mxr:block=8");
  EXPECT_EQ(broken_label("residual-neumann:mask=false:order=5", 21), "residual-neumann\n  :mask=false:order=5");
  EXPECT_EQ(broken_label("int8:scale_rule=power-of-two", 16), "int8\n  :scale_rule=\n  power-of-two");
  EXPECT_EQ(broken_label("fp16", 2), "fp16");
}

TEST(Table, text_wraps_at_spaces) {
  EXPECT_EQ(wrapped("one two three", 9, 2), "  one two\n  three\n");
  EXPECT_EQ(wrapped("unbreakable", 4, 0), "unbreakable\n");
}

}  // namespace tristab::table_test
