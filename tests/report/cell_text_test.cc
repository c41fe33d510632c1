#include "tristab/report/cell_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tristab::cell_text_test {

std::string cell_csv(const Cell& cell, Field::Kind kind = Field::Kind::integer) {
  std::string csv;
  append_csv(csv, cell, kind);
  return csv;
}

std::string cell_json(const Cell& cell) {
  std::string json;
  append_json(json, cell);
  return json;
}

TEST(CellText, csv_fields_are_quoted_as_rfc_4180_says) {
  EXPECT_EQ(cell_csv(std::string_view("plain")), "plain");
  EXPECT_EQ(cell_csv(std::string_view("a,b")), "\"a,b\"");
  EXPECT_EQ(cell_csv(std::string_view("say \"x\"")), "\"say \"\"x\"\"\"");
  EXPECT_EQ(cell_csv(std::string_view("two\nlines")), "\"two\nlines\"");
  EXPECT_EQ(cell_csv(JsonText{R"({"block": 8})"}), R"("{""block"": 8}")");
  EXPECT_EQ(quoted_csv("plain"), "plain");
  EXPECT_EQ(quoted_csv("a,b"), "\"a,b\"");
}

TEST(CellText, reals_have_a_point_or_an_exponent_in_csv_counts_none) {
  EXPECT_EQ(cell_csv(0.0), "0.0");
  EXPECT_EQ(cell_csv(-3.0), "-3.0");
  EXPECT_EQ(cell_csv(0.25), "0.25");
  EXPECT_EQ(cell_csv(1e-300), "1e-300");
  EXPECT_EQ(cell_csv(1e22), "1e+22");
  EXPECT_EQ(cell_csv(std::int64_t{3}), "3");
}

TEST(CellText, absent_values_are_empty_in_csv_and_null_in_json) {
  EXPECT_EQ(cell_csv(std::monostate{}), "");
  EXPECT_EQ(cell_csv(std::nan("")), "");
  EXPECT_EQ(cell_csv(std::nan(""), Field::Kind::real), "NaN");
  EXPECT_EQ(cell_csv(std::monostate{}, Field::Kind::text), "none");
  EXPECT_EQ(cell_json(std::monostate{}), "null");
  EXPECT_EQ(cell_json(std::nan("")), "null");
  EXPECT_EQ(cell_json(std::int64_t{3}), "3");
  EXPECT_EQ(cell_json(std::string_view("x")), "\"x\"");
}

TEST(CellText, absent_values_of_a_column_keep_its_type) {
  EXPECT_STREQ(absent_csv(Field::Kind::text), "none");
  EXPECT_STREQ(absent_csv(Field::Kind::real), "NaN");
  for (const Field::Kind kind : {Field::Kind::integer, Field::Kind::object, Field::Kind::list})
    EXPECT_STREQ(absent_csv(kind), "");
}

}  // namespace tristab::cell_text_test
