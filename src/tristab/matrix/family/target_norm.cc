// A = (norm_inf / ||B||_inf) B for each matrix B of another family, generated or from a file: it has the sign pattern
// and structure of B and the norm that the user chooses. A's number, trial and source are those of B, which is drawn
// exactly as in its own family.
// Source: megagdn-pto, PR 74: the largest ||A||_inf published for a real layer is 37.3.
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/family/family.h"
#include "tristab/matrix/norms.h"

namespace tristab {
namespace {

constexpr const char* name = "target-norm";

// The base as settings hold it: an object with "family" and complete parameters.
void settle(Json& settings, std::string_view place) {
  const std::string base_place = fmt::format("{}.base", place);
  const std::vector<FamilySpec> specs = expand_family(settings.at("base"), base_place);
  if (specs.size() != 1) {
    refuse(base_place, fmt::format("{} settings", specs.size()),
           "one family without lists (make a list of bases instead)");
  }
  const FamilySpec& base = specs.front();
  if (base.name == name) refuse(base_place, name, "any other family");
  settings["base"] = base.json("family");
}

FamilySpec base_of(const Settings& settings) {
  Json base = settings.at("base");
  std::string family = base.at("family").get<std::string>();
  base.erase("family");
  return {{std::move(family), Settings(std::move(base)), ""}};
}

// The settings without those of a file: the base's ids say what lies there, wherever the file is.
Json without_paths(Json settings) {
  if (settings["base"]["family"] == "file") settings["base"] = {{"family", "file"}};
  return settings;
}

class TargetNormSource : public Source {
 public:
  TargetNormSource(std::unique_ptr<Source> base, const Settings& settings, std::string_view place)
      : base_(std::move(base)),
        norm_inf_(settings.real("norm_inf")),
        canonical_(fmt::format("{} {}", name, without_paths(settings.json()).dump())),
        place_(place) {}

  int count(int n) const override { return base_->count(n); }
  std::vector<int> sizes() const override { return base_->sizes(); }

  Problem problem(int n, int index) const override {
    Problem problem = base_->problem(n, index);
    const double norm = infinity_norm(problem.a), factor = norm_inf_ / norm;
    if (!(norm > 0) || !std::isfinite(norm) || !std::isfinite(factor)) {
      const std::string message =
          fmt::format("{}.base: found a matrix with ||A||_inf = {} ({}); allowed: one that can be brought to {}",
                      place_, norm, problem.id, norm_inf_);
      if (problem.source.is_null()) throw UsageError(message);
      throw InputError(message);
    }
    for (double& value : problem.a.values()) value *= factor;
    problem.tokens = nullptr;  // they no longer give this A
    // The base's id stands for its family, size, trial, seed and source.
    problem.id = problem_id(name, problem.a.rows(), problem.trial, fmt::format("{} {}", canonical_, problem.id));
    return problem;
  }

 private:
  std::unique_ptr<Source> base_;
  double norm_inf_;
  std::string canonical_, place_;
};

}  // namespace

Family target_norm_family() {
  return {.description = {.name = name,
                          .summary = "the matrices of another family, rescaled to a given norm",
                          .formula = "A = (norm_inf / ||B||_inf) B, B of the base family (same trial, same seed)",
                          .source = "megagdn-pto, PR 74: ||A||_inf = 37.3 is the largest published for a real layer",
                          .parameters = {Parameter::nested("base", "gdn", "the family that is rescaled"),
                                         Parameter::real("norm_inf", 37.3, 1e-6, 1e6, "||A||_inf, to rounding")}},
          .random = true,
          .settle = settle,
          .derive = [](const FamilySpec& spec, std::uint64_t seed, int trials, const std::filesystem::path& directory,
                       std::string_view place) -> std::unique_ptr<Source> {
            return std::make_unique<TargetNormSource>(
                open_source(base_of(spec.settings), seed, trials, directory, fmt::format("{}.base", place)),
                spec.settings, place);
          }};
}

}  // namespace tristab
