#include "tristab/inspect/diagnosis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "tristab/base/json.h"
#include "tristab/base/percent.h"
#include "tristab/inspect/inspection.h"
#include "tristab/matrix/norms.h"
#include "tristab/sweep/field.h"

namespace tristab {
namespace {

std::string number(double x) { return std::isfinite(x) ? fmt::format("{:.3g}", x) : "infinity"; }

// "`powers`", "`powers` and `merge`"
std::string stage_list(const std::vector<std::string>& stages) {
  std::vector<std::string> quoted;
  quoted.reserve(stages.size());
  for (const std::string& stage : stages) quoted.push_back(fmt::format("`{}`", stage));
  if (quoted.size() < 2) return fmt::format("{}", fmt::join(quoted, ""));
  const std::string last = quoted.back();
  quoted.pop_back();
  return fmt::format("{} and {}", fmt::join(quoted, ", "), last);
}

// What a kind rounds, in words: "rounding its operands to bf16".
std::string action(const std::string& kind, const Arithmetic& arithmetic) {
  const bool quantised = arithmetic.quantiser.has_value();
  if (kind == "operand") {
    return quantised ? fmt::format("quantising its operands to {}", arithmetic.name)
                     : fmt::format("rounding its operands to {}", arithmetic.operand.name);
  }
  if (kind == "storage") {
    return quantised && !arithmetic.is_block_scaled()
               ? fmt::format("quantising its results to {}", arithmetic.name)
               : fmt::format("storing its results in {}", arithmetic.storage.name);
  }
  if (kind == "accumulator") return fmt::format("summing in {}", arithmetic.product.format.name);
  if (kind == "alignment") return "the alignment of products in the matrix unit";
  if (kind == "scale") return "the choice of scales";
  if (kind == "saturation") return "cutting at the largest number";
  return "flushing tiny numbers to zero";
}

const StepReport* step_of(const std::vector<StepReport>& steps, const std::string& stage, int step) {
  const auto found = std::ranges::find_if(
      steps, [&](const StepReport& report) { return report.stage == stage && report.step == step; });
  return found == steps.end() ? nullptr : &*found;
}

// "A^8 in `powers` (step 3)", "step 3 of `merge`"
std::string step_text(const StepReport& step) {
  return step.what.empty() ? fmt::format("step {} of `{}`", step.step, step.stage)
                           : fmt::format("{} in `{}` (step {})", step.what, step.stage, step.step);
}

// The arithmetics of a setting, stage by stage, so that each can be replaced.
class Trial {
 public:
  Trial(const Inspection& inspection, const Setting& setting) : inspection_(inspection), setting_(setting) {
    const StageArithmetics given = setting.stages();
    const Arithmetic& all = *given.at("*");
    for (const StepReport& step : inspection.steps) {
      const auto named = given.find(step.stage);
      stages_.try_emplace(step.stage, named == given.end() ? all : *named->second);
    }
    for (const auto& [stage, arithmetic] : given) stages_.try_emplace(stage, *arithmetic);
  }

  const Arithmetic& of(const std::string& stage) const { return stages_.at(stage); }
  void replace(const std::string& stage, const Arithmetic& arithmetic) { stages_.insert_or_assign(stage, arithmetic); }

  bool fits() const {
    Recipe recipe;
    recipe.name = recipe.label = recipe.given = "changed";
    recipe.method = *setting_.method;
    for (const auto& [stage, arithmetic] : stages_) recipe.arithmetics.emplace(stage, arithmetic);
    recipe.summary_arithmetic = stages_.at("*");
    recipe.formation = *setting_.formation;
    const Setting changed = Setting::of(recipe);
    return inspection_.evaluation->evaluate(changed, *inspection_.machines).fit == Fit::fit;
  }

 private:
  const Inspection& inspection_;
  const Setting& setting_;
  std::map<std::string, Arithmetic> stages_;
};

class Diagnostician {
 public:
  explicit Diagnostician(const Inspection& inspection)
      : i_(inspection),
        record_(inspection.record()),
        setting_(inspection.setting),
        stages_(setting_.stages()),
        requirement_(inspection.matrix.input.scenario->requirement.text()) {}

  Diagnosis diagnose() const {
    if (record_.parts.formation.undefined == Undefined::lost_input) return lost_input();
    if (const StepReport* first = first_overflow(); first != nullptr && !record_.finite()) return overflow(*first);
    if (total() == 0) return {Blame::fine, "The result is exact.", ""};
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
    const Blame largest = std::ranges::max_element(all, {}, &Part::size)->blame;
    if (i_.search.misses) return {largest, why(largest), change(largest)};
    const Measured& share = record_.requirement_share;
    const std::string taken = std::isfinite(share.value) ? percent(share.value) : std::string("nothing");
    return {Blame::fine, fmt::format("The result takes {} of what {} allows. {}", taken, requirement_, why(largest)),
            ""};
  }

 private:
  double total() const { return i_.shares.total; }

