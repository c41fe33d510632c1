// The fields of a record: the one table from which JSON, NDJSON and CSV are written and the schema is
// checked.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tristab/base/parameters.h"
#include "tristab/sweep/record.h"

namespace tristab {

// A field's value: absent, a count, a real number (absent when not finite), text, or JSON text of an object
// or list.
struct JsonCell {
  std::string text;
};
using Cell = std::variant<std::monostate, std::int64_t, double, std::string, JsonCell>;

struct Column {
  enum class Kind { text, integer, real, object, list };
  std::string name;
  Kind kind = Kind::text;
  bool nullable = false;
  std::string help;
  Cell (*value)(const MatrixResult& matrix, const Record& record) = nullptr;  // null for a metric
  std::size_t metric = 0;                                                     // its index in metrics()
  bool of_scenarios = false;                                                  // only in a sweep of scenarios

  Cell of(const MatrixResult& matrix, const Record& record) const;
};

// Fields of a record in their order.
std::span<const Column> record_columns();

// Those of a sweep with or without scenarios.
std::vector<const Column*> record_columns(bool has_scenarios);

// As JSON ("null", "8", "4.6e-04", "\"fp16\"", "{...}") and as a CSV field (8, 1.0, fp16; quoted where RFC 4180 says;
// absent: empty).
std::string cell_json(const Cell& cell);
std::string cell_csv(const Cell& cell);

// What a CSV field holds where a column of that kind has no value: "none" for texts and "NaN" for real numbers, so that
// readers that take types from the first rows find them even where those have no value (polars takes a column of empty
// fields for texts; its reals: https://github.com/pola-rs/polars, crates/polars-io/src/csv/read/schema_inference.rs);
// empty for all others.
const char* absent_csv(Column::Kind kind);

}  // namespace tristab
