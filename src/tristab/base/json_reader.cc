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

// Builds what the filter keeps, and nothing of the rest. nlohmann's own parser with a callback looks through all
// earlier members of an object or a list after each member that is an object or a list itself.
class FilteredBuilder {
 public:
  // `text`: what is parsed, empty for a stream.
  FilteredBuilder(const JsonFilter& filter, std::string_view text) : filter_(filter), text_(text) {}

  Json take() { return std::move(root_); }

  // The interface that Json::sax_parse calls; false would stop it.
  bool null() { return value(nullptr); }
  bool boolean(bool flag) { return value(flag); }
  bool number_integer(Json::number_integer_t number) { return value(number); }
  bool number_unsigned(Json::number_unsigned_t number) { return value(number); }
  bool number_float(Json::number_float_t number, const std::string&) { return value(number); }
  bool string(std::string& text) { return value(std::move(text)); }
  bool binary(Json::binary_t&) { return false; }  // not in texts
  bool start_object(std::size_t) { return start(Event::object_start, Json::value_t::object); }
  bool start_array(std::size_t) { return start(Event::array_start, Json::value_t::array); }
  bool key(std::string& name) {
    if (skipped_ > 0) return true;
    Frame& frame = frames_.back();
    Json text(std::move(name));
    frame.keeps_member = sees(depth(), Event::key, text);
    if (frame.keeps_member) frame.key = std::move(text.get_ref<std::string&>());
    return true;
  }
  bool end_object() { return end(Event::object_end); }
  bool end_array() { return end(Event::array_end); }
  bool parse_error(std::size_t end, const std::string& token, const Json::exception& error) {
    constexpr int number_overflow = 406;  // the one error whose message has no place
    if (error.id != number_overflow) throw JsonError(json_reason(error));
    throw JsonError(fmt::format("{}: {} is beyond the largest number of double, 1.8e308",
                                place(end - std::min(end, token.size())), shortened(token, 40)));
  }

 private:
  // An object or a list that is open.
  struct Frame {
    Json value;
    std::string key{};         // of the member that comes next
    bool keeps_member = true;  // whether it is kept
  };

  std::string place(std::size_t byte) const {
    if (text_.empty()) return fmt::format("byte {}", byte + 1);
    const std::string_view before = text_.substr(0, byte);
    return fmt::format("line {}, column {}", 1 + std::ranges::count(before, '\n'), byte - (before.rfind('\n') + 1) + 1);
  }

  int depth() const { return static_cast<int>(frames_.size()); }
  bool sees(int depth, Event event, Json& parsed) const { return !filter_ || filter_(depth, event, parsed); }
  bool keeps() const { return skipped_ == 0 && (frames_.empty() || frames_.back().keeps_member); }

  bool value(Json&& value) {
    if (keeps() && sees(depth(), Event::value, value)) attach(std::move(value));
    return true;
  }

  bool start(Event event, Json::value_t type) {
    if (frames_.size() + skipped_ >= static_cast<std::size_t>(deepest_json))
      throw JsonError(fmt::format("nested deeper than {} levels", deepest_json));
    Json value(Json::value_t::discarded);
    if (!keeps() || !sees(depth(), event, value)) {
      ++skipped_;
    } else {
      frames_.push_back({Json(type)});
    }
    return true;
  }

  bool end(Event event) {
    if (skipped_ > 0) {
      --skipped_;
      return true;
    }
    Json value = std::move(frames_.back().value);
    frames_.pop_back();
    if (sees(depth(), event, value)) attach(std::move(value));
    return true;
  }

  void attach(Json&& value) {
    if (frames_.empty()) {
      root_ = std::move(value);
    } else if (Frame& frame = frames_.back(); frame.value.is_array()) {
      frame.value.push_back(std::move(value));
    } else {
      frame.value[frame.key] = std::move(value);
    }
  }

  const JsonFilter& filter_;
  const std::string_view text_;
  std::vector<Frame> frames_;
  std::size_t skipped_ = 0;  // open objects and lists, from the outermost one on that is left out
  Json root_;                // null if the filter leaves out all
};

template <class Input>
Json parse(Input&& input, const JsonFilter& filter, std::string_view text) {
  FilteredBuilder builder(filter, text);
  Json::sax_parse(std::forward<Input>(input), &builder);
  return builder.take();
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

// The library takes a NUL byte for the end of the text.
constexpr const char* nul_byte = "a byte of value 0, which no JSON text has";

// Refuses the byte order marks of UTF-16, which other programs write; that of UTF-8 is left out.
void check_encoding(std::string_view beginning) {
  if (beginning.starts_with("\xff\xfe") || beginning.starts_with("\xfe\xff"))
    throw JsonError("text in UTF-16, where JSON is UTF-8");
}

}  // namespace

// It quotes what it read, which may be a megabyte of digits.
std::string json_reason(const Json::exception& error) {
  std::string text = error.what();
  const std::size_t start = text.find("] ");
  if (start != std::string::npos) text.erase(0, start + 2);
  std::ranges::replace(text, '\n', ' ');
  return shortened(text, 200);
}

Json parse_json(std::string_view text, const JsonFilter& filter) {
  check_encoding(text);
  Json value = parse(text, filter, text);
  if (text.find('\0') != std::string_view::npos) throw JsonError(nul_byte);
  return value;
}

Json parse_json(std::istream& stream, const JsonFilter& filter) {
  if (stream.peek() >= 0xfe) {
    std::string beginning{static_cast<char>(stream.get())};
    if (const int second = stream.peek(); second >= 0) beginning += static_cast<char>(second);
    check_encoding(beginning);
    stream.unget();
  }
  Json value = parse(stream, filter, {});
  if (!stream.eof()) throw JsonError(nul_byte);
  return value;
}

Json parse_user_json(std::string_view text, std::string_view place) {
  DuplicateKeyCheck check(place);
  try {
    return parse_json(text, [&](int, Event event, const Json& parsed) { return check(event, parsed); });
  } catch (const JsonError& error) {
    throw UsageError(fmt::format("{}: {}; allowed: JSON (without comments)", place, error.what()));
  }
}

}  // namespace tristab
