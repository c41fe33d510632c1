#include "tristab/sweep/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <span>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/random.h"
#include "tristab/sweep/expectation_check.h"

namespace tristab {

namespace {

void add_family(const Scenario& scenario, const FamilyEntry& entry, Plan& plan) {
  plan.sources.push_back(open_source(entry.spec, scenario.seed, std::max(scenario.trials, scenario.trial + 1),
                                     entry.directory, entry.place));
  const Source& source = *plan.sources.back();
  const bool one = scenario.trial >= 0;
  const auto chosen = [&](int available) { return one ? static_cast<int>(scenario.trial < available) : available; };
  std::int64_t matrices = 0;
  int most = 0;
  for (const int n : scenario.chunks) {
    const int all = source.count(n), count = chosen(all);
    const int all_sequences = scenario.layer && all > 0 ? source.sequences() : 0, sequences = chosen(all_sequences);
    most = std::max(most, all);
    if (sequences > 0 && scenario.layer_chunks * n > Source::largest_sequence) {
      refuse("layer_chunks", fmt::format("{} chunks of {} rows", scenario.layer_chunks, n),
             fmt::format("at most {} rows", Source::largest_sequence));
    }
    const auto settings = static_cast<int>(scenario.setting_count(n));
    if (count > 0) {
      MatrixGroup group;
      group.scenario = &scenario;
      group.family = &entry;
      group.source = &source;
      group.n = n;
      group.count = count;
      group.sequences = sequences;
      group.first = one ? scenario.trial : 0;
      group.all = all;
      group.all_sequences = all_sequences;
      group.settings = settings;
      plan.groups.push_back(group);
    }
    matrices += count;
    plan.sequences += sequences;
    plan.cases += std::int64_t{count} * settings;
  }
  if (matrices == 0 && most > 0)
    refuse(entry.place, fmt::format("trial {} of {}, which has {} matrices", scenario.trial, entry.spec.label, most),
           fmt::format("0 to {}", most - 1));
  if (matrices == 0) {
    const std::vector<int> sizes = source.sizes();
    refuse(entry.place, fmt::format("chunks of {} for {}", fmt::join(scenario.chunks, ", "), entry.spec.label),
           sizes.empty() ? "sizes of which it has a matrix"
                         : fmt::format("{}, the size of its matrices", fmt::join(sizes, ", ")));
  }
  plan.matrices += matrices;
}

// The sizes that a kernel takes, and that it is not run at any of these.
std::string unsuitable(const Recipe& kernel, const std::set<int>& chunks) {
  return fmt::format("{} takes chunks of {}, not of {}", kernel.label, fmt::join(kernel.chunks, ", "),
                     fmt::join(chunks, ", "));
}

// Each note once; a file of layers may have one for every layer.
class Notes {
 public:
  void add(const std::string& note) {
    if (known_.insert(note).second) all.push_back(note);
  }
  std::vector<std::string> all;

 private:
  std::set<std::string> known_;
};

std::string in_scenario(const Scenario& scenario) {
  return scenario.name.empty() ? "" : fmt::format("scenario {}: ", scenario.name);
}

// Of the families of a scenario; 0 stands for a family of any size.
std::set<int> sizes_of_families(const Scenario& scenario) {
  std::set<int> sizes;
  for (const FamilyEntry& entry : scenario.families) {
    const std::vector<int> own = open_source(entry.spec, scenario.seed, 1, entry.directory, entry.place)->sizes();
    for (const int n : own) {
      if (n >= smallest_chunk && n <= largest_chunk) continue;
      refuse(entry.place, fmt::format("matrices of {0} x {0}", n),
             fmt::format("{0} x {0} to {1} x {1} (tristab invert takes all sizes)", smallest_chunk, largest_chunk));
    }
    sizes.insert(own.begin(), own.end());
    if (own.empty()) sizes.insert(0);
  }
  return sizes;
}

}  // namespace

// Every method does O(n^3) operations.
static std::uint64_t inversion_work(int n) {
  const auto size = static_cast<std::uint64_t>(n);
  return size * size * size;
}

std::uint64_t matrix_work(const MatrixGroup& group) {
  constexpr int reference = 4;  // in inversions
  return inversion_work(group.n) * static_cast<std::uint64_t>(group.settings + reference);
}

std::uint64_t sequence_work(const MatrixGroup& group) {
  constexpr std::uint64_t chunk = 5;  // in inversions of its matrix
  return chunk * inversion_work(group.n) * static_cast<std::uint64_t>(group.settings) *
         static_cast<std::uint64_t>(group.scenario->layer_chunks);
}

void settle_sizes(SweepConfig& config) {
  for (Scenario& scenario : config.scenarios) {
    if (scenario.has_chunks) continue;
    std::set<int> sizes = sizes_of_families(scenario);
    if (sizes.erase(0) > 0) sizes.insert(scenario.chunks.begin(), scenario.chunks.end());
    scenario.chunks.assign(sizes.begin(), sizes.end());
    scenario.has_chunks = true;
  }
}

Plan make_plan(const SweepConfig& config) {
  Plan plan;
  Notes notes;
  for (const Scenario& scenario : config.scenarios) {
    const std::int64_t cases_before = plan.cases;
    const std::size_t groups_before = plan.groups.size();
    for (const FamilyEntry& entry : scenario.families) add_family(scenario, entry, plan);
    std::set<int> sizes;
    for (const MatrixGroup& group : std::span(plan.groups).subspan(groups_before)) sizes.insert(group.n);
    std::vector<std::string> left_out;
    for (const Recipe& kernel : scenario.kernels) {
      if (std::ranges::none_of(sizes, [&](int n) { return kernel.takes(n); }))
        left_out.push_back(unsuitable(kernel, sizes));
    }
    if (plan.cases == cases_before) {
      throw UsageError(fmt::format("{}kernels: nothing to run: {}; allowed: sizes that they take",
                                   in_scenario(scenario), fmt::join(left_out, "; ")));
    }
    for (const std::string& each : left_out) notes.add(fmt::format("{}{}: left out", in_scenario(scenario), each));
    const std::span<const MatrixGroup> groups = std::span(plan.groups).subspan(groups_before);
    if (scenario.layer && std::ranges::none_of(groups, [](const MatrixGroup& group) { return group.sequences > 0; })) {
      refuse(fmt::format("{}layer", in_scenario(scenario)), "no family with keys, queries and values",
             "families of delta rules, and files with <layer>.q and <layer>.v");
    }
    for (const Expectation& expectation : scenario.expectations) refuse_without_group(expectation, groups);
  }
  for (const auto& source : plan.sources) {
    for (const std::string& note : source->notes()) notes.add(note);
  }
  plan.notes = std::move(notes.all);
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
