// Formation of A as kernels do it: against plain loops in float, and the overflow that its anchors cause.
#include "tristab/layer/formation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "test_support.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/format/round.h"
#include "tristab/layer/layer_arithmetic.h"
#include "tristab/matrix/norms.h"

namespace tristab::formation_test {

using testing_support::source_of;

TokenInputs chunk_of(const Json& family, int n) { return *source_of(family)->problem(n, 0).tokens; }

Matrix formed(const TokenInputs& tokens, const Json& formation) {
  Machines machines;
  return form(factors_of(tokens), Triangle::strictly_lower, expand_formation(formation, "test").front(), machines);
}

double relative(const Matrix& x, const Matrix& exact) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < exact.values().size(); ++i) {
    difference += std::pow(x.values()[i] - exact.values()[i], 2);
    size += std::pow(exact.values()[i], 2);
  }
  return std::sqrt(difference / size);
}

TEST(Formation, exact_is_the_formula_in_double) {
  const TokenInputs tokens = chunk_of({{"family", "gdn"}, {"head_dim", 32}}, 16);
  EXPECT_EQ(formed(tokens, "exact"), delta_rule_matrix(tokens));
}

TEST(Formation, gram_is_a_product_then_decay_then_beta_in_float) {
  const TokenInputs tokens =
      chunk_of({{"family", "gdn"}, {"head_dim", 32}, {"key_format", "bf16"}, {"gate", "fla-init"}}, 24);
  const Matrix a = formed(tokens, Json{{"formation", "gram"}, {"product", "bf16"}});
  std::vector<float> sums;
  for (int i = 0; i < 24; ++i) {
    const auto g = static_cast<float>(tokens.log_decay(i, 0));
    sums.push_back(i == 0 ? g : sums.back() + g);
  }
  for (int i = 0; i < 24; ++i) {
    for (int j = 0; j < 24; ++j) {
      float dot = 0;
      for (int d = 0; d < 32; ++d) dot += static_cast<float>(tokens.keys(i, d)) * static_cast<float>(tokens.keys(j, d));
      const auto difference =
          static_cast<double>(sums[static_cast<std::size_t>(i)] - sums[static_cast<std::size_t>(j)]);
      const float decayed = dot * static_cast<float>(std::exp(difference));
      const float value = decayed * static_cast<float>(tokens.part("beta")(i, 0));
      EXPECT_EQ(a(i, j), j < i ? static_cast<double>(value) : 0.0) << i << " " << j;
    }
  }
}

TEST(Formation, storage_rounds_the_formed_matrix) {
  const TokenInputs tokens = chunk_of({{"family", "gdn"}, {"head_dim", 32}, {"key_format", "bf16"}}, 24);
  const Matrix wide = formed(tokens, Json{{"formation", "gram"}});
  for (const char* format : {"fp16", "bf16"}) {
    const Matrix narrow = formed(tokens, Json{{"formation", "gram"}, {"storage", format}});
    const RoundingTarget<double> target(format_of(format, "test"));
    for (std::size_t i = 0; i < wide.values().size(); ++i)
      EXPECT_EQ(narrow.values()[i], round_value(wide.values()[i], target, Rounding::nearest_even));
  }
}

TEST(Formation, steps_in_storage_are_flashkda_s) {
  // fl16(fl16(k k^T) fl16(beta))
  const TokenInputs tokens = chunk_of({{"family", "delta-net"}, {"head_dim", 32}, {"key_format", "bf16"}}, 16);
  const Matrix a =
      formed(tokens, Json{{"formation", "gram"}, {"product", "bf16"}, {"storage", "fp16"}, {"steps", "storage"}});
  const RoundingTarget<double> half(format_of("fp16", "test"));
  const auto fl16 = [&](double x) { return round_value(x, half, Rounding::nearest_even); };
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < i; ++j) {
      float dot = 0;
      for (int d = 0; d < 32; ++d) dot += static_cast<float>(tokens.keys(i, d)) * static_cast<float>(tokens.keys(j, d));
      EXPECT_EQ(a(i, j), fl16(fl16(static_cast<double>(dot)) * fl16(tokens.part("beta")(i, 0))));
    }
  }
}

