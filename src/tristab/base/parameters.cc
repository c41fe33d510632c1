#include "tristab/base/parameters.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <stdexcept>

#include "tristab/base/errors.h"
#include "tristab/base/json_reader.h"

namespace tristab {
namespace {

std::string type_name(const Json& value) {
  if (value.is_number_integer()) return "an integer";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "text";
  if (value.is_boolean()) return "true or false";
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  return "null";
}

[[noreturn]] void wrong_value(const Parameter& parameter, const Json& value, std::string_view place) {
  std::string hint;
  if (parameter.kind == Parameter::Kind::choice && value.is_string()) {
    const std::string nearest = nearest_name(value.get_ref<const std::string&>(), parameter.choices);
    if (!nearest.empty()) hint = fmt::format("; did you mean '{}'?", nearest);
  }
  refuse(place, fmt::format("{} ({}){}", quoted(value), type_name(value), hint), parameter.allowed());
}

// Whether a number is whole, however it is written (16 or 16.0).
bool whole(const Json& value) {
  if (value.is_number_integer()) return true;
  return value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>() &&
         std::fabs(value.get<double>()) < 9e15;
}

std::vector<std::string> names_of(std::span<const Parameter> table) {
  std::vector<std::string> names;
  for (const Parameter& parameter : table) names.push_back(parameter.name);
  return names;
}

const Parameter& find(std::span<const Parameter> table, const std::string& name, std::string_view owner,
                      std::string_view place) {
  for (const Parameter& parameter : table) {
    if (parameter.name == name) return parameter;
  }
  if (table.empty()) {
    throw UsageError(fmt::format("{}: {} takes no parameters, found '{}'", place, owner, shortened(name)));
  }
  throw_unknown_name(place, fmt::format("parameter of {}", owner), name, names_of(table));
}

// A range "first:last:step" or "first:last:*factor" typed as text.
std::vector<std::int64_t> parse_range(std::string_view text, std::string_view place) {
  const auto number = [&](std::string_view part) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc{} || end != part.data() + part.size() || part.empty()) {
      refuse(place, fmt::format("'{}'", text),
             "a whole number, a list of them, or a range first:last:step or first:last:*factor");
    }
    return value;
  };
  const std::size_t first_colon = text.find(':');
  if (first_colon == std::string_view::npos) return {number(text)};
  const std::size_t second_colon = text.find(':', first_colon + 1);
  const std::int64_t first = number(text.substr(0, first_colon));
  const std::int64_t last =
      number(text.substr(first_colon + 1, second_colon == std::string_view::npos ? std::string_view::npos
                                                                                 : second_colon - first_colon - 1));
  std::string_view step_text = second_colon == std::string_view::npos ? "1" : text.substr(second_colon + 1);
  const bool geometric = !step_text.empty() && step_text.front() == '*';
  if (geometric) step_text.remove_prefix(1);
  const std::int64_t step = number(step_text);
  if (step < (geometric ? 2 : 1) || (geometric && first < 1)) {
    throw UsageError(
        fmt::format("{}: the range '{}' never ends; allowed: a step of at least 1 or a factor of at least "
                    "*2 from a first value of at least 1",
                    place, shortened(text)));
  }
  if (first > last) {
    throw UsageError(fmt::format("{}: the range '{}' is empty; allowed: first <= last", place, shortened(text)));
  }
  // Neither last - first nor the value after the last one may fit in 64 bits.
  if (!geometric &&
      (static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first)) / static_cast<std::uint64_t>(step) >=
          most_settings) {
    throw UsageError(fmt::format("{}: the range '{}' has more than {} values", place, shortened(text), most_settings));
  }
  std::vector<std::int64_t> values{first};
  while (geometric ? values.back() <= last / step : step <= last - values.back())
    values.push_back(geometric ? values.back() * step : values.back() + step);
  return values;
}

// The parts of a text between separators that are not inside brackets: "mxr:base=(neumann:terms=4)" has two.
std::vector<std::string_view> split_outside_brackets(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
    if (c != separator || depth > 0) continue;
    parts.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

// A value of a label; one in parentheses is text, such as the label of a method inside another.
Json inline_value(std::string_view text, bool is_path) {
  if (text.starts_with('(') && text.ends_with(')') && text.size() > 1)
    return std::string(text.substr(1, text.size() - 2));
  return is_path ? Json(std::string(text)) : parse_scalar(text);
}

}  // namespace

