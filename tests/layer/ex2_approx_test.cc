// The GPU's base-2 exponential against results recorded on an H100.
#include "tristab/layer/ex2_approx.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "tristab/matrix/tensor_file.h"

namespace tristab::ex2_approx_test {

constexpr const char* records = TRISTAB_TEST_DATA "/h100-fla-layers.safetensors";

// All bits of a tensor of floats, those of NaN and infinity among them.
std::vector<float> floats_of(const TensorFile& file, const char* name) {
  const Tensor* tensor = file.find(name);
  if (tensor == nullptr || tensor->dtype != Dtype::f32) throw std::runtime_error("no floats");
  std::vector<float> values(static_cast<std::size_t>(tensor->elements()));
  RawFile(records).read(tensor->offset, values.size() * sizeof(float), values.data());
  return values;
}

TEST(Ex2Approx, recorded_results_of_an_h100_are_predicted_bit_for_bit) {
  const auto file = TensorFile::open(records);
  const std::vector<float> inputs = floats_of(*file, "exp2.x"), results = floats_of(*file, "exp2.y");
  ASSERT_EQ(inputs.size(), results.size());
  ASSERT_GT(inputs.size(), 3000U);
  int different = 0, not_nearest = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const float computed = ex2_approx(inputs[i]);
    if (std::isnan(computed) && std::isnan(results[i])) continue;
    different += std::bit_cast<std::uint32_t>(computed) != std::bit_cast<std::uint32_t>(results[i]);
    not_nearest += computed != static_cast<float>(std::exp2(static_cast<double>(inputs[i])));
  }
  EXPECT_EQ(different, 0);
  EXPECT_GT(not_nearest, 1000);  // a rounded 2^x would not do
}

TEST(Ex2Approx, stays_within_two_units_of_the_power) {
  for (int i = -125 * 64; i < 127 * 64; ++i) {
    const float x = static_cast<float>(i) / 64 + 0.004321F;
    const double exact = std::exp2(static_cast<double>(x));
    EXPECT_LT(std::fabs(ex2_approx(x) - exact), 2 * exact * 0x1p-23) << x;
  }
}

TEST(Ex2Approx, special_values) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(ex2_approx(infinity), infinity);
  EXPECT_EQ(ex2_approx(-infinity), 0.0F);
  EXPECT_TRUE(std::isnan(ex2_approx(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_EQ(ex2_approx(128.0F), infinity);
  EXPECT_EQ(ex2_approx(-126.0F), std::numeric_limits<float>::min());
  EXPECT_EQ(ex2_approx(-126.5F), 0.0F);  // below the smallest normal number
  EXPECT_EQ(ex2_approx(0.0F), 1.0F);
  EXPECT_EQ(ex2_approx(-std::numeric_limits<float>::denorm_min()), 1.0F);
}

}  // namespace tristab::ex2_approx_test
