#include "tristab/choose/explain.h"

#include "tristab/base/errors.h"
#include "tristab/inspect/inspection.h"

namespace tristab {
namespace {

// A source of one matrix.
class OneProblem : public Source {
 public:
  explicit OneProblem(const Problem& problem) : problem_(problem) {}
  int count(int) const override { return 1; }
  Problem problem(int, int) const override { return problem_; }

 private:
  const Problem& problem_;
};

}  // namespace

std::string why_it_misses(const Candidate& candidate, const Problem& problem, const Scenario& scenario) {
  const int n = problem.a.rows();
  Scenario one;
  one.requirement = scenario.requirement;
  one.decompose = true;
  one.chunks = {n};
  one.kernels = {candidate.recipe("candidate", n)};
  const FamilyEntry family;
  const OneProblem source(problem);
  Plan plan;
  plan.groups.push_back({&one, &family, &source, n, 1, 0, 0, 1, 0});
  try {
    return inspect_case(plan).diagnosis.why;
  } catch (const UsageError& error) {  // the method refuses the input
    return error.what();
  }
}

}  // namespace tristab
