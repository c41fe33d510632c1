#include "tristab/inspect/delta_debugging.h"

#include <algorithm>
#include <map>

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

SiteSet ddmin(const SiteGroups& all, const std::function<bool(const SiteSet&)>& has) {
  if (all.empty()) return {};
  const std::size_t size = all.front().size();
  SiteGroups groups = all;
  // The members that matter most, as few as have the property: sets found from these are small.
  for (std::size_t count = 1; count < groups.size(); count = count < 4 ? count + 1 : count * 2) {
    if (!has(united(pieces_of(groups, 0, count), size))) continue;
    groups.resize(count);
    break;
  }
  std::size_t parts = 2;
  while (groups.size() >= 2) {
    const std::size_t count = std::min(parts, groups.size());
    bool smaller = false;
    // What matters least is at the end, so it is taken out first.
    for (std::size_t k = count; k-- > 0 && !smaller;) {
      const std::size_t first = k * groups.size() / count, last = (k + 1) * groups.size() / count;
      if (SiteGroups piece = pieces_of(groups, first, last); count > 2 && has(united(piece, size))) {
        groups = std::move(piece);
        parts = 2;
        smaller = true;
      } else if (SiteGroups rest = rest_of(groups, first, last); has(united(rest, size))) {
        groups = std::move(rest);
        parts = std::max<std::size_t>(count - 1, 2);
        smaller = true;
      }
    }
    if (smaller) continue;
    if (count == groups.size()) break;
    parts = 2 * count;
  }
  return united(groups, size);
}

SiteSearch search_sites(const SiteExperiment& experiment, const SiteShares& shares) {
  SiteSearch search;
  search.misses = experiment.share(experiment.result()) > 1;
  search.enough = search.raise = experiment.none();
  if (!search.misses) return search;
  search.by_formula = experiment.share(experiment.exact()) > 1;
  if (search.by_formula) return search;
  std::map<SiteSet, bool> known;
  const auto remembered = [&](const auto& test) {
    known.clear();
    return [&known, &search, test](const SiteSet& sites) {
      const auto [found, fresh] = known.try_emplace(sites, false);
      if (fresh) {
        found->second = test(sites);
        ++search.runs;
      }
      return found->second;
    };
  };
  const auto narrowed = [&](const std::function<bool(const SiteSet&)>& has) {
    SiteSet found = experiment.none();
    found.flip();
    for (const std::vector<SiteShare>* level : {&shares.stages, &shares.kinds, &shares.steps, &shares.sites})
      found = ddmin(split_by(*level, found), has);
    return found;
  };
  search.enough =
      narrowed(remembered([&](const SiteSet& sites) { return experiment.share(experiment.only(sites)) > 1; }));
  search.raise =
      narrowed(remembered([&](const SiteSet& sites) { return experiment.share(experiment.without(sites)) <= 1; }));
  return search;
}

}  // namespace tristab
