// The parts that tristab list prints: fields of an explanation, tables, and an example at the end.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/errors.h"
#include "tristab/base/parameters.h"
#include "tristab/report/table.h"

namespace tristab {

void print_field(const std::string& name, std::string_view text);  // prints nothing if the text is empty
void print_text(std::string_view text);
void print_name(const std::string& name);  // of what is explained
void print_table(const Table& table);

// A column of running text, `width` columns wide in a file or a pipe; `dispensable` as in TableColumn.
TableColumn text_column(const char* header, std::size_t width, int dispensable = 0);

void print_parameters(std::span<const Parameter> parameters);
void print_description(const Description& description);  // name, summary, formula

// A command that can be copied. It is on one line in a file or a pipe; on a narrower terminal its lines end with a
// backslash.
void print_example(const std::string& command);

// The item of this name. Throws UsageError with the nearest name.
template <class Item, class Name>
const Item& find_item(std::span<const Item> items, const std::string& name, const char* kind, Name name_of) {
  std::vector<std::string> names;
  for (const Item& item : items) {
    if (name_of(item) == name) return item;
    names.emplace_back(name_of(item));
  }
  throw_unknown_name("tristab list", kind, name, names);
}

}  // namespace tristab
