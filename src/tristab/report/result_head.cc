#include "tristab/report/result_head.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <utility>
#include <vector>

#include "tristab/base/json_member.h"
#include "tristab/base/json_reader.h"
#include "tristab/base/named.h"
#include "tristab/report/result_lines.h"
#include "tristab/report/tool_info.h"

namespace tristab {
namespace {

std::string named(const std::string& version, const std::string& commit) {
  return fmt::format("tristab {} ({})", version, commit);
}

}  // namespace

std::optional<ResultBeginning> result_beginning(const std::filesystem::path& path) {
  struct Found {};
  Json schema, tool, run = Json::object(), config, type, shard, cases;
  const auto fields = {std::pair{"schema", &schema},       std::pair{"tool", &tool}, std::pair{"run", &run},
                       std::pair{"config", &config},       std::pair{"type", &type}, std::pair{"shard", &shard},
                       std::pair{"expected_cases", &cases}};
  std::string key;
  // Keeps these fields, and stops as soon as all that stand before the lists are known.
  const auto take = [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::key && depth == 1) {
      key = parsed.get<std::string>();
      return std::ranges::any_of(fields, [&](const auto& field) { return key == field.first; });
    }
    if (depth != 1 || (event != Event::value && event != Event::object_end)) return true;
    for (const auto& [name, target] : fields) {
      if (key == name) *target = parsed;
    }
    if (key == (type == "header" ? "expected_cases" : "config") && !schema.is_null()) throw Found{};
    return true;
  };
  std::ifstream stream(path, std::ios::binary);
  try {
    parse_json(stream, take);
  } catch (const Found&) {
    // the rest is not needed
  } catch (const JsonError&) {
    if (type != "header") return std::nullopt;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
  const bool ours = schema.is_string() && schema.get_ref<const std::string&>().starts_with("tristab-results/");
  if (!ours || !config.is_object()) return std::nullopt;
  ResultBeginning head;
  head.lines = type == "header";
  head.tool = tool;
  head.config = config;
  if (!run.is_object()) run = Json::object();
  head.shard = shard_of(head.lines ? shard : run.value("shard", Json()));
  constexpr std::int64_t most_cases = std::int64_t{1} << 53;
  head.cases = whole_number(head.lines ? cases : run.value("cases", Json()), 0, most_cases);
  const auto complete = run.find("complete");
  head.complete = complete != run.end() && *complete == true;
  return head;
}

bool is_whole(const std::filesystem::path& path, const ResultBeginning& beginning) {
  if (!beginning.lines && !beginning.complete) return false;
  // Summaries and classes stand before the last line of NDJSON, so it is near the end of the file.
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::int64_t>(stream.tellg());
  constexpr std::int64_t longest = 1 << 20;  // it holds the command
  if (size <= 0) return false;
  std::string tail(static_cast<std::size_t>(std::min(size, longest)), '\0');
  stream.seekg(size - static_cast<std::int64_t>(tail.size()));
  stream.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  if (!stream) return false;
  if (!beginning.lines) {
    const std::size_t last = tail.find_last_not_of(" \n\r\t");
    return last != std::string::npos && std::string_view(tail).substr(0, last + 1).ends_with("]\n}");
  }
  if (!tail.ends_with('\n')) return false;
  tail.pop_back();
  const std::size_t begin = tail.rfind('\n');
  return begin != std::string::npos &&
         tail.compare(begin + 1, line_beginning("end").size(), line_beginning("end")) == 0;
}

namespace {

// The recipe files that a value names, with the hashes of what they say.
void collect_files(const Json& value, std::map<std::string, std::string>& files) {
  if (value.is_string()) {
    if (const auto file = hashed_path(value.get_ref<const std::string&>())) files[file->path] = file->hash;
  }
  if (!value.is_structured()) return;
  for (const Json& each : value) collect_files(each, files);
}

// ": changed own.json"; "" if the difference is another one.
std::string changed_files(const Json& old, const Json& now) {
  std::map<std::string, std::string> there, here;
  collect_files(old, there);
  collect_files(now, here);
  std::erase_if(here, [&](const auto& file) {
    const auto same = there.find(file.first);
    return same == there.end() || same->second == file.second || same->second.empty();
  });
  std::vector<std::string> names;
  for (const auto& [path, hash] : here) names.push_back(path);
  return names.empty() ? "" : fmt::format(": changed {}", fmt::join(names, ", "));
}

}  // namespace

std::string config_differences(const Json& there, const Json& here) {
  Json keys = there;
  keys.update(here);
  std::vector<std::string> found;
  for (const auto& [key, value] : keys.items()) {
    const Json old = there.value(key, Json()), now = here.value(key, Json());
    if (old == now) continue;
    const bool short_values = old.is_primitive() && now.is_primitive();
    found.push_back(short_values ? fmt::format("{} {} instead of {}", key, quoted(old), quoted(now))
                                 : fmt::format("other {}{}", key, changed_files(old, now)));
  }
  return fmt::format("{}", fmt::join(found, ", "));
}

std::optional<Shard> shard_of(const Json& object) {
  if (!object.is_object()) return std::nullopt;
  const auto number = [&](const char* name) {
    return static_cast<int>(whole_number(object.value(name, Json()), 1, Shard::most).value_or(0));
  };
  return Shard{number("index"), number("count")};
}

std::string name_of(const std::optional<Shard>& shard) { return shard ? "shard " + shard->text() : "a whole run"; }

std::string tool_name(const Json& tool) {
  const auto text = [&](const char* key) {
    const std::string found = text_or_empty(tool, key);
    return found.empty() ? "unknown" : found;
  };
  return named(text("version"), text("commit"));
}

std::string tool_name() {
  const ToolInfo tool = tool_info();
  return named(tool.version, tool.commit);
}

}  // namespace tristab
