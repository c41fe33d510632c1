// The completion script for zsh. It follows zshcompsys(1): _arguments, _describe, _files.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "completion_scripts.h"
#include "vocabulary.h"

namespace tristab {
namespace {

// The part that is the same for every table.
constexpr const char* engine = R"(
# Completes names of the kind $1; $2 is "list" where commas may stand between them.
_tristab_complete_names() {
  local -a entries
  [[ $2 == list ]] && compset -P '*,'
  if [[ $PREFIX == *:* ]]; then
    _tristab_settings $1 ${PREFIX%%:*}
    compset -P '*:'
    _describe -t parameters parameter entries -S ''
    return
  fi
  _tristab_names $1
  if [[ $2 == list ]]; then
    _describe -t $1 "$1, with commas between them" entries -qS ,
  else
    _describe -t $1 $1 entries
  fi || { [[ $1 == kernels ]] && _files -g '*.json(-.)' }
}

# Completes an entry of the kind that stands before.
_tristab_complete_entry() {
  local -a kinds entries
  kinds=(${(M)argv:#[a-z]*})
  _tristab_names $kinds[-1]
  _describe -t names name entries
}

# Completes parameters of the names typed so far, $typed; the arguments are their kinds.
_tristab_complete_settings() {
  local word kind
  local -a entries all
  for word in $typed; do
    [[ $word == --*=* ]] && word=${word#*=}
    for kind in "$@"; do
      _tristab_settings $kind ${word%%:*}
      all+=($entries)
    done
  done
  entries=($all)
  _describe -t parameters parameter entries -S ''
}

_tristab() {
  local curcontext=$curcontext state
  local -a line typed
  typeset -A opt_args
  _arguments -C $_tristab_program_options '1: :->command' '*:: :->rest'
  case $state in
    command)
      _describe -t commands command _tristab_commands
      ;;
    rest)
      typed=(${words[2,CURRENT-1]})
      curcontext=${curcontext%:*:*}:tristab-$words[1]:
      _tristab_command $words[1]
      ;;
  esac
}

if [[ $funcstack[1] == _tristab ]]; then
  _tristab "$@"
else
  compdef _tristab tristab
fi
)";

// Text in the brackets or after the colon of a specification.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

// "methods:_tristab_complete_names methods list", what stands after an option in a specification.
std::string action_of(const OptionEntry& option, const CommandEntry& command) {
  const ValueType& value = option.value;
  const std::string message = escaped(option.positional ? option.names.front() : value.shown);
  std::string action = " ";
  switch (value.kind) {
    case ValueType::Kind::free:
      break;
    case ValueType::Kind::choice:
      action = fmt::format("({})", fmt::join(value.words, " "));
      break;
    case ValueType::Kind::names:
      action =
          fmt::format("{{_tristab_complete_names {} {}}}", value.vocabulary, value.list ? "list" : "one");
      break;
    case ValueType::Kind::entry:
      action = "{_tristab_complete_entry $typed}";
      break;
    case ValueType::Kind::settings:
      action = fmt::format("{{_tristab_complete_settings {}}}", fmt::join(vocabularies_used(command), " "));
      break;
    case ValueType::Kind::file:
      action = value.words.empty() ? "_files"
                                   : fmt::format("{{_files -g \"*.({})(-.)\"}}", fmt::join(value.words, "|"));
      break;
    case ValueType::Kind::directory:
      action = "_files -/";
      break;
  }
  return fmt::format("{}:{}", message, action);
}

// One specification for each name of an option, which then excludes the others.
std::string specifications(const CommandEntry& command) {
  std::string text;
  int position = 0;
  for (const OptionEntry& option : command.options) {
    if (option.positional) {
      const std::string place = option.repeated ? "*" : std::to_string(++position);
      text += fmt::format(" \\\n        {}",
                          shell_quoted(fmt::format("{}:{}", place, action_of(option, command))));
      continue;
    }
    for (const std::string& name : option.names) {
      const std::string tail = fmt::format("[{}]", escaped(option.help));
      const bool is_long = name.starts_with("--");
      text += fmt::format(
          " \\\n        {}",
          shell_quoted(fmt::format(
              "({}){}{}{}", fmt::join(option.names, " "), name, option.flag ? "" : (is_long ? "=" : "+"),
              option.flag ? tail : fmt::format("{}:{}", tail, action_of(option, command)))));
    }
  }
  return text;
}

// "name:what it is" for _describe.
std::string described(const std::string& name, const std::string& what) {
  return shell_quoted(what.empty() ? escaped(name) : fmt::format("{}:{}", escaped(name), what));
}

std::string names_function(const std::vector<Vocabulary>& all) {
  std::string text = "\n# Sets `entries` to the names of a kind.\n_tristab_names() {\n  case $1 in\n";
  for (const Vocabulary& vocabulary : all) {
    text += fmt::format("    {})\n      entries=(", vocabulary.kind);
    for (const VocabularyEntry& entry : vocabulary.entries) {
      text += fmt::format("\n        {}", described(entry.name, entry.summary));
    }
    text += "\n      )\n      ;;\n";
  }
  return text + "    *) entries=() ;;\n  esac\n}\n";
}

std::string settings_function() {
  std::string text =
      "\n# Sets `entries` to the parameters of a kind's name.\n_tristab_settings() {\n  case $1:$2 in\n";
  for (const SharedSettings& shared : shared_settings()) {
    text += fmt::format("    {})\n      entries=(", fmt::join(shared.names, "|"));
    for (const SettingWord& word : shared.settings) {
      text += fmt::format("\n        {}", described(word.text, word.help));
    }
    text += "\n      )\n      ;;\n";
  }
  return text + "    *) entries=() ;;\n  esac\n}\n";
}

}  // namespace

std::string zsh_completion(const CommandTable& table) {
  std::vector<Vocabulary> all = vocabularies();
  all.push_back(table_metrics());
  std::string text = "#compdef tristab\n# zsh completion for tristab, made by: tristab completion zsh\n";
  text += "\ntypeset -ga _tristab_commands _tristab_program_options\n_tristab_commands=(";
  for (const CommandEntry& command : table.commands) {
    text += fmt::format("\n  {}", described(command.name, command.summary));
  }
  text += fmt::format("\n)\n_tristab_program_options=({})\n", specifications(table.program));
  text += names_function(all) + settings_function();
  text += "\n# Completes the words of a command.\n_tristab_command() {\n  case $1 in\n";
  for (const CommandEntry& command : table.commands) {
    text += fmt::format("    {})\n      _arguments -S{}\n      ;;\n", command.name, specifications(command));
  }
  return text + "  esac\n}\n" + engine;
}

}  // namespace tristab
