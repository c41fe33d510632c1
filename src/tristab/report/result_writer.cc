#include "tristab/report/result_writer.h"

#include <fmt/format.h>

#include "tristab/base/errors.h"
#include "tristab/base/json_text.h"
#include "tristab/report/result_head.h"
#include "tristab/report/tool_info.h"

namespace tristab {
namespace {

const std::vector<std::string>& format_names() {
  static const std::vector<std::string> names{"json", "ndjson", "csv"};
  return names;
}

}  // namespace

ReplaceCheck replaces_result_of(const RunHeader& header) {
  return [config = header.config, shard = header.shard](const std::filesystem::path& path) -> std::string {
    const auto there = result_beginning(path);
    if (!there) return "a file that is no result of tristab";
    const std::string other = config_differences(there->config, config);
    if (!other.empty()) return fmt::format("a result of another configuration ({})", other);
    return there->shard == shard ? ""
                                 : fmt::format("the result of {} instead of {}", name_of(there->shard), name_of(shard));
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

std::string shard_text(const Shard& shard) {
  return JsonObject().integer("index", shard.index).integer("count", shard.count).str();
}

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
  if (header.shard) run.raw("shard", shard_text(*header.shard));
  if (report.kept > 0) run.integer("kept", report.kept);
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
