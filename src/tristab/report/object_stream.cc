#include "tristab/report/object_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <streambuf>

#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"
#include "tristab/base/input_file.h"
#include "tristab/base/json_member.h"
#include "tristab/base/json_reader.h"
#include "tristab/report/result_head.h"
#include "tristab/report/result_text.h"
#include "tristab/report/tool_info.h"

namespace tristab {
namespace {

constexpr const char* allowed = "a result of tristab sweep, .json or .ndjson";

// The section of a line of NDJSON; "" for header, end and unknown lines.
std::string section_of(const std::string& type) {
  if (type == "matrix") return "matrices";
  if (type == "summary") return "summary";
  if (type == "class") return "classes";
  return type == "record" || type == "layer" || type == "expectation" ? type + "s" : "";
}

void take_object(const Json& document, const char* name, const std::string& path, JsonValue& target) {
  const auto found = document.find(name);
  if (found == document.end() || found->is_null()) return;
  if (!found->is_object()) refuse_input(fmt::format("{}: {}", path, name), quoted(*found), "an object");
  target = *found;
}

std::int64_t cases_of(const Json& object, const char* name, const std::string& place) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return 0;
  const auto cases = whole_number(*found, 0, std::int64_t{1} << 53);
  if (!cases) refuse_input(place + name, quoted(*found), "a whole number of at least 0");
  return *cases;
}

// A field that is true or false; false if it is absent or null.
bool flag_of(const Json& object, const char* name, const std::string& place) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return false;
  if (!found->is_boolean()) refuse_input(place + name, quoted(*found), "true, false");
  return found->get<bool>();
}

constexpr const char* stages_table = "stages";

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What a stream holds, its beginning twice: also of a pipe, which cannot go back.
class RereadBuffer : public std::streambuf {
 public:
  explicit RereadBuffer(std::streambuf& source) : source_(source) {}

  // Once: what was read so far is read again.
  void go_back() {
    keeps_ = false;
    setg(beginning_.data(), beginning_.data(), beginning_.data() + beginning_.size());
  }
  std::string_view beginning() const { return beginning_; }  // what was read so far

 protected:
  int_type underflow() override {
    const std::streamsize count = source_.sgetn(block_.data(), static_cast<std::streamsize>(block_.size()));
    if (count <= 0) return traits_type::eof();
    if (keeps_) beginning_.append(block_.data(), static_cast<std::size_t>(count));
    setg(block_.data(), block_.data(), block_.data() + count);
    return traits_type::to_int_type(block_.front());
  }

 private:
  std::streambuf& source_;
  std::vector<char> block_ = std::vector<char>(std::size_t{1} << 16);
  std::string beginning_;
  bool keeps_ = true;
};

// Whether the stream is NDJSON: its first object is a header. Reads no more than tells that, because a whole document
// may stand in one line.
bool begins_with_header(std::istream& stream) {
  struct Told {
    bool header;
  };
  bool at_type = false;
  const auto look = [&](int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (depth == 0 && event != Event::object_start) throw Told{false};
    if (depth != 1) return true;
    if (event == Event::key) {
      if (contains(result_sections(), parsed.get<std::string>())) throw Told{false};
      at_type = parsed == "type";
      return at_type;
    }
    if (at_type) throw Told{event == Event::value && parsed == "header"};
    return true;
  };
  try {
    parse_json(stream, look);
  } catch (const Told& told) {
    return told.header;
  } catch (const JsonError&) {
  }
  return false;
}

class Visitor {
 public:
  Visitor(const std::string& path, const std::vector<std::string>& sections, const ObjectVisitor& visit)
      : path_(path), sections_(sections), visit_(visit), wants_stages_(contains(sections, stages_table)) {}

