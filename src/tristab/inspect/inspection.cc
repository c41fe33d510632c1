#include "tristab/inspect/inspection.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/norms.h"
#include "tristab/sweep/evaluate.h"
#include "tristab/sweep/field.h"

namespace tristab {
namespace {

std::string percent(double part) { return fmt::format("{:.0f}%", 100 * std::min(part, 1.0)); }
std::string number(double x) { return std::isfinite(x) ? fmt::format("{:.3g}", x) : "infinity"; }

// "powers", "`powers` and `merge`"
std::string stage_list(const std::vector<std::string>& stages) {
  std::vector<std::string> quoted;
  for (const std::string& stage : stages) quoted.push_back(fmt::format("`{}`", stage));
  if (quoted.size() < 2) return fmt::format("{}", fmt::join(quoted, ""));
  const std::string last = quoted.back();
  quoted.pop_back();
  return fmt::format("{} and {}", fmt::join(quoted, ", "), last);
}

// What a kind rounds, in words: "rounding its operands to bf16".
std::string action(const std::string& kind, const Arithmetic& arithmetic) {
  if (kind == "operand") return fmt::format("rounding its operands to {}", arithmetic.operand.name);
  if (kind == "storage" || kind == "output")
    return arithmetic.quantiser ? std::string("quantising its results")
                                : fmt::format("storing its results in {}", arithmetic.storage.name);
  if (kind == "accumulator") return fmt::format("summing in {}", arithmetic.product.format.name);
  if (kind == "alignment") return "the alignment of products in the matrix unit";
  if (kind == "scale") return "the choice of scales";
  if (kind == "saturation") return "cutting at the largest number";
  if (kind == "flush") return "flushing tiny numbers to zero";
  return "rounding A on entry";
}

const Arithmetic& arithmetic_of(const std::string& stage, const StageArithmetics& stages) {
  const auto found = stages.find(stage);
  return found != stages.end() ? *found->second : *stages.at("*");
}

const StepReport* step_of(const std::vector<StepReport>& steps, const std::string& stage, int step) {
  const auto found = std::ranges::find_if(
      steps, [&](const StepReport& report) { return report.stage == stage && report.step == step; });
  return found == steps.end() ? nullptr : &*found;
}

// "A^8 in `powers`", "step 3 of `merge`"
std::string step_text(const std::string& stage, int step, const StepReport* report) {
  if (stage == "input") return "the entry of A";
  if (stage == "formation") return "the formation of A";
  if (report != nullptr && !report->what.empty()) return fmt::format("{} in `{}` (step {})", report->what, stage, step);
  return fmt::format("step {} of `{}`", step, stage);
}

// What a step meets that makes roundings matter.
std::string circumstances(const StepReport& report, double result) {
  std::string text;
  if (report.largest > 4 * result)
    text = fmt::format("reaches {} where the result has {}", number(report.largest), number(result));
  if (report.cancellation_bits >= 4) {
    text += fmt::format("{}cancels {:.0f} bits", text.empty() ? "" : " and ", report.cancellation_bits);
  }
  return text;
}

class Diagnostician {
 public:
  Diagnostician(const Inspection& inspection, const Scenario& scenario)
      : i_(inspection),
        record_(inspection.record()),
        setting_(record_.setting),
        stages_(setting_.stages()),
        scenario_(scenario) {}

  Diagnosis diagnose() {
    if (record_.parts.formation.undefined == Undefined::lost_input) return lost_input();
    if (const StepReport* first = first_overflow(); first != nullptr && !record_.finite()) return overflow(*first);
    if (total() == 0) return {Blame::fine, "the result is exact", ""};
    const ErrorShares& parts = record_.parts;
    struct Part {
      Blame blame;
      double size;
    };
    const auto size = [](const Measured& part) { return std::isfinite(part.value) ? part.value : 0; };
    const std::array<Part, 4> all{{{Blame::formation, size(parts.formation)},
                                   {Blame::truncation, size(parts.truncation)},
                                   {Blame::rounding, size(parts.rounding)},
                                   {Blame::output, size(parts.output)}}};
    const Part largest = *std::ranges::max_element(all, {}, &Part::size);
    switch (largest.blame) {
      case Blame::formation:
        return finished(largest.blame, formation(largest.size));
      case Blame::truncation:
        return finished(largest.blame, truncation(largest.size));
      case Blame::output:
        return finished(
            largest.blame,
            fmt::format("the last rounding, to {}, makes {} of the error; the method before it is right to {}",
                        setting_.result_format().name, percent(largest.size / total()),
                        number(std::max(size(parts.rounding), size(parts.formation)))));
      default:
        return finished(Blame::rounding, rounding());
    }
  }

