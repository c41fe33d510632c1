// tristab completion SHELL prints a script with which a shell asks the program for the words that fit at the cursor.
// tristab complete LINE prints these words, for all shells in the same form: first a line with their kind, then a line
// for each word, with its description after a tab. The kinds:
//   words      whole words
//   nospace    words that continue: a list, or a parameter without its value
//   files      names of files; directories end in '/'
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "command.h"
#include "tristab/base/errors.h"
#include "vocabulary.h"

namespace tristab {
namespace {

namespace fs = std::filesystem;

// Programmable completion of bash(1). readline replaces only the part after the last ':' or '=' of a word.
constexpr const char* bash_script = R"(# bash completion for tristab, made by: tristab completion bash
_tristab() {
  local kind line=${COMP_LINE:0:COMP_POINT} cut= k
  { read -r kind; mapfile -t COMPREPLY; } < <("${COMP_WORDS[0]/#~\//$HOME/}" complete "$line" 2>/dev/null)
  [[ ${line##* } =~ ^.*[:=] ]] && cut=${BASH_REMATCH[0]}
  for k in "${!COMPREPLY[@]}"; do
    COMPREPLY[k]=${COMPREPLY[k]%%$'\t'*}
    [[ $kind == files ]] && COMPREPLY[k]=${COMPREPLY[k]%/}
    COMPREPLY[k]=${COMPREPLY[k]#"$cut"}
  done
  [[ $kind == files ]] && compopt -o filenames 2>/dev/null
  [[ $kind == nospace ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _tristab tristab
)";

// zshcompsys(1), zshcompwid(1).
constexpr const char* zsh_script = R"(#compdef tristab
# zsh completion for tristab, made by: tristab completion zsh
_tristab() {
  local kind
  local -a answer names shown
  answer=("${(@f)$(${~words[1]} complete "${(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX" 2>/dev/null)}")
  kind=$answer[1]
  shift answer
  names=("${(@)answer%%$'\t'*}")
  shown=("${(@)answer//$'\t'/  -- }")
  case $kind in
    files)
      [[ $PREFIX == --*=* ]] && compset -P 1 '*=' && names=("${(@)names#--*=}")
      compadd -f -- "${(@)names%/}"
      ;;
    nospace) compadd -Q -S '' -l -d shown -a names ;;
    *) compadd -Q -l -d shown -a names ;;
  esac
}
_tristab "$@"
)";

constexpr const char* fish_script = R"(# fish completion for tristab, made by: tristab completion fish
complete -c tristab -f -a '(tristab complete (commandline -cp) 2>/dev/null | tail -n +2)'
)";

struct Shell {
  const char* name;
  const char* script;
};
constexpr Shell shells[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};

struct Word {
  std::string text, help;
};

struct Answer {
  std::string kind = "words";
  std::vector<Word> words;
};

// The words of a command line; blanks in quotes or after a backslash belong to a word. The last one is at the cursor.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool escaped = false, inside = false;
  for (const char c : line) {
    if (escaped) {
      word += c;
      escaped = false;
    } else if (c == '\\' && quote != '\'') {
      escaped = inside = true;
    } else if (quote != 0 ? c == quote : c == '\'' || c == '"') {
      quote = quote != 0 ? 0 : c;
      inside = true;
    } else if (c == ' ' && quote == 0) {
      if (inside) words.push_back(std::exchange(word, ""));
      inside = false;
    } else {
      word += c;
      inside = true;
    }
  }
  words.push_back(word);
  return words;
}

const Command* find_command(const Program& program, const std::string& name) {
  const auto found = std::ranges::find(program.commands, name, &Command::name);
  return found == program.commands.end() ? nullptr : &*found;
}

const OptionEntry* find_option(const Command& command, std::string_view name) {
  for (const OptionEntry& option : command.options()) {
    if (!option.positional && std::ranges::find(option.names, name) != option.names.end()) return &option;
  }
  return nullptr;
}

// What stands before the word at the cursor.
struct Before {
  const Command* command = nullptr;    // null: none yet
  const OptionEntry* takes = nullptr;  // the option whose value the word is
  std::size_t position = 0;            // positionals so far
  std::vector<std::string> values;     // of positionals and options; parameters may belong to them
};

Before read_before(const Program& program, const std::vector<std::string>& words) {
  Before before;
  for (std::size_t k = 1; k + 1 < words.size(); ++k) {
    const std::string& word = words[k];
    const Command& where = before.command != nullptr ? *before.command : program.self;
    if (before.takes != nullptr) {
      before.takes = nullptr;
      before.values.push_back(word);
    } else if (word.size() > 1 && word.front() == '-') {
      const std::size_t equals = word.find('=');
      const OptionEntry* option = find_option(where, word.substr(0, equals));
      if (equals != std::string::npos) {
        before.values.push_back(word.substr(equals + 1));
      } else if (option != nullptr && !option->flag) {
        before.takes = option;
      }
    } else if (before.command == nullptr) {
      before.command = find_command(program, word);
      if (before.command == nullptr) break;
    } else {
      ++before.position;
      before.values.push_back(word);
    }
  }
  return before;
}

// Collects the words that begin with what was typed; `head` is put before each.
class Answerer {
 public:
  Answerer(std::string head, std::string typed) : head_(std::move(head)), typed_(std::move(typed)) {}

  void offer(const std::string& text, const std::string& help = "") {
    if (text.starts_with(typed_)) answer.words.push_back({head_ + text, help});
  }

  void offer_entries(const Vocabulary& vocabulary) {
    for (const VocabularyEntry& entry : vocabulary.entries()) offer(entry.name, entry.summary);
  }

  void offer_settings(const Vocabulary& vocabulary, const std::string& name) {
    const Vocabulary::Entries entries = vocabulary.entries();
    const auto entry = std::ranges::find(entries, name, &VocabularyEntry::name);
    if (entry == entries.end()) return;
    for (const SettingWord& setting : entry->settings) offer(setting.text, setting.help);
    if (std::ranges::all_of(answer.words, [](const Word& word) { return word.text.ends_with('='); }))
      answer.kind = "nospace";
  }

  // "mxr:block=8,mb": the last item, its name or its last parameter.
  void offer_names(const ValueType& type) {
    const Vocabulary& vocabulary = vocabulary_of(type.vocabulary);
    if (type.list) {
      step_over(typed_.rfind(','));
      answer.kind = "nospace";
    }
    const std::string name = typed_.substr(0, typed_.find(':'));
    if (typed_.find(':') != std::string::npos) {
      step_over(typed_.rfind(':'));
      offer_settings(vocabulary, name);
    } else {
      offer_entries(vocabulary);
      if (type.vocabulary == "kernels" && answer.words.empty() && !typed_.empty()) offer_files({"json"});
    }
  }

  void offer_files(const std::vector<std::string>& extensions, bool directories_alone = false) {
    answer.kind = "files";
    const std::size_t slash = typed_.rfind('/');
    const std::string directory = slash == std::string::npos ? "" : typed_.substr(0, slash + 1);
    std::string place = directory.empty() ? "." : directory;
    const char* const home = std::getenv("HOME");
    if (place.starts_with("~/") && home != nullptr) place = home + place.substr(1);
    std::set<std::string> names;
    std::error_code error;
    const fs::directory_iterator end;
    for (fs::directory_iterator entry(place, error); !error && entry != end; entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      std::error_code unknown;
      const bool is_directory = entry->is_directory(unknown);
      if (name.starts_with('.') && !typed_.substr(directory.size()).starts_with('.')) continue;
      const bool fits = extensions.empty() || std::ranges::any_of(extensions, [&](const std::string& extension) {
                          return name.ends_with("." + extension);
                        });
      if (is_directory || (!directories_alone && fits)) names.insert(directory + name + (is_directory ? "/" : ""));
    }
    for (const std::string& name : names) offer(name);
  }

  Answer answer;

 private:
  // Moves the text up to this position from `typed` to `head`.
  void step_over(std::size_t position) {
    if (position == std::string::npos) return;
    head_ += typed_.substr(0, position + 1);
    typed_.erase(0, position + 1);
  }

  std::string head_, typed_;
};

void offer_value(const ValueType& type, const Before& before, Answerer& answerer) {
  using Kind = ValueType::Kind;
  switch (type.kind) {
    case Kind::free:
      break;
    case Kind::choice:
      for (const std::string& word : type.words) answerer.offer(word);
      break;
    case Kind::names:
      answerer.offer_names(type);
      break;
    case Kind::entry:
      for (const Vocabulary& vocabulary : vocabularies()) {
        if (!before.values.empty() && vocabulary.kind() == before.values.back()) answerer.offer_entries(vocabulary);
      }
      break;
    case Kind::settings:  // of a name that was typed before
      if (before.command == nullptr) break;
      for (const OptionEntry& option : before.command->options()) {
        if (option.value.kind != Kind::names) continue;
        for (const std::string& value : before.values)
          answerer.offer_settings(vocabulary_of(option.value.vocabulary), value.substr(0, value.find(':')));
      }
      break;
    case Kind::file:
      answerer.offer_files(type.words);
      break;
    case Kind::directory:
      answerer.offer_files({}, true);
      break;
  }
}

Answer answer_to(const Program& program, std::string_view line) {
  const std::vector<std::string> words = words_of(line);
  const Before before = read_before(program, words);
  const Command& where = before.command != nullptr ? *before.command : program.self;
  std::string head, typed = words.back();
  const std::size_t equals = typed.find('=');
  const OptionEntry* option = before.takes;
  if (option == nullptr && typed.starts_with("--") && equals != std::string::npos) {
    option = find_option(where, typed.substr(0, equals));
    head = typed.substr(0, equals + 1);
    typed.erase(0, equals + 1);
    if (option == nullptr) return {};
  }
  Answerer answerer(head, typed);
  if (option != nullptr) {
    offer_value(option->value, before, answerer);
  } else if (typed.starts_with('-')) {
    for (const OptionEntry& each : where.options()) {
      if (each.positional) continue;
      // An alias only for those who type it: it must not stand in the way of the name that helps print.
      std::string first;
      for (const std::string& name : each.names) {
        const bool is_alias = name.starts_with("--") && !first.empty();
        if (!is_alias || !first.starts_with(typed)) answerer.offer(name, each.help);
        if (first.empty() && name.starts_with("--")) first = name;
      }
    }
    answerer.offer("-h", "print the help");
    answerer.offer("--help", "print the help");
    for (const char* version : {"-V", "--version"}) {
      if (before.command == nullptr) answerer.offer(version, "print the version");
    }
  } else if (before.command == nullptr) {
    for (const Command& command : program.commands) {
      if (!command.summary().empty()) answerer.offer(command.name(), command.summary());
    }
  } else {
    std::size_t position = 0;
    for (const OptionEntry& each : where.options()) {
      if (!each.positional) break;
      if (position == before.position || (each.repeated && position < before.position)) {
        offer_value(each.value, before, answerer);
        break;
      }
      ++position;
    }
  }
  return std::move(answerer.answer);
}

}  // namespace

Command completion_command() {
  auto name = std::make_shared<std::string>();
  Command command(
      "completion", "Print a completion script for a shell",
      R"(The script completes commands, options, files, and the names of methods, kernels, arithmetics and families with
their parameters, also in lists with commas. An installed tristab has the scripts in place; bash finds its script if the
package bash-completion is installed.)",
      {"source <(tristab completion bash)", "tristab completion zsh > _tristab"});
  command.positional("SHELL", "bash|zsh|fish", *name, R"(one of bash, zsh, fish
bash: source <(tristab completion bash) in ~/.bashrc. zsh: tristab completion zsh > _tristab in a directory of fpath,
before compinit runs. fish: tristab completion fish > ~/.config/fish/completions/tristab.fish.)");
  command.run([name](const Command&) {
    std::vector<std::string> names;
    for (const Shell& shell : shells) names.emplace_back(shell.name);
    if (name->empty()) refuse("tristab completion", "no shell", join_names(names));
    const auto* const shell = std::ranges::find(shells, *name, &Shell::name);
    if (shell == std::end(shells)) throw_unknown_name("tristab completion", "shell", *name, names);
    fmt::print("{}", shell->script);
  });
  return command;
}

// Not listed: only the scripts call it.
Command complete_command(const Program& program) {
  auto line = std::make_shared<std::string>();
  Command command("complete", "", "", {});
  command.positional("LINE", "TEXT", *line, "the command line up to the cursor");
  command.run([line, &program](const Command&) {
    const Answer answer = answer_to(program, *line);
    fmt::print("{}\n", answer.kind);
    for (const Word& word : answer.words) fmt::print("{}{}{}\n", word.text, word.help.empty() ? "" : "\t", word.help);
  });
  return command;
}

}  // namespace tristab