  ResultHead document(std::istream& stream) {
    Json document;
    try {
      document = parse_json(
          stream, [this](int depth, Json::parse_event_t event, Json& parsed) { return filter(depth, event, parsed); });
    } catch (const JsonError& error) {
      refuse_input(path_, error.what(), allowed);
    }
    check_schema(document);
    if (!document.contains("records")) refuse_input(path_ + ": records", "nothing", "a list of records");
    take_head(document);
    if (head_.run.json().is_object()) {
      head_.expected_cases = cases_of(head_.run, "cases", path_ + ": run.");
      add_shard(head_.run);
      head_.complete = flag_of(head_.run, "complete", path_ + ": run.") && has_all() && head_.shards.empty();
      head_.says_whether_complete = head_.run.json().contains("complete") || !has_all();
    }
    return head_;
  }

  ResultHead lines(std::istream& stream) {
    head_.lines = head_.says_whether_complete = true;  // its last line does
    int parts = 0, complete_parts = 0;  // files that were joined by hand have a header and an end line each
    std::string line;
    for (std::int64_t number = 1; std::getline(stream, line); ++number) {
      if (line.empty()) continue;
      const bool whole = !stream.eof();
      Json object;
      try {
        object = parse_json(line, [this](int depth, Json::parse_event_t event, const Json& parsed) {
          return event != Json::parse_event_t::key || depth != 1 || is_kept(parsed);
        });
      } catch (const JsonError& error) {
        if (!whole) break;
        refuse_input(fmt::format("{}: line {}", path_, number), error.what(), allowed);
      }
      if (!object.is_object()) refuse_input(fmt::format("{}: line {}", path_, number), quoted(object), allowed);
      const std::string type = text_or_empty(object, "type"), section = section_of(type);
      const std::string place = fmt::format("{}: line {}: ", path_, number);
      if (type == "header") {
        check_schema(object);
        if (parts++ == 0) take_head(object);
        add_shard(object);
        head_.expected_cases += cases_of(object, "expected_cases", place);
      } else if (type == "end") {
        take_head(object);
        complete_parts += flag_of(object, "complete", place);
      } else if (!section.empty()) {
        give(section, object, place);
      }
    }
    head_.complete = parts > 0 && complete_parts == parts && has_all() && head_.shards.empty();
    if (parts > 1) head_.run = {};  // no single run made all of it
    return head_;
  }

