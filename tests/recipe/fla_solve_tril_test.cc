// The recipe fla-solve-tril against what FLA's kernel returned on an H100, bit for bit: A and its inverses of trained
// layers, with fp32 and with tf32 merges.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <filesystem>
#include <string>

#include "support/shared_data.h"
#include "tristab/base/json.h"
#include "tristab/matrix/tensor_file.h"
#include "tristab/recipe/recipe.h"

namespace tristab::fla_solve_tril_test {

// Chunk c of head h of a tensor [tokens, heads, n].
Matrix chunk_of(const TensorFile& file, const std::string& name, int head, int chunk, int n) {
  const Tensor* tensor = file.find(name);
  if (tensor == nullptr) throw std::runtime_error("no tensor " + name);
  const std::int64_t heads = tensor->shape[1];
  Matrix matrix(n, n);
  const Slice rows{(std::int64_t{chunk} * n * heads + head) * n, n, n, heads * n};
  file.read(*tensor, rows, matrix.values().data());
  return matrix;
}

void expect_equal_bits(const std::string& path, int chunks, int heads) {
  const auto file = TensorFile::open(path);
  constexpr int n = 64;
  Machines machines;
  for (const char* model : {"gdn", "gdnneg"}) {
    for (const char* dot : {"ieee", "tf32"}) {
      const std::string layer = std::string(model).append(".layer6.bt64.");
      const Recipe recipe = expand_recipe(Json{{"kernel", "fla-solve-tril"}, {"dot", dot}}, "test", "").front();
      const StageArithmetics stages = recipe.stages();
      std::int64_t compared = 0, different = 0;
      for (int head = 0; head < heads; ++head) {
        for (int chunk = 0; chunk < chunks; ++chunk) {
          const Matrix a = chunk_of(*file, layer + "A", head, chunk, n);
          const Matrix returned = chunk_of(*file, layer + dot + ".f32", head, chunk, n);
          const Inversion computed = invert(recipe.method, stages, a, machines.machine_for(stages));
          for (int i = 0; i < n; ++i) {
            for (int j = 0; j < n; ++j) {
              ++compared;
              different += std::bit_cast<std::uint32_t>(static_cast<float>(computed.x(i, j))) !=
                           std::bit_cast<std::uint32_t>(static_cast<float>(returned(i, j)));
            }
          }
        }
      }
      EXPECT_EQ(different, 0) << model << ' ' << dot << ", of " << compared;
      EXPECT_EQ(compared, std::int64_t{n} * n * chunks * heads);
    }
  }
}

TEST(FlaSolveTril, a_slice_of_what_an_h100_returned_is_predicted_bit_for_bit) {
  expect_equal_bits(TRISTAB_TEST_DATA "/h100-fla-solve-tril.safetensors", 4, 1);
}

TEST(FlaSolveTril, all_that_an_h100_returned_is_predicted_bit_for_bit) {
  const char* const file = "h100/fla_solve_tril.safetensors";
  const std::filesystem::path data = shared_data(file);
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with " << file;
  expect_equal_bits((data / file).string(), 16, 2);
}

}  // namespace tristab::fla_solve_tril_test