Json checked_value(const Parameter& parameter, const Json& value, std::string_view place) {
  using Kind = Parameter::Kind;
  if (parameter.automatic && value == "auto") return value;
  switch (parameter.kind) {
    case Kind::integer:
    case Kind::real: {
      const bool integral = parameter.kind == Kind::integer;
      if (!value.is_number() || (integral && !whole(value))) wrong_value(parameter, value, place);
      const double number = value.get<double>();
      if (!(number >= parameter.minimum && number <= parameter.maximum)) wrong_value(parameter, value, place);
      if (!integral) return number;
      const auto integer = static_cast<std::int64_t>(number);
      if (value.is_number_integer() && value != integer) wrong_value(parameter, value, place);  // double rounded it
      return integer;
    }
    case Kind::boolean:
      if (value == "on" || value == "off") return value == "on";
      if (!value.is_boolean()) wrong_value(parameter, value, place);
      return value;
    case Kind::choice: {
      // 2 typed on a command line is read as a number, but the choice "2" is text.
      Json text = value.is_number_integer() ? Json(value.dump()) : value;
      for (const std::string& choice : parameter.choices) {
        if (text == choice) return text;
      }
      wrong_value(parameter, value, place);
    }
    case Kind::text:
      if (!value.is_string()) wrong_value(parameter, value, place);
      return value;
    case Kind::nested:
      if (!value.is_string() && !value.is_object()) wrong_value(parameter, value, place);
      return value;
  }
  throw std::logic_error("parameter of an unknown kind");
}

Parameter Parameter::integer(std::string name, JsonValue default_value, double minimum, double maximum,
                             std::string help) {
  return {std::move(name), Kind::integer, std::move(default_value), std::move(help), minimum, maximum, {}, false};
}
Parameter Parameter::real(std::string name, JsonValue default_value, double minimum, double maximum, std::string help) {
  return {std::move(name), Kind::real, std::move(default_value), std::move(help), minimum, maximum, {}, false};
}
Parameter Parameter::boolean(std::string name, JsonValue default_value, std::string help) {
  return {std::move(name), Kind::boolean, std::move(default_value), std::move(help), 0, 0, {}, false};
}
Parameter Parameter::choice(std::string name, JsonValue default_value, std::vector<std::string> choices,
                            std::string help) {
  return {std::move(name), Kind::choice, std::move(default_value), std::move(help), 0, 0, std::move(choices), false};
}
Parameter Parameter::text(std::string name, JsonValue default_value, std::string help) {
  return {std::move(name), Kind::text, std::move(default_value), std::move(help), 0, 0, {}, false};
}
Parameter Parameter::nested(std::string name, JsonValue default_value, std::string help) {
  return {std::move(name), Kind::nested, std::move(default_value), std::move(help), 0, 0, {}, false};
}

Parameter Parameter::with_effect(Effect given) const {
  Parameter parameter = *this;
  parameter.effect = given;
  return parameter;
}

std::string Parameter::allowed() const {
  std::string text;
  switch (kind) {
    case Kind::integer:
      text = fmt::format("an integer from {} to {}", minimum, maximum);
      break;
    case Kind::real:
      text = fmt::format("a number from {} to {}", minimum, maximum);
      break;
    case Kind::boolean:
      text = "true | false";
      break;
    case Kind::choice:
      text = fmt::format("{}", fmt::join(choices, " | "));
      break;
    case Kind::text:
      text = "text";
      break;
    case Kind::nested:
      text = "a name, or an object with a name and its parameters";
      break;
  }
  return automatic ? text + ", or auto" : text;
}

Settings::Settings() {
  static const JsonValue none(Json::object());
  values_ = none;
}
Settings::Settings(JsonValue values) : values_(std::move(values)) {}

const Json& Settings::at(std::string_view name) const {
  const auto found = json().find(name);
  if (found == json().end()) throw std::logic_error(fmt::format("no setting is called '{}'", name));
  return *found;
}
std::int64_t Settings::integer(std::string_view name) const { return at(name).get<std::int64_t>(); }
double Settings::real(std::string_view name) const { return at(name).get<double>(); }
bool Settings::flag(std::string_view name) const { return at(name).get<bool>(); }
const std::string& Settings::text(std::string_view name) const { return at(name).get_ref<const std::string&>(); }
bool Settings::has(std::string_view name) const {
  const auto found = json().find(name);
  return found != json().end() && !found->is_null();
}
bool Settings::is_automatic(std::string_view name) const { return at(name) == "auto"; }

Settings complete_settings(std::span<const Parameter> table, const Json& given, std::string_view owner,
                           std::string_view place) {
  Json values = Json::object();
  for (const auto& [name, value] : given.items()) {
    const Parameter& parameter = find(table, name, owner, place);
    if (value.is_null() && parameter.default_value.is_null()) continue;
    values[name] = checked_value(parameter, value, fmt::format("{}.{}", place, name));
    // A default that is given has the identity of the default: 0.0 is 0.
    if (values[name] == parameter.default_value.json()) values[name] = parameter.default_value.json();
  }
  for (const Parameter& parameter : table) {
    if (!values.contains(parameter.name) && !parameter.default_value.is_null()) {
      values[parameter.name] = parameter.default_value.json();
    }
  }
  return Settings(std::move(values));
}

