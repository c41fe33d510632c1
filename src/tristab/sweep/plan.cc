#include "tristab/sweep/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/random.h"
#include "tristab/sweep/expectation_check.h"

namespace tristab {

namespace {

void add_family(const Scenario& scenario, const FamilyEntry& entry, Plan& plan) {
  plan.sources.push_back(open_source(entry.spec, scenario.seed, scenario.trials, entry.directory, entry.place));
  const Source& source = *plan.sources.back();
  std::int64_t matrices = 0;
  for (const int n : scenario.chunks) {
    const int count = source.count(n);
    const int sequences = scenario.layer && count > 0 ? source.sequences() : 0;
    if (sequences > 0 && scenario.layer_chunks * n > Source::largest_sequence) {
      refuse("layer_chunks", fmt::format("{} chunks of {} rows", scenario.layer_chunks, n),
             fmt::format("at most {} rows", Source::largest_sequence));
    }
    if (count > 0) plan.groups.push_back({&scenario, &entry, &source, n, count, sequences});
    matrices += count;
    plan.sequences += sequences;
    plan.cases += static_cast<std::int64_t>(count) * static_cast<std::int64_t>(scenario.settings(n).size());
  }
  if (matrices == 0) {
    throw UsageError(fmt::format("{}: {} has no matrix of size {}; allowed: chunks among its sizes", entry.place,
                                 entry.spec.label, fmt::join(scenario.chunks, ", ")));
  }
  plan.matrices += matrices;
}

}  // namespace

Plan make_plan(const SweepConfig& config) {
  Plan plan;
  for (const Scenario& scenario : config.scenarios) {
    const std::int64_t cases_before = plan.cases;
    const std::size_t groups_before = plan.groups.size();
    for (const FamilyEntry& entry : scenario.families) add_family(scenario, entry, plan);
    if (plan.cases == cases_before) {
      throw UsageError(fmt::format("{}kernels: none of them takes chunks of {}; allowed: sizes that they take",
                                   scenario.name.empty() ? "" : fmt::format("scenario {}: ", scenario.name),
                                   fmt::join(scenario.chunks, ", ")));
    }
    const std::span<const MatrixGroup> groups = std::span(plan.groups).subspan(groups_before);
    if (scenario.layer && std::ranges::none_of(groups, [](const MatrixGroup& group) { return group.sequences > 0; })) {
      refuse(fmt::format("{}layer", scenario.name.empty() ? "" : fmt::format("scenario {}: ", scenario.name)),
             "no family with keys, queries and values",
             "families of delta rules, and files with <layer>.q and <layer>.v");
    }
    for (const Expectation& expectation : scenario.expectations) refuse_without_group(expectation, groups);
  }
  return plan;
}

std::string matrix_id_in(const Scenario& scenario, const std::string& problem_id) {
  return scenario.name.empty() ? problem_id : fmt::format("{}/{}", scenario.name, problem_id);
}

std::string case_id(const std::string& matrix_id, const Setting& setting) {
  const MethodSpec& method = *setting.method;
  const Arithmetic& arithmetic = *setting.arithmetic;
  if (setting.kernel != nullptr) {
    const std::uint64_t hash = hash_text(fmt::format("{}{}{}", setting.kernel->identity(),
                                                     method.settings.json().dump(), arithmetic.settings.json().dump()));
    return fmt::format("{}/{}/recipe/{:08x}", matrix_id, setting.kernel->label, hash >> 32);
  }
  // The exact formation is left out, so these ids do not change when formations get new parameters.
  const std::string formed = setting.is_formed() ? setting.formation->identity() : "";
  const std::uint64_t hash = hash_text(fmt::format("{}/{}", method.identity(), arithmetic.identity()) + formed);
  std::string arithmetic_part = arithmetic.label;
  if (setting.is_formed()) arithmetic_part += fmt::format("/{}", setting.formation->label);
  return fmt::format("{}/{}/{}/{:08x}", matrix_id, method.label, arithmetic_part, hash >> 32);
}

}  // namespace tristab
