#include "tristab/report/column.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "tristab/metric/metric.h"

namespace tristab {
namespace {

TEST(Column, every_metric_is_a_column_and_no_name_is_used_twice) {
  std::set<std::string> names;
  for (const Column& column : record_columns()) {
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
    EXPECT_FALSE(column.help.empty()) << column.name;
  }
  for (const MetricInfo& info : metrics()) EXPECT_TRUE(names.contains(std::string(info.name))) << info.name;
}

TEST(Column, csv_fields_are_quoted_as_rfc_4180_says) {
  EXPECT_EQ(cell_csv(std::string("plain")), "plain");
  EXPECT_EQ(cell_csv(std::string("a,b")), "\"a,b\"");
  EXPECT_EQ(cell_csv(std::string("say \"x\"")), "\"say \"\"x\"\"\"");
  EXPECT_EQ(cell_csv(std::string("two\nlines")), "\"two\nlines\"");
  EXPECT_EQ(cell_csv(JsonCell{R"({"block": 8})"}), R"("{""block"": 8}")");
}

TEST(Column, real_numbers_have_a_point_or_an_exponent_in_csv_and_counts_have_none) {
  EXPECT_EQ(cell_csv(0.0), "0.0");
  EXPECT_EQ(cell_csv(-3.0), "-3.0");
  EXPECT_EQ(cell_csv(0.25), "0.25");
  EXPECT_EQ(cell_csv(1e-300), "1e-300");
  EXPECT_EQ(cell_csv(1e22), "1e+22");
  EXPECT_EQ(cell_csv(std::int64_t{3}), "3");
}

TEST(Column, absent_values_are_empty_in_csv_and_null_in_json) {
  EXPECT_EQ(cell_csv(std::monostate{}), "");
  EXPECT_EQ(cell_csv(std::nan("")), "");
  EXPECT_EQ(cell_json(std::monostate{}), "null");
  EXPECT_EQ(cell_json(std::nan("")), "null");
  EXPECT_EQ(cell_json(std::int64_t{3}), "3");
  EXPECT_EQ(cell_json(std::string("x")), "\"x\"");
}

}  // namespace
}  // namespace tristab
