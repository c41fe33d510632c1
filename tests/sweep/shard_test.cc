#include "tristab/sweep/shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::shard_test {

SweepConfig config_of(const Json& families, const Json& chunks, int trials, bool layer = false) {
  return make_config(Json{{"name", "x"},
                          {"families", families},
                          {"chunks", chunks},
                          {"trials", trials},
                          {"layer", layer},
                          {"methods", {"mbh", "mch"}},
                          {"arithmetics", {"fp16"}}},
                     {}, "test", "", "x");
}

using Variables = std::map<std::string, std::string>;

Shard parsed(const std::string& text, const Variables& variables = {}) {
  return parse_shard(text, [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

std::string refused(const std::string& text, const Variables& variables = {}) {
  try {
    return parsed(text, variables).text();
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(Shard, every_unit_is_in_exactly_one_shard) {
  const SweepConfig config = config_of({"ones", "gdn", "kda"}, {16, 32, 64}, 7, true);
  const Plan plan = make_plan(config);
  const std::vector<Unit> all = units_of(plan);
  EXPECT_EQ(static_cast<std::int64_t>(all.size()), plan.matrices + plan.sequences);
  for (const int count : {1, 2, 3, 8, 100}) {
    std::vector<Unit> found;
    for (int index = 1; index <= count; ++index) {
      const std::vector<Unit> part = units_of(plan, Shard{index, count});
      for (const Unit& unit : part) EXPECT_EQ(std::ranges::count(all, unit), 1);
      found.insert(found.end(), part.begin(), part.end());
    }
    EXPECT_EQ(found.size(), all.size()) << count;
    for (const Unit& unit : all) EXPECT_EQ(std::ranges::count(found, unit), 1);
  }
}

// Graham's bound: the loads differ by no more than the work of one unit.
TEST(Shard, no_two_shards_differ_by_more_than_one_unit) {
  const SweepConfig config = config_of({"ones", "gdn", "kda"}, {16, 64, 256}, 11, true);
  const Plan plan = make_plan(config);
  for (const int count : {2, 3, 7, 16}) {
    std::vector<std::uint64_t> loads;
    std::uint64_t largest = 0;
    for (int index = 1; index <= count; ++index) {
      std::uint64_t load = 0;
      for (const Unit& unit : units_of(plan, Shard{index, count})) {
        const MatrixGroup& group = plan.groups[unit.group];
        const std::uint64_t work = unit.is_sequence ? sequence_work(group) : matrix_work(group);
        load += work;
        largest = std::max(largest, work);
      }
      loads.push_back(load);
    }
    EXPECT_LE(*std::ranges::max_element(loads) - *std::ranges::min_element(loads), largest) << count;
  }
}

TEST(Shard, more_shards_than_units_leave_some_empty) {
  const SweepConfig config = config_of({"ones"}, {16}, 1);
  const Plan plan = make_plan(config);
  EXPECT_EQ(
      units_of(plan, Shard{1, 3}).size() + units_of(plan, Shard{2, 3}).size() + units_of(plan, Shard{3, 3}).size(), 1u);
}

TEST(Shard, is_read_as_typed) {
  EXPECT_EQ(parsed("2/8"), (Shard{2, 8}));
  EXPECT_EQ(parsed("1/1"), (Shard{1, 1}));
  for (const char* wrong :
       {"0/8", "9/8", "2", "2/", "/8", "2/0", "a/8", "2/b", "2/8/9", "-1/8", "1/9999999", "", "auto/x"})
    EXPECT_NE(refused(wrong).find("allowed: I/N"), std::string::npos) << wrong << ": " << refused(wrong);
}

TEST(Shard, the_index_comes_from_schedulers) {
  EXPECT_EQ(parsed("auto/8", {{"SLURM_ARRAY_TASK_ID", "3"}, {"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}}),
            (Shard{3, 8}));
  EXPECT_EQ(parsed("auto", {{"SLURM_ARRAY_TASK_ID", "3"}, {"SLURM_ARRAY_TASK_COUNT", "4"}}), (Shard{3, 4}));
  // A part of an array is submitted again.
  EXPECT_EQ(parsed("auto/8", {{"SLURM_ARRAY_TASK_ID", "3"}, {"SLURM_ARRAY_TASK_COUNT", "1"}}), (Shard{3, 8}));
  EXPECT_EQ(parsed("auto/8", {{"JOB_COMPLETION_INDEX", "0"}}), (Shard{1, 8}));
  EXPECT_EQ(parsed("auto", {{"OMPI_COMM_WORLD_RANK", "2"}, {"OMPI_COMM_WORLD_SIZE", "3"}}), (Shard{3, 3}));
  EXPECT_EQ(parsed("auto", {{"PMI_RANK", "0"}, {"PMI_SIZE", "3"}}), (Shard{1, 3}));
  EXPECT_EQ(parsed("auto", {{"MV2_COMM_WORLD_RANK", "1"}, {"MV2_COMM_WORLD_SIZE", "3"}}), (Shard{2, 3}));
  EXPECT_EQ(parsed("auto", {{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "2"}}), (Shard{2, 2}));
}

TEST(Shard, an_index_out_of_range_names_its_variable) {
  EXPECT_EQ(refused("auto/4", {{"SLURM_ARRAY_TASK_ID", "0"}}),
            "--shard: found SLURM_ARRAY_TASK_ID=0 of 4 shards; allowed: 1 to 4");
  EXPECT_EQ(refused("auto/4", {{"JOB_COMPLETION_INDEX", "4"}}),
            "--shard: found JOB_COMPLETION_INDEX=4 of 4 shards; allowed: 0 to 3");
  EXPECT_EQ(refused("auto", {{"JOB_COMPLETION_INDEX", "0"}}),
            "--shard: found auto, and no number of shards beside JOB_COMPLETION_INDEX; allowed: auto/N");
  EXPECT_EQ(refused("auto/4", {{"PMI_RANK", "0"}, {"PMI_SIZE", "3"}}),
            "--shard: found auto/4 with PMI_SIZE=3; allowed: the same number");
  EXPECT_EQ(
      refused("auto", {{"SLURM_ARRAY_TASK_ID", "2"},
                       {"SLURM_ARRAY_TASK_COUNT", "2"},
                       {"SLURM_ARRAY_TASK_MAX", "7"}}),  // --array=2,7
      "--shard: found auto with SLURM_ARRAY_TASK_COUNT=2 and SLURM_ARRAY_TASK_MAX=7; allowed: an array from 1 to the "
      "number of its tasks, or auto/N");
  EXPECT_NE(refused("auto/4").find("JOB_COMPLETION_INDEX"), std::string::npos);
}

}  // namespace tristab::shard_test
