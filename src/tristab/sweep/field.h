// The fields of a record, each described once. From this table come the writers of JSON, NDJSON and CSV, the reader of
// results, the summary's fields, the record part of the results schema, `tristab list metrics`, rankings, expectations
// and the page's data. Numbers that are metrics are described in metric/metric.cc, all others in field.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tristab/metric/number.h"
#include "tristab/sweep/record.h"

namespace tristab {

// JSON text of an object or a list.
struct JsonText {
  std::string text;
};
// What is written: nothing (null), a whole number, a real one, text, an object or a list.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string, JsonText>;

struct Field {
  enum class Kind { text, integer, real, object, list };
  Kind kind = Kind::text;
  bool nullable = false;
  bool of_scenarios = false;              // only in a sweep of scenarios
  NumberInfo info;                        // of a text, an object or a list only name and formula (what it is)
  std::vector<std::string> choices = {};  // of a text: all that it can be; empty: anything
  std::function<Measured(const MatrixResult& matrix, const Record& record)> number = nullptr;  // null: no number
  std::function<Cell(const MatrixResult& matrix, const Record& record)> other = nullptr;       // of what is no number

  const std::string& name() const { return info.name; }
  bool is_number() const { return number != nullptr; }
  Cell cell(const MatrixResult& matrix, const Record& record) const;
};

// Every field of a record, in its order.
std::span<const Field> record_fields();

// The field of that name; null if there is none.
const Field* find_field(std::string_view name);

// The numbers that are aggregated over trials by their distribution: what summaries describe, tables take (`--metrics`)
// and figures draw.
const std::vector<const Field*>& distributed_fields();
// Those that are aggregated as the largest or as a sum.
const std::vector<const Field*>& counted_fields();

// The fields that name an input or a setting, which records, layers, summaries, classes and expectations share.
template <class Named>
struct NamingField {
  const char* name;
  Field::Kind kind;
  bool nullable;
  const char* help;
  Cell (*cell)(const Named& named);
};
std::span<const NamingField<Input>> input_fields();      // without the scenario, which plain sweeps lack
std::span<const NamingField<Setting>> setting_fields();  // method .. formation

}  // namespace tristab
