#include "tristab/sweep/config_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/nearest_file.h"

namespace tristab {
namespace {

// Refuses a key that an object has twice, while the text is parsed: nlohmann::json would silently keep the last
// value.
class DuplicateKeyCheck {
 public:
  explicit DuplicateKeyCheck(std::string_view place) : place_(place) {}

  bool operator()(Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    switch (event) {
      case Event::object_start:
        frames_.push_back({true, {}, {}, 0});
        break;
      case Event::array_start:
        frames_.push_back({false, {}, {}, 0});
        break;
      case Event::key:
        frames_.back().key = parsed.get<std::string>();
        if (!frames_.back().keys.insert(frames_.back().key).second) {
          throw UsageError(fmt::format("{}: {}: the key is given twice; allowed: once", place_, path()));
        }
        break;
      case Event::object_end:
      case Event::array_end:
        frames_.pop_back();
        advance();
        break;
      case Event::value:
        advance();
        break;
    }
    return true;
  }

 private:
  struct Frame {
    bool object;
    std::set<std::string> keys;
    std::string key;
    std::size_t index;
  };

  void advance() {
    if (!frames_.empty() && !frames_.back().object) ++frames_.back().index;
  }

  std::string path() const {
    std::string path;
    for (const Frame& frame : frames_) {
      if (!frame.object) {
        path += fmt::format("[{}]", frame.index);
      } else {
        path += (path.empty() ? "" : ".") + frame.key;
      }
    }
    return path;
  }

  std::string place_;
  std::vector<Frame> frames_;
};

}  // namespace

Json parse_config_text(std::string_view text, std::string_view place) {
  DuplicateKeyCheck check(place);
  try {
    return Json::parse(text, [&](int, Json::parse_event_t event, const Json& parsed) { return check(event, parsed); });
  } catch (const Json::parse_error& error) {
    std::string message = error.what();
    const std::size_t start = message.find("] ");
    if (start != std::string::npos) message.erase(0, start + 2);
    std::replace(message.begin(), message.end(), '\n', ' ');
    throw UsageError(fmt::format("{}: {}; allowed: JSON (without comments)", place, message));
  } catch (const Json::exception& error) {  // a number beyond the range of double
    throw UsageError(fmt::format("{}: {}; allowed: JSON", place, error.what()));
  }
}

Json read_config_file(const std::filesystem::path& file) {
  const auto fail = [&](const char* why) {
    throw InputError(fmt::format("{}: cannot read the configuration: {}{}; allowed: a JSON file", file.string(), why,
                                 nearest_file_hint(file)));
  };
  if (std::filesystem::is_directory(file)) fail("it is a directory");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail(errno != 0 ? std::strerror(errno) : "not a file");
  std::ostringstream text;
  text << stream.rdbuf();
  if (stream.bad()) fail("reading failed");
  return parse_config_text(text.str(), file.string());
}

std::vector<std::string> split_list(std::string_view text, std::string_view place) {
  std::vector<std::string> items{""};
  int depth = 0;
  bool quoted = false, escaped = false;
  for (const char c : text) {
    if (quoted) {
      quoted = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else {
      quoted = c == '"';
      depth += (c == '{' || c == '[') - (c == '}' || c == ']');
      if (c == ',' && depth == 0) {
        items.emplace_back();
        continue;
      }
    }
    if (items.back().empty() && c == ' ') continue;
    items.back() += c;
  }
  for (const std::string& item : items) {
    if (item.empty()) refuse(place, fmt::format("an empty item in '{}'", text), "names separated by commas");
  }
  return items;
}

}  // namespace tristab
