#include "tristab/inspect/inspection.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"
#include "tristab/sweep/evaluate.h"

namespace tristab {

Inspection inspect_case(const Plan& plan) {
  const MatrixGroup& group = plan.groups.front();
  Inspection inspection;
  inspection.machines = std::make_shared<Machines>();
  double recipe_error = 0;
  if (const Recipe* recipe = group.scenario->requirement.recipe(); recipe != nullptr) {
    for (int index = 0; index < group.count; ++index)
      recipe_error = std::max(recipe_error, total_error(plan, 0, group.first + index, *recipe, *inspection.machines));
  }
  MatrixResult& matrix = inspection.matrix;
  matrix.input = group.input();
  Problem problem = group.source->problem(group.n, group.first);
  matrix.input.n = problem.a.rows();
  matrix.id = matrix_id_in(*group.scenario, problem.id);
  matrix.trial = problem.trial;
  matrix.source = problem.source;
  // The evaluation fills in a result of its own, which lives as long as it does.
  auto notes = std::make_shared<MatrixResult>(matrix);
  inspection.evaluation =
      std::shared_ptr<MatrixEvaluation>(new MatrixEvaluation(*group.scenario, recipe_error, std::move(problem), *notes),
                                        [notes](MatrixEvaluation* each) { delete each; });
  inspection.setting = group.scenario->settings(group.n).front();
  const Setting& setting = inspection.setting;
  matrix.records.push_back(inspection.evaluation->evaluate(setting, *inspection.machines));
  if (matrix.records.front().status == Status::failed)
    throw UsageError(fmt::format("{}: {}", matrix.records.front().id, matrix.records.front().message));
  inspection.experiment = std::make_shared<SiteExperiment>(setting, *inspection.evaluation, *inspection.machines);
  inspection.steps = step_reports(*inspection.experiment);
  inspection.shares = site_shares(*inspection.experiment);
  inspection.search = search_sites(*inspection.experiment, inspection.shares);
  matrix.condition = notes->condition;
  matrix.references = notes->references;
  inspection.diagnosis = diagnose(inspection);
  return inspection;
}

}  // namespace tristab
