// The completion script for bash. It follows the conventions of bash(1), "Programmable Completion".
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "completion_scripts.h"
#include "vocabulary.h"

namespace tristab {
namespace {

// The part that is the same for every table. `words` are those before the cursor, joined again where readline broke them
// at ':' and '='; replies are then cut as it expects them.
constexpr const char* engine = R"(
# Sets `words` to what may stand after the names in the arguments "KIND NAME:", for every word typed so far.
_tristab_given_settings() {
  local word kind all=()
  for word in "${typed[@]}"; do
    [[ $word == --*=* ]] && word=${word#*=}
    for kind in "$@"; do
      _tristab_settings "$kind" "${word%%:*}"
      all+=("${words[@]}")
    done
  done
  words=("${all[@]}")
}

# Replies with those of `words` that begin with $2, each after $1.
_tristab_reply() {
  local word
  for word in "${words[@]}"; do
    [[ $word == "$2"* ]] && COMPREPLY+=("$1$word")
  done
}

# Replies with files that begin with $2, those with an extension of $3... and directories.
_tristab_reply_files() {
  local path extension head=$1 begin=$2
  shift 2
  while IFS= read -r path; do
    if [[ -d $path || $# -eq 0 ]]; then
      COMPREPLY+=("$head$path")
      continue
    fi
    for extension in "$@"; do
      [[ $path == *".$extension" ]] && COMPREPLY+=("$head$path")
    done
  done < <(compgen -f -- "$begin")
  compopt -o filenames 2>/dev/null
}

# Replies with names of the kind $3 that complete $2; $4 is "list" where commas may stand between them.
_tristab_reply_names() {
  local head=$1 item=$2 words=()
  if [[ $4 == list && $item == *,* ]]; then
    head+=${item%,*},
    item=${item##*,}
  fi
  if [[ $item == *:* ]]; then
    _tristab_settings "$3" "${item%%:*}"
    head+=${item%:*}:
    item=${item##*:}
  else
    _tristab_names "$3"
  fi
  _tristab_reply "$head" "$item"
  [[ $3 == kernels && ${#COMPREPLY[@]} -eq 0 && $item != "" && $head != *: ]] && _tristab_reply_files "$head" "$item" json
  [[ $4 == list ]] && compopt -o nospace 2>/dev/null
}

_tristab() {
  COMPREPLY=()
  local typed=() word glue= k
  for ((k = 1; k <= COMP_CWORD; ++k)); do
    word=${COMP_WORDS[k]}
    if [[ $k -eq $COMP_CWORD && -z $word && ${COMP_LINE:0:COMP_POINT} == *' ' ]]; then
      typed+=("")
    elif [[ $word =~ ^[:=]+$ && ${#typed[@]} -gt 0 ]]; then
      typed[${#typed[@]}-1]+=$word
      glue=1
    elif [[ $glue ]]; then
      typed[${#typed[@]}-1]+=$word
      glue=
    else
      typed+=("$word")
    fi
  done
  local current=${typed[${#typed[@]}-1]}
  unset "typed[${#typed[@]}-1]"

  # What the word at the cursor is: the value of an option, an option, a command or a positional.
  local command= takes= position=0 type= words=()
  for word in "${typed[@]}"; do
    if [[ $takes ]]; then
      takes=
    elif [[ $word == -?* ]]; then
      _tristab_type "$command" "$word"
      [[ $word != *=* && $type && $type != flag ]] && takes=$type
    elif [[ -z $command ]]; then
      command=$word
    else
      ((++position))
    fi
  done
  local head= value=$current
  if [[ $takes ]]; then
    type=$takes
  elif [[ $current == --*=* ]]; then
    head=${current%%=*}=
    value=${current#*=}
    _tristab_type "$command" "${current%%=*}"
  elif [[ $current == -* ]]; then
    _tristab_options "$command"
    type="choice ${words[*]}"
  elif [[ -z $command ]]; then
    type="choice $_tristab_commands"
  else
    _tristab_type "$command" "$position"
  fi

  local parts=()
  read -ra parts <<<"$type"
  set -- "${parts[@]}"
  case $1 in
    choice)
      words=("${@:2}")
      _tristab_reply "$head" "$value"
      ;;
    one | list) _tristab_reply_names "$head" "$value" "$2" "$1" ;;
    entry)
      _tristab_names "${typed[${#typed[@]}-1]}"
      _tristab_reply "$head" "$value"
      ;;
    settings)
      _tristab_given_settings "${@:2}"
      _tristab_reply "$head" "$value"
      ;;
    file) _tristab_reply_files "$head" "$value" "${@:2}" ;;
    directory)
      while IFS= read -r word; do COMPREPLY+=("$head$word"); done < <(compgen -d -- "$value")
      compopt -o filenames 2>/dev/null
      ;;
  esac
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null

  # readline replaces what stands after the last ':' or '=', where it breaks words at them.
  local cut=
  [[ $COMP_WORDBREAKS == *:* && $current == *:* ]] && cut=${current%"${current##*:}"}
  [[ $COMP_WORDBREAKS == *=* && ${current#"$cut"} == *=* ]] && cut=${current%"${current##*=}"}
  for k in "${!COMPREPLY[@]}"; do COMPREPLY[k]=${COMPREPLY[k]#"$cut"}; done
}

complete -F _tristab tristab
)";

// "list methods", "file npy npz": how the script tells what a value is; empty where nothing is known.
std::string type_words(const OptionEntry& option, const CommandEntry& command) {
  if (option.flag) return "flag";
  const ValueType& value = option.value;
  switch (value.kind) {
    case ValueType::Kind::free:
      return "free";
    case ValueType::Kind::choice:
      return fmt::format("choice {}", fmt::join(value.words, " "));
    case ValueType::Kind::names:
      return fmt::format("{} {}", value.list ? "list" : "one", value.vocabulary);
    case ValueType::Kind::entry:
      return "entry";
    case ValueType::Kind::settings:
      return fmt::format("settings {}", fmt::join(vocabularies_used(command), " "));
    case ValueType::Kind::file:
      return value.words.empty() ? "file" : fmt::format("file {}", fmt::join(value.words, " "));
    case ValueType::Kind::directory:
      return "directory";
  }
  return "";
}

std::string array_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += fmt::format("{}{}", text.empty() ? "" : " ", shell_quoted(word));
  return fmt::format("words=({})", text);
}

std::string names_function(const std::vector<Vocabulary>& all) {
  std::string text = "\n# Sets `words` to the names of a kind.\n_tristab_names() {\n  case $1 in\n";
  for (const Vocabulary& vocabulary : all) {
    std::vector<std::string> names;
    for (const VocabularyEntry& entry : vocabulary.entries) names.push_back(entry.name);
    text += fmt::format("    {}) {} ;;\n", vocabulary.kind, array_of(names));
  }
  return text + "    *) words=() ;;\n  esac\n}\n";
}

std::string settings_function() {
  std::string text =
      "\n# Sets `words` to the parameters of a kind's name.\n_tristab_settings() {\n  case $1:$2 in\n";
  for (const SharedSettings& shared : shared_settings()) {
    std::vector<std::string> words;
    for (const SettingWord& word : shared.settings) words.push_back(word.text);
    text += fmt::format("    {}) {} ;;\n", fmt::join(shared.names, " | "), array_of(words));
  }
  return text + "    *) words=() ;;\n  esac\n}\n";
}

std::string options_function(const CommandTable& table) {
  std::string text =
      "\n# Sets `words` to the options of a command, of the program for \"\".\n"
      "_tristab_options() {\n  case $1 in\n";
  const auto add = [&](const std::string& name, const CommandEntry& command) {
    std::vector<std::string> words;
    for (const OptionEntry& option : command.options) {
      if (!option.positional) words.insert(words.end(), option.names.begin(), option.names.end());
    }
    text += fmt::format("    {}) {} ;;\n", name, array_of(words));
  };
  add("''", table.program);
  for (const CommandEntry& command : table.commands) add(command.name, command);
  return text + "    *) words=() ;;\n  esac\n}\n";
}

std::string type_function(const CommandTable& table) {
  std::string text =
      "\n# Sets `type` to what an option takes, or to what a positional is, counted from 0.\n"
      "_tristab_type() {\n  type=\n  case $1:${2%%=*} in\n";
  const auto add = [&](const std::string& name, const CommandEntry& command) {
    int position = 0;
    for (const OptionEntry& option : command.options) {
      std::string patterns;
      if (option.positional) {
        patterns = fmt::format("{}:{}", name, option.repeated ? "[0-9]*" : std::to_string(position));
        ++position;
      } else {
        for (const std::string& each : option.names) {
          patterns += fmt::format("{}{}:{}", patterns.empty() ? "" : " | ", name, each);
        }
      }
      text += fmt::format("    {}) type={} ;;\n", patterns, shell_quoted(type_words(option, command)));
    }
  };
  add("", table.program);
  for (const CommandEntry& command : table.commands) add(command.name, command);
  return text + "  esac\n}\n";
}

}  // namespace

std::string bash_completion(const CommandTable& table) {
  std::vector<std::string> names;
  for (const CommandEntry& command : table.commands) names.push_back(command.name);
  std::vector<Vocabulary> all = vocabularies();
  all.push_back(table_metrics());
  return fmt::format(
      "# bash completion for tristab, made by: tristab completion bash\n\n_tristab_commands={}\n{}{}{}{}{}",
      shell_quoted(fmt::format("{}", fmt::join(names, " "))), names_function(all), settings_function(),
      options_function(table), type_function(table), engine);
}

}  // namespace tristab
