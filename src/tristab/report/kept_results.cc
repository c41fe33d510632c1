#include "tristab/report/kept_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "tristab/base/errors.h"
#include "tristab/base/json_member.h"
#include "tristab/base/json_reader.h"
#include "tristab/base/json_text.h"
#include "tristab/report/record_words.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

// The objects of the lines of a text.
class Objects {
 public:
  Objects(const std::string& text, const std::string& place) : text_(text), place_(place) {}

  Json next() {
    const std::size_t end = std::min(text_.find('\n', begin_), text_.size());
    const std::string_view line = std::string_view(text_).substr(begin_, end - begin_);
    begin_ = std::min(end + 1, text_.size());
    try {
      return parse_json(line);
    } catch (const JsonError& error) {
      refuse_input(place_, error.what(), "the lines that tristab wrote");
    }
  }

 private:
  const std::string& text_;
  const std::string& place_;
  std::size_t begin_ = 0;
};

[[noreturn]] void refuse_other(const std::string& place, const std::string& found, const std::string& expected) {
  refuse_input(place, found, fmt::format("{}, as the configuration and the files that it names say now", expected));
}

std::int64_t count_in(const Json& value, const char* name, const std::string& place, std::int64_t most) {
  if (const auto count = whole_number(value, 0, most)) return *count;
  refuse_input(place, fmt::format("{} {}", name, value.dump()), fmt::format("a whole number from 0 to {}", most));
}

// 0 without it.
std::int64_t count_of(const Json& object, const char* name, const std::string& place,
                      std::int64_t most = std::int64_t{1} << 53) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? 0 : count_in(*found, name, place, most);
}

int small_count_of(const Json& object, const char* name, const std::string& place) {
  return static_cast<int>(count_of(object, name, place, std::numeric_limits<int>::max()));
}

std::string described(const Json& object, const std::string& place) {
  return fmt::format("{} n={} trial {}", object.value("family_label", "nothing"), count_of(object, "n", place),
                     count_of(object, "trial", place));
}

void check_input(const Json& object, const Input& input, const std::string& place) {
  const bool same = object.value("family_label", "") == input.family->label &&
                    count_of(object, "n", place) == input.n && object.value("scenario", "") == input.scenario->name;
  if (!same) refuse_other(place, described(object, place), input.label());
}

std::vector<double> numbers_of(const Json& list, double absent) {
  std::vector<double> numbers;
  for (const Json& value : list) numbers.push_back(value.is_number() ? value.get<double>() : absent);
  return numbers;
}

// Every number of a record has its value, or the reason why it has none.
class Numbers {
 public:
  explicit Numbers(const Json& record) : record_(record) {}
  Measured operator[](const std::string& name) const {
    const Json& value = record_.at(name);
    if (value.is_number()) return value.get<double>();
    static_cast<void>(value.get<std::nullptr_t>());  // throws for another type
    const auto reason = record_.at("undefined").find(name);
    if (reason == record_.at("undefined").end()) return nan;
    return undefined_of(reason->get_ref<const std::string&>());
  }

 private:
  const Json& record_;
};

// From `stages` and the fields that count the trace.
Trace trace_of(const Json& record, const std::string& place) {
  Trace trace;
  for (const Json& object : record.at("stages")) {
    StageTrace& stage = trace.stages.emplace_back();
    stage.name = object.value("name", "");
    for (const StageField& field : stage_fields()) {
      if (field.count != nullptr) {
        stage.*field.count = count_of(object, field.name, place);
      } else {
        stage.*field.number = number_or(object, field.name, infinity);
      }
    }
  }
  trace.first_overflow.stage = text_or_empty(record, "first_overflow_stage");
  trace.product_depth = count_of(record, "depth", place);
  trace.vector_depth = count_of(record, "vector_depth", place);
  trace.workspace_bytes = count_of(record, "workspace_bytes", place);
  return trace;
}

