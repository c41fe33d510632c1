#include "tristab/sweep/shard.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <queue>
#include <span>
#include <utility>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

// Where a scheduler tells a process its place.
struct Scheduler {
  const char* index;
  int first;                      // the index of the first process
  const char* count;              // the number of processes; null: it does not say
  const char* largest = nullptr;  // the largest index; null: that follows from the number
};
constexpr Scheduler schedulers[] = {{"SLURM_ARRAY_TASK_ID", 1, "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MAX"},
                                    {"JOB_COMPLETION_INDEX", 0, nullptr},
                                    {"OMPI_COMM_WORLD_RANK", 0, "OMPI_COMM_WORLD_SIZE"},
                                    {"PMI_RANK", 0, "PMI_SIZE"},
                                    {"MV2_COMM_WORLD_RANK", 0, "MV2_COMM_WORLD_SIZE"},
                                    {"SLURM_PROCID", 0, "SLURM_NTASKS"}};

constexpr const char* allowed = "I/N with 1 <= I <= N <= 1000000, or auto, auto/N for the index that a scheduler gives";
static_assert(Shard::most == 1'000'000, "the text says so");

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > Shard::most) return std::nullopt;
  return value;
}

int number_of(const char* name, const char* text, const char* what) {
  const std::optional<int> number = whole_number(text);
  if (!number) refuse("--shard", fmt::format("{}={}", name, text), what);
  return *number;
}

Shard from_environment(const std::optional<int>& count, const std::function<const char*(const char*)>& variable) {
  for (const Scheduler& scheduler : schedulers) {
    const char* const index = variable(scheduler.index);
    if (index == nullptr) continue;
    Shard shard;
    shard.index = number_of(scheduler.index, index, "a whole number up to 1000000") - scheduler.first + 1;
    const char* const told = scheduler.count != nullptr ? variable(scheduler.count) : nullptr;
    if (!count && told == nullptr)
      refuse("--shard", fmt::format("auto, and no number of shards beside {}", scheduler.index), "auto/N");
    shard.count = count ? *count : number_of(scheduler.count, told, "a whole number from 1 to 1000000");
    if (shard.count < 1) refuse("--shard", fmt::format("auto with {}={}", scheduler.count, told), "1 or more");
    // Without N, a part of an array would be another split: its count is that of the part.
    const char* const largest = scheduler.largest != nullptr ? variable(scheduler.largest) : nullptr;
    if (!count && largest != nullptr &&
        number_of(scheduler.largest, largest, "a whole number up to 1000000") != shard.count)
      refuse("--shard", fmt::format("auto with {}={} and {}={}", scheduler.count, told, scheduler.largest, largest),
             "an array from 1 to the number of its tasks, or auto/N");
    // A part of an array may be submitted again; a part of the ranks of a program cannot.
    const bool part_is_normal = scheduler.first == 1;
    if (count && told != nullptr && !part_is_normal &&
        number_of(scheduler.count, told, "a whole number up to 1000000") != *count)
      refuse("--shard", fmt::format("auto/{} with {}={}", *count, scheduler.count, told), "the same number");
    if (shard.index < 1 || shard.index > shard.count) {
      refuse("--shard", fmt::format("{}={} of {} shards", scheduler.index, index, shard.count),
             fmt::format("{} to {}", scheduler.first, shard.count - 1 + scheduler.first));
    }
    return shard;
  }
  std::string names;
  for (const Scheduler& scheduler : schedulers)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", scheduler.index);
  refuse("--shard", "auto without a scheduler", fmt::format("I/N, or one of these variables: {}", names));
}

}  // namespace

std::string Shard::text() const { return fmt::format("{}/{}", index, count); }

std::vector<Unit> units_of(const Plan& plan) {
  std::vector<Unit> units;
  units.reserve(static_cast<std::size_t>(plan.matrices + plan.sequences));
  for (const bool is_sequence : {false, true}) {
    for (std::size_t g = 0; g < plan.groups.size(); ++g) {
      const int count = is_sequence ? plan.groups[g].sequences : plan.groups[g].count;
      for (int index = 0; index < count; ++index) units.push_back({g, index, is_sequence});
    }
  }
  return units;
}

std::vector<int> shards_of(const Plan& plan, const std::vector<Unit>& units, int count) {
  std::vector<std::size_t> order(units.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto work = [&](std::size_t k) {
    const MatrixGroup& group = plan.groups[units[k].group];
    return units[k].is_sequence ? sequence_work(group) : matrix_work(group);
  };
  std::ranges::stable_sort(order, std::greater{}, work);
  using Load = std::pair<std::uint64_t, int>;  // the smallest is on top; of equal ones the first shard
  std::priority_queue<Load, std::vector<Load>, std::greater<>> loads;
  for (int shard = 1; shard <= count; ++shard) loads.push({0, shard});
  std::vector<int> shards(units.size());
  for (const std::size_t k : order) {
    const auto [load, shard] = loads.top();
    loads.pop();
    shards[k] = shard;
    loads.push({load + work(k), shard});
  }
  return shards;
}

std::vector<Unit> units_of(const Plan& plan, const std::optional<Shard>& shard) {
  std::vector<Unit> units = units_of(plan);
  if (!shard) return units;
  const std::vector<int> shards = shards_of(plan, units, shard->count);
  std::vector<Unit> own;
  for (std::size_t k = 0; k < units.size(); ++k) {
    if (shards[k] == shard->index) own.push_back(units[k]);
  }
  return own;
}

UnitCounts counts_of(const Plan& plan, std::span<const Unit> units) {
  UnitCounts counts;
  for (const Unit& unit : units) {
    ++(unit.is_sequence ? counts.sequences : counts.matrices);
    counts.cases += unit.is_sequence ? 0 : plan.groups[unit.group].settings;
  }
  return counts;
}

Shard parse_shard(const std::string& text, const std::function<const char*(const char*)>& variable) {
  const std::size_t slash = text.find('/');
  const std::string index = text.substr(0, slash);
  std::optional<int> count;
  if (slash != std::string::npos) {
    count = whole_number(std::string_view(text).substr(slash + 1));
    if (!count || *count < 1) refuse("--shard", fmt::format("'{}'", text), allowed);
  }
  if (index == "auto") return from_environment(count, variable);
  const std::optional<int> number = whole_number(index);
  if (!number || !count || *number < 1 || *number > *count) refuse("--shard", fmt::format("'{}'", text), allowed);
  return {*number, *count};
}

}  // namespace tristab
