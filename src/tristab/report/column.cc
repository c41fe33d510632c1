#include "tristab/report/column.h"

#include <fmt/format.h>

#include <cmath>

#include "tristab/report/json_text.h"
#include "tristab/sweep/label.h"

namespace tristab {
namespace {

using Kind = Column::Kind;

Cell json_cell(const Json& value) {
  if (value.is_null()) return std::monostate{};
  return JsonCell{json_text(value)};
}

Cell optional_text(const std::string& text) {
  if (text.empty()) return std::monostate{};
  return text;
}

// Why a number of this record is null, by field.
Cell undefined_cell(const MatrixResult&, const Record& record) {
  JsonObject reasons;
  if (record.status != Status::failed) {  // a failed one has a message instead
    for (const MetricInfo& info : metrics()) {
      const char* reason = record.metrics.undefined(info.metric);
      if (reason != nullptr) reasons.text(info.name, reason);
    }
    if (!std::isfinite(record.total_frobenius)) reasons.text("total_frobenius", "non-finite result");
    const bool lost = record.trace.first_overflow.stage == "input";
    const char* const reason = lost ? "the input overflows its format" : "beyond the range of double";
    if (!std::isfinite(record.error_formation))
      reasons.text("error_formation",
                   record.formation == nullptr ? "A is not formed" : "A as formed is not finite");
    if (!std::isfinite(record.growth)) reasons.text("growth", reason);
    if (!std::isfinite(record.dead_growth)) reasons.text("dead_growth", reason);
  }
  return JsonCell{reasons.str()};
}

Cell stages_cell(const MatrixResult&, const Record& record) {
  JsonArray stages;
  for (const StageTrace& stage : record.trace.stages) {
    JsonObject object;
    object.text("name", stage.name)
        .integer("matmuls", stage.matmuls)
        .integer("vector_steps", stage.vector_steps);
    object.number("matmul_flops", stage.matmul_flops).number("vector_flops", stage.vector_flops);
    object.number("largest_live", stage.largest_live).number("largest_dead", stage.largest_dead);
    object.integer("overflows", stage.overflows_live).integer("dead_overflows", stage.overflows_dead);
    object.integer("underflows", stage.underflows).integer("saturations", stage.saturations);
    stages.raw(object.str());
  }
  return JsonCell{stages.str()};
}

// A count of the trace: absent when there was no answer.
template <auto Member>
Cell counted(const MatrixResult&, const Record& record) {
  if (record.status == Status::failed) return std::monostate{};
  return record.trace.total().*Member;
}

template <auto Member>
Cell traced(const MatrixResult&, const Record& record) {
  if (record.status == Status::failed) return std::monostate{};
  return record.trace.*Member;
}

std::vector<Column> identity_columns() {
  using M = MatrixResult;
  using R = Record;
  return {
      {"case", Kind::text, false, "id of the case: matrix, method, arithmetic, hash of all parameters",
       [](const M&, const R& r) -> Cell { return r.id; }},
      {"matrix", Kind::text, false, "id of the matrix", [](const M& m, const R&) -> Cell { return m.id; }},
      {"scenario", Kind::text, false, "scenario of the configuration",
       [](const M& m, const R&) -> Cell { return m.scenario->name; }, 0, true},
      {"family", Kind::text, false, "family of the matrix",
       [](const M& m, const R&) -> Cell { return m.family->family; }},
      {"family_params", Kind::object, false, "all parameters of the family",
       [](const M& m, const R&) -> Cell { return json_cell(m.family->settings.json()); }},
      {"family_label", Kind::text, false, "family with the parameters that differ from their defaults",
       [](const M& m, const R&) -> Cell { return label_of(*m.family); }},
      {"n", Kind::integer, false, "size of the matrix",
       [](const M& m, const R&) -> Cell { return std::int64_t{m.n}; }},
      {"trial", Kind::integer, false, "number of the matrix in its family",
       [](const M& m, const R&) -> Cell { return std::int64_t{m.trial}; }},
      {"source", Kind::object, true, "place of the matrix in a file",
       [](const M& m, const R&) -> Cell { return json_cell(m.source); }},
      {"method", Kind::text, false, "inversion method",
       [](const M&, const R& r) -> Cell { return r.method->method->description.name; }},
      {"method_params", Kind::object, false, "all parameters of the method",
       [](const M&, const R& r) -> Cell { return json_cell(r.method->settings.json()); }},
      {"method_label", Kind::text, false, "method with the parameters that differ from their defaults",
       [](const M&, const R& r) -> Cell {
         return r.kernel != nullptr ? label_of(*r.kernel) : label_of(*r.method);
       }},
      {"kernel", Kind::text, true, "recipe that assigned an arithmetic to each stage",
       [](const M&, const R& r) -> Cell {
         if (r.kernel == nullptr) return std::monostate{};
         return label_of(*r.kernel);
       }},
      {"arithmetic", Kind::text, false, "arithmetic",
       [](const M&, const R& r) -> Cell { return r.arithmetic->name; }},
      {"arithmetic_params", Kind::object, false, "all parameters of the arithmetic",
       [](const M&, const R& r) -> Cell { return json_cell(r.arithmetic->settings.json()); }},
      {"arithmetic_label", Kind::text, false,
       "arithmetic with the parameters that differ from their defaults",
       [](const M&, const R& r) -> Cell { return label_of(*r.arithmetic); }},
      {"formation", Kind::text, true,
       "how A was formed from keys and gates; null: in double, or given as such",
       [](const M&, const R& r) -> Cell {
         if (r.formation == nullptr) return std::monostate{};
         return label_of(*r.formation);
       }},
      {"reference", Kind::text, false, "what errors compare with: given, or the format that A was rounded to",
       [](const M&, const R& r) -> Cell { return r.reference; }},
      {"status", Kind::text, false, "ok, nonfinite, or failed",
       [](const M&, const R& r) -> Cell { return std::string(status_name(r.status)); }},
      {"message", Kind::text, true, "why there is no answer",
       [](const M&, const R& r) -> Cell { return optional_text(r.message); }},
      {"verdict", Kind::text, true, "pass, marginal, fail, or nonfinite",
       [](const M&, const R& r) -> Cell {
         if (!r.verdict) return std::monostate{};
         return std::string(verdict_name(*r.verdict));
       }},
  };
}

std::vector<Column> error_columns() {
  std::vector<Column> columns;
  for (const MetricInfo& info : metrics()) {
    Column column{std::string(info.name), info.is_count ? Kind::integer : Kind::real, true,
                  std::string(info.formula)};
    column.metric = static_cast<std::size_t>(info.metric);
    columns.push_back(std::move(column));
    if (info.metric == Metric::frobenius) {
      columns.push_back({"total_frobenius", Kind::real, true, "frobenius against the inverse of A as given",
                         [](const MatrixResult&, const Record& r) -> Cell { return r.total_frobenius; }});
      columns.push_back({"error_formation", Kind::real, true,
                         "inverse of A as formed and rounded - inverse of A, relative, Frobenius norm",
                         [](const MatrixResult&, const Record& r) -> Cell {
                           if (!std::isfinite(r.error_formation)) return std::monostate{};
                           return r.error_formation;
                         }});
    }
  }
  return columns;
}

std::vector<Column> cost_columns() {
  using M = MatrixResult;
  using R = Record;
  using S = StageTrace;
  return {
      {"growth", Kind::real, true, "largest intermediate that is kept / max |X_ij|",
       [](const M&, const R& r) -> Cell {
         if (r.status == Status::failed) return std::monostate{};
         return r.growth;
       }},
      {"dead_growth", Kind::real, true, "largest intermediate that is discarded / max |X_ij|",
       [](const M&, const R& r) -> Cell {
         if (r.status == Status::failed) return std::monostate{};
         return r.dead_growth;
       }},
      {"overflows", Kind::integer, true, "overflows of elements that are kept", counted<&S::overflows_live>},
      {"dead_overflows", Kind::integer, true, "overflows of elements that are discarded",
       counted<&S::overflows_dead>},
      {"underflows", Kind::integer, true, "non-zero results rounded to zero or an inexact subnormal",
       counted<&S::underflows>},
      {"saturations", Kind::integer, true, "values cut to the largest one", counted<&S::saturations>},
      {"first_overflow_stage", Kind::text, true, "stage of the first overflow",
       [](const M&, const R& r) -> Cell { return optional_text(r.trace.first_overflow.stage); }},
      {"matmuls", Kind::integer, true, "matrix products; a batch of blocks is one", counted<&S::matmuls>},
      {"matmul_flops", Kind::real, true, "2 m k n for each product", counted<&S::matmul_flops>},
      {"vector_flops", Kind::real, true, "operations of the vector unit", counted<&S::vector_flops>},
      {"depth", Kind::integer, true, "longest chain of matrix products", traced<&Trace::product_depth>},
      {"vector_depth", Kind::integer, true, "longest chain of vector steps", traced<&Trace::vector_depth>},
      {"vector_steps", Kind::integer, true, "steps of the vector unit", counted<&S::vector_steps>},
      {"workspace_bytes", Kind::integer, true, "most bytes alive at once", traced<&Trace::workspace_bytes>},
      {"padded_to", Kind::integer, true, "size that the method worked on, where it is not n",
       [](const M&, const R& r) -> Cell {
         if (r.padded_to == 0) return std::monostate{};
         return std::int64_t{r.padded_to};
       }},
      {"stages", Kind::list, false, "counts of each stage", stages_cell},
      {"undefined", Kind::object, false, "why a number is null, by field", undefined_cell},
  };
}

std::string quoted_csv(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

Cell Column::of(const MatrixResult& matrix, const Record& record) const {
  if (value != nullptr) return value(matrix, record);
  if (record.status == Status::failed) return std::monostate{};
  const double number = record.metrics[static_cast<Metric>(metric)];
  if (!std::isfinite(number)) return std::monostate{};
  if (kind == Kind::integer) return static_cast<std::int64_t>(number);
  return number;
}

std::span<const Column> record_columns() {
  static const std::vector<Column> columns = [] {
    std::vector<Column> all = identity_columns();
    for (std::vector<Column>& part : std::vector<std::vector<Column>>{error_columns(), cost_columns()}) {
      for (Column& column : part) all.push_back(std::move(column));
    }
    return all;
  }();
  return columns;
}

std::vector<const Column*> record_columns(bool has_scenarios) {
  std::vector<const Column*> columns;
  for (const Column& column : record_columns()) {
    if (has_scenarios || !column.of_scenarios) columns.push_back(&column);
  }
  return columns;
}

std::string cell_json(const Cell& cell) {
  switch (cell.index()) {
    case 1:
      return std::to_string(std::get<1>(cell));
    case 2:
      return json_number(std::get<2>(cell));
    case 3:
      return json_string(std::get<3>(cell));
    case 4:
      return std::get<4>(cell).text;
    default:
      return "null";
  }
}

const char* absent_csv(Column::Kind kind) {
  switch (kind) {
    case Column::Kind::text:
      return "none";
    case Column::Kind::real:
      return "NaN";
    default:
      return "";
  }
}

std::string cell_csv(const Cell& cell) {
  switch (cell.index()) {
    case 1:
      return std::to_string(std::get<1>(cell));
    case 2:
      return std::isfinite(std::get<2>(cell)) ? real_text(json_number(std::get<2>(cell))) : "";
    case 3:
      return quoted_csv(std::get<3>(cell));
    case 4:
      return quoted_csv(std::get<4>(cell).text);
    default:
      return "";
  }
}

}  // namespace tristab
