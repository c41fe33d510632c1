// Parses a command line by the option table. Only this file includes CLI11, which takes longer to compile than all
// others together.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "command.h"
#include "tristab/base/errors.h"
#include "tristab/base/file_ledger.h"

namespace tristab {
namespace {

// What was typed for the options of a command, in their order.
using Typed = std::vector<std::vector<std::string>>;

// Rewords what CLI11 found: "--jobs: 1 required N missing".
std::string finding(const std::string& text) {
  const std::string option = text.substr(0, text.find(':'));
  if (text.ends_with(" missing")) return fmt::format("found nothing after {}", option);
  if (text.find("At Most 1 required") != std::string::npos) return fmt::format("found {} twice", option);
  return text;
}

bool is_option(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

std::vector<std::string> option_names(const Command& command) {
  std::vector<std::string> names{"--help"};
  if (command.place() == command.name()) names.emplace_back("--version");  // of the program
  for (const OptionEntry& option : command.options()) {
    if (!option.positional) names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

[[noreturn]] void refuse_option(const Command& command, const std::string& word) {
  throw_unknown_name(command.place(), "option", word.substr(0, word.find('=')), option_names(command));
}

// Refuses words that the command does not understand.
void refuse_leftovers(const Command& command, const std::vector<std::string>& leftovers) {
  if (leftovers.empty()) return;
  for (const std::string& word : leftovers) {
    if (is_option(word)) refuse_option(command, word);
  }
  refuse(command.place(), fmt::format("'{}', one word too many", leftovers.front()),
         fmt::format("see {} --help", command.place()));
}

void refuse_words_before_commands(const Program& program, const std::vector<std::string>& leftovers) {
  if (leftovers.empty()) return;
  if (is_option(leftovers.front())) refuse_option(program.self, leftovers.front());
  std::vector<std::string> names;
  for (const Command& command : program.commands) {
    if (!command.summary().empty()) names.push_back(command.name());
  }
  throw_unknown_name("tristab", "command", leftovers.front(), names);
}

void declare(const Command& command, CLI::App& app, Typed& typed) {
  typed.resize(command.options().size());
  for (std::size_t k = 0; k < command.options().size(); ++k) {
    const OptionEntry& entry = command.options()[k];
    std::string names;
    for (const std::string& name : entry.names) names += (names.empty() ? "" : ",") + name;
    if (entry.flag) {
      app.add_flag_callback(names, [&typed, k] { typed[k].emplace_back(); });
    } else {
      CLI::Option* option = app.add_option(names, typed[k]);
      if (!entry.repeated) option->expected(1)->allow_extra_args(false);
    }
  }
  app.allow_extras();
}

// Gives each option what was typed for it, in the order of the declarations.
void take(Command& command, const Typed& typed) {
  for (std::size_t k = 0; k < typed.size(); ++k) {
    if (typed[k].empty()) continue;
    const OptionEntry& option = command.options()[k];
    command.note_given(k);
    option.take(typed[k]);
    if (option.value.kind != ValueType::Kind::file) continue;
    const std::string& path = typed[k].back();
    if (path.empty()) continue;
    if (!option.writes) {
      note_input(path);
    } else if (!names_standard_output(path)) {
      note_output(path, option.names.front());
    }
  }
}

}  // namespace

bool run_command_line(Program& program, const std::string& version, int count, char** arguments) {
  CLI::App app("", "tristab");
  app.set_version_flag("--version", version);
  app.require_subcommand(0, 1);
  Typed typed_before;
  declare(program.self, app, typed_before);
  std::vector<Typed> typed(program.commands.size());
  std::vector<CLI::App*> apps;
  for (std::size_t k = 0; k < program.commands.size(); ++k) {
    apps.push_back(app.add_subcommand(program.commands[k].name(), ""));
    declare(program.commands[k], *apps.back(), typed[k]);
  }
  try {
    app.parse(count, arguments);
  } catch (const CLI::CallForHelp&) {
    const auto chosen = std::ranges::find_if(apps, [](const CLI::App* each) { return each->parsed(); });
    fmt::print("{}", chosen == apps.end()
                         ? help_text(program)
                         : help_text(program.commands[static_cast<std::size_t>(chosen - apps.begin())]));
    return false;
  } catch (const CLI::CallForVersion&) {
    fmt::print("{}\n", version);
    return false;
  } catch (const CLI::ParseError& error) {
    std::string place = "tristab";
    for (const CLI::App* command : app.get_subcommands()) place += " " + command->get_name();
    throw UsageError(fmt::format("{}: {}; allowed: see {} --help", place, finding(error.what()), place));
  }
  refuse_words_before_commands(program, app.remaining());
  take(program.self, typed_before);
  for (std::size_t k = 0; k < apps.size(); ++k) {
    if (!apps[k]->parsed()) continue;
    Command& command = program.commands[k];
    refuse_leftovers(command, apps[k]->remaining());
    take(command, typed[k]);
    command.action()(command);
    return true;
  }
  fmt::print("{}", help_text(program));
  return false;
}

}  // namespace tristab
