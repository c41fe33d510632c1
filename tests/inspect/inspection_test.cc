// Diagnoses: of failures that people reported, what the report says.
#include "tristab/inspect/inspection.h"

#include "inspected.h"

namespace tristab::inspection_test {

// A kernel's case of a scenario of configs/sweeps/failures.json: the worst trial of the first `trials`.
std::unique_ptr<Inspected> of_scenario(const std::string& scenario, const std::string& setting, int trials = 2) {
  static const SweepConfig all =
      load_config(std::string(TRISTAB_SOURCE_DIR) + "/configs/sweeps/failures.json", ConfigOverrides());
  std::unique_ptr<Inspected> worst;
  for (int trial = 0; trial < trials; ++trial) {
    SweepConfig config = all;
    std::erase_if(config.scenarios, [&](const Scenario& each) { return each.name != scenario; });
    EXPECT_EQ(config.scenarios.size(), 1U) << scenario;
    Scenario& one = config.scenarios.front();
    one.trial = trial;
    one.expectations.clear();
    one.layer = false;
    std::erase_if(one.kernels, [&](const Recipe& each) { return each.label != setting; });
    if (!one.kernels.empty()) {
      one.methods.clear();
      one.arithmetics.clear();
    } else {
      std::erase_if(one.methods, [&](const MethodSpec& each) { return !setting.starts_with(each.label + " "); });
      std::erase_if(one.arithmetics, [&](const Arithmetic& each) { return !setting.ends_with(" " + each.label); });
    }
    one.families.resize(1);
    one.chunks.resize(1);
    auto each = std::make_unique<Inspected>(std::move(config));
    if (!worst || each->inspection.shares.total > worst->inspection.shares.total) worst = std::move(each);
  }
  return worst;
}

void expect_blame(const Inspected& each, Blame blame, const std::vector<std::string>& words) {
  const Diagnosis& diagnosis = each.inspection.diagnosis;
  EXPECT_EQ(name_of(diagnosis.blame), name_of(blame)) << diagnosis.why;
  for (const std::string& word : words)
    EXPECT_NE((diagnosis.why + " / " + diagnosis.change).find(word), std::string::npos)
        << word << " in: " << diagnosis.why << " / " << diagnosis.change;
}

TEST(Inspection, flashkda_v1_fails_by_its_powers) {
  const auto each = of_scenario("flashkda-repeated-key", "flashkda-v1");
  expect_blame(*each, Blame::rounding, {"A^8 in `powers`", "reaches 3.4", "in fp16", "Keep `powers` in fp32"});
}

TEST(Inspection, three_rounds_of_vllm_fail_by_rounding_not_by_truncation) {
  const auto each = of_scenario("vllm-three-rounds", "vllm-gdn-sm100");
  expect_blame(*each, Blame::rounding, {"`diagonal`"});
  EXPECT_LT(each->inspection.shares.truncation, 0.01 * each->inspection.shares.total);
}

TEST(Inspection, three_orders_and_eight_terms_are_a_truncation) {
  const auto each = inspected(case_json({{"family", "gdn"}, {"gate", "none"}}, 64,
                                        {{"method", "residual-neumann"}, {"order", 3}, {"terms", 8}}, "fp16"));
  expect_blame(*each, Blame::truncation, {"Without any rounding", "Take more terms"});
}

TEST(Inspection, fp16_doubling_at_128_overflows_in_its_powers) {
  const auto of_family = inspected(case_json({{"family", "uniform"}, {"scale", 0.5}}, 128, "mch", "fp16"));
  expect_blame(*of_family, Blame::overflow, {"`powers`", "65504"});
  const auto reported = of_scenario("half-uniform-128", "mch fp16", 1);
  expect_blame(*reported, Blame::overflow, {"`powers`", "65504"});
}

TEST(Inspection, A_in_bf16_fails_by_its_formation) {
  Json json = case_json({{"family", "gdn"}, {"keys", "silu"}}, 32, "mbh", "bf16");
  json["require"] = "total_frobenius<=1e-3";
  expect_blame(*inspected(json), Blame::formation, {"Rounding A to bf16 on entry", "Store A in fp32"});
}

TEST(Inspection, the_last_rounding_is_output) {
  Json json =
      kernel_json({{"family", "gdn"}, {"keys", "silu"}}, 64, {{"kernel", "fla-solve-tril"}, {"output", "bf16"}});
  json["require"] = "total_frobenius<=1e-4";
  expect_blame(*inspected(json), Blame::output, {"The last rounding, to bf16"});
}

TEST(Inspection, a_fit_case_says_how_much_it_takes) {
  const auto each = inspected(case_json({{"family", "gdn"}, {"keys", "silu"}}, 32, "mbh", "fp16"));
  expect_blame(*each, Blame::fine, {"of what 4x-bf16 allows"});
  EXPECT_EQ(each->inspection.diagnosis.change, "");
}

TEST(Inspection, what_to_change_helps) {
  // Raising exactly what the search names makes the case meet its requirement (more in delta_debugging_test.cc); the
  // method that advice names meets it as well.
  const auto each = inspected(case_json({{"family", "gdn"}, {"gate", "none"}}, 64, "mch", "fp16"));
  expect_blame(*each, Blame::overflow, {"Keep `powers` in", ", or use mxr."});
  const auto other = inspected(case_json({{"family", "gdn"}, {"gate", "none"}}, 64, "mxr", "fp16"));
  EXPECT_EQ(other->inspection.diagnosis.blame, Blame::fine);
  // What it says of formats: bf16 has the exponents but not the digits, fp32 loses what powers of 1e8 cancel.
  const std::string& change = each->inspection.diagnosis.change;
  const std::string format = change.substr(change.find(" in ") + 4, change.find(',') - change.find(" in ") - 4);
  EXPECT_EQ(format, "fp64");
  const auto changed = inspected(case_json({{"family", "gdn"}, {"gate", "none"}}, 64, "mch", format));
  EXPECT_EQ(changed->inspection.diagnosis.blame, Blame::fine);
}

TEST(Inspection, where_double_doubles_are_too_narrow_nothing_is_said_of_sites) {
  const auto each = inspected(case_json({{"family", "ones"}}, 128, "mch", "fp64"));
  EXPECT_FALSE(each->inspection.shares.resolved);
  EXPECT_FALSE(each->inspection.search.by_formula);
  expect_blame(*each, Blame::rounding, {"reaches"});
}

// Its inverse has entries 0, 1 and -1: stored in bf16 it is exact. Four times no error would ask for what no rounding
// gives.
TEST(Inspection, an_inverse_of_few_digits_allows_the_error_of_others) {
  const auto each = inspected(case_json({{"family", "ones"}}, 32, "mbh", "bf16"));
  EXPECT_EQ(each->inspection.record().requirement_share.undefined, Undefined::no);
  EXPECT_EQ(each->inspection.record().fit, Fit::fit);
}

}  // namespace tristab::inspection_test