 private:
  double total() const { return i_.shares.total; }

  const StepReport* first_overflow() const {
    for (const StepReport& step : i_.steps) {
      if (step.event == "overflow" || step.event == "not finite") return &step;
    }
    return nullptr;
  }

  Diagnosis overflow(const StepReport& step) const {
    Diagnosis d;
    d.blame = Blame::overflow;
    const Arithmetic& arithmetic = arithmetic_of(step.stage, stages_);
    const double exact = largest_exact(step);
    d.why = fmt::format(
        "{} has entries up to {}, beyond {}'s largest number {}: it overflows, and the result is not finite",
        step_text(step.stage, step.step, &step), fmt::format("{:.5g}", exact),
        step.format.empty() ? arithmetic.storage.name : step.format, fmt::format("{:.5g}", limit_of(step)));
    d.change = advice(fmt::format("give `{}` a format with more exponents (bf16 or fp32)", step.stage));
    return d;
  }

  Diagnosis lost_input() const {
    if (record_.error_forming.undefined == Undefined::formed_nonfinite) {
      return {Blame::formation,
              fmt::format("A is not finite as {} forms it: the result is lost before the inversion starts",
                          setting_.formation->label),
              "form A in another way (tristab list formations; tristab list ceilings)"};
    }
    return {Blame::formation,
            fmt::format("entries of A overflow in {}: the result is lost before the method starts",
                        setting_.arithmetic->storage.name),
            "store A in a format with more exponents (bf16 or fp32)"};
  }

  double largest_exact(const StepReport& step) const {
    for (const SiteOperation& operation : i_.experiment->exact_operations()) {
      if (operation.stage != step.stage || operation.step != step.step) continue;
      double largest = 0;
      for (const double x : operation.high) largest = std::max(largest, std::fabs(x));
      return largest;
    }
    return step.largest;
  }
  double limit_of(const StepReport& step) const {
    for (const SiteOperation& operation : i_.experiment->operations()) {
      if (operation.stage == step.stage && operation.step == step.step) return operation.largest_number;
    }
    return 0;
  }

  std::string formation(double size) const {
    const bool formed = record_.setting.is_formed();
    const double forming = formed && std::isfinite(record_.error_forming.value) ? record_.error_forming.value : 0;
    if (forming > 0.5 * size) {
      return fmt::format("forming A by {} makes {} of the error, before the inversion starts",
                         record_.setting.formation->label, percent(forming / total()));
    }
    return fmt::format("rounding A to {} on entry makes {} of the error; no method can mend that",
                       setting_.arithmetic->storage.name, percent(size / total()));
  }

  std::string truncation(double size) const {
    return fmt::format(
        "without any rounding {} still has an error of {}: its formula leaves out {} of what is wrong, and rounding "
        "adds {}",
        setting_.method->label, number(i_.shares.truncation), percent(size / total()),
        number(record_.parts.rounding.value));
  }

