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
  if (command.place() == command.name()) names.insert(names.end(), {"--version", "-V"});  // of the program
  for (const OptionEntry& option : command.options()) {
    if (!option.positional) names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

[[noreturn]] void refuse_option(const Command& command, const std::string& word) {
  throw_unknown_name(command.place(), "option", word.substr(0, word.find('=')), option_names(command));
}

// Refuses words that the command does not understand. Behind "--", which is left over too, no word is an option.
void refuse_leftovers(const Command& command, std::vector<std::string> leftovers) {
  const auto end_of_options = std::ranges::find(leftovers, "--");
  for (auto word = leftovers.begin(); word != end_of_options; ++word) {
    if (is_option(*word)) refuse_option(command, *word);
  }
  if (end_of_options != leftovers.end()) leftovers.erase(end_of_options);
  if (leftovers.empty()) return;
  refuse(command.place(), fmt::format("'{}', one word too many", leftovers.front()),
         fmt::format("see {} --help", command.place()));
}

[[noreturn]] void refuse_command(const Program& program, const std::string& word, std::string_view place) {
  std::vector<std::string> names;
  for (const Command& command : program.commands) {
    if (!command.summary().empty()) names.push_back(command.name());
  }
  throw_unknown_name(place, "command", word, names);
}

// `words` are all that was typed: what CLI11 found too much behind "--" is left over here too.
void refuse_words_before_commands(const Program& program, const std::vector<std::string>& leftovers,
                                  const std::vector<std::string>& words) {
  if (leftovers.empty() || leftovers == std::vector<std::string>{"--"}) return;
  if (std::find(std::ranges::find(words, "--"), words.end(), leftovers.front()) != words.end())
    refuse(program.self.place(), fmt::format("'{}', one word too many", leftovers.front()), "see tristab --help");
  if (is_option(leftovers.front())) refuse_option(program.self, leftovers.front());
  refuse_command(program, leftovers.front(), "tristab");
}

// "help" and "version" as first words are other spellings of options: "help sweep" is "sweep --help".
std::vector<std::string> spelt_as_options(const Program& program, std::vector<std::string> words) {
  if (words.empty() || (words.front() != "help" && words.front() != "version")) return words;
  const std::string option = "--" + words.front();
  if (words.size() == 1) return {option};
  if (option == "--version" || words.size() > 2 || is_option(words[1]))
    refuse(fmt::format("tristab {}", words.front()), fmt::format("'{}'", words.size() > 2 ? words[2] : words[1]),
           option == "--help" ? "one command, or nothing" : "nothing behind it");
  if (std::ranges::find(program.commands, words[1], &Command::name) == program.commands.end())
    refuse_command(program, words[1], "tristab help");
  return {words[1], option};
}

// The name of an option that was typed last; of a positional its own.
std::string typed_name(const OptionEntry& option, const std::vector<std::string>& words) {
  std::string found = option.names.front();
  for (const std::string& word : words) {
    for (const std::string& name : option.names) {
      const bool is_long = name.starts_with("--");
      if (word == name || (is_long ? word.starts_with(name + "=") : name.size() == 2 && word.starts_with(name)))
        found = name;
    }
  }
  return found;
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
      if (entry.repeated && entry.positional) continue;
      option->expected(1)->allow_extra_args(false);
      if (entry.repeated) option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
  app.allow_extras();
}

// Gives each option what was typed for it, in the order of the declarations.
void take(Command& command, const Typed& typed, const std::vector<std::string>& words) {
  for (std::size_t k = 0; k < typed.size(); ++k) {
    if (typed[k].empty()) continue;
    const OptionEntry& option = command.options()[k];
    const std::string name = typed_name(option, words);
    command.note_given(k, name);
    option.take(name, typed[k]);
    if (option.value.kind != ValueType::Kind::file) continue;
    const std::string& path = typed[k].back();
    if (path.empty()) continue;
    if (!option.writes) {
      note_input(path);
    } else if (!names_standard_output(path)) {
      note_output(path, name);
    }
  }
}

}  // namespace

bool run_command_line(Program& program, const std::string& version, int count, char** arguments) {
  CLI::App app("", "tristab");
  app.set_version_flag("-V,--version", version);
  app.require_subcommand(0, 1);
  Typed typed_before;
  declare(program.self, app, typed_before);
  std::vector<Typed> typed(program.commands.size());
  std::vector<CLI::App*> apps;
  const std::vector<std::string> words =
      spelt_as_options(program, std::vector<std::string>(arguments + 1, arguments + std::max(count, 1)));
  for (std::size_t k = 0; k < program.commands.size(); ++k) {
    const Command& command = program.commands[k];
    apps.push_back(app.add_subcommand(command.name(), ""));
    // Only a command that is typed needs its options, and CLI11 takes longer for all of them than a case takes.
    if (std::ranges::find(words, command.name()) != words.end()) declare(command, *apps.back(), typed[k]);
  }
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them from the back
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
  refuse_words_before_commands(program, app.remaining(), words);
  take(program.self, typed_before, words);
  for (std::size_t k = 0; k < apps.size(); ++k) {
    if (!apps[k]->parsed()) continue;
    Command& command = program.commands[k];
    refuse_leftovers(command, apps[k]->remaining());
    take(command, typed[k], words);
    command.action()(command);
    return true;
  }
  fmt::print("{}", help_text(program));
  return false;
}

}  // namespace tristab
