// Parameters of families, methods and arithmetics. A parameter is declared once, in a table; validation, defaults,
// listings and the parameter objects of the result file follow from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/json_value.h"

namespace tristab {

// One row of a parameter table.
struct Parameter {
  enum class Kind { integer, real, boolean, choice, text, nested };
  // What changes with its value: what is computed; only the order in which sums and products are taken, or the
  // instruction that takes them; or nothing, for other parameters give the same setting.
  enum class Effect { formula, order, name };
  std::string name;
  Kind kind = Kind::integer;
  JsonValue default_value;           // null: the parameter may be absent (then settings have no such key)
  std::string help;                  // one line: meaning and unit
  double minimum = 0, maximum = 0;   // closed range of integer and real
  std::vector<std::string> choices;  // of choice
  bool automatic = false;            // an integer or real that also takes "auto"
  Effect effect = Effect::formula;

  static Parameter integer(std::string name, JsonValue default_value, double minimum, double maximum, std::string help);
  static Parameter real(std::string name, JsonValue default_value, double minimum, double maximum, std::string help);
  static Parameter boolean(std::string name, JsonValue default_value, std::string help);
  static Parameter choice(std::string name, JsonValue default_value, std::vector<std::string> choices,
                          std::string help);
  static Parameter text(std::string name, JsonValue default_value, std::string help);
  // A name with its own parameters ({"method": "mxr", "block": 8} or "mxr"); the owner checks it.
  static Parameter nested(std::string name, JsonValue default_value, std::string help);

  Parameter with_effect(Effect effect) const;

  // "an integer from 1 to 256", "axpy | dot", "text": what the parameter allows, for messages and listings.
  std::string allowed() const;
};

// Validated values of a parameter table, with defaults filled in. Reading a name that is not in the table is a bug and
// throws std::logic_error.
class Settings {
 public:
  Settings();                           // none
  explicit Settings(JsonValue values);  // an object

  std::int64_t integer(std::string_view name) const;
  double real(std::string_view name) const;
  bool flag(std::string_view name) const;
  const std::string& text(std::string_view name) const;
  const Json& at(std::string_view name) const;
  bool has(std::string_view name) const;           // present and not null
  bool is_automatic(std::string_view name) const;  // holds "auto"

  const Json& json() const { return values_; }
  const std::string& json_text() const { return values_.text(); }
  bool operator==(const Settings&) const = default;

 private:
  JsonValue values_;
};

// Checks `given` (an object) against the table and fills in defaults. `owner` names what the parameters belong to
// ("method mxr"); `place` is the file and JSON path, or the option. Throws UsageError with the place, what was found,
// what is allowed and the nearest name.
Settings complete_settings(std::span<const Parameter> table, const Json& given, std::string_view owner,
                           std::string_view place);

// Checks one value of a parameter: whole numbers become integers, "on" and "off" booleans. `place` names the value.
Json checked_value(const Parameter& parameter, const Json& value, std::string_view place);

// Of one thing of a list, and of a list as a whole. Every one of them takes about a kilobyte.
inline constexpr std::uint64_t most_settings = 100000;

// The Cartesian product over the values of `given` that are lists: {"block": [8, 16]} -> two settings. Keys are taken
// in alphabetical order; the last one varies fastest. Also expands ranges "16:256:*2" and "16:128:16" of integer
// parameters. An empty list is a UsageError, and so are more than `most_settings`: they are counted before they are
// made.
std::vector<Settings> expand_settings(std::span<const Parameter> table, const Json& given, std::string_view owner,
                                      std::string_view place);

// "16:256:*2" -> 16, 32, 64, 128, 256; "16:128:16"; "64"; a JSON number; a JSON list of these. Values outside [minimum,
// maximum], an empty axis, and a range that never ends are UsageErrors.
std::vector<std::int64_t> expand_axis(const Json& axis, std::int64_t minimum, std::int64_t maximum,
                                      std::string_view place);

// A name with parameters as typed on a command line: "mxr:block=8:last=kept", a list of values separated by '/'
// ("block=8/16", except in `path`), or JSON text that starts with '{'. A value in parentheses is text, with any
// separators ("diagonal=(row-substitution:order=dot)"). Returns {key: "mxr", "block": 8}. `key` is "method", "family".
Json parse_inline(std::string_view text, std::string_view key, std::string_view place);

// Reads a value typed on a command line: true, false, null, numbers, JSON lists; everything else is text.
Json parse_scalar(std::string_view text);

// What a registry entry says about itself in `tristab list`.
struct Description {
  std::string name;
  std::string summary;  // one line
  std::string formula;  // what it computes, in the notation of the source
  std::string source;   // paper and section, or URL
  std::vector<Parameter> parameters;
};

}  // namespace tristab