  std::string rounding() const {
    // The stage and kind that alone do most, among those inside the method.
    const auto inside = [](const SiteShare& s) {
      return s.stage != "input" && s.stage != "formation" && s.kind != "output";
    };
    const auto kind = std::ranges::find_if(i_.shares.kinds, inside);
    if (kind == i_.shares.kinds.end()) return "no rounding inside the method changes the result";
    const auto site = std::ranges::find_if(
        i_.shares.sites, [&](const SiteShare& s) { return s.stage == kind->stage && s.kind == kind->kind; });
    // The step of the stage where most happens tells why: how large it gets, and how much cancels.
    const StepReport* largest = nullptr;
    for (const StepReport& step : i_.steps) {
      if (step.stage == kind->stage && (largest == nullptr || step.largest > largest->largest)) largest = &step;
    }
    const double result = max_abs(i_.experiment->truth().high);
    const std::string met = largest == nullptr ? "" : circumstances(*largest, result);
    std::string text;
    if (!met.empty()) text = fmt::format("{} {}; ", step_text(largest->stage, largest->step, largest), met);
    text += fmt::format("in `{}`, {} makes {} of the error", kind->stage,
                        action(kind->kind, arithmetic_of(kind->stage, stages_)), percent(kind->share / total()));
    const StepReport* step = step_of(i_.steps, site->stage, site->step);
    if (site->share > 0.5 * kind->share && i_.steps.size() > 1)
      text += fmt::format(", most of it at {}", step_text(site->stage, site->step, step));
    return text;
  }

  Diagnosis finished(Blame blame, std::string why) const {
    Diagnosis d{blame, std::move(why), ""};
    if (!i_.search.misses) {
      d.why = fmt::format("the result takes {} of what {} allows; of its error, {}",
                          percent(record_.requirement_share.value), scenario_.requirement.text(), d.why);
      d.blame = Blame::fine;
      return d;
    }
    if (i_.search.by_formula) {
      d.change = advice(blame == Blame::truncation ? "take more terms or steps" : "change the formula");
      return d;
    }
    std::vector<std::string> stages;
    bool entry = false;
    for (const SiteShare& share : i_.shares.stages) {
      for (std::size_t s = 0; s < i_.search.raise.size(); ++s) {
        if (!i_.search.raise[s] || !share.sites[s]) continue;
        if (share.stage == "input" || share.stage == "formation") {
          entry = true;
        } else {
          stages.push_back(share.stage);
        }
        break;
      }
    }
    std::string keep;
    if (entry) keep = "store A in fp32";
    if (!stages.empty()) keep += fmt::format("{}keep {} in fp32", keep.empty() ? "" : " and ", stage_list(stages));
    d.change = advice(keep.empty() ? "use a wider format" : keep);
    return d;
  }

  // With the cheapest of a few methods that would meet the requirement in the same arithmetic.
  std::string advice(std::string change) const {
    if (setting_.kernel != nullptr) return change;
    for (const char* name : {"mbh", "mxr", "blocked-substitution", "row-substitution"}) {
      if (setting_.method->name == name) continue;
      const MethodSpec method = expand_method(name, "inspect").front();
      Setting other = setting_;
      other.method = &method;
      const Record record = i_.evaluation->evaluate(other, *i_.machines);
      if (record.fit == Fit::fit) return fmt::format("{}, or use {}", change, name);
    }
    return change;
  }

  const Inspection& i_;
  const Record& record_;
  const Setting& setting_;
  const StageArithmetics stages_;
  const Scenario& scenario_;
};

}  // namespace

const std::string& name_of(Blame blame) {
  static const std::array<std::string, 6> names{"fine", "formation", "truncation", "rounding", "output", "overflow"};
  return names[static_cast<std::size_t>(blame)];
}

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
  const Setting setting = group.scenario->settings(group.n).front();
  matrix.records.push_back(inspection.evaluation->evaluate(setting, *inspection.machines));
  if (matrix.records.front().status == Status::failed)
    throw UsageError(fmt::format("{}: {}", matrix.records.front().id, matrix.records.front().message));
  inspection.experiment = std::make_shared<SiteExperiment>(setting, *inspection.evaluation, *inspection.machines);
  inspection.steps = step_reports(*inspection.experiment);
  inspection.shares = site_shares(*inspection.experiment);
  inspection.search = search_sites(*inspection.experiment, inspection.shares);
  matrix.condition = notes->condition;
  matrix.references = notes->references;
  inspection.diagnosis = Diagnostician(inspection, *group.scenario).diagnose();
  return inspection;
}

}  // namespace tristab