 private:
  // Hands out objects while the document is parsed, so that no more than one of them is in memory.
  bool filter(int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::key && depth == 1) {
      section_ = parsed.get<std::string>();
      index_ = 0;
      is_list_ = contains(result_sections(), section_);
      return true;
    }
    // Checked before the records, because another version may have other fields.
    if (section_ == "schema" && depth == 1 && event == Event::value) check_schema(Json{{"schema", parsed}});
    if (!is_list_) return true;
    if (depth == 1 && (event == Event::value || event == Event::object_start)) {
      refuse_input(fmt::format("{}: {}", path_, section_), event == Event::value ? quoted(parsed) : "an object",
                   "a list of objects, in a result of tristab sweep");
    }
    if (depth == 2 && (event == Event::value || event == Event::array_start)) {
      refuse_input(fmt::format("{}: {}[{}]", path_, section_, index_),
                   event == Event::value ? quoted(parsed) : "a list", "an object");
    }
    if (event == Event::key && depth == 3) return is_kept(parsed);
    if (event == Event::object_end && depth == 2) {
      give(section_, parsed, fmt::format("{}: {}[{}].", path_, section_, index_++));
      return false;
    }
    return true;
  }

  bool is_kept(const Json& field_of_record) const { return wants_stages_ || field_of_record != stages_table; }

  void give(const std::string& section, Json& object, const std::string& place) {
    if (section == "records") {
      ++head_.records;
      if (wants_stages_) give_stages(object, place);
      object.erase(stages_table);
    }
    if (contains(sections_, section)) visit_(section, object, place);
  }

  void give_stages(const Json& record, const std::string& place) const {
    const auto stages = record.find(stages_table);
    if (stages == record.end() || stages->is_null()) return;
    if (!stages->is_array()) refuse_input(place + stages_table, quoted(*stages), "a list of objects");
    for (std::size_t k = 0; k < stages->size(); ++k) {
      Json row = (*stages)[k];
      const std::string here = fmt::format("{}{}[{}]", place, stages_table, k);
      if (!row.is_object()) refuse_input(here, quoted(row), "an object");
      row["case"] = record.value("case", Json());
      visit_(stages_table, row, here + ".");
    }
  }

  void check_schema(const Json& object) const {
    const std::string schema = text_or_empty(object, "schema");
    if (schema == results_schema) return;
    if (schema.starts_with("tristab-results/")) {
      refuse_input(path_, fmt::format("the schema '{}'", schema),
                   fmt::format("'{}', the one that tristab {} reads", results_schema, tool_info().version));
    }
    refuse_input(path_,
                 schema.empty() ? fmt::format("JSON without \"schema\": \"{}\"", results_schema)
                                : fmt::format("the schema '{}'", schema),
                 allowed);
  }

  // Shards are complete only together.
  void add_shard(const Json& object) {
    const auto shard = object.find("shard");
    if (shard == object.end() || !shard->is_object()) return;
    const std::optional<Shard> part = shard_of(*shard);
    if (!part->valid())
      refuse_input(path_ + ": shard", quoted(*shard),
                   fmt::format("an index from 1 to a count of at most {}", Shard::most));
    shard_count_ = part->count;
    shards_.insert(part->index);
    head_.shards.clear();
    if (static_cast<int>(shards_.size()) == shard_count_) return;
    for (const int each : shards_)
      head_.shards += fmt::format("{}{}/{}", head_.shards.empty() ? "shard " : ", ", each, shard_count_);
  }

  void take_head(const Json& object) {
    if (head_.schema.empty()) head_.schema = text_or_empty(object, "schema");
    take_object(object, "tool", path_, head_.tool);
    take_object(object, "run", path_, head_.run);
    take_object(object, "config", path_, head_.config);
  }

  // A file that was edited or joined by hand may say that it is complete although records are missing.
  bool has_all() const { return head_.expected_cases == 0 || head_.records == head_.expected_cases; }

  std::string path_;
  const std::vector<std::string>& sections_;
  const ObjectVisitor& visit_;
  bool wants_stages_;
  ResultHead head_;
  std::set<int> shards_;
  int shard_count_ = 0;
  std::string section_;
  std::int64_t index_ = 0;
  bool is_list_ = false;
};

}  // namespace

const std::vector<std::string>& result_sections() {
  static const std::vector<std::string> names{"matrices", "records", "layers", "summary", "classes", "expectations"};
  return names;
}

const std::vector<std::string>& result_tables() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all = result_sections();
    all.emplace_back(stages_table);
    return all;
  }();
  return names;
}

ResultHead visit_result(const std::string& path, const std::vector<std::string>& sections, const ObjectVisitor& visit) {
  std::error_code ignored;
  if (path == "-" && std::filesystem::is_directory("/dev/stdin", ignored))
    throw InputError(fmt::format("standard input: cannot read: Is a directory; allowed: {}", allowed));
  std::ifstream file;
  if (path == "-") {
    note_input(path);
  } else {
    file = open_input(path, "", allowed);
  }
  RereadBuffer buffer(path == "-" ? *std::cin.rdbuf() : *file.rdbuf());
  std::istream stream(&buffer);
  const bool lines = begins_with_header(stream);
  buffer.go_back();
  stream.clear();
  const std::string name = path == "-" ? "standard input" : path;
  if (buffer.beginning().empty() && path != "-")
    throw InputError(fmt::format("{}: cannot read: the file is empty; allowed: {}", name, allowed));
  if (buffer.beginning().starts_with("case,matrix,")) refuse_input(name, "a table of records (--format csv)", allowed);
  Visitor visitor(name, sections, visit);
  return lines ? visitor.lines(stream) : visitor.document(stream);
}

std::string text_field(const Json& object, const std::string& place, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return "";
  if (!found->is_string()) refuse_input(place + name, quoted(*found), "a text or null");
  return found->get<std::string>();
}

double number_field(const Json& object, const std::string& place, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return std::nan("");
  if (!found->is_number()) refuse_input(place + name, quoted(*found), "a number or null");
  return found->get<double>();
}

}  // namespace tristab
