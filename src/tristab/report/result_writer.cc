#include "tristab/report/result_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>

#include "tristab/base/errors.h"
#include "tristab/base/json_reader.h"
#include "tristab/base/json_text.h"
#include "tristab/report/tool_info.h"

namespace tristab {
namespace {

const std::vector<std::string>& format_names() {
  static const std::vector<std::string> names{"json", "ndjson", "csv"};
  return names;
}

// What the result at `path` says of its configuration; null if the file is no result. Reads no further than that.
Json config_of_result(const std::filesystem::path& path) {
  struct Found {};
  Json schema, config;
  std::string key;
  const auto take = [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::key && depth == 1) {
      key = parsed.get<std::string>();
      return key == "schema" || key == "config";
    }
    if (event == Event::value && depth == 1 && key == "schema") schema = parsed;
    if (event == Event::object_end && depth == 1 && key == "config") config = parsed;
    if (!schema.is_null() && !config.is_null()) throw Found{};
    return true;
  };
  std::ifstream stream(path, std::ios::binary);
  try {
    parse_json(stream, take);
  } catch (const JsonError&) {
    return nullptr;
  } catch (const Found&) {
    const bool ours = schema.is_string() && schema.get_ref<const std::string&>().starts_with("tristab-results/");
    return ours ? config : nullptr;
  }
  return nullptr;
}

// "seed 1 instead of 2, other families"
std::string differences(const Json& there, const Json& here) {
  Json keys = there;
  keys.update(here);
  std::vector<std::string> found;
  for (const auto& [key, value] : keys.items()) {
    const Json old = there.value(key, Json()), now = here.value(key, Json());
    if (old == now) continue;
    const bool short_values = old.is_primitive() && now.is_primitive();
    found.push_back(short_values ? fmt::format("{} {} instead of {}", key, quoted(old), quoted(now))
                                 : fmt::format("other {}", key));
  }
  return fmt::format("{}", fmt::join(found, ", "));
}

}  // namespace

ReplaceCheck replaces_result_of(const RunHeader& header) {
  return [config = header.config](const std::filesystem::path& path) -> std::string {
    const Json there = config_of_result(path);
    if (!there.is_object()) return "a file that is no result of tristab";
    if (there == config.json()) return "";
    return fmt::format("a result of another configuration ({})", differences(there, config));
  };
}

ResultFormat result_format_of(const std::string& format, const std::string& path) {
  std::string name = format;
  std::string place = "--format";
  if (name.empty()) {
    const std::size_t dot = path.find_last_of("./");
    if (path == "-") {
      name = "json";
    } else if (dot != std::string::npos && path[dot] == '.') {
      name = path.substr(dot + 1);
      place = fmt::format("-o {}", path);
    } else {
      refuse(fmt::format("-o {}", path), "no extension", ".json, .ndjson, .csv, or --format");
    }
  }
  for (std::size_t i = 0; i < format_names().size(); ++i) {
    if (name == format_names()[i]) return static_cast<ResultFormat>(i);
  }
  throw_unknown_name(place, "result format", name, format_names());
}

const char* extension_of(ResultFormat format) { return format_names()[static_cast<std::size_t>(format)].c_str(); }

std::string run_text(const RunHeader& header, const SweepReport& report) {
  JsonArray command;
  for (const std::string& word : header.command) command.raw(json_string(word));
  JsonObject busy;
  busy.number("generation", report.busy.generation).number("reference", report.busy.reference);
  busy.number("inversion", report.busy.inversion).number("metrics", report.busy.metrics);
  JsonObject run;
  run.raw("command", command.str()).text("started", header.started).number("seconds", report.seconds);
  run.integer("threads", report.threads).raw("seed", std::to_string(header.seed)).text("host", host_name());
  run.integer("cases", report.records).integer("matrices", report.matrices);
  run.integer("references", report.references).number("reference_share", report.reference_share());
  run.number("cases_per_second", report.cases_per_second()).raw("busy_seconds", busy.str());
  return run.flag("complete", true).str();
}

std::unique_ptr<ResultSink> make_result_writer(ResultFormat format, const std::string& path, const RunHeader& header) {
  switch (format) {
    case ResultFormat::ndjson:
      return make_ndjson_writer(path, header);
    case ResultFormat::csv:
      return make_csv_writer(path, header);
    case ResultFormat::json:
      break;
  }
  return make_json_writer(path, header);
}

}  // namespace tristab