std::vector<Settings> expand_settings(std::span<const Parameter> table, const Json& given, std::string_view owner,
                                      std::string_view place) {
  std::vector<std::pair<std::string, std::vector<Json>>> axes;
  std::uint64_t count = 1;
  for (const auto& [name, value] : given.items()) {
    const Parameter& parameter = find(table, name, owner, place);
    const std::string value_place = fmt::format("{}.{}", place, name);
    std::vector<Json> axis;
    const bool range = parameter.kind == Parameter::Kind::integer && value.is_string() &&
                       value.get_ref<const std::string&>().find(':') != std::string::npos;
    if (range) {
      for (const std::int64_t step : parse_range(value.get_ref<const std::string&>(), value_place))
        axis.emplace_back(step);
    } else if (value.is_array()) {
      if (value.empty()) {
        throw UsageError(
            fmt::format("{}: the list is empty; allowed: {}, or a list of these", value_place, parameter.allowed()));
      }
      for (std::size_t i = 0; i < value.size(); ++i) axis.push_back(value[i]);
    } else {
      axis.push_back(value);
    }
    count *= axis.size();
    if (count > most_settings)
      refuse(place, fmt::format("{} settings or more", count), fmt::format("at most {} of one item", most_settings));
    axes.emplace_back(name, std::move(axis));
  }
  std::vector<Json> combinations{Json::object()};
  for (const auto& [name, axis] : axes) {
    std::vector<Json> next;
    next.reserve(combinations.size() * axis.size());
    for (const Json& combination : combinations) {
      for (const Json& step : axis) {
        next.push_back(combination);
        next.back()[name] = step;
      }
    }
    combinations = std::move(next);
  }
  std::vector<Settings> expanded;
  expanded.reserve(combinations.size());
  for (const Json& combination : combinations) {
    expanded.push_back(complete_settings(table, combination, owner, place));
  }
  return expanded;
}

std::vector<std::int64_t> expand_axis(const Json& axis, std::int64_t minimum, std::int64_t maximum,
                                      std::string_view place) {
  std::vector<std::int64_t> values;
  const auto append = [&](const Json& item, const std::string& item_place) {
    if (item.is_number() && whole(item)) {
      const auto number = item.get<double>();
      if (number < static_cast<double>(minimum) || number > static_cast<double>(maximum))
        refuse(item_place, quoted(item), fmt::format("{} to {}", minimum, maximum));
      values.push_back(static_cast<std::int64_t>(number));
    } else if (item.is_string()) {
      for (const std::int64_t value : parse_range(item.get_ref<const std::string&>(), item_place)) {
        if (value < minimum || value > maximum)
          refuse(place, std::to_string(value), fmt::format("{} to {}", minimum, maximum));
        values.push_back(value);
      }
    } else {
      refuse(item_place, fmt::format("{} ({})", quoted(item), type_name(item)),
             "a whole number, a list of them, or a range first:last:step or first:last:*factor");
    }
  };
  if (axis.is_array()) {
    for (std::size_t i = 0; i < axis.size(); ++i) append(axis[i], fmt::format("{}[{}]", place, i));
  } else {
    append(axis, std::string(place));
  }
  if (values.empty()) {
    throw UsageError(
        fmt::format("{}: the axis is empty; allowed: at least one value from {} to {}", place, minimum, maximum));
  }
  return values;
}

Json parse_scalar(std::string_view text) {
  try {
    Json value = parse_json(text);
    return value.is_object() ? Json(std::string(text)) : value;
  } catch (const JsonError&) {
    return std::string(text);
  }
}

Json parse_inline(std::string_view text, std::string_view key, std::string_view place) {
  if (!text.empty() && text.front() == '{') return parse_user_json(text, place);
  Json object = Json::object();
  const std::vector<std::string_view> parts = split_outside_brackets(text, ':');
  if (parts.front().empty()) refuse(place, fmt::format("no name in '{}'", text), "name:key=value:key=value");
  object[std::string(key)] = std::string(parts.front());
  for (const std::string_view part : std::span(parts).subspan(1)) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0)
      refuse(place, fmt::format("'{}' in '{}'", part, text), "name:key=value:key=value");
    const std::string name(part.substr(0, equals));
    const std::string_view value = part.substr(equals + 1);
    if (object.contains(name)) refuse(place, fmt::format("'{}' twice in '{}'", name, text), "each parameter once");
    // A path keeps its slashes.
    const std::vector<std::string_view> values =
        name == "path" ? std::vector{value} : split_outside_brackets(value, '/');
    Json list = Json::array();
    for (const std::string_view each : values) list.push_back(inline_value(each, name == "path"));
    object[name] = list.size() == 1 ? list.front() : list;
  }
  return object;
}

}  // namespace tristab
