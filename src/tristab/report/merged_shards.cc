#include "tristab/report/merged_shards.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "tristab/base/errors.h"
#include "tristab/base/input_file.h"
#include "tristab/base/json.h"
#include "tristab/report/result_head.h"

namespace tristab {
namespace {

constexpr std::size_t most_open = 50;  // files stay open if there are no more; a process may have 1,024, often
constexpr const char* allowed = "results of tristab sweep --shard, .ndjson or .json";

ResultBeginning beginning_of(const std::string& path) {
  if (!is_read_again(path)) refuse_input(path, "a pipe or a device", "a file: shards are read several times");
  open_input(path, "", allowed);
  const auto head = result_beginning(path);
  if (!head) refuse_input(path, "no result", allowed);
  if (!head->shard) refuse_input(path, "the result of a whole sweep", allowed);
  if (!head->shard->valid())
    refuse_input(path, fmt::format("the shard {}", head->shard->text()),
                 fmt::format("I/N with 1 <= I <= N <= {}", Shard::most));
  return *head;
}

// "gdn n=64 trials 3, 7, 11 and 2 more"
std::string named(const Plan& plan, const std::vector<Unit>& units) {
  constexpr std::size_t most_groups = 3, most_trials = 6;
  std::vector<std::string> parts;
  std::size_t groups = 0;
  for (std::size_t begin = 0, end = 0; begin < units.size(); begin = end, ++groups) {
    const auto same = [&](const Unit& unit) {
      return unit.group == units[begin].group && unit.is_sequence == units[begin].is_sequence;
    };
    while (end < units.size() && same(units[end])) ++end;
    if (groups >= most_groups) continue;
    const MatrixGroup& group = plan.groups[units[begin].group];
    std::vector<int> trials;
    for (std::size_t k = begin; k < std::min(end, begin + most_trials); ++k)
      trials.push_back(group.first + units[k].index);
    const std::size_t rest = end - begin - trials.size();
    parts.push_back(fmt::format("{} {} {}{}", group.input().label(), units[begin].is_sequence ? "sequences" : "trials",
                                fmt::join(trials, ", "), rest > 0 ? fmt::format(" and {} more", rest) : ""));
  }
  if (groups > most_groups) parts.push_back(fmt::format("{} more inputs", groups - most_groups));
  return fmt::format("{}", fmt::join(parts, "; "));
}

// The units whose lines a file has, counted by its lines; a unit that was torn off does not count.
std::size_t units_in(const Plan& plan, const std::vector<Unit>& units, const std::string& path) {
  UnitLines lines(path);
  std::size_t count = 0;
  try {
    for (; count < units.size(); ++count) static_cast<void>(lines.next(plan, units[count]));
  } catch (const InputError&) {
    // there are no more
  }
  return count;
}

}  // namespace

Json config_of_shards(const std::vector<std::string>& files) {
  const ResultBeginning first = beginning_of(files.front());
  if (tool_name(first.tool) != tool_name()) {
    refuse_input(files.front(), fmt::format("a shard of {}, but this is {}", tool_name(first.tool), tool_name()),
                 "shards of this version");
  }
  std::map<int, std::string> seen;
  for (const std::string& path : files) {
    const ResultBeginning head = beginning_of(path);
    const std::string other = config_differences(head.config, first.config);
    if (!other.empty())
      refuse_input(path, fmt::format("another configuration than in {} ({})", files.front(), other),
                   "shards of one sweep");
    if (head.shard->count != first.shard->count)
      refuse_input(path, fmt::format("the shard {}", head.shard->text()),
                   fmt::format("shards of {}, as in {}", first.shard->count, files.front()));
    if (tool_name(head.tool) != tool_name(first.tool))
      refuse_input(path, tool_name(head.tool), fmt::format("{}, as in {}", tool_name(first.tool), files.front()));
    const auto [there, is_new] = seen.emplace(head.shard->index, path);
    if (!is_new)
      refuse(path, fmt::format("the shard {} a second time, after {}", head.shard->text(), there->second), "once each");
  }
  return first.config;
}

MergedShards::MergedShards(const Plan& plan, const std::vector<std::string>& files) : plan_(plan) {
  const int count = beginning_of(files.front()).shard->count;
  const std::vector<Unit> all = units_of(plan);
  shards_ = shards_of(plan, all, count);
  files_.resize(static_cast<std::size_t>(count));
  std::vector<bool> complete(files_.size(), false);
  std::vector<std::optional<std::int64_t>> cases(files_.size());
  for (const std::string& path : files) {
    const ResultBeginning head = beginning_of(path);
    const auto at = static_cast<std::size_t>(head.shard->index - 1);
    files_[at] = path;
    complete[at] = is_whole(path, head);
    cases[at] = head.cases;
  }
  std::vector<std::vector<Unit>> units(files_.size());
  for (std::size_t k = 0; k < all.size(); ++k) {
    units[static_cast<std::size_t>(shards_[k] - 1)].push_back(all[k]);
    first_.try_emplace({all[k].is_sequence, all[k].group}, k);
  }
  std::vector<std::string> missing;
  for (std::size_t s = 0; s < files_.size(); ++s) {
    const std::string name = fmt::format("shard {}/{}", s + 1, count);
    if (files_[s].empty() && units[s].empty()) continue;
    if (files_[s].empty()) {
      missing.push_back(fmt::format("{} ({} cases: {})", name, counts_of(plan, units[s]).cases, named(plan, units[s])));
      continue;
    }
    const std::int64_t own = counts_of(plan, units[s]).cases;
    if (cases[s].value_or(own) != own)
      refuse_input(files_[s], fmt::format("a shard of {} cases", *cases[s]),
                   fmt::format("{} cases, as the configuration and the files that it names say now", own));
    if (complete[s]) continue;
    const std::size_t done = units_in(plan, units[s], files_[s]);
    const std::vector<Unit> rest(units[s].begin() + static_cast<std::ptrdiff_t>(done), units[s].end());
    missing.push_back(rest.empty() ? fmt::format("the end of {} in {}", name, files_[s])
                                   : fmt::format("{} of {} cases of {} in {} ({})", counts_of(plan, rest).cases, own,
                                                 name, files_[s], named(plan, rest)));
  }
  if (!missing.empty()) {
    constexpr std::size_t most_named = 5;
    if (missing.size() > most_named) {
      const std::size_t rest = missing.size() - most_named;
      missing.resize(most_named);
      missing.push_back(fmt::format("{} more shards", rest));
    }
    throw InputError(
        fmt::format("these shards are not a whole sweep; missing: {}; to go on: tristab sweep with the same "
                    "configuration, --shard and --resume",
                    fmt::join(missing, "; ")));
  }
  for (std::size_t s = 0; s < files_.size(); ++s) {
    left_.push_back(units[s].size());
    lines_.push_back(files_[s].empty() ? nullptr : std::make_unique<UnitLines>(files_[s]));
    if (files_.size() > most_open && lines_.back() != nullptr) lines_.back()->release();
    if (!units[s].empty() && units_in(plan, {units[s].front()}, files_[s]) == 0)
      refuse_input(files_[s], "another layout than tristab writes", "the file as tristab sweep wrote it");
  }
}

std::optional<std::string> MergedShards::next(const Unit& unit) {
  const auto shard = static_cast<std::size_t>(shards_[next_++] - 1);
  UnitLines& lines = *lines_[shard];
  std::string text = lines.next(plan_, unit);
  if (--left_[shard] == 0 && lines.has_more())
    refuse_input(files_[shard], "more lines than its cases have", "the file as tristab sweep wrote it");
  if (lines_.size() > most_open) lines.release();
  return text;
}

MatrixResult MergedShards::matrix(const Plan& plan, const Unit& unit, const std::string& text) const {
  return matrix_of(plan, unit, text, file_of(unit));
}

LayerResult MergedShards::sequence(const Plan& plan, const Unit& unit, const std::string& text) const {
  return sequence_of(plan, unit, text, file_of(unit));
}

const std::string& MergedShards::file_of(const Unit& unit) const {
  // Units of a group are side by side.
  const std::size_t first = first_.at({unit.is_sequence, unit.group});
  return files_[static_cast<std::size_t>(shards_[first + static_cast<std::size_t>(unit.index)] - 1)];
}

}  // namespace tristab
