#include "tristab/report/result_diff.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab {
namespace {

using Cases = std::vector<ComparedCase>;

// A number for whole words of statuses and verdicts, worse ones larger; trivial and unknown ones 0.
int badness(std::string_view word) {
  constexpr std::array<std::string_view, 9> good_first{"ok",        "fit",       "normal", "high", "unfit",
                                                       "excessive", "nonfinite", "failed", "none"};
  const auto found = std::ranges::find(good_first, word);
  return found == good_first.end() ? 0 : static_cast<int>(found - good_first.begin());
}

bool is_word(const std::string& field) {
  return field == "status" || field == "fit" || field == "for_format" || field == "for_layer";
}

std::string word_of(const Json& value) { return value.is_string() ? value.get<std::string>() : "none"; }

// Which cases of two results are the same.
class Matching {
 public:
  Matching(const Cases& before, const Cases& after)
      : before_(before), after_(after), old_taken_(before.size(), false), new_taken_(after.size(), false) {}

  struct Pair {
    std::size_t before, after;
    bool by_id;
  };

  // Several cases with one key are matched in their order.
  void match(std::uint64_t ComparedCase::*key) {
    const std::vector<std::size_t> olds = sorted(before_, old_taken_, key), news = sorted(after_, new_taken_, key);
    for (auto o = olds.begin(), n = news.begin(); o != olds.end() && n != news.end();) {
      const std::uint64_t left = before_[*o].*key, right = after_[*n].*key;
      if (left == right) {
        pairs_.push_back({*o, *n, key == &ComparedCase::id});
        old_taken_[*o] = new_taken_[*n] = true;
      }
      if (left <= right) ++o;
      if (right <= left) ++n;
    }
  }

  // In the order of OLD.
  std::vector<Pair> pairs() const {
    std::vector<Pair> all = pairs_;
    std::ranges::sort(all, {}, &Pair::before);
    return all;
  }
  bool is_missing(std::size_t k) const { return !old_taken_[k]; }
  bool is_new(std::size_t k) const { return !new_taken_[k]; }

 private:
  static std::vector<std::size_t> sorted(const Cases& cases, const std::vector<bool>& taken,
                                         std::uint64_t ComparedCase::*key) {
    std::vector<std::size_t> order;
    for (std::size_t k = 0; k < cases.size(); ++k) {
      if (!taken[k]) order.push_back(k);
    }
    std::ranges::sort(order, {}, [&](std::size_t k) { return std::pair(cases[k].*key, k); });
    return order;
  }

  const Cases &before_, &after_;
  std::vector<bool> old_taken_, new_taken_;
  std::vector<Pair> pairs_;
};

// Compares the records, or the layers, of two results.
class SectionDiff {
 public:
  SectionDiff(ResultDiff& diff, bool layers, const CaseVisitor& visit)
      : diff_(diff),
        layers_(layers),
        visit_(visit),
        old_(diff.before->section(layers)),
        new_(diff.after->section(layers)),
        counts_(layers ? diff.layers : diff.records),
        of_old_(old_.groups.groups().size(), none),
        of_new_(new_.groups.groups().size(), none) {}

