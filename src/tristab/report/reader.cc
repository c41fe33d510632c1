#include "tristab/report/reader.h"

#include <fmt/format.h>

#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/report/object_stream.h"

namespace tristab {
namespace {

std::string text_at(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// The value as it stands in the file, cut where it is long.
std::string shown(const Json& value) {
  constexpr std::size_t longest = 60;
  const std::string text = value.dump(-1, ' ', true);
  return text.size() <= longest ? text : text.substr(0, longest) + "...";
}

[[noreturn]] void refuse(const std::string& place, const std::string& found, const char* what) {
  throw InputError(fmt::format("{}: found {}; allowed: {}", place, found, what));
}

// Reads the fields of one object and refuses those of the wrong type.
class FieldReader {
 public:
  FieldReader(const Json& object, std::string prefix) : object_(object), prefix_(std::move(prefix)) {}

  std::string text(const char* name) const {
    const Json& value = required(name, "a text");
    if (!value.is_string()) refuse(prefix_ + name, shown(value), "a text");
    return value.get<std::string>();
  }
  std::string optional_text(const char* name) const {
    const Json* value = find(name);
    if (value == nullptr) return "";
    if (!value->is_string()) refuse(prefix_ + name, shown(*value), "a text or null");
    return value->get<std::string>();
  }
  double optional_number(const char* name, double otherwise) const {
    const Json* value = find(name);
    if (value == nullptr) return otherwise;
    if (!value->is_number()) refuse(prefix_ + name, shown(*value), "a number or null");
    return value->get<double>();
  }
  // Canonical text of an object.
  std::string params(const char* name) const {
    const Json* value = find(name);
    if (value == nullptr) return "{}";
    if (!value->is_object()) refuse(prefix_ + name, shown(*value), "an object");
    return value->dump();
  }
  int size(const char* name) const {
    constexpr const char* sizes = "a whole number of at least 1";
    const Json& value = required(name, sizes);
    const double number = value.is_number() ? value.get<double>() : 0;
    if (!(number >= 1 && number <= std::numeric_limits<int>::max()) || std::trunc(number) != number) {
      refuse(prefix_ + name, shown(value), sizes);
    }
    return static_cast<int>(number);
  }

 private:
  // Null when the field is missing or null.
  const Json* find(const char* name) const {
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  const Json& required(const char* name, const char* what) const {
    const auto found = object_.find(name);
    if (found == object_.end()) refuse(prefix_ + name, "nothing", what);
    return *found;
  }

  const Json& object_;
  std::string prefix_;
};

// A metric of a record: NaN where it is null, infinite where `undefined` gives that as the reason.
double metric_of(const Json& object, const FieldReader& fields, const std::string& name) {
  const double value = fields.optional_number(name.c_str(), std::nan(""));
  if (!std::isnan(value) || !object.contains("undefined") || !object["undefined"].is_object()) return value;
  return text_at(object["undefined"], name.c_str()).starts_with("infinite") ? HUGE_VAL : value;
}

}  // namespace

ResultRecord result_record(const Json& object, const std::string& place,
                           const std::vector<std::string>& metrics) {
  const FieldReader fields(object, place);
  ResultRecord record;
  record.scenario = fields.optional_text("scenario");
  record.family = fields.text("family");
  record.family_label = fields.optional_text("family_label");
  record.family_key = record.family + fields.params("family_params");
  if (record.family_label.empty()) record.family_label = record.family_key;
  record.n = fields.size("n");
  record.matrix = fields.optional_text("matrix");
  record.method = fields.text("method");
  record.arithmetic = fields.text("arithmetic");
  record.kernel = fields.optional_text("kernel");
  const std::string method_key = record.method + fields.params("method_params");
  const std::string arithmetic_key = record.arithmetic + fields.params("arithmetic_params");
  record.setting_key = method_key + record.kernel + arithmetic_key;
  record.method_label = fields.optional_text("method_label");
  record.arithmetic_label = fields.optional_text("arithmetic_label");
  if (record.method_label.empty()) record.method_label = record.kernel.empty() ? method_key : record.kernel;
  if (record.arithmetic_label.empty()) record.arithmetic_label = arithmetic_key;
  record.status = fields.text("status");
  record.verdict = fields.optional_text("verdict");
  record.frobenius = fields.optional_number("frobenius", record.frobenius);
  record.total_frobenius = fields.optional_number("total_frobenius", record.total_frobenius);
  record.matmuls = fields.optional_number("matmuls", record.matmuls);
  record.depth = fields.optional_number("depth", record.depth);
  record.vector_depth = fields.optional_number("vector_depth", record.vector_depth);
  for (const std::string& name : metrics) record.metrics.push_back(metric_of(object, fields, name));
  return record;
}

ResultFile read_results(const std::string& path, const std::vector<std::string>& metrics) {
  ResultFile file;
  const ResultHead head =
      visit_result(path, {"records"}, [&](const std::string&, const Json& object, const std::string& place) {
        file.records.push_back(result_record(object, place, metrics));
      });
  file.complete = head.complete;
  file.says_whether_complete = head.says_whether_complete;
  file.expected_cases = head.expected_cases;
  return file;
}

}  // namespace tristab
