#include "tristab/layer/layer_errors.h"

#include <gtest/gtest.h>

#include <cmath>

#include "test_support.h"

namespace tristab::layer_errors_test {

TEST(ReportedChunks, are_powers_of_two_and_all) {
  EXPECT_EQ(reported_chunks(1), (std::vector<int>{1}));
  EXPECT_EQ(reported_chunks(8), (std::vector<int>{1, 2, 4, 8}));
  EXPECT_EQ(reported_chunks(11), (std::vector<int>{1, 2, 4, 8, 11}));
}

// Outputs that are the truth with a known error: every relative error is known.
TEST(LayerErrors, are_relative_frobenius_errors_over_the_rows_so_far) {
  const int n = 8;
  const TokenInputs tokens = testing_support::sequence_of({{"family", "gdn"}, {"head_dim", 16}}, n, 3);
  const LayerTruth truth = establish_layer_truth(tokens, n);
  LayerErrorCollector collector(truth, n);
  double squares = 0, all_squares = 0;
  for (int chunk = 0; chunk < 3; ++chunk) {
    ChunkOutputs outputs{Matrix(n, 16), Matrix(n, 16), Matrix(n, 16)};
    for (int i = 0; i < n; ++i) {
      for (int c = 0; c < 16; ++c) {
        outputs.w(i, c) = truth.w(chunk * n + i, c);
        outputs.u(i, c) = truth.u(chunk * n + i, c) * 1.5;
        outputs.o(i, c) = truth.o(chunk * n + i, c) * (chunk == 1 ? 3 : 1);
        const double square = std::pow(truth.o(chunk * n + i, c), 2);
        all_squares += square;
        if (chunk == 1) squares += 4 * square;
      }
    }
    Matrix state = truth.states[static_cast<std::size_t>(chunk)];  // reported after 1, 2 and 3 chunks
    for (double& s : state.values()) s *= 0.75;
    collector.add(outputs, state);
  }
  const LayerErrors& errors = collector.errors();
  EXPECT_EQ(errors.whole.w, 0.0);
  EXPECT_NEAR(errors.whole.u, 0.5, 1e-12);
  EXPECT_NEAR(errors.whole.o, std::sqrt(squares / all_squares), 1e-12);
  EXPECT_NEAR(errors.whole.state, 0.25, 1e-12);
  EXPECT_EQ(errors.by_chunk[0].o, 0.0);
  EXPECT_GT(errors.by_chunk[1].o, errors.whole.o);
  EXPECT_NEAR(errors.state_max, 0.75 * truth.state_max, 1e-12 * truth.state_max);
}

}  // namespace tristab::layer_errors_test
