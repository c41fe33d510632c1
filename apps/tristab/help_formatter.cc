#include "help_formatter.h"

#include <fmt/format.h>

#include <algorithm>

#include "command_table.h"
#include "tristab/report/table.h"

namespace tristab {
namespace {

using Lines = std::vector<std::string>;

struct Row {
  std::string left, right;
};

Lines lines_of(const std::string& text) {
  Lines lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// Two columns; `width` is that of the left one, two spaces at its beginning and its end included.
Lines columns(const std::vector<Row>& rows, std::size_t width) {
  Lines lines;
  for (const Row& row : rows) {
    Lines right = lines_of(wrapped(row.right, help_width, width));
    const std::string left = fmt::format("  {}", row.left);
    if (right.empty() || left.size() + 2 > width) {
      lines.push_back(left);
    } else {
      right.front().replace(0, left.size(), left);
    }
    lines.insert(lines.end(), right.begin(), right.end());
  }
  return lines;
}

struct Section {
  std::string heading;  // none for positionals and for options without a group
  std::vector<Row> rows;
};

// Positionals first, then each group of options in the order of declaration.
std::vector<Section> sections_of(const CommandEntry& command, bool with_help) {
  std::vector<Section> sections;
  for (const OptionEntry& option : command.options) {
    if (option.group.empty() || option.inherited || (option.names.back() == "--help" && !with_help)) continue;
    const std::string heading = option.positional ? "" : option.group;
    auto section = std::find_if(sections.begin(), sections.end(),
                                [&](const Section& s) { return s.heading == heading; });
    if (section == sections.end()) section = sections.insert(sections.end(), {heading, {}});
    section->rows.push_back({option_synopsis(option, false), option.help});
  }
  return sections;
}

std::size_t left_width(const std::vector<Section>& sections) {
  constexpr std::size_t widest = 32;
  std::size_t width = 0;
  for (const Section& section : sections) {
    for (const Row& row : section.rows) width = std::max(width, std::min(row.left.size() + 4, widest));
  }
  return width;
}

Lines example_lines(const Lines& examples) {
  Lines lines;
  for (const std::string& example : examples) {
    lines.push_back(fmt::format("{:<9}{}", lines.empty() ? "Example:" : "", example));
  }
  return lines;
}

std::string joined(const std::vector<Lines>& blocks) {
  std::size_t count = blocks.size() - 1;
  for (const Lines& block : blocks) count += block.size();
  const bool airy = count <= help_lines;
  std::string text;
  for (const Lines& block : blocks) {
    if (airy && !text.empty()) text += "\n";
    for (const std::string& line : block) text += line + "\n";
  }
  return text;
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const {
  const CommandEntry command = command_entry(*app);
  const bool program = app->get_parent() == nullptr;
  std::vector<Lines> blocks;
  blocks.push_back({command.summary, fmt::format("Usage: {}", program ? "tristab COMMAND [OPTIONS]"
                                                                      : command_synopsis(command))});
  if (program) {
    Section commands;
    for (const CLI::App* each : app->get_subcommands({})) {
      commands.rows.push_back({each->get_name(), command_entry(*each).summary});
    }
    blocks.push_back(columns(commands.rows, left_width({commands})));
  }
  const std::vector<Section> sections = sections_of(command, program);
  const std::size_t width = left_width(sections);
  for (const Section& section : sections) {
    Lines lines = columns(section.rows, width);
    if (!section.heading.empty()) lines.insert(lines.begin(), fmt::format("{}:", section.heading));
    blocks.push_back(std::move(lines));
  }
  blocks.push_back(example_lines(command.examples));
  return joined(blocks);
}

}  // namespace tristab
