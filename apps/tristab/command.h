// How subcommands are declared: each option once, with its help, what it takes and where its value goes. The parser
// (command_line.cc), the helps, the manual page and the completion all read these declarations.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/json_value.h"
#include "tristab/report/object_stream.h"
#include "tristab/sweep/config_reader.h"
#include "value_type.h"

namespace tristab {

// The words as typed, for the `run` object of results.
using CommandWords = std::vector<std::string>;

struct OptionEntry {
  // As typed: "-o", "--output"; aliases follow the name that helps print, "--chunk", "--chunks". A positional has one,
  // "CONFIG".
  std::vector<std::string> names;
  bool positional = false, flag = false, repeated = false;
  bool writes = false;     // the value is a file that the command writes; any other file is one that it reads
  bool inherited = false;  // an option of the program that every command takes as well
  bool beside = false;     // helps print it in the row of the option before it
  std::string usage;       // of a positional: "CONFIG", or "[CONFIG]" where it may be left out
  ValueType value;         // except for flags
  std::string group;       // heading of the group
  std::string help;        // one line
  std::string details;     // more text for the manual page: paragraphs with an empty line between them
  // Converts and keeps what was typed; `name` is the one that was typed, for messages.
  std::function<void(const std::string& name, const std::vector<std::string>& words)> take;
};

// The target of an option that is a whole number. Throws UsageError with option, found and allowed.
struct WholeNumber {
  std::int64_t* value;
  std::int64_t minimum, maximum;
};

class Command {
 public:
  Command(std::string name, std::string summary, std::string details, std::vector<std::string> examples);

  // Each adds an option. The first line of `help` is for --help and the manual page, the rest only for the manual
  // page. `names` are as typed, "-o,--output"; `type` says what the option takes (value_type.h). A choice is
  // checked against its words.
  Command& positional(const char* name, const char* type, std::string& target, const std::string& help,
                      const char* usage = nullptr);
  Command& positional(const char* name, const char* type, std::vector<std::string>& target, const std::string& help,
                      const char* usage = nullptr);
  Command& option(const char* names, const char* type, std::string& target, const std::string& help);
  Command& option(const char* names, const char* type, WholeNumber target, const std::string& help);
  // May be given again: all values count.
  Command& option(const char* names, const char* type, std::vector<std::string>& target, const std::string& help);
  Command& flag(const char* names, bool& target, const std::string& help);
  // A file that the command writes. Other names of standard output become "-".
  Command& output(const char* names, const char* type, std::string& target, const std::string& help);
  // The option just added shares its row of the help with the one before it; their texts are joined by a semicolon.
  Command& beside();
  // --force, of a command with outputs.
  Command& force();
  // The heading of the options that follow.
  Command& group(std::string heading);
  // Helps of the program print the command in the row of the one before it.
  Command& share_row();
  // Sets what the command does.
  Command& run(std::function<void(const Command& command)> action);

  const std::string& name() const { return name_; }
  const std::string& summary() const { return summary_; }
  bool shares_row() const { return shares_row_; }
  const std::string& details() const { return details_; }
  const std::vector<OptionEntry>& options() const { return options_; }
  const std::vector<std::string>& examples() const { return examples_; }
  const std::function<void(const Command&)>& action() const { return action_; }

  // "tristab sweep"; of the program "tristab".
  std::string place() const;
  // "tristab sweep CONFIG [OPTIONS]"
  std::string synopsis() const;

  // Whether an option was typed, by one of its names.
  bool given(std::string_view name) const;
  // The name by which the option was typed; `name` if it was not.
  std::string typed(std::string_view name) const;
  void note_given(std::size_t option, const std::string& name) { given_.push_back({option, name}); }

  // Throws UsageError if any of `options` was typed without `other`.
  void needs(std::initializer_list<const char*> options, const char* other, const char* allowed) const;
  // Throws UsageError if `option` was typed together with any of `others`.
  void excludes(const char* option, std::initializer_list<const char*> others, const char* allowed) const;
  // Throws UsageError if any of `options` was typed; `what` says beside what: "the family gdn".
  void refuse_with(const std::string& what, std::initializer_list<const char*> options, const char* allowed) const;

