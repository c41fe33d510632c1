#include "shell.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

namespace tristab {
namespace {

constexpr const char* example_mark = "Example: ";

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

bool is_installed(const std::string& program) {
  return std::system(fmt::format("command -v {} >/dev/null 2>&1", program).c_str()) == 0;
}

ProgramResult run_command(const std::string& command, const std::filesystem::path& directory) {
  const std::string folder = directory.string();
  const std::string bin = std::filesystem::path(TRISTAB_PROGRAM).parent_path().string();
  std::ofstream(directory / ".command") << fmt::format("PATH='{}':$PATH\ncd '{}' || exit 99\n{}\n", bin, folder,
                                                       command);
  const int status =
      std::system(fmt::format("bash '{0}/.command' >'{0}/.out' 2>'{0}/.err' </dev/null", folder).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_of(directory / ".out"),
          text_of(directory / ".err")};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string help_of(const std::string& command) {
  const Workplace place;
  return place.run(command + " --help").out;
}

// The two columns after the usage, up to the first empty line.
std::vector<std::string> commands() {
  std::vector<std::string> names;
  const std::regex row("  ([a-z]+)(?:, ([a-z]+))? +\\S.*");
  for (const std::string& line : lines_of(help_of(""))) {
    std::smatch match;
    if (!std::regex_match(line, match, row)) continue;
    for (const std::size_t k : {1, 2}) {
      if (match[k].matched) names.push_back(match[k]);
    }
  }
  return names;
}

std::vector<HelpOption> options_of(const std::string& command) {
  std::vector<HelpOption> options;
  const std::regex row("  (?:(-[a-z]), )?(--[a-z-]+)(?: (\\S+))?(?:  .*)?");
  for (const std::string& line : lines_of(help_of(command))) {
    std::smatch match;
    if (!std::regex_match(line, match, row)) continue;
    HelpOption option{{}, match[3]};
    if (match[1].matched) option.names.push_back(match[1]);
    option.names.push_back(match[2]);
    options.push_back(option);
  }
  return options;
}

std::vector<std::string> examples_of(const std::string& command) {
  std::vector<std::string> examples;
  bool reached = false;
  for (const std::string& line : lines_of(help_of(command))) {
    reached = reached || line.starts_with(example_mark);
    if (reached) examples.push_back(line.substr(std::string(example_mark).size()));
  }
  return examples;
}

}  // namespace tristab
