#include "tristab/inspect/delta_debugging.h"

#include <algorithm>
#include <map>

#include "tristab/base/for_all.h"

namespace tristab {
namespace {

SiteSet united(const SiteGroups& groups, std::size_t size) {
  SiteSet all(size, false);
  for (const SiteSet& group : groups) {
    for (std::size_t s = 0; s < group.size(); ++s) all[s] = all[s] || group[s];
  }
  return all;
}

SiteGroups pieces_of(const SiteGroups& groups, std::size_t first, std::size_t last) {
  return {groups.begin() + static_cast<std::ptrdiff_t>(first), groups.begin() + static_cast<std::ptrdiff_t>(last)};
}

SiteGroups rest_of(const SiteGroups& groups, std::size_t first, std::size_t last) {
  SiteGroups rest = pieces_of(groups, 0, first);
  rest.insert(rest.end(), groups.begin() + static_cast<std::ptrdiff_t>(last), groups.end());
  return rest;
}

// The members of `within` as the groups of a level, in the level's order.
SiteGroups split_by(const std::vector<SiteShare>& level, const SiteSet& within) {
  SiteGroups groups;
  for (const SiteShare& share : level) {
    SiteSet group = share.sites;
    bool any = false;
    for (std::size_t s = 0; s < group.size(); ++s) {
      group[s] = group[s] && within[s];
      any = any || group[s];
    }
    if (any) groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace

SiteSet ddmin(const SiteGroups& all, const SiteTests& have) {
  if (all.empty()) return {};
  const std::size_t size = all.front().size();
  // The first of some lists of groups that has the property; a few are asked at once, in their order.
  const auto first_of = [&](const std::vector<SiteGroups>& candidates) {
    constexpr std::size_t at_once = 4;
    for (std::size_t begin = 0; begin < candidates.size(); begin += at_once) {
      std::vector<SiteSet> sets;
      for (std::size_t k = begin; k < std::min(begin + at_once, candidates.size()); ++k)
        sets.push_back(united(candidates[k], size));
      const std::vector<char> answers = have(sets);
      const auto found = std::ranges::find(answers, char{1});
      if (found != answers.end()) return begin + static_cast<std::size_t>(found - answers.begin());
    }
    return candidates.size();
  };
  SiteGroups groups = all;
  // The members that matter most, as few as have the property: sets found from these are small.
  std::vector<SiteGroups> beginnings;
  for (std::size_t count = 1; count < groups.size(); count = count < 4 ? count + 1 : count * 2)
    beginnings.push_back(pieces_of(groups, 0, count));
  if (const std::size_t found = first_of(beginnings); found < beginnings.size()) groups = beginnings[found];
  std::size_t parts = 2;
  while (groups.size() >= 2) {
    const std::size_t count = std::min(parts, groups.size());
    // Pieces, then what is left without one. What matters least is at the end, so it is taken out first.
    std::vector<SiteGroups> pieces, rests;
    for (std::size_t k = count; k-- > 0;) {
      const std::size_t first = k * groups.size() / count, last = (k + 1) * groups.size() / count;
      if (count > 2) pieces.push_back(pieces_of(groups, first, last));
      rests.push_back(rest_of(groups, first, last));
    }
    if (const std::size_t rest = first_of(rests); rest < rests.size()) {
      groups = rests[rest];
      parts = std::max<std::size_t>(count - 1, 2);
    } else if (const std::size_t piece = first_of(pieces); piece < pieces.size()) {
      groups = pieces[piece];
      parts = 2;
    } else if (count == groups.size()) {
      break;
    } else {
      parts = 2 * count;
    }
  }
  return united(groups, size);
}

SiteSearch search_sites(const SiteExperiment& experiment, const SiteShares& shares) {
  SiteSearch search;
  search.misses = experiment.share(experiment.result()) > 1;
  search.enough = search.raise = experiment.none();
  if (!search.misses || !shares.resolved) return search;
  search.by_formula = experiment.share(experiment.exact()) > 1;
  if (search.by_formula) return search;
  std::map<SiteSet, char> known;
  const auto remembered = [&](const std::function<bool(const SiteSet&)>& test) {
    known.clear();
    return [&known, &search, test](const std::vector<SiteSet>& sets) {
      std::vector<const SiteSet*> fresh;
      for (const SiteSet& set : sets) {
        if (known.try_emplace(set, char{0}).second) fresh.push_back(&set);
      }
      std::vector<char> answers(fresh.size());
      for_all(std::size_t{0}, fresh.size(), [&](std::size_t k) { answers[k] = test(*fresh[k]) ? 1 : 0; });
      for (std::size_t k = 0; k < fresh.size(); ++k) known[*fresh[k]] = answers[k];
      search.runs += static_cast<int>(fresh.size());
      answers.clear();
      for (const SiteSet& set : sets) answers.push_back(known.at(set));
      return answers;
    };
  };
  const auto narrowed = [&](const SiteTests& have) {
    SiteSet found = experiment.none();
    found.flip();
    for (const std::vector<SiteShare>* level : {&shares.stages, &shares.kinds, &shares.steps, &shares.sites})
      found = ddmin(split_by(*level, found), have);
    return found;
  };
  search.enough =
      narrowed(remembered([&](const SiteSet& sites) { return experiment.share(experiment.only(sites)) > 1; }));
  search.raise =
      narrowed(remembered([&](const SiteSet& sites) { return experiment.share(experiment.without(sites)) <= 1; }));
  return search;
}

}  // namespace tristab
