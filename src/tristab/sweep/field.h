// The table of a record's fields; each is described once. It determines the writers of JSON, NDJSON and CSV, the
// reader of results, the fields of summaries, the record part of the results schema, `tristab list metrics`,
// rankings, expectations and the data of the HTML page. Metrics are described in metric/metric.cc, all other fields
// in field.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tristab/metric/number.h"
#include "tristab/sweep/record.h"

namespace tristab {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double infinity = std::numeric_limits<double>::infinity();

// JSON text of an object or a list: one that many records share, or one of a record alone.
struct JsonText {
  std::string_view text;
};
struct OwnJsonText {
  std::string text;
};
// A value as it is written: null, a whole number, a real number, a text, or an object or list. Texts belong to the
// matrix, the record, or what these point to.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string_view, JsonText, OwnJsonText>;

struct Field {
  enum class Kind { text, integer, real, object, list };
  Kind kind = Kind::text;
  bool nullable = false;
  // Some fields are absent from other sweeps.
  enum class Presence { always, scenarios, decomposed };
  Presence presence = Presence::always;
  bool counted = false;                   // has a value whenever there is an answer
  bool naming = false;                    // says which case it is; all others say what came of it
  NumberInfo info;                        // texts, objects and lists have only a name and, as formula, what they are
  std::vector<std::string> choices = {};  // all values that a text can have; empty: any
  std::function<Measured(const MatrixResult& matrix, const Record& record)> number = nullptr;  // null: not a number
  std::function<Cell(const MatrixResult& matrix, const Record& record)> other = nullptr;       // if it is not a number

  const std::string& name() const { return info.name; }
  bool is_number() const { return number != nullptr; }
  bool is_present(const Scenario& scenario) const;
  Cell cell(const MatrixResult& matrix, const Record& record) const;
};

// Every field of a record, in its order.
std::span<const Field> record_fields();

// The field of that name; null if there is none.
const Field* find_field(std::string_view name);

// Numbers of which the distribution over the trials is reported: in summaries, and in tables (`--metrics`).
const std::vector<const Field*>& distributed_fields();
// Numbers of which the largest one or the sum over the trials is reported.
const std::vector<const Field*>& counted_fields();

// A number of a stage: a field of the objects in a record's `stages`, which also have its name.
struct StageField {
  const char* name;
  std::int64_t StageTrace::*count = nullptr;  // of a count; else
  double StageTrace::*number = nullptr;
  bool nullable = false;  // null: beyond the range of double
};
std::span<const StageField> stage_fields();

// The fields that name an input or a setting. Records, layers, summaries, classes and expectations share them.
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
