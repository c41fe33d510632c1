#include "list_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "terminal.h"

#include "tristab/base/json.h"

namespace tristab {

void print_field(const std::string& name, std::string_view text) {
  if (text.empty()) return;
  constexpr std::size_t indent = 12;
  const Page page = standard_output_page();
  std::string block = paragraph(text, indent, page);
  if (block.starts_with(std::string(indent, ' ')))
    block.replace(0, indent, fmt::format("{}{:{}}", styled(name, Style::heading, page), "", indent - name.size()));
  fmt::print("{}", block);
}

void print_text(std::string_view text) { fmt::print("{}", paragraph(text, 0, standard_output_page())); }

void print_name(const std::string& name) {
  const Page page = standard_output_page();
  fmt::print("{}\n", styled(label_lines(name, page), Style::heading, page));
}

void print_table(const Table& table) { fmt::print("{}", table.str(standard_output_page())); }

TableColumn text_column(const char* header, std::size_t width, int dispensable) {
  return {.header = header, .layout = wrapped_cell, .widest = width, .dispensable = dispensable};
}

void print_parameters(std::span<const Parameter> parameters) {
  if (parameters.empty()) return print_field("parameters", "none");
  const Page page = standard_output_page();
  fmt::print("{}\n", styled("parameters", Style::heading, page));
  for (const Parameter& parameter : parameters) {
    const Json& default_value = parameter.default_value;
    const std::string text = default_value.is_string() ? default_value.get<std::string>() : default_value.dump();
    fmt::print("{}{}",
               paragraph(fmt::format("{} ({}; {})", parameter.name, parameter.allowed(),
                                     default_value.is_null() ? "may be absent" : "default " + text),
                         2, page),
               paragraph(parameter.help, 6, page));
  }
}

void print_description(const Description& description) {
  print_name(description.name);
  print_field("", description.summary);
  print_field("formula", description.formula);
}

void print_example(const std::string& command) {
  constexpr std::size_t indent = 2, continued = 4;
  const Page page = standard_output_page();
  std::string text(indent, ' ');
  std::size_t column = indent;
  for (std::size_t begin = 0; begin < command.size();) {  // no word of an example holds a blank
    const std::size_t end = std::min(command.find(' ', begin), command.size());
    const std::size_t length = end - begin;
    if (page.is_terminal() && begin > 0 && column + 1 + length + 2 > page.width) {  // leaves room for the backslash
      text += fmt::format(" \\\n{:{}}", "", continued);
      column = continued;
    } else if (begin > 0) {
      text += ' ';
      ++column;
    }
    text.append(command, begin, length);
    column += length;
    begin = end + 1;
  }
  fmt::print("{}\n{}\n", styled("example", Style::heading, page), text);
}

}  // namespace tristab
