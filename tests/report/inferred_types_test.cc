// Tables for readers that take the type of a column from its first rows. The rule is polars' one, written anew from its
// documentation and source (pl.read_csv, infer_schema_length = 100; crates/polars-io/src/csv/read/schema_inference.rs):
// whole numbers are integers, numbers with a point or an exponent, inf and NaN are reals, empty fields have no say,
// anything else and nothing at all is text; a later field that is not of the type is an error.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <regex>

#include "small_sweep.h"
#include "tristab/base/json.h"
#include "tristab/report/export_table.h"

namespace tristab::inferred_types_test {

enum class Type { none, boolean, integer, real, text };

Type type_of(const std::string& field) {
  static const std::regex boolean("true|false", std::regex::icase), integer("-?[0-9]+"),
      real("[-+]?(([0-9]*\\.[0-9]+)([eE][-+]?[0-9]+)?|inf|NaN|[0-9]+[eE][-+]?[0-9]+|[0-9]+\\.)");
  if (field.empty()) return Type::none;
  if (std::regex_match(field, boolean)) return Type::boolean;
  if (std::regex_match(field, integer)) return Type::integer;
  return std::regex_match(field, real) ? Type::real : Type::text;
}

struct TableColumn {
  std::string name;
  std::vector<std::string> fields;

  // The type after the first hundred rows.
  Type inferred() const {
    Type type = Type::none;
    for (std::size_t k = 0; k < fields.size() && k < 100; ++k) {
      const Type one = type_of(fields[k]);
      const bool numbers = (one == Type::integer || one == Type::real) && (type == Type::integer || type == Type::real);
      if (one == Type::none || one == type) continue;
      type = type == Type::none ? one : numbers ? Type::real : Type::text;
    }
    return type == Type::none ? Type::text : type;
  }

  // Rows whose field cannot be read as that type.
  std::vector<std::string> misfits() const {
    const Type type = inferred();
    std::vector<std::string> found;
    for (const std::string& field : fields) {
      const Type one = type_of(field);
      if (type == Type::text || one == Type::none || one == type || (type == Type::real && one == Type::integer))
        continue;
      found.push_back(field);
    }
    return found;
  }
};

std::vector<TableColumn> columns_of(const std::string& csv) {
  std::vector<TableColumn> columns(1);
  std::size_t at = 0;
  bool quoted = false, in_header = true;
  std::string field;
  for (const char c : csv) {
    if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ',' || c == '\n')) {
      if (in_header) {
        columns[at].name = field;
        if (c == ',') columns.emplace_back();
      } else {
        columns[at].fields.push_back(field);
      }
      field.clear();
      ++at;
      if (c == '\n') {
        in_header = false;
        at = 0;
      }
    } else {
      field += c;
    }
  }
  return columns;
}

const TableColumn& named(const std::vector<TableColumn>& columns, const std::string& name) {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const TableColumn& column) { return column.name == name; });
  EXPECT_NE(found, columns.end()) << name;
  return *found;
}

// A hundred and more cases without an error and without a formation of A, then some with both.
SweepConfig late_reals() {
  return make_config(Json{{"name", "late"},
                          {"chunks", "16:44:1"},
                          {"trials", 1},
                          {"families", {"ones", Json{{"family", "gdn"}, {"keys", "silu"}, {"head_dim", 32}}}},
                          {"methods", {"row-substitution", "mbh", "column-sweep", "matrix-column-sweep"}},
                          {"arithmetics", {"fp32"}},
                          {"formations", {"exact", "gram"}}},
                     {}, "test", TRISTAB_TEST_DATA, "late");
}

void expect_types(const std::string& csv) {
  const std::vector<TableColumn> columns = columns_of(csv);
  ASSERT_GT(columns[0].fields.size(), 250u);
  for (const TableColumn& column : columns) {
    EXPECT_TRUE(column.misfits().empty()) << column.name << ": " << column.misfits().front();
  }
  const auto begins_with = [&](const char* name, const char* field) {
    const std::vector<std::string>& fields = named(columns, name).fields;
    return std::all_of(fields.begin(), fields.begin() + 100, [&](const std::string& f) { return f == field; });
  };
  EXPECT_TRUE(begins_with("frobenius", "0.0"));
  EXPECT_TRUE(begins_with("error_formation", "NaN"));
  for (const char* name : {"frobenius", "error_formation", "total_frobenius", "growth", "matmul_flops"}) {
    EXPECT_EQ(named(columns, name).inferred(), Type::real) << name;
  }
  for (const char* name : {"n", "trial", "matmuls", "overflows"}) {
    EXPECT_EQ(named(columns, name).inferred(), Type::integer) << name;
  }
  for (const char* name : {"case", "method", "fit", "kernel", "message", "family_params"}) {
    EXPECT_EQ(named(columns, name).inferred(), Type::text) << name;
  }
}

TEST(InferredTypes, of_a_sweeps_own_table_hold_to_its_end) {
  expect_types(written(late_reals(), ResultFormat::csv, 2));
}

TEST(InferredTypes, of_exported_tables_hold_to_their_end) {
  const Json result = Json::parse(written(late_reals(), ResultFormat::json, 2));
  ExportTable table("records");
  for (const Json& record : result["records"]) table.add(record);
  std::string csv;
  table.write(ExportFormat::csv, [&](const std::string& line) { csv += line; });
  expect_types(csv);
}

TEST(InferredTypes, of_other_tables_hold_where_the_first_rows_are_whole) {
  ExportTable table("matrices");
  for (int k = 0; k < 100; ++k) table.add(Json{{"id", fmt::format("m{}", k)}, {"cond_2", 1}, {"norm_2", nullptr}});
  table.add(Json{{"id", "last"}, {"cond_2", 1.5}, {"norm_2", 0.25}});
  std::string csv;
  table.write(ExportFormat::csv, [&](const std::string& line) { csv += line; });
  for (const TableColumn& column : columns_of(csv)) EXPECT_TRUE(column.misfits().empty()) << column.name;
  EXPECT_EQ(named(columns_of(csv), "cond_2").inferred(), Type::real);
  EXPECT_EQ(named(columns_of(csv), "norm_2").inferred(), Type::real);
}

TEST(InferredTypes, the_rule_itself_finds_a_late_real) {
  std::string csv = "x\n";
  for (int k = 0; k < 100; ++k) csv += "0\n";
  EXPECT_EQ(columns_of(csv + "0.5\n")[0].misfits(), std::vector<std::string>{"0.5"});
  EXPECT_EQ(columns_of("x\n0\n0.5\n")[0].inferred(), Type::real);
}

}  // namespace tristab::inferred_types_test
