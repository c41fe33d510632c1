#include "tristab/sweep/evaluate.h"

#include <fmt/format.h>

#include "tristab/base/errors.h"
#include "tristab/sweep/field.h"
#include "tristab/sweep/matrix_evaluation.h"
#include "tristab/sweep/stopwatch.h"

namespace tristab {
namespace {

Problem problem_of(const MatrixGroup& matrices, int index) {
  try {
    return matrices.source->problem(matrices.n, index);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", matrices.family->place, error.what()));
  }
}

}  // namespace

double total_error(const Plan& plan, std::size_t group, int index, const Recipe& recipe, Machines& machines) {
  const MatrixGroup& matrices = plan.groups[group];
  MatrixResult result;
  MatrixEvaluation evaluation(*matrices.scenario, 0, problem_of(matrices, index), result);
  const Record record = evaluation.evaluate(Setting::of(recipe), machines);
  return record.finite() ? record.total_frobenius.value : infinity;
}

MatrixResult evaluate_matrix(const Plan& plan, std::size_t group, int index, double recipe_error, Machines& machines,
                             const std::atomic<bool>& stop) {
  const MatrixGroup& matrices = plan.groups[group];
  MatrixResult result;
  Problem problem;
  {
    const Stopwatch watch(result.seconds.generation);
    problem = problem_of(matrices, index);
  }
  result.group = group;
  result.input = matrices.input();
  result.input.n = problem.a.rows();  // less than the group's n for the short tail of a file
  result.id = matrix_id_in(*matrices.scenario, problem.id);
  result.trial = problem.trial;
  result.source = problem.source;

  MatrixEvaluation evaluation(*matrices.scenario, recipe_error, std::move(problem), result);
  const std::vector<Setting> settings = matrices.scenario->settings(matrices.n);
  result.records.reserve(settings.size());
  for (const Setting& setting : settings) {
    if (stop.load(std::memory_order_relaxed)) throw Stopped{};
    result.records.push_back(evaluation.evaluate(setting, machines));
  }
  return result;
}

}  // namespace tristab
