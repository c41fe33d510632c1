#include "tristab/sweep/field.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "tristab/base/json_text.h"

namespace tristab {
namespace {

using Kind = Field::Kind;
using M = MatrixResult;
using R = Record;

Cell text_or_nothing(std::string_view text) {
  if (text.empty()) return std::monostate{};
  return text;
}

constexpr std::array<NamingField<Input>, 4> input_table{{
    {"family", Kind::text, false, "family of the matrix", [](const Input& i) -> Cell { return i.family->name; }},
    {"family_params", Kind::object, false, "all parameters of the family",
     [](const Input& i) -> Cell { return JsonText{i.family->settings.json_text()}; }},
    {"family_label", Kind::text, false, "family with the parameters that differ from their defaults",
     [](const Input& i) -> Cell { return i.family->label; }},
    {"n", Kind::integer, false, "size of the matrix", [](const Input& i) -> Cell { return std::int64_t{i.n}; }},
}};

constexpr std::array<NamingField<Setting>, 8> setting_table{{
    {"method", Kind::text, false, "inversion method", [](const Setting& s) -> Cell { return s.method->name; }},
    {"method_params", Kind::object, false, "all parameters of the method",
     [](const Setting& s) -> Cell { return JsonText{s.method->settings.json_text()}; }},
    {"method_label", Kind::text, false, "method, or recipe, with the parameters that differ from their defaults",
     [](const Setting& s) -> Cell { return s.method_label(); }},
    {"kernel", Kind::text, true, "recipe that assigned an arithmetic to each stage",
     [](const Setting& s) { return text_or_nothing(s.kernel != nullptr ? std::string_view(s.kernel->label) : ""); }},
    {"arithmetic", Kind::text, false, "arithmetic", [](const Setting& s) -> Cell { return s.arithmetic->name; }},
    {"arithmetic_params", Kind::object, false, "all parameters of the arithmetic",
     [](const Setting& s) -> Cell { return JsonText{s.arithmetic->settings.json_text()}; }},
    {"arithmetic_label", Kind::text, false, "arithmetic with the parameters that differ from their defaults",
     [](const Setting& s) -> Cell { return s.arithmetic->label; }},
    {"formation", Kind::text, true, "how A was formed from keys and gates; null: in double, or A was given",
     [](const Setting& s) { return text_or_nothing(s.is_formed() ? std::string_view(s.formation->label) : ""); }},
}};

Field described(std::string name, Kind kind, bool nullable, std::string help,
                std::function<Cell(const M&, const R&)> cell) {
  Field field;
  field.kind = kind;
  field.nullable = nullable;
  field.info.name = std::move(name);
  field.info.formula = std::move(help);
  field.other = std::move(cell);
  return field;
}

// A number; undefined if the case has no answer.
Field number(NumberInfo info, std::function<Measured(const M&, const R&)> value) {
  Field field;
  field.kind = info.is_count ? Kind::integer : Kind::real;
  field.nullable = true;
  field.info = std::move(info);
  field.number = [value = std::move(value)](const M& matrix, const R& record) {
    return record.status == Status::failed ? Measured(Undefined::no_answer) : value(matrix, record);
  };
  return field;
}

constexpr std::string_view failed_only = "where there is no answer";
constexpr std::string_view of_trace = "counted while the method runs";

// A count of the trace.
template <auto Member>
Field counted(const std::string& name, const std::string& formula, Aggregate aggregate, std::string_view shows,
              std::string_view hides, bool is_count = true) {
  Field field = number({.name = name,
                        .formula = formula,
                        .range = is_count ? "a count, from 0 on; smaller is better" : "from 0 on; smaller is better",
                        .shows = shows,
                        .hides = hides,
                        .undefined = failed_only,
                        .source = of_trace,
                        .is_count = is_count,
                        .aggregate = aggregate},
                       [](const M&, const R& r) {
                         if constexpr (requires { r.trace.*Member; }) {
                           return Measured(static_cast<double>(r.trace.*Member));
                         } else {
                           return Measured(static_cast<double>(r.trace.total().*Member));
                         }
                       });
  field.counted = true;
  return field;
}

// Why a number of this record is null, by field.
Cell undefined_cell(const M& matrix, const R& record) {
  JsonObject reasons;
  if (record.status != Status::failed) {  // a failed one has a message instead
    for (const Field& field : record_fields()) {
      if (!field.is_number() || field.counted || !field.is_present(*matrix.input.scenario)) continue;
      const Undefined reason = field.number(matrix, record).undefined;
      if (reason != Undefined::no) reasons.text(field.name(), text_of(reason));
    }
  }
  return OwnJsonText{std::move(reasons).str()};
}

constexpr std::array<StageField, 10> stage_table{{
    {.name = "matmuls", .count = &StageTrace::matmuls},
    {.name = "vector_steps", .count = &StageTrace::vector_steps},
    {.name = "matmul_flops", .number = &StageTrace::matmul_flops},
    {.name = "vector_flops", .number = &StageTrace::vector_flops},
    {.name = "largest_live", .number = &StageTrace::largest_live, .nullable = true},
    {.name = "largest_dead", .number = &StageTrace::largest_dead, .nullable = true},
    {.name = "overflows", .count = &StageTrace::overflows_live},
    {.name = "dead_overflows", .count = &StageTrace::overflows_dead},
    {.name = "underflows", .count = &StageTrace::underflows},
    {.name = "saturations", .count = &StageTrace::saturations},
}};

Cell stages_cell(const M&, const R& record) {
  std::string text = "[";
  for (const StageTrace& stage : record.trace.stages) {
    if (text.size() > 1) text += ", ";
    JsonObject object(std::move(text));
    object.text("name", stage.name);
    for (const StageField& field : stage_table) {
      field.count != nullptr ? object.integer(field.name, stage.*field.count)
                             : object.number(field.name, stage.*field.number);
    }
    text = std::move(object).str();
  }
  return OwnJsonText{text += ']'};
}

void append_naming_fields(std::vector<Field>& fields) {
  fields.push_back(described("case", Kind::text, false,
                             "id of the case: matrix, method, arithmetic, hash of all parameters",
                             [](const M&, const R& r) -> Cell { return r.id; }));
  fields.push_back(
      described("matrix", Kind::text, false, "id of the matrix", [](const M& m, const R&) -> Cell { return m.id; }));
  fields.push_back(described("scenario", Kind::text, false, "scenario of the configuration",
                             [](const M& m, const R&) -> Cell { return m.input.scenario->name; }));
  fields.back().presence = Field::Presence::scenarios;
  for (const auto& field : input_table) {
    fields.push_back(described(field.name, field.kind, field.nullable, field.help,
                               [&field](const M& m, const R&) { return field.cell(m.input); }));
  }
  fields.push_back(described("trial", Kind::integer, false, "number of the matrix in its family",
                             [](const M& m, const R&) -> Cell { return std::int64_t{m.trial}; }));
  fields.push_back(described("source", Kind::object, true, "place of the matrix in a file", [](const M& m, const R&) {
    return m.source.is_null() ? Cell{} : JsonText{m.source.text()};
  }));
  for (const auto& field : setting_table) {
    fields.push_back(described(field.name, field.kind, field.nullable, field.help,
                               [&field](const M&, const R& r) { return field.cell(r.setting); }));
  }
  for (Field& field : fields) field.naming = true;
  fields.push_back(described("reference", Kind::text, false,
                             "what errors compare with: given, or the format that A is stored in",
                             [](const M&, const R& r) -> Cell { return r.reference; }));
  fields.push_back(described("status", Kind::text, false, "ok, nonfinite, or failed",
                             [](const M&, const R& r) -> Cell { return std::string_view(status_name(r.status)); }));
  for (const Status status : {Status::ok, Status::nonfinite, Status::failed})
    fields.back().choices.emplace_back(status_name(status));
  fields.push_back(described("message", Kind::text, true, "why there is no answer",
                             [](const M&, const R& r) { return text_or_nothing(r.message); }));
  const auto words = [&](const char* name, const char* help, auto all, auto word) {
    fields.push_back(described(name, Kind::text, true, help, [word](const M&, const R& r) -> Cell {
      if (!(r.*word)) return std::monostate{};
      return std::string_view(name_of(*(r.*word)));
    }));
    fields.back().choices.assign(all.begin(), all.end());
  };
  words("for_format", "whether the error is what a stable method achieves in the coarsest format of the case",
        for_format_names, &R::for_format);
  fields.push_back(described("coarsest", Kind::text, true, "the coarsest format that the case rounded to",
                             [](const M&, const R& r) { return text_or_nothing(r.precision.coarsest); }));
  words("fit", "whether the result meets the requirement of the configuration", fit_names, &R::fit);
}

// Those of the four parts of the total error that all cases have (metric/error_parts.h).
void append_error_parts(std::vector<Field>& fields, const MetricInfo& total) {
  struct Part {
    const char *name, *formula, *shows, *hides, *words;
    Measured ErrorShares::*value;
  };
  static constexpr Part parts[] = {
      {"error_truncation", "||M - S||_F / ||X||_F, M the method without rounding on A as it saw it",
       "what the formula leaves out: 0 for a method that is exact in exact arithmetic",
       "that roundings can grow where a series is cut late", "part of the error from the formula",
       &ErrorShares::truncation},
      {"error_rounding", "||Z - M||_F / ||X||_F, Z the result before its last rounding",
       "what rounding inside the method does", "which stage (tristab inspect)",
       "part of the error from rounding inside", &ErrorShares::rounding},
      {"error_output", "||Xh - Z||_F / ||X||_F", "what the last rounding does: the stages `result` and `output`",
       "that nothing can be done about it in this output format", "part of the error from the last rounding",
       &ErrorShares::output}};
  for (const Part& part : parts) {
    fields.push_back(number({.name = part.name,
                             .formula = part.formula,
                             .range = total.range,
                             .shows = part.shows,
                             .hides = part.hides,
                             .undefined = "without \"decompose\": true, and where an overflow leaves none",
                             .source = "one of four parts whose sum is the total error (Higham 2002, section 1.2)",
                             .words = part.words,
                             .aggregate = Aggregate::all_trials},
                            [value = part.value](const M&, const R& r) { return r.parts.*value; }));
    fields.back().presence = Field::Presence::decomposed;
  }
}

void append_errors(std::vector<Field>& fields) {
  for (const MetricInfo& info : metrics()) {
    fields.push_back(number(info, [metric = info.metric](const M&, const R& r) { return r.metrics.measured(metric); }));
    if (info.metric != Metric::frobenius) continue;
    fields.push_back(number(
        {.name = "total_frobenius",
         .formula = "||E||_F / ||X||_F against the inverse of A as given",
         .range = info.range,
         .shows = "the whole error, including the rounding of A on input; rankings use it",
         .hides = "whether the method or the rounding of A made the error (frobenius leaves out the latter); also all "
                  "that frobenius hides",
         .undefined = info.undefined,
         .source = "arXiv 2605.21325 reports this error for half precision",
         .words = "relative error of the computed inverse",
         .aggregate = Aggregate::judged_trials},
        [](const M&, const R& r) { return r.total_frobenius; }));
    fields.push_back(
        number({.name = "requirement_share",
                .formula = "error / what the requirement allows; total_frobenius / (4 total_frobenius of the exact "
                           "inverse stored in bf16) by default",
                .range = "[0, inf); up to 1 is fit",
                .shows = "whether a result can be used, and how much room is left (`require` of the configuration)",
                .hides = "whether the method or the format is to blame (for_format)",
                .undefined = info.undefined,
                .source = "the rule of FlashAttention's tests (twice the error of a 16-bit computation, "
                          "github.com/Dao-AILab/flash-attention); "
                          "the factor from the study of layers in results/README.md",
                .words = "error as a share of what the requirement allows",
                .aggregate = Aggregate::judged_trials},
               [](const M&, const R& r) { return r.requirement_share; }));
    fields.push_back(number(
        {.name = "error_formation",
         .formula =
             "||F - X||_F / ||X||_F, F the inverse of A as formed, before it is stored, or with \"decompose\": true "
             "as the method saw it, which is after; X that of A as given",
         .range = info.range,
         .shows = "the part of the error that arises before the method begins",
         .hides = "the inversion: the method does not change it; with \"decompose\": true forming beside storing "
                  "(error_forming)",
         .undefined = "if A as formed is not finite; without \"decompose\": true if A is given or formed in double",
         .source = "the first of four parts whose sum is the total error: formation, truncation, rounding, output",
         .words = "part of the error from before the method",
         .aggregate = Aggregate::all_trials},
        [](const M& m, const R& r) {
          return m.input.scenario != nullptr && m.input.scenario->decompose ? r.parts.formation : r.error_forming;
        }));
    fields.push_back(number({.name = "error_forming",
                             .formula = "||F - X||_F / ||X||_F, F the inverse of A as formed, before it is stored",
                             .range = info.range,
                             .shows = "forming A apart from storing it",
                             .hides = "the rounding of A to the storage format (error_formation has both)",
                             .undefined = "if A is given or formed in double, and if A as formed is not finite",
                             .source = "the first half of the first of four parts whose sum is the total error",
                             .aggregate = Aggregate::all_trials},
                            [](const M&, const R& r) { return r.error_forming; }));
    fields.back().presence = Field::Presence::decomposed;
    append_error_parts(fields, info);
  }
}

void append_costs(std::vector<Field>& fields) {
  using S = StageTrace;
  constexpr std::string_view growth_range = "[0, inf), units of max |X_ij|; about 1 or less is harmless";
  constexpr std::string_view growth_undefined = "if the input already overflows its format";
  fields.push_back(
      number({.name = "growth",
              .formula = "largest intermediate that is kept / max |X_ij|",
              .range = growth_range,
              .shows = "why a method overflows or loses digits: errors are u times the largest intermediate. "
                       "Its statistics include non-finite trials, because growth explains them",
              .hides = "where it happens (see `stages` of the record), and cancellation without growth",
              .undefined = growth_undefined,
              .source = "Higham 2002, section 9.3, for Gaussian elimination; here of all stored results",
              .words = "largest intermediate over largest entry of the inverse",
              .aggregate = Aggregate::all_trials},
             [](const M&, const R& r) { return r.growth; }));
  fields.push_back(number({.name = "dead_growth",
                           .formula = "largest intermediate that is discarded / max |X_ij|",
                           .range = growth_range,
                           .shows = "overflow in elements that a method discards: infinity times zero makes others NaN",
                           .hides = "errors of the elements that are kept",
                           .undefined = growth_undefined,
                           .source = "as growth: Higham 2002, section 9.3",
                           .aggregate = Aggregate::all_trials},
                          [](const M&, const R& r) { return r.dead_growth; }));
  fields.push_back(counted<&S::overflows_live>("overflows",
                                               "elements that became non-finite or were cut to the largest number, on "
                                               "input, inside a sum or after it; of those that are kept",
                                               Aggregate::sum, "intermediate overflow, also where the result is finite",
                                               "how far beyond the format the values were (growth)"));
  fields.push_back(counted<&S::overflows_dead>(
      "dead_overflows", "the same of elements that are discarded", Aggregate::sum,
      "infinities that can spread, as infinity times zero is NaN", "which of them did harm"));
  fields.push_back(counted<&S::underflows>(
      "underflows", "non-zero entries of A, operands and results that rounding made zero or an inexact subnormal",
      Aggregate::sum, "a range too small for the entries, as in fp16 and fp8",
      "whether these entries matter; products inside a sum that is rounded on the way, as in fp16-pure"));
  fields.push_back(counted<&S::saturations>(
      "saturations", "values cut to the largest that the format has, on input, inside a sum or after it",
      Aggregate::sum, "scales that are too small, formats that saturate", "how much was cut off"));
  fields.push_back(described("first_overflow_stage", Kind::text, true, "stage of the first overflow",
                             [](const M&, const R& r) { return text_or_nothing(r.trace.first_overflow.stage); }));
  fields.push_back(counted<&S::matmuls>("matmuls", "matrix products; a product of a batch of blocks is one",
                                        Aggregate::largest, "work on the matrix unit", "their sizes (matmul_flops)"));
  fields.push_back(counted<&S::matmul_flops>("matmul_flops", "2 m k n for each product", Aggregate::largest,
                                             "dense work on the matrix unit",
                                             "that products with zero blocks cost less", false));
  fields.push_back(counted<&S::vector_flops>("vector_flops", "operations of the vector unit", Aggregate::largest,
                                             "elementwise work", "latency (vector_depth)", false));
  fields.push_back(counted<&Trace::product_depth>("depth", "longest chain of matrix products", Aggregate::largest,
                                                  "latency on the matrix unit, which limits small chunks",
                                                  "vector steps (vector_depth)"));
  fields.push_back(counted<&Trace::vector_depth>("vector_depth", "longest chain of vector steps", Aggregate::largest,
                                                 "latency of substitution", "products (depth)"));
  fields.push_back(counted<&S::vector_steps>("vector_steps", "steps of the vector unit", Aggregate::largest,
                                             "how many elementwise operations a kernel launches", "their sizes"));
  fields.push_back(counted<&Trace::workspace_bytes>("workspace_bytes", "most bytes alive at once", Aggregate::largest,
                                                    "shared memory that a kernel needs",
                                                    "registers, double buffering, alignment"));
  fields.push_back(described("padded_to", Kind::integer, true, "size that the method worked on, if it is not n",
                             [](const M&, const R& r) -> Cell {
                               if (r.padded_to == 0) return std::monostate{};
                               return std::int64_t{r.padded_to};
                             }));
  fields.push_back(described("stages", Kind::list, false, "counts of each stage", stages_cell));
  fields.push_back(described("undefined", Kind::object, false, "why a number is null, by field", undefined_cell));
}

template <class Chosen>
std::vector<const Field*> fields_where(Chosen chosen) {
  std::vector<const Field*> fields;
  for (const Field& field : record_fields()) {
    if (chosen(field.info.aggregate)) fields.push_back(&field);
  }
  return fields;
}

}  // namespace

bool Field::is_present(const Scenario& scenario) const {
  switch (presence) {
    case Presence::scenarios:
      return !scenario.name.empty();
    case Presence::decomposed:
      return scenario.decompose;
    case Presence::always:
      break;
  }
  return true;
}

Cell Field::cell(const MatrixResult& matrix, const Record& record) const {
  if (!is_number()) return other(matrix, record);
  const Measured measured = number(matrix, record);
  if (measured.undefined != Undefined::no || !std::isfinite(measured.value)) return std::monostate{};
  if (kind == Kind::integer) return static_cast<std::int64_t>(measured.value);
  return measured.value;
}

std::span<const Field> record_fields() {
  static const std::vector<Field> fields = [] {
    std::vector<Field> all;
    append_naming_fields(all);
    append_errors(all);
    append_costs(all);
    return all;
  }();
  return fields;
}

const Field* find_field(std::string_view name) {
  const auto found = std::ranges::find(record_fields(), name, &Field::name);
  return found == record_fields().end() ? nullptr : &*found;
}

const std::vector<const Field*>& distributed_fields() {
  static const std::vector<const Field*> fields =
      fields_where([](Aggregate a) { return a == Aggregate::judged_trials || a == Aggregate::all_trials; });
  return fields;
}

const std::vector<const Field*>& counted_fields() {
  static const std::vector<const Field*> fields =
      fields_where([](Aggregate a) { return a == Aggregate::largest || a == Aggregate::sum; });
  return fields;
}

std::span<const StageField> stage_fields() { return stage_table; }
std::span<const NamingField<Input>> input_fields() { return input_table; }
std::span<const NamingField<Setting>> setting_fields() { return setting_table; }

}  // namespace tristab
