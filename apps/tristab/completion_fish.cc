// The completion script for fish. It follows fish's documentation, "Writing your own completions".
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "completion_scripts.h"
#include "vocabulary.h"

namespace tristab {
namespace {

// The part that is the same for every table.
constexpr const char* engine = R"(
# Whether the command is $argv[1] and the word at the cursor its positional $argv[2], counted from 0; "+" after the
# number: or a later one. An empty command: the word is the command itself.
function __tristab_at
    set -l seen
    set -l takes 0
    for token in (commandline -opc)[2..]
        if test $takes = 1
            set takes 0
        else if string match -qr -- '^-.' $token
            if not string match -q -- '*=*' $token; and __tristab_takes_value "$seen[1]" $token
                set takes 1
            end
        else
            set -a seen $token
        end
    end
    if test -z "$argv[1]"
        test (count $seen) -eq 0
        return
    end
    test "$seen[1]" = "$argv[1]"; or return 1
    test (count $argv) -eq 1; and return 0
    set -l wanted (math 1 + (string replace -- + '' $argv[2]))
    if string match -q -- '*+' $argv[2]
        test (count $seen) -ge $wanted
    else
        test (count $seen) -eq $wanted
    end
end

# The word at the cursor without the "--option=" before its value.
function __tristab_value
    commandline -ct | string replace -r -- '^--[a-z-]+=' ''
end

# Completes names of the kind $argv[1]; $argv[2] is "list" where commas may stand between them.
function __tristab_complete_names
    set -l item (__tristab_value)
    set -l head ''
    if test "$argv[2]" = list
        set head (string match -r -- '^.*,' $item)
        set item (string replace -r -- '^.*,' '' $item)
    end
    if string match -q -- '*:*' $item
        set -l name (string replace -r -- ':.*$' '' $item)
        set head "$head"(string match -r -- '^.*:' $item)
        __tristab_settings $argv[1] $name | string replace -r -- '^' "$head"
    else
        __tristab_names $argv[1] | string replace -r -- '^' "$head"
        if test $argv[1] = kernels; and string match -qr -- '[./]' $item
            __fish_complete_suffix $item .json
        end
    end
end

# Completes an entry of the kind that stands before.
function __tristab_complete_entry
    __tristab_names (commandline -opc)[-1]
end

# Completes parameters of the names typed so far; the arguments are their kinds.
function __tristab_complete_settings
    for token in (commandline -opc)[3..]
        set -l name (string replace -r -- '^--[a-z-]+=' '' $token | string replace -r -- ':.*$' '')
        for kind in $argv
            __tristab_settings $kind $name
        end
    end
end

function __tristab_complete_files
    for extension in $argv
        __fish_complete_suffix (__tristab_value) .$extension
    end
end
)";

// Single quotes of fish: only the quote and the backslash are escaped.
std::string fish_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

// The options of `complete` for the values: none for those of which nothing is known but that they are no file.
std::string arguments_of(const OptionEntry& option, const CommandEntry& command) {
  const ValueType& value = option.value;
  switch (value.kind) {
    case ValueType::Kind::free:
      return "";
    case ValueType::Kind::choice:
      return fmt::format(" -a {}", fish_quoted(fmt::format("{}", fmt::join(value.words, " "))));
    case ValueType::Kind::names:
      return fmt::format(" -a '(__tristab_complete_names {} {})'", value.vocabulary,
                         value.list ? "list" : "one");
    case ValueType::Kind::entry:
      return " -a '(__tristab_complete_entry)'";
    case ValueType::Kind::settings:
      return fmt::format(" -a '(__tristab_complete_settings {})'",
                         fmt::join(vocabularies_used(command), " "));
    case ValueType::Kind::file:
      return value.words.empty()
                 ? " -F"
                 : fmt::format(" -k -a '(__tristab_complete_files {})'", fmt::join(value.words, " "));
    case ValueType::Kind::directory:
      return " -a '(__fish_complete_directories (__tristab_value))'";
  }
  return "";
}

std::string options_of(const CommandEntry& command, const std::string& condition) {
  std::string text;
  int position = 0;
  for (const OptionEntry& option : command.options) {
    if (option.positional) {
      text += fmt::format("complete -c tristab -n '__tristab_at {} {}{}'{}\n", command.name, position++,
                          option.repeated ? "+" : "", arguments_of(option, command));
      continue;
    }
    text += fmt::format("complete -c tristab -n {}", fish_quoted(condition));
    for (const std::string& name : option.names) {
      text += name.starts_with("--") ? fmt::format(" -l {}", name.substr(2))
                                     : fmt::format(" -s {}", name.substr(1));
    }
    text += fmt::format("{}{} -d {}\n", option.flag ? "" : " -x",
                        option.flag ? "" : arguments_of(option, command), fish_quoted(option.help));
  }
  return text;
}

// "case methods:mch methods:mxr" with one printed line a word: the word, a tab, what it is.
template <class Words, class Name, class Help>
std::string printing(const std::string& cases, const Words& words, Name name_of, Help help_of) {
  std::string text = fmt::format("        case {}\n            printf '%s\\t%s\\n'", cases);
  for (const auto& word : words) {
    text += fmt::format(" \\\n                {} {}", fish_quoted(name_of(word)), fish_quoted(help_of(word)));
  }
  return text + "\n";
}

std::string names_function(const std::vector<Vocabulary>& all) {
  std::string text = "\n# Prints the names of a kind.\nfunction __tristab_names\n    switch $argv[1]\n";
  for (const Vocabulary& vocabulary : all) {
    text += printing(
        vocabulary.kind, vocabulary.entries, [](const VocabularyEntry& e) { return e.name; },
        [](const VocabularyEntry& e) { return e.summary; });
  }
  return text + "    end\nend\n";
}

std::string settings_function() {
  std::string text =
      "\n# Prints the parameters of a kind's name.\nfunction __tristab_settings\n    switch "
      "$argv[1]:$argv[2]\n";
  for (const SharedSettings& shared : shared_settings()) {
    text += printing(
        fmt::format("{}", fmt::join(shared.names, " ")), shared.settings,
        [](const SettingWord& w) { return w.text; }, [](const SettingWord& w) { return w.help; });
  }
  return text + "    end\nend\n";
}

std::string takes_value_function(const CommandTable& table) {
  std::string text =
      "\n# Whether an option of a command, or of the program (\"\"), takes a value.\n"
      "function __tristab_takes_value\n    switch $argv[1]:$argv[2]\n";
  const auto add = [&](const std::string& command, const std::vector<OptionEntry>& options) {
    std::string patterns;
    for (const OptionEntry& option : options) {
      if (option.positional || option.flag) continue;
      for (const std::string& name : option.names) patterns += fmt::format(" {}:{}", command, name);
    }
    if (!patterns.empty()) text += fmt::format("        case{}\n            return 0\n", patterns);
  };
  add("", table.program.options);
  for (const CommandEntry& command : table.commands) add(command.name, command.options);
  return text + "    end\n    return 1\nend\n";
}

}  // namespace

std::string fish_completion(const CommandTable& table) {
  std::vector<Vocabulary> all = vocabularies();
  all.push_back(table_metrics());
  std::string text = "# fish completion for tristab, made by: tristab completion fish\n";
  text += names_function(all) + settings_function() + takes_value_function(table) + engine;
  text += "\ncomplete -c tristab -e\ncomplete -c tristab -f\n";
  for (const CommandEntry& command : table.commands) {
    text += fmt::format("complete -c tristab -n '__tristab_at \"\"' -a {} -d {}\n", command.name,
                        fish_quoted(command.summary));
  }
  text += options_of(table.program, "__tristab_at \"\"");
  for (const CommandEntry& command : table.commands) {
    text += "\n" + options_of(command, fmt::format("__tristab_at {}", command.name));
  }
  return text;
}

}  // namespace tristab
