#include "tristab/sweep/requirement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tristab/base/errors.h"
#include "tristab/sweep/record.h"

namespace tristab::requirement_test {

Record record_of(double total_frobenius, double snr_db = 0) {
  Record record;
  record.total_frobenius = total_frobenius;
  record.metrics.set(Metric::snr_db, snr_db);
  return record;
}

// The exact inverse stored in bf16 has an error of 2^-9, in fp16 of 2^-12; the recipe's worst is 1e-4. Gates take the
// number in their name.
double share(const std::string& requirement, const Record& record) {
  const auto stored = [](const Format& format) { return format.name == "bf16" ? 0x1p-9 : 0x1p-12; };
  const auto gate = [](const GateSpec& spec) { return spec.settings.real(spec.gate->main); };
  return Requirement(requirement, "--require").share(MatrixResult(), record, {stored, gate, 1e-4});
}

std::string refusal(const std::string& requirement) {
  try {
    Requirement(requirement, "--require");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "taken";
}

TEST(Requirement, a_multiple_of_the_error_of_storage_in_a_format) {
  EXPECT_EQ(share("4x-bf16", record_of(4 * 0x1p-9)), 1);
  EXPECT_EQ(share("4x-bf16", record_of(0x1p-9)), 0.25);
  EXPECT_EQ(share("0.5x-fp16", record_of(0x1p-12)), 2);
  EXPECT_EQ(share("4x-bf16", record_of(0)), 0);
}

TEST(Requirement, a_gate_gives_its_share_and_the_hardest_counts) {
  EXPECT_EQ(share("fla:0.005", record_of(7)), 0.005);
  EXPECT_EQ(share("fla:0.005,fa:3x,lapack:2", record_of(7)), 3);
  EXPECT_EQ(share("fla:0.005,total_frobenius<=1", record_of(7)), 7);
  const Requirement several("fla:0.005,torch:rtol=1e-2:atol=1e-2", "--require");
  EXPECT_FALSE(several.needs_only_total_error());
  EXPECT_TRUE(several.gates_layers());
}

TEST(Requirement, gates_of_residuals_say_nothing_of_layers) {
  EXPECT_FALSE(Requirement("lapack,gpu-mode:20n", "").is_about_layers());
  EXPECT_TRUE(Requirement("lapack", "").is_about_matrices());
  EXPECT_TRUE(Requirement("lapack,fla", "").is_about_layers());
  EXPECT_TRUE(Requirement("verdict", "").is_about_layers());
  EXPECT_FALSE(Requirement("verdict", "").gates_layers());
  EXPECT_TRUE(Requirement("4x-bf16,total_frobenius<=1", "").needs_only_total_error());
  EXPECT_FALSE(Requirement("verdict", "").needs_only_total_error());
}

TEST(Requirement, verdict_takes_the_records_own_ratio) {
  Record record = record_of(0.1);
  record.metrics.set(Metric::frobenius, 0.1);
  record.metrics.set(Metric::bound_ratio, 3);
  EXPECT_EQ(share("verdict", record), 1.5);
  EXPECT_EQ(share("verdict:3", record), 1);
  record.precision.step = 0.01;
  EXPECT_EQ(share("verdict", record), 0.75) << "integers may be twice as far off";
  record.metrics.set(Metric::frobenius, 0);
  EXPECT_EQ(share("verdict", record), 0);
  record.metrics.set(Metric::frobenius, 0.1);
  record.metrics.set_undefined(Metric::bound_ratio, Undefined::exact_zero);
  EXPECT_EQ(share("verdict", record), HUGE_VAL);
  EXPECT_NE(refusal("verdict:u=0.1").find("those of each case"), std::string::npos);
}

TEST(Requirement, a_bound_may_have_spaces_and_a_recipes_path_keeps_them) {
  EXPECT_EQ(share("total_frobenius <= 1e-3", record_of(1e-3)), 1);
  try {
    Requirement("no such.json", "--require");
    FAIL() << "there is no such file";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("no such.json"), std::string::npos) << error.what();
  }
}

TEST(Requirement, the_file_of_a_recipe_is_beside_the_configuration_and_has_a_hash) {
  const std::filesystem::path kernels = std::filesystem::path(TRISTAB_SOURCE_DIR) / "configs/kernels";
  const Requirement required("4x-bf16, fla-solve-tril.json:dot=tf32", "require", kernels);
  ASSERT_NE(required.recipe(), nullptr);
  const std::string hash = required.recipe()->given.substr(std::string("fla-solve-tril.json").size());
  EXPECT_EQ(hash.size(), 9u);
  EXPECT_EQ(required.text(), "4x-bf16, fla-solve-tril.json:dot=tf32");
  EXPECT_EQ(required.stored_text(), "4x-bf16, fla-solve-tril.json" + hash + ":dot=tf32");
  EXPECT_EQ(
      required.stored_text(".."),
      "4x-bf16, " + (std::filesystem::current_path().filename() / "fla-solve-tril.json").string() + hash + ":dot=tf32");
  EXPECT_EQ(Requirement(required.stored_text(), "require", kernels).stored_text(), required.stored_text());
  EXPECT_THROW(Requirement("fla-solve-tril.json", "require"), InputError);
  EXPECT_THROW(Requirement("fla-solve-tril.json@00000000", "require", kernels), InputError);
}

TEST(Requirement, bounds_of_a_number_from_above_and_from_below) {
  EXPECT_EQ(share("total_frobenius<=1e-3", record_of(1e-3)), 1);
  EXPECT_EQ(share("total_frobenius<=0", record_of(0)), 1);
  EXPECT_EQ(share("total_frobenius<=0", record_of(1e-9)), HUGE_VAL);
  EXPECT_EQ(share("snr_db>=40", record_of(0, 80)), 0.5);
  EXPECT_EQ(share("snr_db>=40", record_of(0, 20)), 2);
  EXPECT_EQ(share("snr_db>=40", record_of(0, -5)), HUGE_VAL);
  EXPECT_EQ(share("snr_db>=-10", record_of(0, -5)), 1);
}

TEST(Requirement, a_kernel_allows_twice_its_worst_error) {
  EXPECT_EQ(share("fla-solve-tril:dot=tf32", record_of(2e-4)), 1);
  EXPECT_EQ(Requirement("fla-solve-tril:dot=tf32", "").recipe()->label, "fla-solve-tril:dot=tf32");
  EXPECT_EQ(Requirement("4x-bf16", "").recipe(), nullptr);
}

TEST(Requirement, of_several_the_hardest_counts) {
  EXPECT_EQ(share("4x-bf16,total_frobenius<=1e-3", record_of(2e-3)), 2);
  EXPECT_EQ(share("total_frobenius<=1e-3,1x-fp16", record_of(0x1p-10)), 4);
}

TEST(Requirement, what_has_no_value_is_not_fit) {
  Record record = record_of(1e-9);
  record.metrics.set_undefined(Metric::strict_lower, Undefined::zero_over_zero);
  EXPECT_TRUE(std::isnan(share("strict_lower<=1", record)));
  EXPECT_FALSE(share("strict_lower<=1", record) <= 1);
}

TEST(Requirement, wrong_ones_are_refused_with_what_is_allowed) {
  EXPECT_NE(refusal("4x-bf61").find("--require: no format is called 'bf61'; did you mean 'bf16'?"), std::string::npos);
  EXPECT_NE(refusal("total_frobenios<=1").find("did you mean 'total_frobenius'?"), std::string::npos);
  EXPECT_NE(refusal("total_frobenius<=much").find("allowed: a number behind <= or >="), std::string::npos);
  EXPECT_NE(refusal("fla:0").find("fla.ratio: found 0"), std::string::npos);
  EXPECT_NE(refusal("kernelbensh:0.05").find("did you mean 'kernelbench'?"), std::string::npos);
  EXPECT_NE(refusal("torch:rtol=1e-2,atol=1e-2").find("'atol=1e-2'"), std::string::npos);
  EXPECT_NE(refusal("good").find("allowed: 4x-bf16"), std::string::npos);
  EXPECT_NE(refusal("-1x-bf16").find("allowed: 4x-bf16"), std::string::npos);
  EXPECT_NE(refusal("aiter-v1,aiter-v2").find("one kernel"), std::string::npos);
  EXPECT_EQ(refusal("4x-bf16,fla:0.005,snr_db>=40,aiter-v2"), "taken");
}

}  // namespace tristab::requirement_test
