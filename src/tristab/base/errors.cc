#include "tristab/base/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace tristab {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

constexpr std::size_t longest_place = 1000, longest_name = 200;

// Levenshtein distance that counts a swap of neighbours as one slip (optimal string alignment); of what differs in more
// than a long name, the most that it can be.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  // A common prefix or suffix costs nothing.
  while (!a.empty() && !b.empty() && lower(a.front()) == lower(b.front())) {
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  while (!a.empty() && !b.empty() && lower(a.back()) == lower(b.back())) {
    a.remove_suffix(1);
    b.remove_suffix(1);
  }
  if (const std::size_t longer = std::max(a.size(), b.size()); longer > longest_name) return longer;
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

// A file may hold hundreds of thousands of names, so a message lists only some of them.
constexpr std::size_t most_listed = 100, listed_of_many = 20;

// The `count` names nearest to `found` in edit distance, nearest first; equal distances keep the order of `names`.
std::vector<std::string> nearest_names(std::string_view found, std::span<const std::string> names, std::size_t count) {
  std::vector<std::pair<std::size_t, std::size_t>> order;  // distance, position
  for (std::size_t i = 0; i < names.size(); ++i) order.emplace_back(edit_distance(found, names[i]), i);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end());
  std::vector<std::string> nearest;
  for (std::size_t k = 0; k < count; ++k) nearest.push_back(names[order[k].second]);
  return nearest;
}

std::string listed_names(std::span<const std::string> names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + shortened(name, longest_name);
  return list;
}

}  // namespace

std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  const auto inside_character = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80; };
  constexpr std::string_view gap = " ... ";
  const std::size_t room = most - gap.size();
  std::size_t end = room - room / 4, rest = text.size() - room / 4;
  for (int k = 0; k < 3 && inside_character(end); ++k) --end;
  for (int k = 0; k < 3 && rest < text.size() && inside_character(rest); ++k) ++rest;
  return fmt::format("{}{}{}", text.substr(0, end), gap, text.substr(rest));
}

std::string nearest_name(std::string_view found, std::span<const std::string> allowed) {
  std::string best;
  if (found.size() > longest_name) return best;  // no slip; and the distance takes time
  std::size_t best_distance = std::max<std::size_t>(2, found.size() / 3) + 1;
  for (const std::string& name : allowed) {
    std::size_t distance = edit_distance(found, name);
    // A prefix ("residual" for "residual-neumann") counts as one slip, however long the rest is.
    if (found.size() >= 3 && name.size() > found.size() && name.compare(0, found.size(), found) == 0) distance = 1;
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best;
}

std::string join_names(std::span<const std::string> names) {
  if (names.size() <= most_listed) return listed_names(names);
  return fmt::format("{} and {} more", listed_names(names.first(listed_of_many)), names.size() - listed_of_many);
}

void refuse(std::string_view where, std::string_view found, std::string_view allowed) {
  throw UsageError(
      fmt::format("{}: found {}; allowed: {}", shortened(where, longest_place), shortened(found), allowed));
}

void refuse_input(std::string_view where, std::string_view found, std::string_view allowed) {
  throw InputError(
      fmt::format("{}: found {}; allowed: {}", shortened(where, longest_place), shortened(found), allowed));
}

void throw_unknown_name(std::string_view place, std::string_view kind, std::string_view found,
                        std::span<const std::string> allowed) {
  const std::string nearest = nearest_name(found, allowed);
  const std::string listed =
      allowed.size() <= most_listed
          ? join_names(allowed)
          : fmt::format("{} and {} more",
                        listed_names(nearest_names(found.substr(0, longest_name), allowed, listed_of_many)),
                        allowed.size() - listed_of_many);
  throw UsageError(fmt::format("{}: no {} is called '{}'{} Allowed: {}", shortened(place, longest_place),
                               shortened(kind, longest_name), shortened(found, longest_name),
                               nearest.empty() ? "." : fmt::format("; did you mean '{}'?", nearest), listed));
}

}  // namespace tristab
