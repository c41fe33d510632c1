#include "tristab/sweep/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tristab/base/errors.h"
#include "tristab/base/random.h"
#include "tristab/sweep/label.h"

namespace tristab {

Plan make_plan(const SweepConfig& config) {
  Plan plan;
  for (std::size_t family = 0; family < config.families.size(); ++family) {
    const FamilyEntry& entry = config.families[family];
    plan.sources.push_back(open_source(entry.spec, config.seed, config.trials, entry.directory, entry.place));
    std::int64_t matrices = 0;
    for (const int n : config.chunks) {
      const int count = plan.sources.back()->count(n);
      if (count > 0) plan.groups.push_back({family, n, count});
      matrices += count;
      plan.cases += static_cast<std::int64_t>(count) * static_cast<std::int64_t>(config.settings(n).size());
    }
    if (matrices == 0) {
      throw UsageError(fmt::format("{}: {} has no matrix of size {}; allowed: chunks among its sizes",
                                   entry.place, label_of(entry.spec), fmt::join(config.chunks, ", ")));
    }
    plan.matrices += matrices;
  }
  if (plan.cases == 0)
    throw UsageError(fmt::format("kernels: none of them takes chunks of {}; allowed: sizes that they take",
                                 fmt::join(config.chunks, ", ")));
  return plan;
}

std::string case_id(const std::string& matrix_id, const Setting& setting) {
  const MethodSpec& method = *setting.method;
  const Arithmetic& arithmetic = *setting.arithmetic;
  if (setting.kernel != nullptr) {
    const std::uint64_t hash =
        hash_text(fmt::format("{}{}{}{}", setting.kernel->name, setting.kernel->settings.json().dump(),
                              method.settings.json().dump(), arithmetic.settings.json().dump()));
    return fmt::format("{}/{}/recipe/{:08x}", matrix_id, label_of(*setting.kernel), hash >> 32);
  }
  const std::uint64_t hash =
      hash_text(fmt::format("{}{}/{}{}", method.method->description.name, method.settings.json().dump(),
                            arithmetic.name, arithmetic.settings.json().dump()));
  return fmt::format("{}/{}/{}/{:08x}", matrix_id, label_of(method), label_of(arithmetic), hash >> 32);
}

}  // namespace tristab
