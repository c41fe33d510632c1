// SNR of the rows of arXiv 2606.06034 on the trained Gated DeltaNet model in fp16, chunk 64, against the numbers that
// an independent prototype found (mean / worst dB over the 32 matrices of a layer): layer 6, exact series by doubling
// 32.5 / -15.0, by Horner 85; N = 3 -10.4 / -30.2; with S = 8 and mask 62; S = 16 with mask 81. On layer 0 the mask
// lowers the SNR, because there truncation at S = 8 dominates.
#include <cmath>

#include "problems.h"
#include "support/shared_data.h"

#include "tristab/base/json.h"

namespace tristab::neumann_snr_test {

struct Snr {
  double mean = 0, worst = 0;
};

Snr snr_of(const Json& method, const Json& arithmetic, const std::vector<Matrix>& list) {
  Snr snr{0, HUGE_VAL};
  for (const Matrix& a : list) {
    const double decibels = -20 * std::log10(error_of(method, arithmetic, a));
    snr.mean += decibels / static_cast<double>(list.size());
    snr.worst = std::min(snr.worst, decibels);
  }
  return snr;
}

std::vector<Matrix> layer_of(const std::filesystem::path& data, const char* layer) {
  return matrices({{"family", "file"}, {"path", (data / "models/gdn.safetensors").string()}, {"layer", layer}}, 64, 1);
}

Json residual(int terms, bool mask) { return with("residual-neumann", {{"terms", terms}, {"mask", mask}}); }

TEST(NeumannSnr, on_layer_6_the_rows_are_those_of_an_independent_prototype) {
  const std::filesystem::path data = shared_data("models/gdn.safetensors");
  if (data.empty()) GTEST_SKIP() << "models/gdn.safetensors is not at hand";
  const std::vector<Matrix> layer = layer_of(data, "layer6");
  ASSERT_EQ(layer.size(), 32u);
  const Snr doubling = snr_of(with("neumann", {{"evaluation", "product"}}), "fp16", layer);
  EXPECT_NEAR(doubling.mean, 32.5, 0.1);
  EXPECT_NEAR(doubling.worst, -15.0, 0.1);
  EXPECT_NEAR(snr_of(with("neumann", {{"addend", "separate"}}), "fp16", layer).mean, 85, 0.5);
  const Snr truncated = snr_of(residual(1, false), "fp16", layer);
  EXPECT_NEAR(truncated.mean, -10.4, 0.1);
  EXPECT_NEAR(truncated.worst, -30.2, 0.1);
  EXPECT_NEAR(snr_of(residual(8, true), "fp16", layer).mean, 62, 0.5);
  // The prototype evaluated the correction by Horner's scheme and stored the result in fp16.
  const Json sixteen = with("residual-neumann", {{"terms", 16}, {"evaluation", "horner"}});
  EXPECT_NEAR(snr_of(sixteen, {{"arithmetic", "fp16"}, {"output", "storage"}}, layer).mean, 81, 0.5);
}

TEST(NeumannSnr, on_layer_0_the_mask_lowers_the_mean) {
  const std::filesystem::path data = shared_data("models/gdn.safetensors");
  if (data.empty()) GTEST_SKIP() << "models/gdn.safetensors is not at hand";
  const std::vector<Matrix> layer = layer_of(data, "layer0");
  EXPECT_LT(snr_of(residual(8, true), "fp16", layer).mean, snr_of(residual(8, false), "fp16", layer).mean);
}

}  // namespace tristab::neumann_snr_test
