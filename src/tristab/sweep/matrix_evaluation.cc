#include "tristab/sweep/matrix_evaluation.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <memory>

#include "tristab/base/errors.h"
#include "tristab/base/random.h"
#include "tristab/matrix/norms.h"
#include "tristab/metric/facts.h"
#include "tristab/metric/measure.h"
#include "tristab/reference/inverse.h"
#include "tristab/sweep/field.h"
#include "tristab/sweep/formed_input.h"
#include "tristab/sweep/plan.h"
#include "tristab/sweep/stopwatch.h"

namespace tristab {
namespace {

Measured measured(double value, Undefined reason) { return std::isfinite(value) ? Measured(value) : Measured(reason); }

std::shared_ptr<const Truth> establish_truth(const Matrix& a, MatrixResult& result) {
  const Stopwatch watch(result.seconds.reference);
  auto truth = std::make_shared<Truth>();
  truth->a = a;
  truth->reference = invert_reference(a);
  truth->facts = establish_facts(a, truth->reference);
  ++result.references_computed;
  return truth;
}

// The format that A is rounded to, with its rounding.
std::string input_name(const Setting& setting) {
  const Arithmetic& arithmetic = *setting.arithmetic;
  std::string name = takes_given(*setting.method) ? "given" : arithmetic.input_format();
  const Rounding rounding = arithmetic.storage_rounding;
  const bool nearest = rounding == Rounding::nearest_even || rounding == Rounding::stochastic;
  if (!arithmetic.quantiser && !nearest) name += ":" + name_of(rounding);
  return name;
}

std::string formation_key(const Setting& setting) {
  // For channel gates a kernel may skip its formation (formed_matrix), while the same formation without a
  // kernel is an error.
  return fmt::format("{}{}", setting.kernel != nullptr ? "kernel " : "", setting.formation->identity());
}

}  // namespace

MatrixEvaluation::MatrixEvaluation(const Scenario& scenario, double recipe_error, Problem problem, MatrixResult& result)
    : scenario_(scenario), recipe_error_(recipe_error), problem_(std::move(problem)), result_(result) {
  try {
    given_ = establish_truth(problem_.a, result_);
  } catch (const InputError& error) {
    failure_ = error.what();
    return;
  }
  const Stopwatch watch(result_.seconds.metrics);
  result_.condition = report_condition(problem_.a, given_->reference, given_->facts.whole.two);
  note("given", given_->reference);
}

Record MatrixEvaluation::evaluate(const Setting& setting, Machines& machines) {
  std::string message = failure_;
  if (given_) {
    try {
      const RoundedInput& input = input_for(setting, machines);
      Inversion inversion;
      {
        const Stopwatch watch(result_.seconds.inversion);
        inversion = invert(setting, {input.a, problem_.tokens.get(), input.events}, machines, hash_text(problem_.id));
      }
      return judged(setting, std::move(inversion), machines);
    } catch (const UsageError& error) {
      message = error.what();
    } catch (const InputError& error) {
      message = error.what();
    }
  }
  Record record = started(setting);
  record.status = Status::failed;
  record.message = std::move(message);
  return record;
}

Record MatrixEvaluation::judged(const Setting& setting, Inversion inversion, Machines& machines) {
  const RoundedInput& input = input_for(setting, machines);
  Record record = started(setting);
  record.precision = precision_of(setting.stages(), inversion.trace);
  if (scenario_.decompose) record.parts = decompose(setting, input, inversion, machines);
  measure_record(inversion, *input.truth, *setting.arithmetic, record);
  // If entries of A overflow on input, the result is lost before the method starts: no growth to report.
  if (!all_finite(input.a)) record.growth = record.dead_growth = Undefined::lost_input;
  judge(record, setting, inversion.x, machines);
  return record;
}

// What is known before the inversion.
Record MatrixEvaluation::started(const Setting& setting) const {
  Record record;
  record.id = case_id(result_.id, setting);
  record.setting = setting.without_formation();
  record.reference = "given";
  if (const auto found = inputs_.find(input_key(setting)); found != inputs_.end()) {
    const RoundedInput& input = found->second;
    record.reference = input.name;
    if (input.formed) record.setting.formation = setting.formation;
    record.error_forming = input.error_forming;
  }
  return record;
}

double MatrixEvaluation::share_of_error(double total_frobenius) {
  if (!scenario_.requirement.needs_only_total_error()) return std::nan("");
  Record record;
  record.total_frobenius = total_frobenius;
  return share(record, {});
}

double MatrixEvaluation::share(const Record& record, const GateShare& gate) {
  return scenario_.requirement.share(result_, record,
                                     {[&](const Format& format) { return stored_error(format); }, gate, recipe_error_});
}

double MatrixEvaluation::gate_share(const GateSpec& gate, const Matrix& x, const Format& format, Machines& machines) {
  return gate
      .evaluate({{&x, 1},
                 {&given_->reference.high, 1},
                 format,
                 {&problem_.a, 1},
                 [&]() -> const std::vector<Matrix>& { return peer(format, machines); }})
      .share;
}

// Row substitution with every step in the format.
const std::vector<Matrix>& MatrixEvaluation::peer(const Format& format, Machines& machines) {
  const auto [found, fresh] = peers_.try_emplace(format.name);
  if (fresh) {
    const PlainSetting plain(format);
    const Matrix a = rounded_input(plain.method, problem_.a, plain.arithmetic);
    found->second.push_back(tristab::invert(plain.setting(), {a}, machines, hash_text(problem_.id)).x);
  }
  return found->second;
}

void MatrixEvaluation::note(const std::string& of, const Reference& reference) {
  result_.references.push_back({of, reference.bits, reference.residual});
}

std::string MatrixEvaluation::input_key(const Setting& setting) const {
  const bool is_formed = setting.is_formed() && problem_.tokens != nullptr;
  return is_formed ? formation_key(setting) + " " + input_name(setting) : input_name(setting);
}

const RoundedInput& MatrixEvaluation::input_for(const Setting& setting, Machines& machines) {
  const Arithmetic& arithmetic = *setting.arithmetic;
  const std::string key = input_key(setting);
  const auto found = inputs_.find(key);
  if (found != inputs_.end()) return found->second;
  std::optional<Matrix> formed;
  std::string name = input_name(setting);
  if (setting.is_formed() && problem_.tokens != nullptr) {
    const Stopwatch watch(result_.seconds.generation);
    formed = formed_matrix(problem_.tokens.get(), setting, machines);
  }
  if (formed) name = fmt::format("{} {}", setting.formation->label, name);
  const Matrix& exact = formed ? *formed : problem_.a;
  RoundedInput input{key,
                     name,
                     rounded_input(*setting.method, exact, arithmetic),
                     input_events(*setting.method, exact, arithmetic),
                     given_,
                     formed.has_value()};
  if (formed) input.error_forming = formation_error(formation_key(setting), *formed);
  const bool as_given = scenario_.compare_with_given || takes_given(*setting.method);
  if (!all_finite(input.a)) {  // A overflowed when it was rounded: only A as given can be compared with
    input.name = "given";
  } else {
    if (input.a != problem_.a && (formed || !as_given)) input.truth = establish_truth(input.a, result_);
    if (as_given) {
      input.name = "given";
      input.truth = given_;
    }
  }
  if (input.name != "given") note(input.name, input.truth->reference);
  return inputs_.emplace(key, std::move(input)).first->second;
}

// Of A as it was formed, before it is stored, in any arithmetic.
Measured MatrixEvaluation::formation_error(const std::string& key, const Matrix& formed) {
  const auto [found, fresh] = formation_errors_.try_emplace(key, Undefined::formed_nonfinite);
  if (fresh && all_finite(formed)) {
    if (formed == problem_.a) {
      found->second = 0.0;
    } else {
      const Stopwatch watch(result_.seconds.reference);
      ++result_.references_computed;
      found->second =
          measured(relative_frobenius(invert_reference(formed).high, given_->reference), Undefined::formed_nonfinite);
    }
  }
  return found->second;
}

// The yardstick of Nx-FORMAT.
double MatrixEvaluation::stored_error(const Format& format) {
  const auto [found, fresh] = stored_errors_.try_emplace(format.name, 0.0);
  if (fresh) {
    const Matrix stored = rounded_to(given_->reference.high, format, Rounding::nearest_even);
    const ReferenceFacts& facts = given_->facts;
    found->second = stored_yardstick(relative_frobenius(stored, given_->reference), format,
                                     facts.strict_lower.frobenius / facts.whole.frobenius);
  }
  return found->second;
}

// The four parts of the total error.
ErrorShares MatrixEvaluation::decompose(const Setting& setting, const RoundedInput& input, const Inversion& inversion,
                                        Machines& machines) {
  if (!all_finite(input.a))
    return {Undefined::lost_input, Undefined::lost_input, Undefined::lost_input, Undefined::lost_input};
  const MethodSpec& method = *setting.method;
  const bool other_input = takes_given(method);
  const Matrix* exact = nullptr;
  if (other_input || truncates(method, input.a.rows())) {
    const auto [found, fresh] = exact_results_.try_emplace(
        fmt::format("{} {} {}", input.key, method.label, other_input ? setting.arithmetic->input_format() : ""));
    if (fresh) {
      const InversionInput seen{input.a, problem_.tokens.get()};
      Inversion exact_run = tristab::invert(method, setting.stages(), seen, machines.exact_machine());
      // Where large intermediates cancel, double-doubles have too few digits.
      if (exact_run.trace.total().largest_live > 0x1p40 * given_->facts.whole.max_abs) {
        Machine wide(make_exact_engine(1000));
        exact_run = tristab::invert(method, setting.stages(), seen, wide);
      }
      found->second = std::move(exact_run.x);
    }
    exact = &found->second;
  }
  const Reference& given = given_->reference;
  if (!other_input)
    return shares_of(error_parts(given, truth_of(input).reference, exact, inversion.before_output, inversion.x), given);
  // The method rounds the other matrix on entry: what its exact run loses is lost there.
  Reference seen = given;
  seen.high = *exact;
  seen.low = Matrix(seen.n, seen.n);
  return shares_of(error_parts(given, seen, nullptr, inversion.before_output, inversion.x), given);
}

// Of A as the method saw it.
const Truth& MatrixEvaluation::truth_of(const RoundedInput& input) {
  if (input.truth->a == input.a) return *input.truth;
  auto& truth = seen_[input.key];
  if (!truth) truth = establish_truth(input.a, result_);
  return *truth;
}

// Both statements about a record whose numbers are known.
void MatrixEvaluation::judge(Record& record, const Setting& setting, const Matrix& x, Machines& machines) {
  const RegionFacts& whole = given_->facts.whole;
  const bool trivial = is_trivial(given_->facts.strict_lower.frobenius, whole.frobenius, record.precision.largest());
  record.for_format = judge_for_format(record.metrics, record.precision.step > 0, trivial);
  if (record.status == Status::nonfinite) {
    record.fit = Fit::nonfinite;
    record.requirement_share = Undefined::nonfinite_result;
    return;
  }
  if (!scenario_.requirement.is_about_matrices()) {
    record.requirement_share = Undefined::not_required;
    return;
  }
  const double taken =
      share(record, [&](const GateSpec& gate) { return gate_share(gate, x, setting.result_format(), machines); });
  record.requirement_share = measured(taken, std::isinf(taken) ? Undefined::exact_zero : Undefined::zero_over_zero);
  record.fit = trivial ? Fit::trivial : taken <= 1 ? Fit::fit : Fit::unfit;
}

void MatrixEvaluation::measure_record(Inversion& inversion, const Truth& truth, const Arithmetic& arithmetic,
                                      Record& record) {
  const Stopwatch watch(result_.seconds.metrics);
  const bool integer = arithmetic.quantiser.has_value();
  const CasePrecision& precision = record.precision;
  const Format& stored = record.setting.result_format();
  record.metrics =
      measure({inversion.x, truth.a, truth.reference, truth.facts, precision.unit_roundoff,
               integer ? 0 : stored.precision, stored.min_exponent, precision.unit_roundoff_sums, precision.step});
  record.total_frobenius = measured(
      &truth == given_.get() ? record.metrics[Metric::frobenius] : relative_frobenius(inversion.x, given_->reference),
      Undefined::nonfinite_result);
  record.status = record.metrics[Metric::nonfinite] > 0 ? Status::nonfinite : Status::ok;
  const StageTrace total = inversion.trace.total();
  const auto growth = [&](double largest) {
    return measured(largest / truth.facts.whole.max_abs, Undefined::beyond_double);
  };
  record.growth = growth(total.largest_live);
  record.dead_growth = growth(total.largest_dead);
  record.trace = std::move(inversion.trace);
  record.padded_to = inversion.padded_to == problem_.a.rows() ? 0 : inversion.padded_to;
}

}  // namespace tristab
