// The units of a run, and how many processes share them: a shard is a part of a sweep.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tristab/sweep/plan.h"

namespace tristab {

// What is computed as one: a matrix with all of its settings, or a sequence.
struct Unit {
  std::size_t group = 0;  // of the plan
  int index = 0;          // of the matrices, or sequences, that the group runs
  bool is_sequence = false;

  bool operator==(const Unit&) const = default;
};

struct Shard {
  static constexpr int most = 1'000'000;
  int index = 1, count = 1;  // 1 <= index <= count <= most

  bool valid() const { return 1 <= index && index <= count && count <= most; }
  std::string text() const;  // "2/8"
  bool operator==(const Shard&) const = default;
};

// Matrices in the order of the plan, then sequences.
std::vector<Unit> units_of(const Plan& plan);

// The shard of each unit, from 1 on. Units go one after the other, the largest first, to the shard with the least work
// so far (Graham 1969, Bounds on multiprocessing timing anomalies, "LPT"), so no two shards differ by more than one
// unit's work. Depends on the plan alone.
std::vector<int> shards_of(const Plan& plan, const std::vector<Unit>& units, int count);

// The units of a shard; without one, all.
std::vector<Unit> units_of(const Plan& plan, const std::optional<Shard>& shard);

struct UnitCounts {
  std::int64_t matrices = 0, cases = 0, sequences = 0;
};
UnitCounts counts_of(const Plan& plan, std::span<const Unit> units);

// "2/8"; "auto/8": the index from the environment; "auto": both. `variable` gives a variable of the environment, null
// if it is not set. Indices are taken from the first of these that is set: SLURM_ARRAY_TASK_ID (from 1 on),
// JOB_COMPLETION_INDEX (Kubernetes, from 0 on), the ranks of Open MPI, MPICH, MVAPICH and srun (from 0 on). Throws
// UsageError.
Shard parse_shard(const std::string& text, const std::function<const char*(const char*)>& variable);

}  // namespace tristab
