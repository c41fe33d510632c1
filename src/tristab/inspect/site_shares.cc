#include "tristab/inspect/site_shares.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tristab/base/for_all.h"
#include "tristab/matrix/norms.h"
#include "tristab/sweep/field.h"

namespace tristab {
namespace {

double relative_norm(const Matrix& x, double scale) {
  const double norm = frobenius_norm(x) / scale;
  return std::isnan(norm) ? infinity : norm;
}

Matrix less(Matrix x, const Matrix& y) {
  for (std::size_t k = 0; k < x.values().size(); ++k) x.values()[k] -= y.values()[k];
  return x;
}

// The sites that `same` puts together, in the order of their first one.
template <class Key>
std::vector<SiteShare> grouped(const SiteExperiment& experiment, Key key) {
  std::vector<SiteShare> groups;
  std::map<std::string, std::size_t> known;
  for (std::size_t s = 0; s < experiment.sites().size(); ++s) {
    SiteShare share = key(experiment.sites()[s]);
    const auto [found, fresh] = known.try_emplace(share.text(), groups.size());
    if (fresh) {
      share.sites = experiment.none();
      groups.push_back(std::move(share));
    }
    groups[found->second].sites[s] = true;
  }
  return groups;
}

}  // namespace

std::string SiteShare::text() const {
  std::string text = stage;
  if (step > 0) text += fmt::format(" {}", step);
  if (!kind.empty()) text += " " + kind;
  return text;
}

SiteShares site_shares(const SiteExperiment& experiment) {
  SiteShares shares;
  shares.stages =
      grouped(experiment, [](const Site& s) { return SiteShare{.stage = s.stage, .kind = {}, .sites = {}}; });
  shares.kinds = grouped(
      experiment, [](const Site& s) { return SiteShare{.stage = s.stage, .kind = name_of(s.kind), .sites = {}}; });
  shares.steps = grouped(
      experiment, [](const Site& s) { return SiteShare{.stage = s.stage, .kind = {}, .step = s.step, .sites = {}}; });
  shares.sites = grouped(experiment, [](const Site& s) {
    return SiteShare{.stage = s.stage, .kind = name_of(s.kind), .step = s.step, .sites = {}};
  });
  const double scale = frobenius_norm(experiment.truth().high);
  shares.total = experiment.error(experiment.result());
  shares.truncation = experiment.error(experiment.exact());
  shares.resolved = experiment.resolves();
  if (!shares.resolved) {
    shares.stages.clear();
    shares.kinds.clear();
    shares.steps.clear();
    shares.sites.clear();
    return shares;
  }

  const Matrix whole = difference(experiment.result(), experiment.exact());
  const double rounding = relative_norm(whole, scale);
  std::vector<SiteShare*> all;
  std::vector<Matrix> parts(shares.sites.size());  // X_replayed - M of each site
  for (std::vector<SiteShare>* level : {&shares.sites, &shares.steps, &shares.kinds, &shares.stages}) {
    for (SiteShare& share : *level) all.push_back(&share);
  }
  // A group of one site is that site.
  std::map<SiteSet, std::size_t> first;
  std::vector<std::size_t> own;
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (first.try_emplace(all[k]->sites, k).second) own.push_back(k);
  }
  for_all(std::size_t{0}, own.size(), [&](std::size_t m) {
    const std::size_t k = own[m];
    SiteShare& share = *all[k];
    Matrix part = difference(experiment.replayed(share.sites), experiment.exact());
    share.share = relative_norm(part, scale);
    share.explained = std::isfinite(share.share) ? rounding - relative_norm(less(whole, part), scale) : 0;
    share.alone = relative_norm(difference(experiment.only(share.sites), experiment.exact()), scale);
    share.without = experiment.error(experiment.without(share.sites));
    share.gone = std::isinf(share.without) ? 0 : shares.total - share.without;
    if (k < parts.size()) parts[k] = std::move(part);
  });
  for (SiteShare* share : all) {
    const SiteShare& same = *all[first.at(share->sites)];
    share->share = same.share;
    share->explained = same.explained;
    share->alone = same.alone;
    share->without = same.without;
    share->gone = same.gone;
  }
  Matrix rest = whole;
  for (const Matrix& part : parts) rest = less(std::move(rest), part);
  shares.remainder = relative_norm(rest, scale);
  const bool finite = std::isfinite(rounding), first_order = shares.first_order();
  const auto worse = [&](const SiteShare& x, const SiteShare& y) {
    if (finite && first_order) return x.explained > y.explained;
    const bool x_cuts = x.kind == name_of(RoundingKind::saturation),
               y_cuts = y.kind == name_of(RoundingKind::saturation);
    if (!finite && x_cuts != y_cuts && std::isinf(x.alone) == std::isinf(y.alone)) return x_cuts;
    return x.alone > y.alone;
  };
  for (std::vector<SiteShare>* level : {&shares.sites, &shares.steps, &shares.kinds, &shares.stages})
    std::ranges::stable_sort(*level, worse);
  std::map<std::string, std::size_t> place;  // of a step
  for (const SiteShare& step : shares.steps) place.emplace(step.text(), place.size());
  std::ranges::stable_sort(shares.sites, {}, [&](const SiteShare& site) {
    return place.at(SiteShare{.stage = site.stage, .kind = {}, .step = site.step, .sites = {}}.text());
  });
  return shares;
}

}  // namespace tristab