  // What goes away without these rows, as a part of the whole error.
  template <class Chosen>
  double explained(const std::vector<SiteShare>& rows, Chosen chosen) const {
    double sum = 0;
    for (const SiteShare& row : rows) sum += chosen(row) ? std::max(row.explained, 0.0) : 0;
    return sum / total();
  }
  double explained_before() const {
    return explained(i_.shares.stages, [](const SiteShare& s) { return s.stage == "input" || s.stage == "formation"; });
  }

  const StepReport* first_overflow() const {
    const auto found = std::ranges::find_if(
        i_.steps, [](const StepReport& step) { return step.event == "overflow" || step.event == "not finite"; });
    return found == i_.steps.end() ? nullptr : &*found;
  }

  Diagnosis overflow(const StepReport& step) const {
    double exact = 0, limit = 0;
    for (std::size_t k = 0; k < i_.experiment->operations().size(); ++k) {
      const SiteOperation& operation = i_.experiment->operations()[k];
      if (operation.stage != step.stage || operation.step != step.step) continue;
      limit = operation.largest_number;
      for (const double x : i_.experiment->exact_operations()[k].high) exact = std::max(exact, std::fabs(x));
    }
    return {
        Blame::overflow,
        fmt::format("{} has entries up to {:.5g}, beyond {}'s largest number {:.5g}: it overflows, and the result is "
                    "not finite.",
                    capitalised(step_text(step)), exact, step.format, limit),
        in_other_formats({step.stage}, false, {"bf16", "fp32", "fp64"})};
  }

  Diagnosis lost_input() const {
    if (record_.error_forming.undefined == Undefined::formed_nonfinite) {
      return {Blame::formation,
              fmt::format("A is not finite as {} forms it: the result is lost before the inversion starts.",
                          setting_.formation->label),
              ""};
    }
    return {Blame::formation,
            fmt::format("Entries of A overflow in {}: the result is lost before the method starts.",
                        setting_.arithmetic->storage.name),
            in_other_formats({}, true, {"bf16", "fp32", "fp64"})};
  }

  std::string why(Blame blame) const {
    if (!i_.shares.resolved && blame == Blame::rounding) {
      const StepReport* largest = largest_step("");
      return fmt::format("Rounding inside the method makes the error: {} reaches {} where the result has {}.",
                         step_text(*largest), number(largest->largest), number(result_size()));
    }
    switch (blame) {
      case Blame::formation:
        return formation();
      case Blame::truncation:
        return fmt::format(
            "Without any rounding {} still has an error of {}: its formula leaves out most of what is wrong, "
            "and rounding adds {}.",
            setting_.method->label, number(record_.parts.truncation.value), number(record_.parts.rounding.value));
      case Blame::output:
        return fmt::format("The last rounding, to {}, accounts for {} of the error: before it the error is {}.",
                           setting_.result_format().name,
                           percent(explained(i_.shares.kinds, [](const SiteShare& s) { return s.kind == "output"; })),
                           number(std::hypot(record_.parts.rounding.value, record_.parts.formation.value)));
      default:
        return rounding();
    }
  }

  std::string formation() const {
    const double forming = setting_.is_formed() ? record_.error_forming.ranked(false) : 0;
    const std::string part = percent(explained_before());
    if (forming > 0.5 * record_.parts.formation.value)
      return fmt::format("Forming A by {} accounts for {} of the error, before the inversion starts.",
                         setting_.formation->label, part);
    return fmt::format("Rounding A to {} on entry accounts for {} of the error, before the inversion starts.",
                       setting_.arithmetic->storage.name, part);
  }

  double result_size() const { return max_abs(i_.experiment->truth().high); }

  // Of a stage, or of all.
  const StepReport* largest_step(const std::string& stage) const {
    const StepReport* largest = nullptr;
    for (const StepReport& step : i_.steps) {
      if ((stage.empty() || step.stage == stage) && (largest == nullptr || step.largest > largest->largest))
        largest = &step;
    }
    return largest;
  }

  std::string rounding() const {
    const auto inside = [](const SiteShare& s) {
      return s.stage != "input" && s.stage != "formation" && s.kind != "output";
    };
    const auto kind = std::ranges::find_if(i_.shares.kinds, inside);
    if (kind == i_.shares.kinds.end()) return "No rounding inside the method changes the result.";
    std::string text =
        i_.shares.first_order()
            ? fmt::format("In `{}`, {} accounts for {} of the error", kind->stage,
                          action(kind->kind, arithmetic_of(kind->stage)), percent(kind->explained / total()))
            : fmt::format("In `{}`, {} alone makes an error of {} (the whole is {})", kind->stage,
                          action(kind->kind, arithmetic_of(kind->stage)), number(kind->alone), number(total()));
    const auto site = std::ranges::find_if(
        i_.shares.sites, [&](const SiteShare& s) { return s.stage == kind->stage && s.kind == kind->kind; });
    const StepReport* step = step_of(i_.steps, site->stage, site->step);
    if (step != nullptr && site->share > 0.5 * kind->share && i_.steps.size() > 1)
      text += fmt::format(", most of it at {}", step_text(*step));
    // How large intermediates get, and how much cancels, tells why a rounding matters.
    const StepReport* largest = largest_step(kind->stage);
    const StepReport* cancelling = &*std::ranges::max_element(i_.steps, {}, [&](const StepReport& each) {
      return each.stage == kind->stage && std::isfinite(each.cancellation_bits) ? each.cancellation_bits : -1;
    });
    if (largest != nullptr && largest->largest > 4 * result_size())
      text += fmt::format(". {} reaches {} where the result has {}", capitalised(step_text(*largest)),
                          number(largest->largest), number(result_size()));
    if (cancelling->stage == kind->stage && cancelling->cancellation_bits >= 4)
      text +=
          fmt::format(". {} cancels {:.0f} bits", capitalised(step_text(*cancelling)), cancelling->cancellation_bits);
    return text + ".";
  }

