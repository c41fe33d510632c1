#include "tristab/report/table.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tristab {
namespace {

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

TEST(Table, numbers_have_two_digits) {
  EXPECT_EQ(short_number(4.567e-4), "4.6e-04");
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(std::nan("")), "-");
}

TEST(Table, labels_break_before_parameters) {
  EXPECT_EQ(broken_label("mxr:block=8", 30), "mxr:block=8");
  EXPECT_EQ(broken_label("residual-neumann:mask=false:order=5", 21),
            "residual-neumann\n  :mask=false:order=5");
  EXPECT_EQ(broken_label("int8:scale_rule=power-of-two", 16), "int8\n  :scale_rule=\n  power-of-two");
  EXPECT_EQ(broken_label("fp16", 2), "fp16");
}

TEST(Table, text_wraps_at_spaces) {
  EXPECT_EQ(wrapped("one two three", 9, 2), "  one two\n  three\n");
  EXPECT_EQ(wrapped("unbreakable", 4, 0), "unbreakable\n");
}

}  // namespace
}  // namespace tristab
