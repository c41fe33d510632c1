#include "tristab/report/reader.h"

#include <fmt/format.h>

#include <cerrno>
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

double number_at(const Json& object, const char* name, double otherwise) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : otherwise;
}

std::string params_at(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_object() ? found->dump() : "{}";
}

bool wanted_field(const std::string& name) {
  static const std::set<std::string> names{"type",
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
  return names.contains(name);
}

// Takes the records out of a JSON document while it is parsed, so that no more than one of them is in memory
// as JSON.
class DocumentFilter {
 public:
  explicit DocumentFilter(ResultFile& file) : file_(file) {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::key && depth == 1) {
      section_ = parsed.get<std::string>();
      return section_ == "schema" || section_ == "run" || section_ == "records";
    }
    if (section_ == "records") {
      if (event == Event::key && depth == 3) return wanted_field(parsed.get<std::string>());
      if (event == Event::object_end && depth == 2) {
        file_.records.push_back(result_record(parsed));
        return false;
      }
    }
    return true;
  }

 private:
  ResultFile& file_;
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

ResultFile read_document(std::istream& stream, const std::string& path) {
  ResultFile file;
  DocumentFilter filter(file);
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
  file.complete =
      document.contains("run") && document["run"].is_object() && document["run"].value("complete", false);
  return file;
}

ResultFile read_lines(std::istream& stream, const std::string& path) {
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
    if (number == 1) {
      check_schema(object, path);
      file.expected_cases = static_cast<std::int64_t>(number_at(object, "expected_cases", 0));
    } else if (type == "record") {
      file.records.push_back(result_record(object));
    } else if (type == "end") {
      const auto complete = object.find("complete");
      file.complete = complete != object.end() && *complete == true;
    }
  }
  return file;
}

// Whether a document is a header line with more lines after it, and not one object that goes on.
bool looks_like_lines(const std::string& first_line) {
  const Json object = Json::parse(first_line, nullptr, false);
  return object.is_object() && text_at(object, "type") == "header";
}

}  // namespace

ResultRecord result_record(const Json& object) {
  ResultRecord record;
  record.family = text_at(object, "family");
  record.family_label = text_at(object, "family_label");
  record.family_key = record.family + params_at(object, "family_params");
  if (record.family_label.empty()) record.family_label = record.family_key;
  record.n = static_cast<int>(number_at(object, "n", 0));
  record.matrix = text_at(object, "matrix");
  record.method = text_at(object, "method");
  record.arithmetic = text_at(object, "arithmetic");
  const std::string kernel = text_at(object, "kernel");
  const std::string method_key = record.method + params_at(object, "method_params");
  const std::string arithmetic_key = record.arithmetic + params_at(object, "arithmetic_params");
  record.setting_key = method_key + kernel + arithmetic_key;
  record.method_label = text_at(object, "method_label");
  record.arithmetic_label = text_at(object, "arithmetic_label");
  if (record.method_label.empty()) record.method_label = kernel.empty() ? method_key : kernel;
  if (record.arithmetic_label.empty()) record.arithmetic_label = arithmetic_key;
  record.status = text_at(object, "status");
  record.verdict = text_at(object, "verdict");
  record.frobenius = number_at(object, "frobenius", record.frobenius);
  record.total_frobenius = number_at(object, "total_frobenius", record.total_frobenius);
  record.matmuls = number_at(object, "matmuls", 0);
  record.depth = number_at(object, "depth", 0);
  record.vector_depth = number_at(object, "vector_depth", 0);
  return record;
}

ResultFile read_results(const std::string& path) {
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
    return looks_like_lines(first_line) ? read_lines(file, path) : read_document(file, path);
  }
  std::string text(std::istreambuf_iterator<char>(std::cin), {});
  std::istringstream stream(text);
  const bool lines = looks_like_lines(text.substr(0, text.find('\n')));
  return lines ? read_lines(stream, "standard input") : read_document(stream, "standard input");
}

}  // namespace tristab
