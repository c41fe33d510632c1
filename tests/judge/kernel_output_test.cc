// The layouts in which kernels return inverses and layers.
#include "tristab/judge/kernel_output.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>

#include "tristab/base/errors.h"
#include "tristab/matrix/npy.h"

namespace tristab::kernel_output_test {

// A file of its own for each test.
class File {
 public:
  File(std::span<const std::int64_t> shape, const std::vector<double>& values, const std::string& ending = "")
      : path_(std::filesystem::temp_directory_path() / ("tristab-output-" + name() + ending + ".npy")) {
    std::filesystem::remove(path_);
    NpyFileWriter writer(path_.string(), Dtype::f32, shape);
    writer.append(values);
    writer.commit();
  }
  ~File() { std::filesystem::remove(path_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  std::string path() const { return path_.string(); }

 private:
  static std::string name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }
  std::filesystem::path path_;
};

constexpr int n = 4;

// Inverse k of a batch: a unit lower triangle whose first column holds 10 k + i below the diagonal.
double element(std::int64_t k, int i, int j) {
  return i == j ? 1 : j == 0 && i > 0 ? static_cast<double>(10 * k + i) : 0;
}

// n tokens of n heads, [tokens, heads, n]: the shape of a batch of n matrices.
std::vector<double> by_token() {
  std::vector<double> values;
  for (int token = 0; token < n; ++token) {
    for (int head = 0; head < n; ++head) {
      for (int j = 0; j < n; ++j) values.push_back(element(head, token, j));
    }
  }
  return values;
}

std::vector<double> in_batch(int count) {
  std::vector<double> values;
  for (int k = 0; k < count; ++k) {
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) values.push_back(element(k, i, j));
    }
  }
  return values;
}

OutputPlace of_head(std::int64_t head) {
  OutputPlace place;
  place.index = static_cast<int>(head);
  place.head = head;
  place.rows = n;
  return place;
}

void expect_matrix(const Matrix& x, std::int64_t k) {
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) EXPECT_EQ(x(i, j), element(k, i, j)) << k << " " << i << " " << j;
  }
}

TEST(KernelOutputs, n_tokens_of_n_heads_are_told_from_a_batch) {
  const std::array<std::int64_t, 3> shape{n, n, n};
  {
    const File file(shape, by_token());
    const KernelOutput output(file.path(), "", "", n, n, "OUTPUT");
    for (int head = 0; head < n; ++head) expect_matrix(output.inverse(of_head(head), n), head);
  }
  const File file(shape, in_batch(n), "-batch");
  const KernelOutput output(file.path(), "", "", n, n, "OUTPUT");
  for (int head = 0; head < n; ++head) expect_matrix(output.inverse(of_head(head), n), head);
}

TEST(KernelOutputs, a_batch_must_have_as_many_matrices_as_the_input) {
  const std::array<std::int64_t, 3> shape{3, n, n};
  const File file(shape, in_batch(3));
  for (const int matrices : {2, 4}) {
    const KernelOutput output(file.path(), "", "", n, matrices, "OUTPUT");
    EXPECT_THROW(output.inverse(of_head(0), n), InputError) << matrices;
  }
  const KernelOutput second(file.path(), "", "", n, std::nullopt, "--again");
  EXPECT_TRUE(second.holds(OutputPart::inverse, of_head(2)));
  EXPECT_FALSE(second.holds(OutputPart::inverse, of_head(3)));
  expect_matrix(second.inverse(of_head(2), n), 2);
}

TEST(KernelOutputs, rows_behind_the_last_token_are_those_of_the_identity) {
  const std::array<std::int64_t, 3> shape{2, 1, n};
  const File file(shape, {1, 0, 0, 0, 5, 1, 0, 0});
  const KernelOutput output(file.path(), "", "", n, 1, "OUTPUT");
  OutputPlace place = of_head(0);
  place.rows = 2;
  const Matrix x = output.inverse(place, n);
  EXPECT_EQ(x(1, 0), 5);
  EXPECT_EQ(x(3, 3), 1);
  EXPECT_EQ(x(3, 0), 0);
  place.rows = 3;
  EXPECT_THROW(output.inverse(place, n), InputError);
}

TEST(KernelOutputs, several_sequences_have_an_axis_before_the_tokens) {
  const std::array<std::int64_t, 4> shape{2, n, 1, n};
  const File file(shape, in_batch(2));  // one head: the tokens of a sequence are the rows of its matrix
  const KernelOutput output(file.path(), "", "", n, 2, "OUTPUT");
  OutputPlace place = of_head(0);
  place.sequence = 1;
  expect_matrix(output.inverse(place, n), 1);
}

}  // namespace tristab::kernel_output_test
