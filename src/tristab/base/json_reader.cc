#include "tristab/base/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <set>
#include <string>
#include <vector>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

using Event = Json::parse_event_t;

// The library's message without its own name, and short: it quotes what it read, which may be a megabyte of digits.
std::string reason(const Json::exception& error) {
  std::string text = error.what();
  const std::size_t start = text.find("] ");
  if (start != std::string::npos) text.erase(0, start + 2);
  std::ranges::replace(text, '\n', ' ');
  return shortened(text, 200);
}

template <class Input>
Json parse(Input&& input, const JsonFilter& filter) {
  const auto checked = [&](int depth, Event event, Json& parsed) {
    if ((event == Event::object_start || event == Event::array_start) && depth >= deepest_json)
      throw JsonError(fmt::format("nested deeper than {} levels", deepest_json));
    return !filter || filter(depth, event, parsed);
  };
  try {
    return Json::parse(std::forward<Input>(input), checked);
  } catch (const Json::exception& error) {
    throw JsonError(reason(error));
  }
}

// Refuses a key that an object has twice, while the text is parsed: nlohmann::json would silently keep the last
// value.
class DuplicateKeyCheck {
 public:
  explicit DuplicateKeyCheck(std::string_view place) : place_(place) {}

  bool operator()(Event event, const Json& parsed) {
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

Json parse_json(std::string_view text, const JsonFilter& filter) { return parse(text, filter); }
Json parse_json(std::istream& stream, const JsonFilter& filter) { return parse(stream, filter); }

Json parse_user_json(std::string_view text, std::string_view place) {
  DuplicateKeyCheck check(place);
  try {
    return parse_json(text, [&](int, Event event, const Json& parsed) { return check(event, parsed); });
  } catch (const JsonError& error) {
    throw UsageError(fmt::format("{}: {}; allowed: JSON (without comments)", place, error.what()));
  }
}

}  // namespace tristab