  OptionEntry& add(OptionEntry entry);

 private:
  OptionEntry& add(const char* names, const char* type, const std::string& help, bool positional);

  std::string name_, summary_, details_;
  std::vector<std::string> examples_;
  std::vector<OptionEntry> options_;  // positionals first
  struct Given {
    std::size_t option;
    std::string name;
  };
  const Given* find_given(std::string_view name) const;  // null: it was not typed

  std::vector<Given> given_;
  std::string group_ = "Options";
  bool shares_row_ = false;
  std::function<void(const Command&)> action_;
};

// "-o, --output FILE.npy": the names and the value. Without `every_name`, only the first long name.
std::string option_synopsis(const OptionEntry& option, bool every_name);

// The program with its commands.
struct Program {
  Command self;  // summary and options that stand before a command
  std::vector<Command> commands;
};

// Parses a command line, runs its command and returns true. Without a command, or with `--help` or `--version`,
// prints the help or the version and returns false. Throws UsageError for words that it does not understand.
bool run_command_line(Program& program, const std::string& version, int count, char** arguments);

// The text of --help: a screen of 80 columns and 24 lines.
std::string help_text(const Program& program);
std::string help_text(const Command& command);

Command sweep_command(const CommandWords& words, int& status);  // status 1: an expectation is not met
Command merge_command(const CommandWords& words, int& status);  // the same
Command compare_command(int& status);                           // status 1: --require is not met
Command invert_command();
Command inspect_command(int& status);    // status 1: --against finds a difference
Command audit_command(int& status);      // status 1: an expectation or --must-kill is not met
Command check_command(int& status);      // status 1: a check fails
Command recommend_command(int& status);  // status 1: no setting meets the requirement
Command hunt_command(int& status);       // status: 128 + the signal that stopped it
Command generate_command();
Command eval_command();
Command diff_command(int& status);  // status 1: --fail-on finds something
Command history_command();
Command report_command();
Command export_command();
Command list_command();
Command schema_command();
Command selftest_command(int& status);  // status 1: a check fails
// completion prints scripts for shells; complete and man use the options of all commands.
Command completion_command();
Command complete_command(const Program& program);
Command man_command(const Program& program);

// Prints a note on standard error if the result in `path` is incomplete, or does not say whether it is complete.
void note_incomplete(const std::string& path, const ResultHead& head);

// A whole number typed for an option. Throws UsageError naming it, what was found and what is allowed.
std::int64_t whole_number(std::string_view option, const std::string& text, std::int64_t minimum, std::int64_t maximum);

// key=value words as an object; `place` names the command. Throws UsageError for a word without '=' and a key
// given twice.
Json key_values(const std::vector<std::string>& words, std::string_view place);

// The options of sweep and compare that replace keys of a configuration. Each command says in its help what holds
// without them.
struct ConfigOptions {
  std::string chunks, families, methods, arithmetics, formations, kernels, trials, trial, seed, require;
  ConfigOverrides given(const Command& command) const;  // those that were typed
};

// The part of a file that options select, as the family `file`: {"family": "file", "path": ..., "layer": ...}. Empty
// texts are left out.
struct FilePart {
  std::string path, tensor, layer, heads, tokens;
  Json family() const;
  // --tensor, --layer, --heads and --tokens, of a command that takes all four.
  void declare(Command& command);
};
inline constexpr std::initializer_list<const char*> file_part_options{"--tensor", "--layer", "--heads", "--tokens"};

// Whether INPUT is a file of tensors: .npy, .npz, .safetensors, or - for standard input; else a family.
bool is_tensor_file(const std::string& input);

// The help of --require, with its default.
extern const char* const requirement_help;

// The target of --jobs: threads; 0 if it is not given.
WholeNumber thread_count(std::int64_t& jobs);

}  // namespace tristab
