// One case, run with any of its roundings left out.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tristab/arithmetic/site_engine.h"
#include "tristab/metric/twofold.h"
#include "tristab/sweep/matrix_evaluation.h"

namespace tristab {

// A rounding that the case makes: it changes at least one number. `operation`: of the run, -1 for a kernel's formation
// of A.
struct Site {
  std::string stage;  // "formation" and "input" for what happens to A before the method
  int step = 1;
  RoundingKind kind = RoundingKind::entry;
  int operation = 0;

  std::string text() const;  // "powers 2 storage"
};

// By index of SiteExperiment::sites().
using SiteSet = std::vector<bool>;

class SiteExperiment {
 public:
  // The setting of a matrix that has a reference. `evaluation` must outlive this. Throws what the inversion throws.
  SiteExperiment(const Setting& setting, MatrixEvaluation& evaluation, Machines& machines);
  ~SiteExperiment();

  const std::vector<Site>& sites() const { return sites_; }

  // Xh if only these sites round; if all but these do. Kinds that change nothing in the case itself round with the rest
  // in the second, not in the first. Any number of threads may call these.
  ExtendedMatrix only(const SiteSet& sites) const;
  ExtendedMatrix without(const SiteSet& sites) const;
  // Xh if nothing rounds but the errors that these sites made in the case itself are added where they arose. In first
  // order the case's error is the sum of these over the sites; the roundings of `only` see other operands, so theirs
  // are other errors of the same size.
  ExtendedMatrix replayed(const SiteSet& sites) const;
  SiteSet none() const { return SiteSet(sites_.size(), false); }

  const ExtendedMatrix& result() const { return result_; }  // everything rounds
  const ExtendedMatrix& exact() const { return exact_; }    // nothing does
  const Reference& truth() const { return *evaluation_.given(); }
  const Matrix& given() const { return evaluation_.problem().a; }
  // The operations with everything on, surveyed, and with everything off; operation 0 is the input of A.
  const std::vector<SiteOperation>& operations() const { return operations_; }
  const std::vector<SiteOperation>& exact_operations() const { return exact_operations_; }

  // Whether double-doubles are wide enough: without rounding the method gives X, unless its formula leaves something
  // out. Where they are not, nothing but result() means anything.
  bool resolves() const;
  // ||Xh - X||_F / ||X||_F against the inverse of A as given; infinite if Xh is not finite.
  double error(const ExtendedMatrix& x) const;
  // What the requirement takes of Xh: more than 1 misses it; infinite if Xh is not finite.
  double share(const ExtendedMatrix& x) const;

 private:
  struct Worker;
  enum class Mode { rounded, surveyed, replayed };
  ExtendedMatrix run(const std::vector<RoundingKinds>& on, RoundingKinds beyond, bool formed,
                     std::vector<SiteOperation>* kept, Mode mode) const;
  ExtendedMatrix run_with(const SiteSet& on, bool rest, Mode mode) const;

  const Setting setting_;
  MatrixEvaluation& evaluation_;
  Machines& machines_;
  Matrix formed_;      // A as the kernel forms it, before it is stored; empty: A as given
  std::string place_;  // for messages
  std::vector<Site> sites_;
  std::vector<SiteOperation> operations_, exact_operations_;
  ExtendedMatrix result_, exact_;
  struct Workers;
  std::unique_ptr<Workers> workers_;
};

// x - y, rounded to double.
Matrix difference(const ExtendedMatrix& x, const ExtendedMatrix& y);

}  // namespace tristab
