#include "tristab/choose/input_pool.h"

#include <tbb/enumerable_thread_specific.h>

#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/base/random.h"
#include "tristab/metric/facts.h"
#include "tristab/metric/measure.h"
#include "tristab/metric/verdict.h"

namespace tristab {

struct InputPool::Workers {
  tbb::enumerable_thread_specific<Machines> machines;
  // Evaluations of whole records, for requirements about more than the total error: they keep what they found.
  struct Whole {
    MatrixResult notes;
    std::unique_ptr<MatrixEvaluation> evaluation;
  };
  tbb::enumerable_thread_specific<std::map<int, Whole>> whole;
};

InputPool::InputPool(const Scenario& scenario) : scenario_(scenario), workers_(std::make_unique<Workers>()) {}
InputPool::~InputPool() = default;

std::size_t InputPool::add_group(InputGroup group) {
  groups_.push_back(std::move(group));
  return groups_.size() - 1;
}

bool InputPool::add(std::size_t group, Problem problem) {
  Input input;
  input.group = group;
  const Recipe* recipe = scenario_.requirement.recipe();
  const auto start = [&] {
    input.notes = std::make_unique<MatrixResult>();
    input.notes->id = problem.id;
    input.evaluation = std::make_unique<MatrixEvaluation>(scenario_, input.recipe_error, problem, *input.notes);
  };
  start();
  if (input.evaluation->given() == nullptr) return false;
  const ReferenceFacts facts = establish_facts(problem.a, *input.evaluation->given());
  input.size = facts.whole.frobenius;
  input.strict_size = facts.strict_lower.frobenius;
  if (is_trivial(input.strict_size, input.size, fp32_format().unit_roundoff())) return false;
  if (recipe != nullptr) {
    const Record record = input.evaluation->evaluate(Setting::of(*recipe), workers_->machines.local());
    input.recipe_error = record.finite() ? record.total_frobenius.value : HUGE_VAL;
    start();
  }
  input.unit_share = input.evaluation->share_of_error(1);
  inputs_.push_back(std::move(input));
  return true;
}

const Problem& InputPool::problem(int input) const {
  return inputs_[static_cast<std::size_t>(input)].evaluation->problem();
}

Taken InputPool::evaluate(const Candidate& candidate, int index) const {
  const Input& input = inputs_[static_cast<std::size_t>(index)];
  const Problem& problem = input.evaluation->problem();
  Machines& machines = workers_->machines.local();
  ++evaluations_;
  const Taken lost{HUGE_VAL, HUGE_VAL};
  try {
    if (!std::isnan(input.unit_share)) {
      const Matrix a = rounded_input(*candidate.method, problem.a, candidate.input());
      const Inversion inversion = invert(*candidate.method, candidate.stages, {a, problem.tokens.get()},
                                         machines.machine_for(candidate.stages), hash_text(problem.id));
      const double error = relative_frobenius(inversion.x, *input.evaluation->given());
      const CasePrecision precision = precision_of(candidate.stages, inversion.trace);
      if (is_trivial(input.strict_size, input.size, precision.largest())) return {0, error};
      return std::isfinite(error) ? Taken{error * input.unit_share, error} : lost;
    }
    Workers::Whole& whole = workers_->whole.local()[index];
    if (!whole.evaluation) {
      whole.notes.id = problem.id;
      whole.evaluation = std::make_unique<MatrixEvaluation>(scenario_, input.recipe_error, problem, whole.notes);
    }
    const Recipe recipe = candidate.recipe("candidate", problem.a.rows());
    const Record record = whole.evaluation->evaluate(Setting::of(recipe), machines);
    if (record.trivial()) return {0, record.total_frobenius.value};
    if (!record.finite() || record.requirement_share.undefined != Undefined::no) return lost;
    return {record.requirement_share.value, record.total_frobenius.value};
  } catch (const UsageError&) {
    return lost;
  }
}

double InputPool::least_share(const Format& format, int index) const {
  const Input& input = inputs_[static_cast<std::size_t>(index)];
  if (std::isnan(input.unit_share)) return 0;
  const auto [found, fresh] = input.least.try_emplace(format.name, 0.0);
  if (fresh) {
    const Reference& given = *input.evaluation->given();
    found->second =
        input.unit_share * relative_frobenius(rounded_to(given.high, format, Rounding::nearest_even), given);
  }
  return found->second;
}

}  // namespace tristab
