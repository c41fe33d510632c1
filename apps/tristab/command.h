// What the subcommands share: how they are declared, and how the words of the command line are read.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/parameters.h"
#include "tristab/report/object_stream.h"
#include "tristab/sweep/config.h"

namespace tristab {

// The words as typed, for the `run` object of results.
using CommandWords = std::vector<std::string>;

// Each declares one subcommand; its callback does the work and throws UsageError, InputError or Stopped.
// Where an expectation of the configuration is not met `status` becomes 1, the exit status of the program.
void add_sweep(CLI::App& app, const CommandWords& words, int& status);
void add_compare(CLI::App& app);
void add_invert(CLI::App& app);
void add_generate(CLI::App& app);
void add_report(CLI::App& app);
void add_export(CLI::App& app);
void add_list(CLI::App& app);
void add_schema(CLI::App& app);
// Where a check fails `status` becomes 1, the exit status of the program.
void add_selftest(CLI::App& app, int& status);
// Both print what they make from the options of `app`, those declared later included.
void add_completion(CLI::App& app);
void add_man(CLI::App& app);

// Throws UsageError for words that the command has no use for, and for those before it that the program has none for: an
// option nearest in name is named.
void refuse_leftovers(const CLI::App& command);
// The same for the words of a command line without a command.
void refuse_words_before_commands(const CLI::App& program);

// Says on standard error where the result in `path` lacks records that it promises.
void note_incomplete(const std::string& path, const ResultHead& head);

// A whole number typed for an option. Throws UsageError naming it, what was found and what is allowed.
std::int64_t whole_number(std::string_view option, const std::string& text, std::int64_t minimum,
                          std::int64_t maximum);

// "16,64" or "16:256:*2" typed for an option.
std::vector<int> sizes_of(std::string_view option, const std::string& text, int minimum, int maximum);

// key=value words as an object; `place` names the command. Throws UsageError for a word without '=' and a key
// given twice.
Json key_values(const std::vector<std::string>& words, std::string_view place);

// Threads asked for by --jobs; 0 (all cores) where it was not given.
int job_count(const std::string& text);

}  // namespace tristab