Record record_of(const Json& object, const std::string& matrix, const Setting& configured, const Input& input,
                 const std::string& place) {
  check_input(object, input, place);
  if (const std::string of = object.value("matrix", ""); of != matrix) refuse_other(place, of, matrix);
  Record record;
  record.id = object.value("case", "");
  // It names the matrix and every parameter of the setting.
  if (const std::string id = case_id(matrix, configured); record.id != id) refuse_other(place, record.id, id);
  record.setting = object.at("formation").is_null() ? configured.without_formation() : configured;
  record.reference = object.value("reference", "");
  record.status = status_at(object, place + ": ");
  record.message = text_or_empty(object, "message");
  record.for_format = word_at<ForFormat>(object, place, "for_format", for_format_names);
  record.fit = word_at<Fit>(object, place, "fit", fit_names);
  record.padded_to = small_count_of(object, "padded_to", place);
  if (record.status == Status::failed) return record;
  const Numbers numbers(object);
  for (const MetricInfo& info : metrics()) {
    const Measured value = numbers[info.name];
    value.undefined == Undefined::no ? record.metrics.set(info.metric, value.value)
                                     : record.metrics.set_undefined(info.metric, value.undefined);
  }
  record.total_frobenius = numbers["total_frobenius"];
  record.requirement_share = numbers["requirement_share"];
  if (input.scenario->decompose) {
    record.parts = {numbers["error_formation"], numbers["error_truncation"], numbers["error_rounding"],
                    numbers["error_output"]};
    record.error_forming = numbers["error_forming"];
  } else {
    record.error_forming = numbers["error_formation"];
  }
  record.growth = numbers["growth"];
  record.dead_growth = numbers["dead_growth"];
  record.trace = trace_of(object, place);
  record.precision = precision_of(configured.stages(), record.trace);
  return record;
}

// Adds the layer to its sequence.
void add_layer(const Json& object, const Setting& configured, const std::string& place, LayerResult& result) {
  const std::string method = object.value("method_label", ""), arithmetic = object.value("arithmetic_label", "");
  if (method != configured.method_label() || arithmetic != configured.arithmetic->label)
    refuse_other(place, fmt::format("{} {}", method, arithmetic), configured.label());
  LayerRecord record;
  record.setting = object.at("formation").is_null() ? configured.without_formation() : configured;
  record.status = status_at(object, place + ": ");
  record.message = text_or_empty(object, "message");
  record.for_layer = word_at<ForFormat>(object, place, "for_layer", for_format_names);
  record.fit = word_at<Fit>(object, place, "fit", fit_names);
  for (const LayerField& field : layer_fields()) {  // one that is never null is infinite beyond the range of double
    if (field.is_number())
      *field.place(result, record) = number_or(object, field.name.c_str(), field.nullable ? nan : infinity);
  }
  const Json& by_chunk = object.at("by_chunk");
  for (const Json& count : by_chunk.at("chunks"))
    record.errors.chunks.push_back(static_cast<int>(count_in(count, "chunks", place, std::numeric_limits<int>::max())));
  record.errors.by_chunk.resize(record.errors.chunks.size());
  for (const LayerPart& part : layer_parts()) {
    const std::vector<double> values = numbers_of(by_chunk.at(part.name), nan);
    for (std::size_t k = 0; k < std::min(values.size(), record.errors.by_chunk.size()); ++k)
      record.errors.by_chunk[k].*part.value = values[k];
  }
  if (const auto first = object.find("first_nonfinite_chunk"); first != object.end() && first->is_number())
    record.errors.first_nonfinite_chunk = small_count_of(object, "first_nonfinite_chunk", place);
  result.records.push_back(std::move(record));
}

std::string id_of_matrix(const Plan& plan, const Unit& unit) {
  const MatrixGroup& group = plan.groups[unit.group];
  const int index = group.first + unit.index;
  return matrix_id_in(*group.scenario, unit.is_sequence
                                           ? group.source->sequence(index, group.n, group.scenario->layer_chunks).id
                                           : group.source->problem(group.n, index).id);
}

// Runs `read`, and says where a field is missing or not of the type that tristab writes.
template <class Read>
auto reading(const Plan& plan, const Unit& unit, const std::string& place, const Read& read) {
  try {
    return read();
  } catch (const Json::exception& error) {
    const MatrixGroup& group = plan.groups[unit.group];
    throw InputError(fmt::format("{}: {} trial {}: {}; allowed: the lines that tristab wrote", place,
                                 group.input().label(), group.first + unit.index, json_reason(error)));
  }
}

}  // namespace

