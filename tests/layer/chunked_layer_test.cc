// The chunked form of every rule against its recurrence token by token.
#include "tristab/layer/chunked_layer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "test_support.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/layer/layer_errors.h"

namespace tristab::chunked_layer_test {

using testing_support::delta_families;
using testing_support::exact_inverse;
using testing_support::sequence_of;

LayerErrors errors_of(const TokenInputs& tokens, int n, const Json& arithmetic_json) {
  const LayerArithmetic arithmetic = make_layer_arithmetic(arithmetic_json, "test");
  Machines machines;
  const LayerTruth truth = establish_layer_truth(tokens, n);
  ChunkedLayer layer(arithmetic, machines, tokens.keys.columns(), tokens.values.columns());
  LayerErrorCollector errors(truth, n);
  for (int first = 0; first < tokens.rows(); first += n) {
    const int count = std::min(n, tokens.rows() - first);
    const TokenInputs chunk = token_rows(tokens, first, count, count);
    errors.add(layer.advance(chunk, exact_inverse(delta_rule_matrix(chunk))), layer.state());
  }
  return errors.errors();
}

TEST(ChunkedLayer, in_fp64_with_the_exact_inverse_rules_follow_recurrences) {
  for (const Json& family : delta_families()) {
    for (const int n : {12, 24}) {
      const LayerErrors errors = errors_of(sequence_of(family, n, 5), n, "fp64");
      EXPECT_LT(errors.whole.w, 1e-14) << family;
      EXPECT_LT(errors.whole.u, 1e-14) << family;
      EXPECT_LT(errors.whole.o, 1e-14) << family;
      EXPECT_LT(errors.whole.state, 1e-14) << family;
      EXPECT_FALSE(errors.first_nonfinite_chunk);
    }
  }
}

TEST(ChunkedLayer, applying_the_inverse_is_multiplying_by_it) {
  const TokenInputs tokens = sequence_of({{"family", "gdn"}, {"head_dim", 16}}, 16, 2);
  const LayerArithmetic arithmetic = make_layer_arithmetic("bf16", "test");
  Machines machines;
  ChunkedLayer by_matrix(arithmetic, machines, 16, 16), by_function(arithmetic, machines, 16, 16);
  const ProductUnit unit(machines.machine_for(arithmetic.products), arithmetic.products);
  for (int first = 0; first < 32; first += 16) {
    const TokenInputs chunk = token_rows(tokens, first, 16, 16);
    const Matrix t = exact_inverse(delta_rule_matrix(chunk));
    const ChunkOutputs x = by_matrix.advance(chunk, t);
    const ChunkOutputs y = by_function.advance(chunk, [&](const Matrix& b) { return unit.product(t, b); });
    EXPECT_EQ(x.o, y.o);
    EXPECT_EQ(by_matrix.state(), by_function.state());
  }
}

TEST(ChunkedLayer, a_last_chunk_may_be_shorter) {
  for (const Json& family : delta_families()) {
    const TokenInputs tokens = sequence_of(family, 10, 3);
    const LayerErrors errors = errors_of(tokens, 12, "fp64");
    EXPECT_LT(errors.whole.o, 1e-14) << family;
    EXPECT_LT(errors.whole.state, 1e-14) << family;
    EXPECT_EQ(errors.chunks, (std::vector<int>{1, 2, 3}));
  }
}

TEST(ChunkedLayer, errors_shrink_with_the_unit_roundoff_of_the_storage) {
  for (const Json& family : delta_families()) {
    const TokenInputs tokens = sequence_of(family, 16, 4);
    const double bf16 = errors_of(tokens, 16, "bf16").whole.o, fp16 = errors_of(tokens, 16, "fp16").whole.o,
                 fp32 = errors_of(tokens, 16, "fp32").whole.o;
    EXPECT_GT(bf16, 1e-4) << family;
    EXPECT_LT(bf16, 0.05) << family;
    EXPECT_LT(fp16, bf16 / 3) << family;
    EXPECT_LT(fp32, 3e-6) << family;
  }
}

TEST(ChunkedLayer, an_inverse_that_is_not_finite_shows_from_its_chunk_on) {
  const TokenInputs tokens = sequence_of({{"family", "gdn"}, {"head_dim", 16}}, 16, 4);
  const LayerArithmetic arithmetic = make_layer_arithmetic("bf16", "test");
  Machines machines;
  const LayerTruth truth = establish_layer_truth(tokens, 16);
  ChunkedLayer layer(arithmetic, machines, 16, 16);
  LayerErrorCollector errors(truth, 16);
  for (int chunk = 0; chunk < 4; ++chunk) {
    const TokenInputs rows = token_rows(tokens, chunk * 16, 16, 16);
    Matrix t = exact_inverse(delta_rule_matrix(rows));
    if (chunk == 2) t(7, 3) = std::nan("");
    errors.add(layer.advance(rows, t), layer.state());
  }
  EXPECT_EQ(errors.errors().first_nonfinite_chunk, 2);
  EXPECT_TRUE(std::isfinite(errors.errors().by_chunk[1].state));
  EXPECT_TRUE(std::isnan(errors.errors().whole.state));
}

TEST(LayerArithmetic, refuses_what_it_cannot_compute_in) {
  EXPECT_THROW(make_layer_arithmetic("int8", "test"), UsageError);
  EXPECT_THROW(make_layer_arithmetic(Json{{"arithmetic", "bf16"}, {"scan", -1}}, "test"), UsageError);
  EXPECT_THROW(make_layer_arithmetic(Json{{"arithmetic", "fp64"}, {"exponential", "ex2.approx"}}, "test"), UsageError);
  EXPECT_THROW(make_layer_arithmetic(Json{{"arithmetic", "bf16"}, {"exponential", "binar"}}, "test"), UsageError);
}

}  // namespace tristab::chunked_layer_test