TEST(Formation, anchors_change_nothing_but_rounding_where_nothing_overflows) {
  for (const char* family : {"kda", "gdn2", "rwkv7", "gdn", "comba", "delta-net"}) {
    Json given{{"family", family}, {"head_dim", 32}, {"key_format", "bf16"}};
    if (std::string(family) == "kda" || std::string(family) == "gdn2") given["gate"] = "constant";
    const TokenInputs tokens = chunk_of(given, 40);
    const Matrix exact = delta_rule_matrix(tokens);
    for (const char* anchor : {"first", "middle", "last", "chunk-start", "chunk-middle", "chunk-last"}) {
      for (const char* diagonal : {"anchored", "differences"}) {
        const Matrix a = formed(
            tokens, Json{{"formation", "anchored"}, {"product", "fp32"}, {"anchor", anchor}, {"diagonal", diagonal}});
        EXPECT_LT(relative(a, exact), 2e-5) << family << " " << anchor << " " << diagonal;
        EXPECT_GT(relative(a, exact), 1e-9) << family << " " << anchor << " " << diagonal;
      }
    }
  }
}

// cudnn-frontend PR 1017: g = -5 sigmoid(.), n = 64, exponents around the chunk's middle span more than fp32
// holds.
TEST(Formation, an_anchor_in_the_middle_overflows_where_the_first_does_not) {
  const TokenInputs tokens =
      chunk_of({{"family", "kda"}, {"head_dim", 32}, {"key_format", "bf16"}, {"gate", "kda-safe"}}, 64);
  const Matrix middle =
      formed(tokens, Json{{"formation", "anchored"}, {"product", "fp32"}, {"anchor", "chunk-middle"}});
  EXPECT_FALSE(all_finite(middle));
  const Matrix first = formed(
      tokens, Json{{"formation", "anchored"}, {"product", "fp32"}, {"anchor", "first"}, {"diagonal", "differences"}});
  EXPECT_TRUE(all_finite(first));
  EXPECT_LT(relative(first, delta_rule_matrix(tokens)), 1e-5);
  // With a bound of -1 the span stays inside and the middle does no harm.
  TokenInputs gentle = tokens;
  for (double& g : gentle.log_decay.values()) g /= 5;
  EXPECT_TRUE(
      all_finite(formed(gentle, Json{{"formation", "anchored"}, {"product", "fp32"}, {"anchor", "chunk-middle"}})));
}

// The anchor cancels exactly in exact arithmetic, wherever it is and whatever is added to it.
TEST(Formation, earlier_blocks_may_have_an_anchor_of_their_own) {
  const TokenInputs tokens =
      chunk_of({{"family", "kda"}, {"head_dim", 32}, {"key_format", "bf16"}, {"gate", "constant"}}, 48);
  const Json plain{{"formation", "anchored"}, {"product", "fp32"}, {"anchor", "middle"}};
  Json apart = plain, shifted = plain;
  apart["between"] = "first";
  shifted["anchor_offset"] = -3;
  const Matrix exact = delta_rule_matrix(tokens), same = formed(tokens, plain);
  const Matrix mixed = formed(tokens, apart), moved = formed(tokens, shifted);
  EXPECT_LT(relative(mixed, exact), 2e-5);
  EXPECT_LT(relative(moved, exact), 2e-5);
  EXPECT_NE(moved, same);
  bool differs = false;
  for (int i = 0; i < 48; ++i) {
    for (int j = 0; j < i; ++j) {
      if (j / 16 == i / 16) {
        EXPECT_EQ(mixed(i, j), same(i, j)) << i << " " << j;  // blocks on the diagonal keep the anchor
      } else {
        differs = differs || mixed(i, j) != same(i, j);
      }
    }
  }
  EXPECT_TRUE(differs);
}

// MLX forms the decay as a quotient of running products: 0 / 0 where they have underflowed.
TEST(Formation, quotients_of_products_lose_what_differences_keep) {
  TokenInputs tokens = chunk_of({{"family", "gdn"}, {"head_dim", 32}, {"gate", "constant"}, {"gate_value", -0.5}}, 64);
  const Json quotients{{"formation", "gram"}, {"product", "fp32"}, {"decay", "quotients"}};
  EXPECT_LT(relative(formed(tokens, quotients), delta_rule_matrix(tokens)), 1e-5);
  for (double& g : tokens.log_decay.values()) g = -3;  // 64 of them: e^-192
  const Matrix lost = formed(tokens, quotients);
  EXPECT_TRUE(std::isnan(lost(63, 62)));
  EXPECT_LT(relative(formed(tokens, Json{{"formation", "gram"}, {"product", "fp32"}}), delta_rule_matrix(tokens)),
            1e-5);
}

