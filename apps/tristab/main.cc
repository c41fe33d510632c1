// tristab: numerical stability of inverting (I + A), A strictly lower triangular.
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>
#include <system_error>

#include "../released_memory.h"
#include "command.h"
#include "interrupt.h"
#include "terminal.h"
#include "tristab/base/errors.h"
#include "tristab/base/foreign_file.h"
#include "tristab/base/json.h"
#include "tristab/base/output_file.h"
#include "tristab/report/text_layout.h"
#include "tristab/report/tool_info.h"

namespace {

using namespace tristab;

constexpr const char* summary = "How wrong does (I + A)^-1 get in low precision, A strictly lower triangular?";
constexpr const char* details =
    R"(Linear-attention layers of the delta-rule family (Gated DeltaNet, Kimi Delta Attention, RWKV-7, DeltaNet) invert a small
unit lower triangular matrix I + A for every chunk of tokens, A = strictly_lower(diag(beta) K K^T * decay). tristab
generates such matrices and reads real ones, runs every method and the kernels of real systems in emulated arithmetic,
bit for bit, and compares the results with a certified inverse in high precision.

Data goes to standard output or the named file, everything else to standard error. The file name -
means standard input or standard output.)";

constexpr int usage_status = 2, input_status = 3, signal_status = 128;
constexpr std::size_t longest_message = 7000;

// --color, of the program and of every command.
OptionEntry color_option(std::string& choice, bool inherited) {
  OptionEntry entry;
  entry.names = {"--color"};
  entry.inherited = inherited;
  entry.value = value_type_of("WHEN");
  entry.group = "Options";
  entry.help = "colours: auto (on a terminal), always, never";
  entry.take = [&choice](const std::string&, const std::vector<std::string>& words) {
    choice = words.back();
    choose_color(choice);
  };
  return entry;
}

// Without the copies that a list in braces makes.
template <class... Commands>
void add_all(std::vector<Command>& all, Commands&&... commands) {
  all.reserve(sizeof...(commands));
  (all.push_back(std::move(commands)), ...);
}

int run(int count, char** arguments) {
  const CommandWords words(arguments, arguments + count);
  int status = 0;
  std::string color;
  Program program{
      Command("tristab", summary, details, {"tristab compare --chunk 64 --family gdn:keys=silu --arithmetics fp16"}),
      {}};
  add_all(program.commands, sweep_command(words, status), merge_command(words, status), compare_command(status),
          diff_command(status), history_command(), report_command(), export_command(), generate_command(),
          invert_command(), inspect_command(status), audit_command(status), check_command(status),
          recommend_command(status), hunt_command(status), eval_command(), list_command(), schema_command(),
          selftest_command(status), completion_command(), man_command(program), complete_command(program));
  program.self.add(color_option(color, false));
  for (Command& command : program.commands) command.add(color_option(color, true));
  const ToolInfo info = tool_info();
  run_command_line(program, fmt::format("tristab {} ({}, {}, {})", info.version, info.commit, info.compiler, info.simd),
                   count, arguments);
  return status;
}

std::string kept_note(const KeptJournal& journal) {
  return fmt::format("{}; to go on, say --resume{}", journal.text, journal.replaces ? " beside --force" : "");
}

// Uses fputs, because a closed standard error must not throw another exception.
int complain(int status, const std::string& message) {
  const std::string error = styled("error:", Style::fail, standard_error_page());
  std::fputs(fmt::format("tristab: {} {}\n", error, in_one_line(shortened(message, longest_message))).c_str(), stderr);
  for (const KeptJournal& journal : kept_journals()) tell(fmt::format("tristab: note: {}", kept_note(journal)));
  return status;
}

int report_stop() {
  std::string kept;
  for (const KeptJournal& journal : kept_journals()) kept += "; " + kept_note(journal);
  tell(fmt::format("tristab: stopped; no complete result was written{}", kept));
  return signal_status + interrupt_signal();
}

std::string output_failure(int error) {
  return fmt::format("standard output: cannot write: {}; allowed: an open pipe or file",
                     error != 0 ? std::strerror(error) : "writing failed");
}

// Output has arrived only when the buffers are empty; a full disk is noticed here.
void flush_standard_output() {
  errno = 0;
  if (!std::cout.flush() || std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    throw tristab::InputError(output_failure(errno));
  }
}

// JSON allows only UTF-8, but names of files may have any bytes.
std::string encoding_failure(int count, char** arguments, const std::string& message) {
  for (int k = 1; k < count; ++k) {
    const Json word(arguments[k]);
    try {
      static_cast<void>(word.dump());
    } catch (const Json::exception&) {
      return fmt::format("{}: the name is not valid UTF-8; allowed: UTF-8 text",
                         word.dump(-1, ' ', false, Json::error_handler_t::replace));
    }
  }
  return message;
}

}  // namespace

int main(int count, char** arguments) {
  keep_released_memory();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of writing, which says what is kept
  try {
    const int status = run(count, arguments);
    flush_standard_output();
    return status;
  } catch (const tristab::UsageError& error) {
    return complain(usage_status, error.what());
  } catch (const tristab::ForeignFile& error) {
    const int status = complain(input_status, error.what());
    for (const std::string& line : error.lines()) tell(line);
    return status;
  } catch (const tristab::InputError& error) {
    return complain(input_status, error.what());
  } catch (const tristab::Stopped&) {
    return report_stop();
  } catch (const std::bad_alloc&) {
    return complain(input_status, "out of memory");
  } catch (const tristab::Json::type_error& error) {
    return complain(input_status, encoding_failure(count, arguments, error.what()));
  } catch (const std::system_error& error) {  // fmt::print to a full disk, among others
    return complain(input_status, std::ferror(stdout) != 0 ? output_failure(error.code().value()) : error.what());
  } catch (const std::exception& error) {
    const std::string what = error.what();
    if (!what.starts_with("pthread_create")) return complain(input_status, what);
    return complain(input_status, fmt::format("no thread can be started ({}); allowed: fewer, with --jobs, or a higher "
                                              "limit of processes (ulimit -u)",
                                              what));
  }
}
