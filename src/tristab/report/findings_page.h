// At most ten lines, each with the word that says what it is about.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tristab/report/page.h"

namespace tristab {

class FindingsPage {
 public:
  static constexpr std::size_t most_lines = 10;
  static constexpr std::size_t indent = 10;  // the longest word, and two spaces

  explicit FindingsPage(std::string first) : first_{"", Style::plain, std::move(first), false, ""} {}
  // The settings that failed, worst first: some of them, and how many there are among how many.
  void add_failures(std::vector<std::string> failures, std::size_t count, std::size_t settings);
  // `shorter` stands for the text where room is short; "" if there is no shorter one.
  void add(std::string word, Style style, std::string text, std::string shorter = "");
  // Below the last one, and only where there is room.
  void add_optional(std::string text);

  // The entries wrapped to the page. Where that is too long fewer failures are named, then the optional entries are
  // left out, then the shorter texts taken, then the longest entries cut.
  std::string str(const Page& page) const;

 private:
  struct Entry {
    std::string word;  // "" continues the one above
    Style style = Style::plain;
    std::string text;
    bool optional = false;
    std::string shorter;
  };
  enum class Extent { everything, needed, shorter };  // what is optional too, not it, and shorter texts
  std::vector<Entry> entries_with(std::size_t failures, Extent extent) const;

  Entry first_;
  std::vector<std::string> failures_;
  std::size_t failing_ = 0, settings_ = 0;
  bool has_failures_ = false;
  std::vector<Entry> entries_;
};

}  // namespace tristab
