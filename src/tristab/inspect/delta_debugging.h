// Delta debugging: from a set that has a property to a subset that has it and loses it with any single member.
// Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, IEEE Trans. Software Engineering 28(2),
// 2002 (ddmin); for roundings: Fevotte and Lathuiliere, Debugging and Optimization of HPC Programs with the Verrou
// Tool, 2019.
#pragma once

#include <functional>
#include <vector>

#include "tristab/inspect/site_shares.h"

namespace tristab {

// Groups of members that are tried together, and the members of each.
using SiteGroups = std::vector<SiteSet>;

// Whether sets have the property, one answer for each; they may be asked at once.
using SiteTests = std::function<std::vector<char>(const std::vector<SiteSet>&)>;

// The union of a minimal list of `groups`: it has the property, and without any one of the groups it has not. The union
// of all groups must have it. Groups that are thought to matter most should stand first.
SiteSet ddmin(const SiteGroups& groups, const SiteTests& have);

struct SiteSearch {
  bool misses = false;      // the case misses its requirement
  bool by_formula = false;  // also without any rounding
  // If it misses and the formula does not: a smallest set of sites that alone makes it miss, and a smallest set that
  // must be exact so that it meets; all others may stay rounded (ddmax). Both are minimal: every single member was
  // taken out, or left rounded.
  SiteSet enough, raise;
  int runs = 0;
};

// From stages down to kinds, steps and sites.
SiteSearch search_sites(const SiteExperiment& experiment, const SiteShares& shares);

}  // namespace tristab
