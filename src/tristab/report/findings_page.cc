#include "tristab/report/findings_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/report/text_layout.h"

namespace tristab {
namespace {

constexpr std::size_t indent = 10;  // the longest word, and two spaces

}  // namespace

void FindingsPage::add_failures(std::vector<std::string> failures, std::size_t count, std::size_t settings) {
  has_failures_ = true;
  failures_ = std::move(failures);
  failing_ = count;
  settings_ = settings;
}

void FindingsPage::add(std::string word, Style style, std::string text) {
  entries_.push_back({std::move(word), style, std::move(text), false});
}

void FindingsPage::add_optional(std::string text) {
  entries_.push_back({"", Style::plain, std::move(text), true});
}

std::vector<FindingsPage::Entry> FindingsPage::entries_with(std::size_t failures, bool optional) const {
  std::vector<Entry> entries;
  if (has_failures_ && failing_ == 0) {
    entries.push_back({"failed", Style::pass, "none: no case failed, every answer is finite"});
  }
  for (std::size_t k = 0; k < failures; ++k)
    entries.push_back({k == 0 ? "failed" : "", Style::fail, failures_[k]});
  if (failing_ > failures) {
    entries.push_back({failures == 0 ? "failed" : "", Style::fail,
                       failures == 0 ? fmt::format("{} of {} settings somewhere", failing_, settings_)
                                     : fmt::format("and {} more of the {} settings", failing_ - failures,
                                                   settings_)});
  }
  for (const Entry& entry : entries_) {
    if (optional || !entry.optional) entries.push_back(entry);
  }
  return entries;
}

std::string FindingsPage::str(const Page& page) const {
  const std::size_t width = page.prose_width();
  const auto lines_of_all = [&](const std::vector<Entry>& entries, bool cut) {
    std::vector<std::string> lines;
    const auto add = [&](const std::string& word, Style style, const std::string& text, std::size_t margin) {
      const std::string clean = without_controls(text);
      const std::size_t room = std::max<std::size_t>(width, margin + 20) - margin;
      bool first = true;
      for (const std::string& line :
           lines_of(cut ? elided(clean, room)
                        : cut_lines(wrapped_cell(clean, room), page.is_terminal() ? room : clean.size() + 1))) {
        const std::string head = first ? word : "";
        lines.push_back(fmt::format("{}{:{}}{}", styled(head, style, page), "", margin - head.size(), line));
        first = false;
      }
    };
    add("", Style::plain, first_, 0);
    for (const Entry& entry : entries) add(entry.word, entry.style, entry.text, indent);
    return lines;
  };
  std::vector<std::string> lines;
  for (const bool optional : {true, false}) {
    for (std::size_t failures = failures_.size() + 1; failures-- > 0;) {
      lines = lines_of_all(entries_with(failures, optional), false);
      if (lines.size() <= most_lines) break;
      if (optional && failures <= 1) break;  // a named failure is worth more than what is optional
    }
    if (lines.size() <= most_lines) break;
  }
  if (lines.size() > most_lines)
    lines = lines_of_all(entries_with(std::min<std::size_t>(failures_.size(), 1), false), true);
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace tristab
