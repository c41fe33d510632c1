#include "tristab/report/export_table.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "small_sweep.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::export_table_test {

std::string table_text(const std::string& section, const std::vector<const char*>& objects, ExportFormat format) {
  ExportTable table(section);
  for (const char* object : objects) table.add(Json::parse(object));
  std::string text;
  table.write(format, [&](const std::string& line) { text += line; });
  return text;
}

TEST(ExportTable, a_column_has_one_type_whatever_its_first_rows_hold) {
  const std::vector<const char*> rows{R"({"id": "a", "x": 1, "k": 2, "t": null, "b": true})",
                                      R"({"id": "b", "x": 2.5, "k": null, "t": "u", "b": false})"};
  EXPECT_EQ(table_text("matrices", rows, ExportFormat::csv), "id,b,k,t,x\na,true,2,none,1.0\nb,false,,u,2.5\n");
  EXPECT_EQ(table_text("matrices", rows, ExportFormat::ndjson),
            "{\"id\": \"a\", \"b\": true, \"k\": 2, \"t\": null, \"x\": 1.0}\n"
            "{\"id\": \"b\", \"b\": false, \"k\": null, \"t\": \"u\", \"x\": 2.5}\n");
}

TEST(ExportTable, known_fields_of_records_are_real_where_all_values_are_whole) {
  EXPECT_EQ(table_text("records", {R"({"frobenius": 0, "n": 16, "case": "c"})"}, ExportFormat::csv),
            "case,n,frobenius\nc,16,0.0\n");
}

TEST(ExportTable, fields_that_appear_late_or_are_unknown_are_kept) {
  EXPECT_EQ(table_text("records", {R"({"n": 16})", R"({"n": 32, "new_field": 3, "case": "c"})"}, ExportFormat::csv),
            "case,n,new_field\nnone,16,\nc,32,3\n");
}

TEST(ExportTable, objects_are_text_behind_all_others) {
  EXPECT_EQ(table_text("matrices", {R"({"family_params": {"b": 1, "a": [1, null]}, "n": 3})"}, ExportFormat::csv),
            "n,family_params\n3,\"{\"\"a\"\": [1, null], \"\"b\"\": 1}\"\n");
}

// Two quoted cells of JSON text with the same fields in any order.
bool same_object(const std::string& a, const std::string& b) {
  const auto parsed = [](const std::string& cell) {
    std::string text;
    for (std::size_t k = 1; k + 1 < cell.size(); ++k) {
      text += cell[k];
      if (cell[k] == '"') ++k;
    }
    return Json::parse(text, nullptr, false);
  };
  if (!a.starts_with("\"{") || !b.starts_with("\"{")) return false;
  const Json left = parsed(a), right = parsed(b);
  return left.is_object() && left == right;
}

// The sweep's own CSV writer goes from the records in memory to text, the export from the JSON file.
TEST(ExportTable, the_export_of_a_json_result_has_the_cells_of_the_csv_result) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "r.json") << small_result();
  const ResultHead head = export_table(directory / "r.json", "records", ExportFormat::csv, directory / "r.csv");
  EXPECT_TRUE(head.complete);
  const auto rows_of = [](const std::string& text) {
    std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
    bool quoted = false;
    for (const char c : text) {
      if (c == '"') quoted = !quoted;
      if (c == ',' && !quoted) {
        rows.back().emplace_back();
      } else if (c == '\n' && !quoted) {
        rows.emplace_back(1);
      } else {
        rows.back().back() += c;
      }
    }
    rows.pop_back();
    return rows;
  };
  const auto exported = rows_of(read_text(directory / "r.csv"));
  const auto direct = rows_of(written(small_config(), ResultFormat::csv, 2));
  ASSERT_EQ(exported.size(), direct.size());
  ASSERT_GT(direct.size(), 100u);
  int compared = 0;
  for (std::size_t column = 0; column < direct[0].size(); ++column) {
    if (direct[0][column] == "stages") continue;
    const auto found = std::find(exported[0].begin(), exported[0].end(), direct[0][column]);
    ASSERT_NE(found, exported[0].end()) << direct[0][column];
    const auto at = static_cast<std::size_t>(found - exported[0].begin());
    for (std::size_t row = 1; row < direct.size(); ++row) {
      const std::string &here = exported[row][at], &there = direct[row][column];
      EXPECT_TRUE(here == there || here == fmt::format("{}.0", there) || same_object(here, there))
          << direct[0][column] << ": " << here << ", " << there;
      ++compared;
    }
  }
  EXPECT_GT(compared, 5000);
  EXPECT_EQ(exported[0].size() + 1, direct[0].size());  // all but stages
}

TEST(ExportTable, a_result_without_the_table_is_refused) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "r.json") << small_result();
  EXPECT_THROW(export_table(directory / "r.json", "layers", ExportFormat::csv, directory / "l.csv"), InputError);
}

}  // namespace tristab::export_table_test
