#include "tristab/hunt/evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/elementary.h"
#include "tristab/base/random.h"
#include "tristab/format/round.h"
#include "tristab/layer/chunked_layer.h"
#include "tristab/layer/layer_truth.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/plain_algebra.h"
#include "tristab/sweep/formed_input.h"
#include "tristab/sweep/matrix_evaluation.h"

namespace tristab {
namespace {

using Kind = HuntObjective::Kind;

double relative_distance(const Matrix& x, const Matrix& y, double of) {
  Matrix difference = x;
  for (std::size_t k = 0; k < difference.values().size(); ++k) difference.values()[k] -= y.values()[k];
  return frobenius_norm(difference) / of;
}

double stored_error(const Matrix& exact, const Format& format) {
  return relative_distance(rounded_to(exact, format, Rounding::nearest_even), exact, frobenius_norm(exact));
}

// Numbers of which the search needs no certified inverse.
bool is_quick(const std::string& field, const Requirement& requirement) {
  if (field == "requirement_share") return requirement.needs_only_total_error() && requirement.recipe() == nullptr;
  return field == "total_frobenius" || field == "growth" || field == "dead_growth";
}

double strict_size(const Matrix& x) {
  Matrix below = x;
  for (int i = 0; i < x.rows(); ++i) below(i, i) = 0;
  return frobenius_norm(below);
}

// Both statements of a record need a scenario; this one has no cases.
struct Judged {
  Scenario scenario;
  FamilySpec family;
  MatrixResult result;
};

std::shared_ptr<Judged> new_judged(const Requirement& requirement, bool decompose) {
  auto judged = std::make_shared<Judged>();
  judged->scenario.requirement = requirement;
  judged->scenario.decompose = decompose;
  judged->family.name = judged->family.label = "found";
  return judged;
}

}  // namespace

double Evaluation::score() const {
  constexpr double flat = 800, beyond = 2000;  // e^-800 is below every error
  if (!counts()) return -beyond;
  if (std::isinf(badness)) return beyond + natural_log(growth + 1);
  if (near_gate > 1) return -flat - natural_log(near_gate);
  if (is_signed) return badness;
  if (badness == 0) return -flat + 1e-3 * natural_log(growth + 1);
  return badness > 0 ? natural_log(badness) : badness;
}

Evaluator::Evaluator(const HuntRequest& request) : request_(request) {
  constexpr double finest = 0x1p-40;  // below it, double is no truth
  const HuntObjective& objective = request.objective;
  quick_ = (objective.kind != Kind::field || is_quick(objective.field->name(), request.requirement)) &&
           request.setting.arithmetic->unit_roundoff() >= finest;
  for (const Setting* setting : {&request.setting, request.second ? &*request.second : &request.setting}) {
    for (const auto& [name, arithmetic] : setting->stages()) {
      const Rounding stochastic = Rounding::stochastic;
      stochastic_ = stochastic_ || arithmetic->storage_rounding == stochastic ||
                    arithmetic->operand_rounding == stochastic || arithmetic->product.rounding == stochastic ||
                    arithmetic->vector.rounding == stochastic;
    }
  }
}

TokenInputs Evaluator::with_outputs(TokenInputs tokens) const {
  if (!request_.objective.needs_layer() || tokens.queries.columns() > 0) return tokens;
  const int rows = tokens.rows(), dim = tokens.keys.columns();
  const RandomStream random(fmt::format("hunt outputs seed={}", request_.seed));
  const RoundingTarget<double> target(fp32_format());
  const auto draw = [&](const char* part, bool unit) {
    Matrix x(rows, dim);
    random.part(part).fill_normal(0, x.values());
    for (int t = 0; t < rows; ++t) {
      double squares = 0;
      for (int d = 0; d < dim; ++d) squares += x(t, d) * x(t, d);
      for (int d = 0; d < dim; ++d)
        x(t, d) = round_value(unit ? x(t, d) / std::sqrt(squares) : x(t, d), target, Rounding::nearest_even);
    }
    return x;
  };
  tokens.queries = draw("queries", true);
  tokens.values = draw("values", false);
  return tokens;
}

Evaluator::Run Evaluator::run(const Setting& setting, const Matrix& a, const TokenInputs& tokens, std::uint64_t draws,
                              Machines& machines) const {
  const std::optional<Matrix> formed = formed_matrix(&tokens, setting, machines);
  const Matrix input = rounded_input(*setting.method, formed ? *formed : a, *setting.arithmetic);
  Inversion inversion = invert(setting, {input, &tokens}, machines, draws);
  Run run{std::move(inversion.x), std::move(inversion.trace), false};
  run.finite = all_finite(run.x);
  return run;
}

double Evaluator::overflow_of(const Trace& trace) const {
  const StageArithmetics stages = request_.setting.stages();
  double worst = 0;
  for (const StageTrace& stage : trace.stages) {
    const auto named = stages.find(stage.name);
    const Arithmetic& arithmetic = *(named == stages.end() ? stages.find("*") : named)->second;
    worst = std::max(worst, std::max(stage.largest_live, stage.largest_dead) / arithmetic.storage.largest());
  }
  return worst;
}

void Evaluator::judge_by_gate(const TokenInputs& tokens, const Matrix& a, const Matrix& x, const Matrix& exact,
                              Machines& machines, Evaluation& evaluation) const {
  const Setting& setting = request_.setting;
  std::vector<Matrix> second;
  const auto peer = [&]() -> const std::vector<Matrix>& {
    if (second.empty()) {
      const PlainSetting plain(setting.result_format());
      second.push_back(invert(plain.setting(), {rounded_input(plain.method, a, plain.arithmetic)}, machines, 0).x);
    }
    return second;
  };
  evaluation.near_gate =
      request_.objective.gate.evaluate({{&x, 1}, {&exact, 1}, setting.result_format(), {&a, 1}, peer}).share;
  evaluation.badness = 0;
  if (!(evaluation.near_gate <= 1)) {
    constexpr double hopeless = 1e300;
    if (!(evaluation.near_gate < hopeless)) evaluation.near_gate = hopeless;
    return;
  }
  const TokenInputs complete = with_outputs(tokens);
  const bool own = setting.kernel != nullptr && setting.kernel->layer;
  ChunkedLayer layer(own ? *setting.kernel->layer : request_.layer, machines, complete.keys.columns(),
                     complete.values.columns());
  const ChunkOutputs outputs = layer.advance(complete, x);
  const LayerTruth truth = establish_layer_truth(complete, complete.rows());
  const auto error = [](const Matrix& found, const Matrix& wanted) {
    return found == wanted ? 0
                           : relative_distance(found, wanted, frobenius_norm(wanted));  // 0 of 0: nothing is written
  };
  const double worst = max_or_nan(error(outputs.o, truth.o), error(layer.state(), truth.states.back()));
  evaluation.badness = std::isnan(worst) ? std::numeric_limits<double>::infinity() : worst;
}

Evaluation Evaluator::quickly(const TokenInputs& tokens, Machines& machines) const {
  const Setting& setting = request_.setting;
  const HuntObjective& objective = request_.objective;
  Evaluation evaluation;
  const Matrix a = delta_rule_matrix(tokens), exact = plain_inverse(a);
  const double largest = max_abs(exact), size = frobenius_norm(exact);
  if (!(largest <= setting.result_format().largest())) return evaluation;
  const std::uint64_t draws = stochastic_ ? hash_text(token_source({tokens})->problem(tokens.rows(), 0).id) : 0;
  const Run found = run(setting, a, tokens, draws, machines);
  const StageTrace total = found.trace.total();
  evaluation.growth = total.largest_live / largest;
  if (!found.finite) {
    evaluation.badness = std::numeric_limits<double>::infinity();
    if (objective.kind == Kind::gate) judge_by_gate(tokens, a, found.x, exact, machines, evaluation);
    if (!request_.second) return evaluation;
  }
  const double error = found.finite ? relative_distance(found.x, exact, size) : evaluation.badness;
  switch (objective.kind) {
    case Kind::field:
      if (objective.field->name() == "requirement_share") {
        const double strict = strict_size(exact);
        const CasePrecision precision = precision_of(setting.stages(), found.trace);
        if (is_trivial(strict, size, precision.largest())) return {};  // it shows nothing
        Record record;
        record.total_frobenius = error;
        evaluation.badness = request_.requirement.share(
            {}, record,
            {[&](const Format& format) { return stored_yardstick(stored_error(exact, format), format, strict / size); },
             {}});
        break;
      }
      evaluation.badness = objective.field->name() == "growth"        ? evaluation.growth
                           : objective.field->name() == "dead_growth" ? total.largest_dead / largest
                                                                      : error;
      break;
    case Kind::overflow:
      evaluation.badness = overflow_of(found.trace);
      break;
    case Kind::achievable: {
      const double stored = stored_error(exact, setting.result_format());
      evaluation.badness = error == 0    ? 0
                           : stored == 0 ? error / setting.result_format().unit_roundoff()
                                         : error / stored;
      break;
    }
    case Kind::difference:
    case Kind::ratio: {
      const Run other = run(*request_.second, a, tokens, draws, machines);
      if (!other.finite) {
        evaluation.badness = 0;  // the second fails too
      } else if (objective.kind == Kind::difference) {
        evaluation.badness = found.finite ? relative_distance(found.x, other.x, size) : error;
      } else {
        const Format& format = request_.second->result_format();
        evaluation.badness = error / std::max({relative_distance(other.x, exact, size), stored_error(exact, format),
                                               format.unit_roundoff()});
      }
      break;
    }
    case Kind::gate:
      judge_by_gate(tokens, a, found.x, exact, machines, evaluation);
      break;
  }
  return evaluation;
}

Evaluation Evaluator::evaluate(const TokenInputs& tokens, Machines& machines) const {
  if (quick_ && !stochastic_) return quickly(tokens, machines);
  const HuntFind find = evaluate_again(tokens, machines);
  const Record& record = find.record();
  Evaluation evaluation;
  if (record.status == Status::failed) return evaluation;
  evaluation.growth = record.growth.value;
  if (!std::isfinite(evaluation.growth)) evaluation.growth = 0;
  evaluation.is_signed = request_.objective.larger_is_better();
  evaluation.badness = evaluation.is_signed ? -find.value : find.value;
  if (std::isnan(evaluation.badness)) evaluation.badness = -std::numeric_limits<double>::infinity();
  return evaluation;
}

HuntFind Evaluator::evaluate_again(const TokenInputs& tokens, Machines& machines) const {
  const HuntObjective& objective = request_.objective;
  const bool is_field = objective.kind == Kind::field;
  const std::shared_ptr<Judged> judged = new_judged(request_.requirement, is_field);
  HuntFind find;
  find.tokens = with_outputs(tokens);
  Problem problem = token_source({find.tokens})->problem(tokens.rows(), 0);
  MatrixResult& result = judged->result;
  result.input = {&judged->scenario, &judged->family, tokens.rows()};
  result.id = problem.id;
  double recipe_error = 0;
  if (const Recipe* recipe = request_.requirement.recipe()) {
    MatrixResult other = result;
    const Record record =
        MatrixEvaluation(judged->scenario, 0, problem, other).evaluate(Setting::of(*recipe), machines);
    recipe_error = record.finite() ? record.total_frobenius.value : std::numeric_limits<double>::infinity();
  }
  MatrixEvaluation evaluation(judged->scenario, recipe_error, std::move(problem), result);
  result.records.push_back(evaluation.evaluate(request_.setting, machines));
  const Record& record = result.records.front();
  find.matrix = std::shared_ptr<const MatrixResult>(judged, &result);
  const double worst = std::numeric_limits<double>::infinity();
  if (record.status == Status::failed || evaluation.given() == nullptr) {
    find.value = objective.larger_is_better() ? worst : -worst;
    return find;
  }
  if (is_field) {
    const bool better = objective.larger_is_better();
    const Measured number = objective.field->number(result, record);
    find.value = record.finite() ? number.ranked(better) : better ? -worst : worst;
    if (record.trivial()) find.value = better ? worst : -worst;  // it shows nothing
    if (std::isnan(find.value)) find.value = better ? worst : -worst;
    const double largest = max_abs(evaluation.given()->high);
    if (!(largest <= request_.setting.result_format().largest())) find.value = better ? worst : -worst;
    return find;
  }
  const Evaluation again = quickly(find.tokens, machines);
  find.value = again.badness;
  return find;
}

}  // namespace tristab
