// Recorded products through the production kernels: no element of the committed records differs, and one changed bit
// is found.
#include "tristab/selftest/recorded_products.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "tristab/base/errors.h"

namespace tristab::recorded_products_test {

using selftest::compare_recorded;
using selftest::machine_of;
using selftest::read_recorded_products;
using selftest::RecordedProducts;

const std::atomic<bool> kGoOn{false};

RecordedProducts named(const std::string& operand, const std::string& accumulator, const std::string& distribution) {
  RecordedProducts group;
  group.operand = operand;
  group.accumulator = accumulator;
  group.distribution = distribution;
  group.name = fmt::format("{}_{}.t.{}", operand, accumulator, distribution);
  return group;
}

TEST(RecordedProducts, kernels_return_every_committed_record) {
  const selftest::Runner runner(2, kGoOn);
  for (const char* name : {"h100-dots", "h100-probes", "h100-addends"}) {
    const std::string path = fmt::format("{}/{}.safetensors", TRISTAB_TEST_DATA, name);
    for (const RecordedProducts& group : read_recorded_products(path)) {
      const selftest::RecordedMachine machine = machine_of(group, "h100", path);
      if (!machine.skipped.empty()) continue;
      const selftest::CheckResult result = compare_recorded(group, machine, runner);
      EXPECT_EQ(result.cases, static_cast<std::int64_t>(group.d.size()));
      EXPECT_EQ(result.mismatches, 0) << result.first_mismatch;
    }
  }
}

struct Unit {
  const char* machine;
  int groups;
  const char* nearest;  // a unit that differs in terms or in F, which must not explain the records
};
const Unit kUnits[] = {{"v100", 1, "a100"}, {"a100", 3, "h100"}, {"a2", 3, "h100"},   {"ada", 5, "h100"},
                       {"l40s", 5, "b200"}, {"h100", 3, "ada"},  {"h200", 3, "a100"}, {"b200", 5, "ada"}};

TEST(RecordedProducts, each_machine_returns_its_own_record_and_no_other) {
  const selftest::Runner runner(2, kGoOn);
  for (const Unit& unit : kUnits) {
    const std::string path = fmt::format("{}/unit-{}.safetensors", TRISTAB_TEST_DATA, unit.machine);
    const std::vector<RecordedProducts> groups = read_recorded_products(path);
    EXPECT_EQ(groups.size(), unit.groups) << unit.machine;
    for (const RecordedProducts& group : groups) {
      const selftest::RecordedMachine machine = machine_of(group, unit.machine, path);
      ASSERT_EQ(machine.skipped, "") << group.name;
      const selftest::CheckResult result = compare_recorded(group, machine, runner);
      EXPECT_EQ(result.cases, 64);
      EXPECT_EQ(result.mismatches, 0) << result.first_mismatch;
      const selftest::RecordedMachine other = machine_of(group, unit.nearest, path);
      if (!other.skipped.empty()) continue;
      EXPECT_GT(compare_recorded(group, other, runner).mismatches, 0) << group.name;
    }
  }
}

TEST(RecordedProducts, one_changed_bit_of_any_tensor_is_one_group_with_mismatches) {
  const selftest::Runner runner(2, kGoOn);
  const std::string path = TRISTAB_TEST_DATA "/h100-dots.safetensors";
  RecordedProducts group = read_recorded_products(path).front();
  ASSERT_EQ(group.name, "bf16_f32.m16n16k16.normal");
  group.d[5] ^= 1;
  const selftest::CheckResult changed = compare_recorded(group, machine_of(group, "h100", path), runner);
  EXPECT_EQ(changed.mismatches, 1);
  EXPECT_NE(changed.first_mismatch.find("tile 0, row 0, column 5"), std::string::npos) << changed.first_mismatch;
  group.d[5] ^= 1;
  group.a[0] ^= 0x8000;
  EXPECT_GT(compare_recorded(group, machine_of(group, "h100", path), runner).mismatches, 0);
}

TEST(RecordedProducts, groups_are_told_apart_by_name) {
  const auto machine = [](const char* operand, const char* accumulator, const char* distribution) {
    return machine_of(named(operand, accumulator, distribution), "h100", "file");
  };
  EXPECT_EQ(machine("bf16", "f32", "normal").arithmetic, "bf16-h100");
  EXPECT_EQ(machine_of(named("e5m2", "f32", "normal"), "ada", "file").arithmetic, "e5m2-ada");
  EXPECT_EQ(machine_of(named("bf16", "f32", "normal"), "v100", "file").skipped,
            "no named arithmetic is a v100 of bf16 operands");
  EXPECT_EQ(machine("fp32tf32x3", "f32", "normal").arithmetic, "tf32x3-h100");
  EXPECT_EQ(machine("e4m3", "f32", "wgmma32-bits").arithmetic, "fp8-h100");
  EXPECT_EQ(machine("fp16", "f16", "mma8-tiny").terms, 8);
  EXPECT_TRUE(machine("fp16", "f16", "normal").fp16_sums);
  for (const char* skipped : {"mma32-special", "scaledmm-promoted-normal"})
    EXPECT_FALSE(machine("e4m3", "f32", skipped).skipped.empty()) << skipped;
  EXPECT_FALSE(machine("s8", "s32", "mma32-wrap").skipped.empty());
  EXPECT_FALSE(machine("e4m3e5m2", "f32", "normal").skipped.empty());
}

TEST(RecordedProducts, unknown_operands_and_accumulators_are_refused) {
  const auto error = [](const char* operand, const char* accumulator, const char* distribution) -> std::string {
    try {
      machine_of(named(operand, accumulator, distribution), "h100", "file");
    } catch (const InputError& failure) {
      return failure.what();
    }
    return "";
  };
  EXPECT_NE(error("bf17", "f32", "x").find("did you mean 'bf16'"), std::string::npos);
  EXPECT_NE(error("bf16", "f64", "x").find("allowed: f32, f16"), std::string::npos);
  EXPECT_NE(error("bf16", "f32", "mma128-x").find("at most 64"), std::string::npos);
}

}  // namespace tristab::recorded_products_test