MatrixResult matrix_of(const Plan& plan, const Unit& unit, const std::string& text, const std::string& place) {
  return reading(plan, unit, place, [&] {
    const MatrixGroup& group = plan.groups[unit.group];
    Objects objects(text, place);
    const Json matrix = objects.next();
    MatrixResult result;
    result.group = unit.group;
    result.input = group.input();
    check_input(matrix, result.input, place);
    result.id = matrix.value("id", "");
    // The id has a hash of the input, so another trial and a file that has changed are noticed.
    const std::string id = id_of_matrix(plan, unit);
    if (result.id != id) refuse_other(place, result.id, id);
    result.trial = small_count_of(matrix, "trial", place);
    result.source = matrix.at("source");
    const bool known =
        std::ranges::any_of(matrix_facts(), [&](const MatrixFact& fact) { return !matrix.at(fact.name).is_null(); });
    if (known) {
      ConditionReport& condition = result.condition.emplace();
      for (const MatrixFact& fact : matrix_facts())  // what is beyond the range of double is infinite
        condition.*fact.value = number_or(matrix, fact.name, infinity);
      condition.power_max = numbers_of(matrix.at("power_max"), infinity);
      condition.inverse_decay = numbers_of(matrix.at("inverse_decay"), infinity);
    }
    for (const Json& note : matrix.at("references")) {
      result.references.push_back(
          {note.value("of", ""), small_count_of(note, "bits", place), number_or(note, "residual", infinity)});
    }
    result.references_computed = static_cast<int>(result.references.size());
    for (const Setting& setting : group.scenario->settings(group.n)) {
      result.records.push_back(record_of(objects.next(), result.id, setting, result.input, place));
    }
    return result;
  });
}

LayerResult sequence_of(const Plan& plan, const Unit& unit, const std::string& text, const std::string& place) {
  return reading(plan, unit, place, [&] {
    const MatrixGroup& group = plan.groups[unit.group];
    Objects objects(text, place);
    LayerResult result;
    result.group = unit.group;
    result.input = group.input();
    const std::string id = id_of_matrix(plan, unit);
    for (const Setting& setting : group.scenario->settings(group.n)) {
      const Json layer = objects.next();
      check_input(layer, result.input, place);
      result.id = layer.value("sequence", "");
      if (result.id != id) refuse_other(place, result.id, id);
      result.trial = small_count_of(layer, "trial", place);
      result.tokens = small_count_of(layer, "tokens", place);
      result.source = layer.at("source");
      add_layer(layer, setting, place, result);
    }
    return result;
  });
}

void check_ids(const Plan& plan, const std::vector<Unit>& units, const std::string& path) {
  UnitLines lines(path);
  for (const Unit& unit : units) {
    const std::string text = lines.next(plan, unit), id = id_of_matrix(plan, unit);
    Objects objects(text, path);
    const Json first = objects.next();
    const std::string found = text_or_empty(first, unit.is_sequence ? "sequence" : "id");
    if (found != id) refuse_other(path, found, id);
    std::size_t begin = text.find('\n') + 1;
    const MatrixGroup& group = plan.groups[unit.group];
    if (unit.is_sequence) continue;
    for (const Setting& setting : group.scenario->settings(group.n)) {
      const std::string beginning = fmt::format("{{\"case\": {},", json_string(case_id(id, setting)));
      if (text.compare(begin, beginning.size(), beginning) != 0)
        refuse_other(path, text.substr(begin, text.find(',', begin) - begin), case_id(id, setting));
      begin = text.find('\n', begin) + 1;
    }
  }
  if (lines.has_more()) refuse_input(path, "more lines than its configuration has cases now", "the inputs of that run");
}

bool UnitLines::has_more() {
  std::string line;
  return matrices_.next(line) || records_.next(line) || layers_.next(line);
}

std::string UnitLines::next(const Plan& plan, const Unit& unit) {
  const int settings = plan.groups[unit.group].settings;
  std::string text, line;
  const auto append = [&](SectionLines& lines, const char* what) {
    if (!lines.next(line))
      refuse_input(place_,
                   fmt::format("its end where a {} of {} follows", what, plan.groups[unit.group].input().label()),
                   "a whole file");
    text += line;
    text += '\n';
  };
  if (!unit.is_sequence) append(matrices_, "matrix");
  for (int k = 0; k < settings; ++k)
    append(unit.is_sequence ? layers_ : records_, unit.is_sequence ? "layer" : "record");
  return text;
}

}  // namespace tristab
