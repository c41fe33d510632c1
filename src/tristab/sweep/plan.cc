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
    }
    if (matrices == 0) {
      throw UsageError(fmt::format("{}: {} has no matrix of size {}; allowed: chunks among its sizes",
                                   entry.place, label_of(entry.spec), fmt::join(config.chunks, ", ")));
    }
    plan.matrices += matrices;
  }
  plan.cases = plan.matrices * static_cast<std::int64_t>(config.methods.size() * config.arithmetics.size());
  return plan;
}

std::string case_id(const std::string& matrix_id, const MethodSpec& method, const Arithmetic& arithmetic) {
  const std::uint64_t hash =
      hash_text(fmt::format("{}{}/{}{}", method.method->description.name, method.settings.json().dump(),
                            arithmetic.name, arithmetic.settings.json().dump()));
  return fmt::format("{}/{}/{}/{:08x}", matrix_id, label_of(method), label_of(arithmetic), hash >> 32);
}

}  // namespace tristab