  void run(MatchBy by) {
    Matching matching(old_.cases, new_.cases);
    if (by != MatchBy::setting) matching.match(&ComparedCase::id);
    if (by != MatchBy::id) matching.match(&ComparedCase::place);
    for (const Matching::Pair& pair : matching.pairs()) compare(pair);
    for (std::size_t k = 0; k < old_.cases.size(); ++k) {
      if (matching.is_missing(k)) add_single(*diff_.before, old_.cases[k], true);
    }
    for (std::size_t k = 0; k < new_.cases.size(); ++k) {
      if (matching.is_new(k)) add_single(*diff_.after, new_.cases[k], false);
    }
    for (GroupChange& group : groups_) {
      group.layers = layers_;
      group.old_numbers = numbers_of(old_.groups, group.before);
      group.new_numbers = numbers_of(new_.groups, group.after);
      counts_.equal += group.cases.equal;
      counts_.changed += group.cases.changed;
      counts_.missing += group.cases.missing;
      counts_.added += group.cases.added;
      counts_.by_id += group.cases.by_id;
      counts_.by_setting += group.cases.by_setting;
      diff_.groups.push_back(std::move(group));
    }
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  static std::vector<Distribution> numbers_of(const CaseGroups& groups, const CaseGroup* group) {
    std::vector<Distribution> numbers;
    for (std::size_t k = 0; k < groups.fields().size(); ++k)
      numbers.push_back(group == nullptr ? distribution_of({}, groups.fields()[k]->info)
                                         : groups.distribution(*group, k));
    return numbers;
  }

  // The entry of a pair of groups. A case that only one result has belongs to the entry of its group, if there is one.
  GroupChange& group_of(std::size_t before, std::size_t after) {
    const std::size_t old_entry = before == none ? none : of_old_[before];
    const std::size_t new_entry = after == none ? none : of_new_[after];
    if (after == none && old_entry != none) return groups_[old_entry];
    if (before == none && new_entry != none) return groups_[new_entry];
    if (old_entry != none && old_entry == new_entry) return groups_[old_entry];
    if (old_entry != none || new_entry != none) {  // one of them has an entry with another group
      const auto [found, fresh] = more_entries_.try_emplace({before, after}, groups_.size());
      if (!fresh) return groups_[found->second];
    }
    const std::size_t entry = groups_.size();
    GroupChange& added = groups_.emplace_back();
    if (before != none) {
      added.before = &old_.groups.groups()[before];
      if (old_entry == none) of_old_[before] = entry;
    }
    if (after != none) {
      added.after = &new_.groups.groups()[after];
      if (new_entry == none) of_new_[after] = entry;
    }
    return added;
  }

  void compare(const Matching::Pair& pair) {
    const ComparedCase &one = old_.cases[pair.before], &other = new_.cases[pair.after];
    GroupChange& group = group_of(one.group, other.group);
    ++(pair.by_id ? group.cases.by_id : group.cases.by_setting);
    if (one.content == other.content && one.content_bytes == other.content_bytes) {
      ++group.cases.equal;
      return;
    }
    const Json before = diff_.before->content_of(one), after = diff_.after->content_of(other);
    Json changed = Json::object();
    for (const auto& [name, value] : before.items()) {
      const auto found = after.find(name);
      if (found == after.end()) {
        ++diff_.one_sided[name].only_before;
      } else if (*found != value) {
        changed[name] = Json::array({value, *found});
      }
    }
    for (const auto& [name, value] : after.items()) {
      if (!before.contains(name)) ++diff_.one_sided[name].only_after;
    }
    ++(changed.empty() ? group.cases.equal : group.cases.changed);
    if (changed.empty()) return;
    for (const auto& [name, values] : changed.items()) {
      ++group.fields[name];
      if (is_word(name)) ++group.words[{name, word_of(values[0]), word_of(values[1])}];
    }
    if (visit_) visit_("changed", layers_, diff_.after->id_of(other), changed);
  }

  void add_single(const ComparedResult& result, const ComparedCase& found, bool missing) {
    GroupChange& group = missing ? group_of(found.group, none) : group_of(none, found.group);
    ++(missing ? group.cases.missing : group.cases.added);
    if (visit_) visit_(missing ? "missing" : "new", layers_, result.id_of(found), {});
  }

  ResultDiff& diff_;
  bool layers_;
  const CaseVisitor& visit_;
  const ComparedSection &old_, &new_;
  DiffCounts& counts_;
  std::vector<GroupChange> groups_;
  std::vector<std::size_t> of_old_, of_new_;  // the first entry of each group, or none
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> more_entries_;
};

// Smaller comes first.
auto order_of(const ResultDiff& diff, const GroupChange& group) {
  int worse_status = 0, worse_verdict = 0, other_words = 0;
  for (const auto& [word, count] : group.words)
    (!word.is_worse() ? other_words : word.is_status() ? worse_status : worse_verdict) += count;
  const std::size_t field = group.layers ? diff.old_groups(true).position(shown_layer_field) : 0;
  return std::tuple(-worse_status, -worse_verdict, -other_words, -change_size(diff, group, field),
                    -group.cases.changed);
}

}  // namespace

MatchBy match_of(std::string_view name) {
  return name.empty() ? MatchBy::both : name == "id" ? MatchBy::id : MatchBy::setting;
}

bool WordChange::is_worse() const { return badness(after) > badness(before); }

const CaseInput& ResultDiff::input_of(const GroupChange& group) const {
  return group.after != nullptr ? new_groups(group.layers).input_of(*group.after)
                                : old_groups(group.layers).input_of(*group.before);
}

const CaseSetting& ResultDiff::setting_of(const GroupChange& group) const {
  return group.after != nullptr ? new_groups(group.layers).setting_of(*group.after)
                                : old_groups(group.layers).setting_of(*group.before);
}

double ratio_of(double before, double after) {
  if (std::isnan(before) || std::isnan(after)) return nan;
  if (before == after) return 1;
  if (std::isinf(before) && std::isinf(after)) return nan;  // of opposite signs
  if (before == 0) return std::copysign(infinity, after);
  return after / before;
}

double change_of(double before, double after, const NumberInfo& info) {
  if (!info.decibels) return ratio_of(before, after);
  return before == after ? 0 : after - before;
}

double change_size(const ResultDiff& diff, const GroupChange& group, std::size_t field) {
  if (group.before == nullptr || group.after == nullptr) return 0;
  const NumberInfo& info = diff.old_groups(group.layers).fields()[field]->info;
  double size = 0;
  for (double Distribution::*statistic : {&Distribution::worst, &Distribution::median}) {
    const double change = change_of(group.old_numbers[field].*statistic, group.new_numbers[field].*statistic, info);
    const double decades = info.decibels ? std::fabs(change) / 20 : std::fabs(std::log10(std::fabs(change)));
    if (!std::isnan(decades)) size = std::max(size, decades);
  }
  return size;
}

ResultDiff result_diff(const ComparedResult& before, const ComparedResult& after, MatchBy by,
                       const CaseVisitor& visit) {
  ResultDiff diff;
  diff.before = &before;
  diff.after = &after;
  diff.head = head_changes(before.head(), after.head());
  SectionDiff(diff, false, visit).run(by);
  if (!before.section(true).cases.empty() && !after.section(true).cases.empty()) SectionDiff(diff, true, visit).run(by);
  std::ranges::stable_sort(diff.groups, {}, [&](const GroupChange& group) { return order_of(diff, group); });
  return diff;
}

}  // namespace tristab
