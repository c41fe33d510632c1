// The texts of --help, laid out from the option table.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "command.h"
#include "tristab/report/text_layout.h"

namespace tristab {
namespace {

constexpr std::size_t help_width = 80, help_lines = 23;

using Lines = std::vector<std::string>;

struct Row {
  std::string left, right;
};

struct Section {
  std::string heading;  // none for positionals and for options without a group
  std::vector<Row> rows;
};

// Two columns; `width` is that of the left one, including two spaces at its beginning and at its end.
Lines columns(const std::vector<Row>& rows, std::size_t width) {
  Lines lines;
  for (const Row& row : rows) {
    Lines right = lines_of(wrapped(row.right, help_width, width));
    if (right.back().empty()) right.pop_back();
    const std::string left = "  " + row.left;
    if (right.empty() || left.size() + 2 > width) {
      lines.push_back(left);
    } else {
      right.front().replace(0, left.size(), left);
    }
    lines.insert(lines.end(), right.begin(), right.end());
  }
  return lines;
}

std::size_t left_width(const std::vector<Section>& sections) {
  constexpr std::size_t widest = 32;
  std::size_t width = 0;
  for (const Section& section : sections) {
    for (const Row& row : section.rows) width = std::max(width, std::min(row.left.size() + 4, widest));
  }
  return width;
}

// Positionals first, then each group of options in the order of declaration.
std::vector<Section> sections_of(const Command& command) {
  std::vector<Section> sections;
  for (const OptionEntry& option : command.options()) {
    if (option.inherited) continue;
    const std::string heading = option.positional ? "" : option.group;
    auto section = std::ranges::find(sections, heading, &Section::heading);
    if (section == sections.end()) section = sections.insert(sections.end(), {heading, {}});
    if (option.beside) {
      section->rows.back().left += ", " + option_synopsis(option, false);
      section->rows.back().right += "; " + option.help;
      continue;
    }
    section->rows.push_back({option_synopsis(option, false), option.help});
  }
  return sections;
}

// The blocks of a help, with empty lines between them if the screen has room.
std::string help_of(const Command& command, const std::string& usage, const std::vector<Section>& sections) {
  std::vector<Lines> blocks{{command.summary(), "Usage: " + usage}};
  for (const Section& section : sections) {
    // The list of commands has its own column width.
    const bool of_program = command.name() == "tristab";
    Lines lines = columns(section.rows, of_program ? left_width({section}) : left_width(sections));
    if (!section.heading.empty()) lines.insert(lines.begin(), section.heading + ":");
    blocks.push_back(std::move(lines));
  }
  Lines examples;
  for (const std::string& example : command.examples())
    examples.push_back(fmt::format("{:<9}{}", examples.empty() ? "Example:" : "", example));
  blocks.push_back(std::move(examples));
  std::size_t count = blocks.size() - 1;
  for (const Lines& block : blocks) count += block.size();
  const bool spaced = count <= help_lines;
  std::string text;
  for (const Lines& block : blocks) {
    if (spaced && !text.empty()) text += "\n";
    for (const std::string& line : block) text += line + "\n";
  }
  return text;
}

}  // namespace

std::string help_text(const Program& program) {
  std::vector<Section> sections{{"", {}}};
  for (const Command& command : program.commands) {
    if (command.summary().empty()) continue;
    std::vector<Row>& rows = sections.front().rows;
    if (command.shares_row()) {
      rows.back().left += ", " + command.name();
      std::string summary = command.summary();
      summary.front() = static_cast<char>(std::tolower(summary.front()));
      rows.back().right += "; " + summary;
      continue;
    }
    rows.push_back({command.name(), command.summary()});
  }
  Section options{"", {{"-h, --help, -V, --version", "help; of a command: tristab help NAME; version"}}};
  for (const OptionEntry& option : program.self.options())
    options.rows.push_back({option_synopsis(option, false), option.help});
  sections.push_back(std::move(options));
  return help_of(program.self, "tristab COMMAND [OPTIONS]", sections);
}

std::string help_text(const Command& command) { return help_of(command, command.synopsis(), sections_of(command)); }

}  // namespace tristab
