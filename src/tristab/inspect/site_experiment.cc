#include "tristab/inspect/site_experiment.h"

#include <fmt/format.h>
#include <tbb/enumerable_thread_specific.h>

#include <cmath>
#include <mutex>

#include "tristab/base/random.h"
#include "tristab/matrix/norms.h"
#include "tristab/metric/measure.h"
#include "tristab/sweep/field.h"
#include "tristab/sweep/formed_input.h"

namespace tristab {

std::string Site::text() const { return fmt::format("{} {} {}", stage, step, name_of(kind)); }

// A machine of one thread.
struct SiteExperiment::Worker {
  SiteRun run;
  Machine machine{make_site_engine(run)};
};
struct SiteExperiment::Workers {
  tbb::enumerable_thread_specific<std::unique_ptr<Worker>> each;
  std::mutex judging;  // MatrixEvaluation keeps what it finds

  Worker& mine() {
    std::unique_ptr<Worker>& worker = each.local();
    if (!worker) worker = std::make_unique<Worker>();
    return *worker;
  }
};

SiteExperiment::SiteExperiment(const Setting& setting, MatrixEvaluation& evaluation, Machines& machines)
    : setting_(setting), evaluation_(evaluation), machines_(machines), workers_(std::make_unique<Workers>()) {
  const TokenInputs* tokens = evaluation_.problem().tokens.get();
  if (std::optional<Matrix> formed = formed_matrix(tokens, setting_, machines)) formed_ = std::move(*formed);
  result_ = run({}, RoundingKinds::all(), true, &operations_, Mode::surveyed);
  exact_ = run({}, {}, false, &exact_operations_, Mode::rounded);
  if (formed_.rows() > 0 && formed_ != given()) sites_.push_back({"formation", 1, RoundingKind::entry, -1});
  for (std::size_t k = 0; k < operations_.size(); ++k) {
    for (int kind = 0; kind < kRoundingKinds; ++kind) {
      if (operations_[k].rounded.has(static_cast<RoundingKind>(kind)))
        sites_.push_back(
            {operations_[k].stage, operations_[k].step, static_cast<RoundingKind>(kind), static_cast<int>(k)});
    }
  }
}

SiteExperiment::~SiteExperiment() = default;

ExtendedMatrix SiteExperiment::run(const std::vector<RoundingKinds>& on, RoundingKinds beyond, bool formed,
                                   std::vector<SiteOperation>* kept, Mode mode) const {
  Worker& worker = workers_->mine();
  worker.run.on = on;
  worker.run.on_beyond = beyond;
  worker.run.survey = mode == Mode::surveyed;
  worker.run.replay = mode == Mode::replayed ? &operations_ : nullptr;
  worker.run.keep_results = kept != nullptr;
  const Problem& problem = evaluation_.problem();
  const MethodSpec& method = *setting_.method;
  const Matrix& a = formed && formed_.rows() > 0 ? formed_ : problem.a;
  const bool stored = worker.run.at(0).has(RoundingKind::entry);
  const Matrix input = stored ? rounded_input(method, a, *setting_.arithmetic) : a;
  InversionInput given(input, problem.tokens.get());
  given.unrounded = !stored;
  Inversion inversion = invert(method, setting_.stages(), given, worker.machine, hash_text(problem.id));
  if (kept != nullptr) {
    *kept = std::move(worker.run.operations);
    if (mode == Mode::surveyed && stored && (takes_given(method) || input != a))
      kept->front().rounded.set(RoundingKind::entry);
  }
  worker.run.operations.clear();
  ExtendedMatrix x;
  x.high = std::move(inversion.x);
  x.low = std::move(inversion.low);
  return x;
}

ExtendedMatrix SiteExperiment::run_with(const SiteSet& on, bool rest, Mode mode) const {
  std::vector<RoundingKinds> kinds(operations_.size());
  std::vector<RoundingKinds> all(operations_.size());
  bool formed = false;
  for (std::size_t s = 0; s < sites_.size(); ++s) {
    if (sites_[s].operation < 0) {
      formed = on[s];
      continue;
    }
    const auto operation = static_cast<std::size_t>(sites_[s].operation);
    all[operation].set(sites_[s].kind);
    if (on[s]) kinds[operation].set(sites_[s].kind);
  }
  for (std::size_t k = 0; k < kinds.size() && rest; ++k) {
    if (!all[k].empty() && kinds[k] == all[k]) kinds[k] = RoundingKinds::all();
  }
  return run(kinds, {}, formed, nullptr, mode);
}

ExtendedMatrix SiteExperiment::only(const SiteSet& sites) const { return run_with(sites, false, Mode::rounded); }

ExtendedMatrix SiteExperiment::replayed(const SiteSet& sites) const { return run_with(sites, false, Mode::replayed); }

ExtendedMatrix SiteExperiment::without(const SiteSet& sites) const {
  SiteSet rest = sites;
  rest.flip();
  return run_with(rest, true, Mode::rounded);
}

Matrix difference(const ExtendedMatrix& x, const ExtendedMatrix& y) {
  Matrix result = x.high;
  for (std::size_t k = 0; k < result.values().size(); ++k)
    result.values()[k] = (x.high.values()[k] - y.high.values()[k]) + (x.low.values()[k] - y.low.values()[k]);
  return result;
}

double SiteExperiment::error(const ExtendedMatrix& x) const {
  ExtendedMatrix inverse;
  inverse.high = truth().high;
  inverse.low = truth().low;
  const double error = frobenius_norm(difference(x, inverse)) / frobenius_norm(inverse.high);
  return std::isfinite(error) ? error : infinity;
}

bool SiteExperiment::resolves() const {
  if (truncates(*setting_.method, given().rows())) return std::isfinite(error(exact_));
  const double lost = error(exact_), total = error(result_);
  return lost < 1e-20 || (lost < 1e-3 * total && share(exact_) <= 1);
}

double SiteExperiment::share(const ExtendedMatrix& x) const {
  const double found = error(x);
  if (std::isinf(found)) return infinity;
  const std::lock_guard lock(workers_->judging);
  double share = evaluation_.share_of_error(found);
  if (std::isnan(share)) {
    Inversion inversion;
    inversion.x = inversion.before_output = x.high;
    share = evaluation_.judged(setting_, std::move(inversion), machines_).requirement_share.ranked(false);
  }
  return std::isnan(share) ? infinity : share;
}

}  // namespace tristab
