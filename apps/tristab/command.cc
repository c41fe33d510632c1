#include "command.h"

#include <fmt/format.h>

#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/sweep/config_text.h"

namespace tristab {

namespace {

std::vector<std::string> names_of_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

bool is_option(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

}  // namespace

void refuse_words_before_commands(const CLI::App& program) {
  const std::vector<std::string> leftovers = program.remaining();
  if (leftovers.empty()) return;
  const std::string& word = leftovers.front();
  if (is_option(word)) {
    throw_unknown_name(program.get_name(), "option", word.substr(0, word.find('=')),
                       names_of_options(program));
  }
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands({})) names.push_back(command->get_name());
  throw_unknown_name(program.get_name(), "command", word, names);
}

void refuse_leftovers(const CLI::App& command) {
  if (const CLI::App* program = command.get_parent(); program != nullptr) {
    refuse_words_before_commands(*program);
  }
  const std::vector<std::string> leftovers = command.remaining();
  if (leftovers.empty()) return;
  const std::string place = fmt::format("tristab {}", command.get_name());
  for (const std::string& word : leftovers) {
    if (!is_option(word)) continue;
    throw_unknown_name(place, "option", word.substr(0, word.find('=')), names_of_options(command));
  }
  throw UsageError(
      fmt::format("{}: found '{}' after all that the command takes; allowed: see tristab {} --help", place,
                  leftovers.front(), command.get_name()));
}

std::int64_t whole_number(std::string_view option, const std::string& text, std::int64_t minimum,
                          std::int64_t maximum) {
  const Json value = parse_scalar(text);
  const bool whole = value.is_number() && std::trunc(value.get<double>()) == value.get<double>();
  if (!whole || value.get<double>() < static_cast<double>(minimum) ||
      value.get<double>() > static_cast<double>(maximum)) {
    throw UsageError(
        fmt::format("{}: found '{}'; allowed: a whole number from {} to {}", option, text, minimum, maximum));
  }
  return value.get<std::int64_t>();
}

std::vector<int> sizes_of(std::string_view option, const std::string& text, int minimum, int maximum) {
  std::vector<int> sizes;
  for (const std::int64_t n : expand_axis(Json(split_list(text, option)), minimum, maximum, option)) {
    sizes.push_back(static_cast<int>(n));
  }
  return sizes;
}

Json key_values(const std::vector<std::string>& words, std::string_view place) {
  Json object = Json::object();
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError(fmt::format("{}: found '{}'; allowed: parameters as key=value", place, word));
    }
    const std::string key = word.substr(0, equals);
    if (object.contains(key))
      throw UsageError(fmt::format("{}: {} is given twice; allowed: once", place, key));
    const std::string value = word.substr(equals + 1);
    object[key] = key == "path" ? Json(value) : parse_scalar(value);
  }
  return object;
}

int job_count(const std::string& text) {
  return text.empty() ? 0 : static_cast<int>(whole_number("--jobs", text, 1, 1024));
}

}  // namespace tristab
