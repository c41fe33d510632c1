// A kernel's own steps beside the emulation: equal bits, the first difference with its place, wrong files.
#include "tristab/inspect/against.h"

#include <filesystem>

#include "inspected.h"
#include "tristab/base/errors.h"
#include "tristab/matrix/npy.h"

namespace tristab::against_test {

class AgainstSteps : public testing::Test {
 protected:
  AgainstSteps()
      : folder_(std::filesystem::temp_directory_path() /
                (std::string("tristab-against-") + testing::UnitTest::GetInstance()->current_test_info()->name())),
        case_(inspected(case_json({{"family", "gdn"}, {"keys", "silu"}}, 32, "mch", "bf16"))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~AgainstSteps() override { std::filesystem::remove_all(folder_); }

  const SiteExperiment& experiment() const { return *case_->inspection.experiment; }
  void write(const std::string& name, const std::vector<double>& values, std::vector<std::int64_t> shape) {
    NpyFileWriter file((folder_ / name).string(), Dtype::f32, std::array<std::int64_t, 3>{1, shape[0], shape[1]});
    file.append(values);
    file.commit();
  }
  void write_all() {
    for (std::size_t k = 1; k < experiment().operations().size(); ++k) {
      const SiteOperation& operation = experiment().operations()[k];
      write(operation.stage + "." + std::to_string(operation.step) + ".npy", operation.high,
            {operation.rows, operation.columns});
    }
  }

  std::filesystem::path folder_;
  std::unique_ptr<Inspected> case_;
};

TEST_F(AgainstSteps, that_are_the_emulations_own_are_equal) {
  write_all();
  const Against against = compare_steps(experiment(), folder_.string());
  EXPECT_EQ(against.steps.size(), experiment().operations().size() - 1);
  EXPECT_EQ(against.first_that_parts(), nullptr);
  EXPECT_EQ(against.without_tensor, 0);
}

TEST_F(AgainstSteps, the_first_that_parts_is_named_with_its_ulp_and_place) {
  write_all();
  for (const std::size_t k : {std::size_t{4}, std::size_t{5}}) {
    const SiteOperation& operation = experiment().operations()[k];
    std::vector<double> values = operation.high;
    const std::size_t at = 20 * 32 + 3;
    ASSERT_NE(values[at], 0);
    const double ulp = std::exp2(std::ilogb(values[at]) - 7);  // bf16 has 8 significant bits
    values[at] += k == 4 ? 3 * ulp : 50 * ulp;
    std::filesystem::remove(folder_ / (operation.stage + "." + std::to_string(operation.step) + ".npy"));
    write(operation.stage + "_" + std::to_string(operation.step) + ".npy", values, {32, 32});
  }
  const Against against = compare_steps(experiment(), folder_.string());
  const StepComparison* first = against.first_that_parts();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->stage, "powers");
  EXPECT_EQ(first->step, 4);
  EXPECT_EQ(first->differing, 1);
  EXPECT_EQ(first->ulps, 3);
  EXPECT_EQ(first->row, 20);
  EXPECT_EQ(first->column, 3);
}

TEST_F(AgainstSteps, missing_steps_and_unknown_tensors_are_counted) {
  const SiteOperation& operation = experiment().operations()[2];
  write("powers.2.npy", operation.high, {32, 32});
  write("A.npy", operation.high, {32, 32});
  const Against against = compare_steps(experiment(), folder_.string());
  EXPECT_EQ(against.steps.size(), 1U);
  EXPECT_EQ(against.unknown, std::vector<std::string>{"A"});
  EXPECT_EQ(against.without_tensor, static_cast<int>(experiment().operations().size()) - 2);
}

TEST_F(AgainstSteps, other_shapes_and_names_are_refused) {
  write("powers.2.npy", std::vector<double>(16 * 16), {16, 16});
  EXPECT_THROW(compare_steps(experiment(), folder_.string()), InputError);
  std::filesystem::remove(folder_ / "powers.2.npy");
  write("power-two.npy", std::vector<double>(32 * 32), {32, 32});
  EXPECT_THROW(compare_steps(experiment(), folder_.string()), UsageError);
}

}  // namespace tristab::against_test
