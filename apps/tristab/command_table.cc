#include "command_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace tristab {
namespace {

// The first line, and the rest.
std::pair<std::string, std::string> first_line_and_rest(const std::string& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) return {text, ""};
  return {text.substr(0, end), text.substr(end + 1)};
}

OptionEntry option_entry(const CLI::Option& option) {
  OptionEntry entry;
  entry.positional = option.get_positional();
  entry.flag = option.get_items_expected_max() == 0;
  entry.repeated = option.get_expected_max() > 1;
  entry.group = option.get_group();
  std::tie(entry.help, entry.details) = first_line_and_rest(option.get_description());
  if (!entry.flag) entry.value = value_type_of(option.get_type_name());
  if (entry.positional) {
    entry.names = {option.get_name(true, false)};
    entry.usage = option.get_option_text().empty() ? entry.names.front() : option.get_option_text();
    return entry;
  }
  for (const std::string& name : option.get_snames()) entry.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) entry.names.push_back("--" + name);
  return entry;
}

}  // namespace

CommandEntry command_entry(const CLI::App& command) {
  CommandEntry entry;
  entry.name = command.get_name();
  std::tie(entry.summary, entry.details) = first_line_and_rest(command.get_description());
  for (const CLI::Option* option : command.get_options()) entry.options.push_back(option_entry(*option));
  if (const CLI::App* program = command.get_parent(); program != nullptr) {
    for (OptionEntry& option : entry.options) {
      option.inherited = !option.positional && option.names.back() != "--help" &&
                         program->get_option_no_throw(option.names.back()) != nullptr;
    }
  }
  std::stable_partition(entry.options.begin(), entry.options.end(),
                        [](const OptionEntry& option) { return option.positional; });
  std::string rest = command.get_footer();
  while (!rest.empty()) {
    std::string line;
    std::tie(line, rest) = first_line_and_rest(rest);
    if (!line.empty()) entry.examples.push_back(line);
  }
  return entry;
}

CommandTable command_table(const CLI::App& program) {
  CommandTable table;
  table.program = command_entry(program);
  for (const CLI::App* command : program.get_subcommands({})) {
    table.commands.push_back(command_entry(*command));
  }
  return table;
}

std::string option_synopsis(const OptionEntry& option, bool every_name) {
  std::string text;
  bool has_long = false;
  for (const std::string& name : option.names) {
    const bool is_long = name.starts_with("--");
    if (is_long && has_long && !every_name) continue;
    has_long = has_long || is_long;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
  }
  if (!option.flag && !option.positional) text += fmt::format(" {}", option.value.shown);
  if (option.positional && option.repeated) text += " ...";
  return text;
}

std::string command_synopsis(const CommandEntry& command) {
  std::string text = command.name == "tristab" ? "tristab" : fmt::format("tristab {}", command.name);
  for (const OptionEntry& option : command.options) {
    if (option.positional) text += fmt::format(" {}", option.usage);
  }
  const bool options = std::any_of(command.options.begin(), command.options.end(), [](const OptionEntry& o) {
    return !o.positional && !o.inherited && o.names.back() != "--help";
  });
  return options ? fmt::format("{} [OPTIONS]", text) : text;
}

std::vector<std::string> vocabularies_used(const CommandEntry& command) {
  std::vector<std::string> kinds;
  for (const OptionEntry& option : command.options) {
    const std::string& kind = option.value.vocabulary;
    if (kind.empty() || std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) continue;
    kinds.push_back(kind);
  }
  return kinds;
}

}  // namespace tristab
