#include "pseudo_terminal.h"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace tristab {
namespace {

constexpr char end_mark = '\036';  // before and after the exit status

// The end of the control code that begins at `at`.
std::size_t end_of_code(const std::string& text, std::size_t at) {
  if (at + 1 >= text.size() || text[at + 1] != '[') throw std::runtime_error("a control code that is none of ours");
  const std::size_t end = text.find_first_not_of("0123456789;", at + 2);
  if (end == std::string::npos) throw std::runtime_error("a control code without an end");
  return end;
}

}  // namespace

TerminalResult run_on_terminal(const std::string& arguments, const std::filesystem::path& directory, int columns,
                               const std::map<std::string, std::string>& environment, std::size_t interrupt_after) {
  winsize size{};
  size.ws_row = 24;
  size.ws_col = static_cast<unsigned short>(columns);
  // The shell tells when everything has been written: a terminal that is closed early may lose the end of it.
  const std::string command =
      "DATA='" TRISTAB_TEST_DATA "'; trap : INT; '" TRISTAB_PROGRAM "' " + arguments + "; printf '\\036%d\\036' $?";
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child < 0) throw std::runtime_error("no pseudo-terminal");
  if (child == 0) {
    setenv("TERM", "xterm-256color", 1);
    unsetenv("NO_COLOR");
    unsetenv("COLUMNS");
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    if (chdir(directory.c_str()) == 0) execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  TerminalResult result;
  char block[4096];
  bool interrupted = interrupt_after == 0;
  std::size_t end = std::string::npos;
  while (end == std::string::npos || result.raw.find(end_mark, end + 1) == std::string::npos) {
    const ssize_t got = read(terminal, block, sizeof block);
    if (got <= 0) throw std::runtime_error("the terminal was closed too early");
    result.raw.append(block, static_cast<std::size_t>(got));
    if (!interrupted && result.raw.size() >= interrupt_after) {
      interrupted = true;
      const char interrupt = 3;  // Ctrl-C, which the terminal turns into SIGINT
      if (write(terminal, &interrupt, 1) != 1) throw std::runtime_error("the terminal takes no input");
    }
    end = result.raw.find(end_mark);
  }
  close(terminal);
  waitpid(child, nullptr, 0);
  result.status = std::stoi(result.raw.substr(end + 1));
  result.raw.erase(end);
  std::string text;
  for (std::size_t k = 0; k < result.raw.size(); ++k) {
    if (result.raw.compare(k, 2, "\r\n") != 0) text += result.raw[k];
  }
  result.raw = text;
  return result;
}

std::vector<std::string> TerminalResult::screen() const {
  std::vector<std::string> lines{""};
  std::size_t column = 0;
  for (std::size_t k = 0; k < raw.size(); ++k) {
    std::string& line = lines.back();
    if (raw[k] == '\n') {
      lines.emplace_back();
      column = 0;
    } else if (raw[k] == '\r') {
      column = 0;
    } else if (raw[k] == '\033') {
      k = end_of_code(raw, k);
      if (raw[k] == 'K') {
        line.resize(std::min(line.size(), column));
      } else if (raw[k] != 'm') {
        throw std::runtime_error("a control code that is none of ours");
      }
    } else {
      if (column >= line.size()) line.resize(column + 1, ' ');
      line[column++] = raw[k];
    }
  }
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

std::string without_colors(const std::string& text) {
  std::string plain;
  for (std::size_t k = 0; k < text.size(); ++k) {
    if (text[k] != '\033') {
      plain += text[k];
      continue;
    }
    const std::size_t end = end_of_code(text, k);
    if (text[end] != 'm') plain += text.substr(k, end + 1 - k);
    k = end;
  }
  return plain;
}

}  // namespace tristab
