#include "tristab/report/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <sstream>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

constexpr const char* allowed = "a result of tristab sweep, .json or .ndjson";

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
  // A number of cases; 0 when the file does not say.
  std::int64_t cases(const char* name) const {
    constexpr double most = 9007199254740992;  // 2^53
    const double number = optional_number(name, 0);
    if (!(number >= 0 && number <= most) || std::trunc(number) != number) {
      refuse(prefix_ + name, shown(object_[name]), "a whole number of at least 0");
    }
    return static_cast<std::int64_t>(number);
  }
  bool flag(const char* name) const {
    const Json* value = find(name);
    if (value == nullptr) return false;
    if (!value->is_boolean()) refuse(prefix_ + name, shown(*value), "true, false");
    return value->get<bool>();
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

bool wanted_field(const std::string& name, const std::vector<std::string>& metrics) {
  static const std::set<std::string> names{"type",
                                           "scenario",
                                           "family",
                                           "family_params",
                                           "family_label",
                                           "n",
                                           "matrix",
                                           "method",
                                           "kernel",
                                           "method_params",
                                           "method_label",
                                           "arithmetic",
                                           "arithmetic_params",
                                           "arithmetic_label",
                                           "status",
                                           "verdict",
                                           "frobenius",
                                           "total_frobenius",
                                           "matmuls",
                                           "depth",
                                           "vector_depth"};
  if (names.contains(name)) return true;
  if (metrics.empty()) return false;
  return name == "undefined" || std::find(metrics.begin(), metrics.end(), name) != metrics.end();
}

// A metric of a record: NaN where it is null, infinite where `undefined` gives that as the reason.
double metric_of(const Json& object, const FieldReader& fields, const std::string& name) {
  const double value = fields.optional_number(name.c_str(), std::nan(""));
  if (!std::isnan(value) || !object.contains("undefined") || !object["undefined"].is_object()) return value;
  return text_at(object["undefined"], name.c_str()).starts_with("infinite") ? HUGE_VAL : value;
}

// Takes the records out of a JSON document while it is parsed, so that no more than one of them is in memory
// as JSON.
class DocumentFilter {
 public:
  DocumentFilter(ResultFile& file, const std::string& path, const std::vector<std::string>& metrics)
      : file_(file), path_(path), metrics_(metrics) {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::key && depth == 1) {
      section_ = parsed.get<std::string>();
      return section_ == "schema" || section_ == "run" || section_ == "records";
    }
    if (section_ == "records") {
      const bool value = event == Event::value;
      if (depth == 1 && (value || event == Event::object_start)) {
        refuse(path_ + ": records", value ? shown(parsed) : "an object", "a list of records");
      }
      const std::string place = fmt::format("{}: records[{}]", path_, file_.records.size());
      if (depth == 2 && (value || event == Event::array_start)) {
        refuse(place, value ? shown(parsed) : "a list", "a record, which is an object");
      }
      if (event == Event::key && depth == 3) return wanted_field(parsed.get<std::string>(), metrics_);
      if (event == Event::object_end && depth == 2) {
        file_.records.push_back(result_record(parsed, place + ".", metrics_));
        return false;
      }
    }
    return true;
  }

 private:
  ResultFile& file_;
  std::string path_;
  const std::vector<std::string>& metrics_;
  std::string section_;
};

void check_schema(const Json& object, const std::string& path) {
  const std::string schema = text_at(object, "schema");
  if (!schema.starts_with("tristab-results/")) {
    throw InputError(fmt::format("{}: found {}; allowed: {}", path,
                                 schema.empty() ? "JSON without \"schema\": \"tristab-results/1\""
                                                : fmt::format("the schema '{}'", schema),
                                 allowed));
  }
}

// A file edited by hand, or joined from others, says that it is complete and is not.
bool has_all_records(const ResultFile& file) {
  return file.expected_cases == 0 || static_cast<std::int64_t>(file.records.size()) == file.expected_cases;
}

