#include "tristab/inspect/site_shares.h"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tristab/matrix/norms.h"
#include "tristab/sweep/field.h"

namespace tristab {
namespace {

double relative_norm(const Matrix& x, double scale) {
  const double norm = frobenius_norm(x) / scale;
  return std::isnan(norm) ? infinity : norm;
}

Matrix difference(const Matrix& x, const Matrix& y) {
  Matrix result = x;
  for (std::size_t k = 0; k < result.values().size(); ++k) result.values()[k] -= y.values()[k];
  return result;
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

  const Matrix whole = difference(experiment.result(), experiment.exact());
  const double rounding = relative_norm(whole, scale);
  std::vector<SiteShare*> all;
  std::vector<Matrix> parts(shares.sites.size());  // X_only - M of each site
  for (std::vector<SiteShare>* level : {&shares.sites, &shares.steps, &shares.kinds, &shares.stages}) {
    for (SiteShare& share : *level) all.push_back(&share);
  }
  tbb::parallel_for(std::size_t{0}, all.size(), [&](std::size_t k) {
    SiteShare& share = *all[k];
    Matrix part = difference(experiment.replayed(share.sites), experiment.exact());
    share.share = relative_norm(part, scale);
    share.explained = std::isfinite(share.share) ? rounding - relative_norm(difference(whole, part), scale) : 0;
    share.alone = relative_norm(difference(experiment.only(share.sites), experiment.exact()), scale);
    share.without = experiment.error(experiment.without(share.sites));
    share.gone = std::isinf(share.without) ? 0 : shares.total - share.without;
    if (k < parts.size()) parts[k] = std::move(part);
  });
  Matrix rest = whole;
  for (const Matrix& part : parts) rest = difference(rest, part);
  shares.remainder = relative_norm(rest, scale);
  const auto worse = [&](const SiteShare& x, const SiteShare& y) {
    return std::isfinite(rounding) ? x.explained > y.explained : x.share > y.share;
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