  // The first letter of a text, but not of a symbol.
  static std::string capitalised(std::string text) {
    if (text.starts_with("step") || text.starts_with("series") || text.starts_with("row"))
      text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
  }

  const Arithmetic& arithmetic_of(const std::string& stage) const {
    const auto found = stages_.find(stage);
    return found != stages_.end() ? *found->second : *stages_.at("*");
  }

  std::string change(Blame blame) const {
    if (i_.search.by_formula || !i_.shares.resolved) {
      const std::string method = other_method();
      if (blame == Blame::truncation)
        return method.empty() ? "Take more terms or steps."
                              : fmt::format("Take more terms or steps, or use {}.", method);
      return method.empty() ? "" : fmt::format("Use {}.", method);
    }
    std::vector<std::string> stages;
    bool forms = false, stores = false;
    for (const SiteShare& share : i_.shares.stages) {
      bool raised = false;
      for (std::size_t s = 0; s < i_.search.raise.size(); ++s)
        raised = raised || (i_.search.raise[s] && share.sites[s]);
      if (!raised) continue;
      if (share.stage == "formation") {
        forms = true;
      } else if (share.stage == "input") {
        stores = true;
      } else {
        stages.push_back(share.stage);
      }
    }
    if (forms) {  // formations have formats of their own
      std::string text = fmt::format("Form A more exactly than {} does", setting_.formation->label);
      if (!stages.empty()) text += fmt::format(", and raise {}", stage_list(stages));
      return text + ".";
    }
    return in_other_formats(stages, stores, {"fp32", "fp64"});
  }

  // The first format that mends the case in these stages (and for A), and a method that does so as it is.
  std::string in_other_formats(const std::vector<std::string>& stages, bool stores,
                               const std::vector<std::string>& formats) const {
    std::string text;
    for (const std::string& name : formats) {
      const Arithmetic wide = make_arithmetic(name, Json::object(), "inspect");
      Trial trial(i_, setting_);
      bool changes = stores;
      for (const std::string& stage : stages) {
        changes = changes || trial.of(stage).label != wide.label;
        trial.replace(stage, wide);
      }
      if (stores) trial.replace("*", wide);
      if (!changes || !trial.fits()) continue;
      if (stores) text = fmt::format("Store A in {}", name);
      if (!stages.empty())
        text += fmt::format("{} {} in {}", text.empty() ? "Keep" : " and keep", stage_list(stages), name);
      break;
    }
    const std::string method = other_method();
    if (text.empty()) return method.empty() ? "" : fmt::format("Use {}.", method);
    return method.empty() ? text + "." : fmt::format("{}, or use {}.", text, method);
  }

  // The method with the fewest dependent steps, of some, that meets the requirement in the same arithmetic; "" if none
  // does, and for kernels, whose arithmetics are those of their own stages.
  std::string other_method() const {
    if (setting_.kernel != nullptr) return "";
    std::string best;
    std::int64_t least = 0;
    for (const char* name : {"mbh", "mxr", "blocked-substitution", "recursive", "newton-schulz", "row-substitution"}) {
      if (setting_.method->name == name) continue;
      const MethodSpec method = expand_method(name, "inspect").front();
      Setting other = setting_;
      other.method = &method;
      const Record record = i_.evaluation->evaluate(other, *i_.machines);
      const std::int64_t depth = record.trace.product_depth + record.trace.vector_depth;
      if (record.fit != Fit::fit || (!best.empty() && depth >= least)) continue;
      best = name;
      least = depth;
    }
    return best;
  }

  const Inspection& i_;
  const Record& record_;
  const Setting& setting_;
  const StageArithmetics stages_;
  const std::string& requirement_;
};

}  // namespace

const std::string& name_of(Blame blame) {
  static const std::array<std::string, 6> names{"fine", "formation", "truncation", "rounding", "output", "overflow"};
  return names[static_cast<std::size_t>(blame)];
}

Diagnosis diagnose(const Inspection& inspection) { return Diagnostician(inspection).diagnose(); }

}  // namespace tristab