TEST(Formation, steps_in_the_storage_of_none_are_the_accumulators) {
  const TokenInputs tokens = chunk_of({{"family", "gdn"}, {"head_dim", 32}}, 16);
  EXPECT_EQ(formed(tokens, Json{{"formation", "gram"}, {"steps", "storage"}}),
            formed(tokens, Json{{"formation", "gram"}}));
  EXPECT_THROW(expand_formation(Json{{"formation", "gram"}, {"decay", "quotients"}, {"scan", 16}}, "test"), UsageError);
}

// FLA's safe_exp (issues 104 and 389): entries of gate-1 tokens vanished, for their difference is not negative.
TEST(Formation, a_select_before_the_exponential_drops_what_a_clamp_keeps) {
  TokenInputs tokens = chunk_of({{"family", "gdn"}, {"head_dim", 32}, {"gate", "none"}}, 16);
  for (int i = 0; i < 16; ++i) tokens.log_decay(i, 0) = i % 2 == 0 ? 0 : 1e-3;  // rounding can make sums grow
  const auto with = [&](const char* beyond) {
    return formed(tokens, Json{{"formation", "gram"}, {"product", "fp32"}, {"beyond", beyond}});
  };
  const Matrix kept = formed(tokens, Json{{"formation", "gram"}, {"product", "fp32"}});
  const Matrix zero = with("zero"), limit = with("limit");
  EXPECT_NE(kept(15, 0), 0);
  EXPECT_EQ(zero(15, 0), 0);
  EXPECT_EQ(zero(2, 1), kept(2, 1));  // a difference of 0 is not beyond 0
  EXPECT_NEAR(limit(15, 0), kept(15, 0), 0.02 * std::fabs(kept(15, 0)));
  EXPECT_NE(limit(15, 0), kept(15, 0));
  EXPECT_THROW(expand_formation(Json{{"formation", "gram"}, {"exponent_limit", 3}}, "test"), UsageError);
}

// Each step alone in bf16: errors of up to 2^-9, and none of the others.
TEST(Formation, what_enters_may_be_rounded_to_a_format_of_its_own) {
  const TokenInputs tokens =
      chunk_of({{"family", "gdn"}, {"head_dim", 32}, {"key_format", "bf16"}, {"gate", "fla-init"}}, 32);
  const Json plain{{"formation", "gram"}, {"product", "fp32"}};
  const Matrix exact = formed(tokens, plain);
  for (const char* step : {"beta", "gates", "sums", "factors"}) {
    Json given = plain;
    given[step] = "bf16";
    const double error = relative(formed(tokens, given), exact);
    EXPECT_GT(error, 1e-5) << step;
    EXPECT_LT(error, 0.1) << step;
  }
  TokenInputs rounded = tokens;  // beta rounded by hand
  for (double& beta : rounded.parts.at("beta").values())
    beta = round_value(beta, RoundingTarget<double>(format_of("bf16", "")), Rounding::nearest_even);
  Json beta = plain;
  beta["beta"] = "bf16";
  EXPECT_EQ(formed(tokens, beta), formed(rounded, plain));
}

TEST(Formation, gates_of_channels_are_no_gram_product) {
  const TokenInputs tokens = chunk_of({{"family", "kda"}, {"head_dim", 32}}, 16);
  EXPECT_THROW(formed(tokens, "gram"), UsageError);
}

TEST(Formation, unknown_names_and_values_are_refused) {
  for (const Json& given :
       {Json("gramm"), Json{{"formation", "gram"}, {"product", "int8"}},
        Json{{"formation", "gram"}, {"anchor", "first"}}, Json{{"formation", "gram"}, {"storage", "fp17"}},
        Json{{"formation", "gram"}, {"product", "fp64"}, {"exponential", "ex2.approx"}}, Json(3)})
    EXPECT_THROW(expand_formation(given, "test"), UsageError) << given;
}

TEST(Formation, lists_are_axes_and_labels_hold_what_is_not_default) {
  const auto formations = expand_formation(Json{{"formation", "gram"}, {"product", {"bf16", "bf16-h100"}}}, "test");
  ASSERT_EQ(formations.size(), 2U);
  EXPECT_EQ(formations[0].label, "gram");
  EXPECT_EQ(formations[1].label, "gram:product=bf16-h100");
}

}  // namespace tristab::formation_test