ResultFile read_document(std::istream& stream, const std::string& path,
                         const std::vector<std::string>& metrics) {
  ResultFile file;
  DocumentFilter filter(file, path, metrics);
  Json document;
  try {
    document = Json::parse(stream, [&](int depth, Json::parse_event_t event, Json& parsed) {
      return filter(depth, event, parsed);
    });
  } catch (const Json::exception& error) {
    std::string message = error.what();
    const std::size_t start = message.find("] ");
    if (start != std::string::npos) message.erase(0, start + 2);
    throw InputError(fmt::format("{}: {}; allowed: {}", path, message, allowed));
  }
  check_schema(document, path);
  if (!document.contains("records")) refuse(path + ": records", "nothing", "a list of records");
  const Json run = document.value("run", Json::object());
  if (!run.is_object()) refuse(path + ": run", shown(run), "an object");
  const FieldReader fields(run, path + ": run.");
  file.expected_cases = fields.cases("cases");
  file.complete = fields.flag("complete") && has_all_records(file);
  return file;
}

ResultFile read_lines(std::istream& stream, const std::string& path,
                      const std::vector<std::string>& metrics) {
  ResultFile file;
  std::string line;
  for (std::int64_t number = 1; std::getline(stream, line); ++number) {
    if (line.empty()) continue;
    const bool whole = !stream.eof();  // a line without its newline broke off
    const Json object = Json::parse(line, nullptr, false);
    if (object.is_discarded() || !object.is_object()) {
      if (!whole) break;
      throw InputError(fmt::format("{}: line {} is not a JSON object; allowed: {}", path, number, allowed));
    }
    const std::string type = text_at(object, "type");
    const std::string place = fmt::format("{}: line {}: ", path, number);
    if (number == 1) {
      check_schema(object, path);
      file.expected_cases = FieldReader(object, place).cases("expected_cases");
    } else if (type == "record") {
      file.records.push_back(result_record(object, place, metrics));
    } else if (type == "end") {
      file.complete = FieldReader(object, place).flag("complete");
    }
  }
  file.complete = file.complete && has_all_records(file);
  return file;
}

// Whether a document is a header line with more lines after it, and not one object that goes on.
bool looks_like_lines(const std::string& first_line) {
  const Json object = Json::parse(first_line, nullptr, false);
  return object.is_object() && text_at(object, "type") == "header";
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
  record.matmuls = fields.optional_number("matmuls", 0);
  record.depth = fields.optional_number("depth", 0);
  record.vector_depth = fields.optional_number("vector_depth", 0);
  for (const std::string& name : metrics) record.metrics.push_back(metric_of(object, fields, name));
  return record;
}

ResultFile read_results(const std::string& path, const std::vector<std::string>& metrics) {
  std::ifstream file;
  if (path != "-") {
    if (std::filesystem::is_directory(path)) {
      throw InputError(fmt::format("{}: cannot read: it is a directory; allowed: {}", path, allowed));
    }
    errno = 0;
    file.open(path, std::ios::binary);
    if (!file || file.peek() == std::ifstream::traits_type::eof()) {
      throw InputError(fmt::format("{}: cannot read: {}; allowed: {}", path,
                                   errno != 0 ? std::strerror(errno) : "the file is empty", allowed));
    }
    std::string first_line;
    std::getline(file, first_line);
    file.clear();
    file.seekg(0);
    return looks_like_lines(first_line) ? read_lines(file, path, metrics)
                                        : read_document(file, path, metrics);
  }
  std::string text(std::istreambuf_iterator<char>(std::cin), {});
  std::istringstream stream(text);
  const bool lines = looks_like_lines(text.substr(0, text.find('\n')));
  return lines ? read_lines(stream, "standard input", metrics)
               : read_document(stream, "standard input", metrics);
}

}  // namespace tristab
