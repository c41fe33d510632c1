#include "tristab/report/findings_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "tristab/report/text_layout.h"

namespace tristab {
namespace {

// Lines of at most `width` columns, broken at spaces; a word that is longer than a line is a label and is broken before
// its parameters where it can be.
std::vector<std::string> wrapped_labels(const std::string& text, std::size_t width) {
  std::string pieces;
  for (const std::string& line : lines_of(wrapped_cell(text, width))) {
    if (!pieces.empty()) pieces += '\n';
    pieces += display_width(line) > width ? broken_label(line, width) : line;
  }
  return lines_of(cut_lines(pieces, width));
}

}  // namespace

void FindingsPage::add_failures(std::vector<std::string> failures, std::size_t count, std::size_t settings) {
  has_failures_ = true;
  failures_ = std::move(failures);
  failing_ = count;
  settings_ = settings;
}

void FindingsPage::add(std::string word, Style style, std::string text, std::string shorter) {
  entries_.push_back({std::move(word), style, std::move(text), false, std::move(shorter)});
}

void FindingsPage::add_optional(std::string text) {
  entries_.push_back({"", Style::plain, std::move(text), true, ""});
}

std::vector<FindingsPage::Entry> FindingsPage::entries_with(std::size_t failures, Extent extent) const {
  std::vector<Entry> entries;
  if (has_failures_ && failing_ == 0) {
    entries.push_back({"failed", Style::pass, "none: no case failed, every answer is finite", false, ""});
  }
  for (std::size_t k = 0; k < failures; ++k)
    entries.push_back({k == 0 ? "failed" : "", Style::fail, failures_[k], false, ""});
  if (failing_ > failures) {
    entries.push_back({failures == 0 ? "failed" : "", Style::fail,
                       failures == 0
                           ? fmt::format("{} of {} settings somewhere", failing_, settings_)
                           : fmt::format("and {} more of the {} settings", failing_ - failures, settings_),
                       false, ""});
  }
  for (const Entry& entry : entries_) {
    if (entry.optional && extent != Extent::everything) continue;
    entries.push_back(entry);
    if (extent == Extent::shorter && !entry.shorter.empty()) entries.back().text = entry.shorter;
  }
  return entries;
}

std::string FindingsPage::str(const Page& page) const {
  const std::size_t width = page.prose_width();
  const auto lines_of_entry = [&](const Entry& entry, std::size_t most) {
    const std::size_t margin = &entry == &first_ ? 0 : indent;
    const std::size_t room = std::max<std::size_t>(width, margin + 20) - margin;
    const std::string text = without_controls(entry.text);
    std::vector<std::string> parts = wrapped_labels(text, room);
    if (parts.size() > most) {  // every line full, and an end that says so
      parts = lines_of(cut_lines(text, room));
      for (std::string& part : parts) {
        part.erase(0, part.find_first_not_of(' '));
        part.erase(part.find_last_not_of(' ') + 1);
      }
      if (parts.size() > most) {
        parts.resize(most);
        parts.back() = elided(parts.back() + "...", room);
      }
    }
    for (std::size_t k = 0; k < parts.size(); ++k) {
      const std::string word = k == 0 ? entry.word : "";
      parts[k] =
          fmt::format("{}{:{}}{}", styled(word, entry.style, page), "", margin - word.size(), parts[k]);
    }
    return parts;
  };
  const auto all_lines = [&](const std::vector<Entry>& entries, const std::vector<std::size_t>& most) {
    std::vector<std::vector<std::string>> all{lines_of_entry(first_, 2)};
    for (std::size_t k = 0; k < entries.size(); ++k) all.push_back(lines_of_entry(entries[k], most[k]));
    return all;
  };
  const auto count = [](const std::vector<std::vector<std::string>>& all) {
    std::size_t lines = 0;
    for (const auto& each : all) lines += each.size();
    return lines;
  };
  constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  const auto at_once = [&](std::size_t failures, Extent extent) {
    const std::vector<Entry> entries = entries_with(failures, extent);
    return all_lines(entries, std::vector<std::size_t>(entries.size(), unlimited));
  };
  const auto text_of = [](const std::vector<std::vector<std::string>>& all) {
    std::string text;
    for (const auto& entry : all) {
      for (const std::string& line : entry) text += line + "\n";
    }
    return text;
  };

  // Two failures are worth more than what is optional.
  const std::size_t most = failures_.size(), few = std::min<std::size_t>(most, 2);
  for (std::size_t failures = most + 1; failures-- > few;) {
    const auto all = at_once(failures, Extent::everything);
    if (count(all) <= most_lines) return text_of(all);
  }
  const std::size_t least = std::min<std::size_t>(most, 1);
  for (const Extent extent : {Extent::needed, Extent::shorter}) {
    for (std::size_t failures = most + 1; failures-- > least;) {
      const auto all = at_once(failures, extent);
      if (count(all) <= most_lines) return text_of(all);
    }
  }
  // The longest entry loses a line, the last one, which names the file, after all others.
  const std::vector<Entry> entries = entries_with(least, Extent::shorter);
  std::vector<std::size_t> limits(entries.size(), unlimited);
  while (true) {
    const auto all = all_lines(entries, limits);
    if (count(all) <= most_lines) return text_of(all);
    std::size_t longest = 0;
    for (std::size_t k = 1; k + 1 < entries.size(); ++k) {
      if (all[k + 1].size() > all[longest + 1].size()) longest = k;
    }
    if (all[longest + 1].size() == 1) longest = entries.size() - 1;
    if (all[longest + 1].size() == 1) return text_of(all);  // there are no more than ten entries
    limits[longest] = all[longest + 1].size() - 1;
  }
}

}  // namespace tristab
