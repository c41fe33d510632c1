// The ceilings that people published, and the loss of digits below them.
#include "tristab/layer/gate_ceiling.h"

#include <gtest/gtest.h>

#include "tristab/base/json.h"

namespace tristab::gate_ceiling_test {

GateCeiling ceiling(const std::string& anchor, const std::string& product = "bf16", int block = 16) {
  const Json given{{"formation", "anchored"}, {"product", product}, {"anchor", anchor}, {"block", block}};
  return gate_ceiling(expand_formation(given, "test").front(), 64, format_of(product.substr(0, 4), "test"));
}

// attention-gym PR 337: 5.915 and 11.09 nats for blocks of 16 rows; FlashInfer PR 5032: 5.545 for a chunk of 16.
TEST(GateCeiling, formula_and_run_give_the_published_numbers) {
  const GateCeiling first = ceiling("first"), middle = ceiling("middle");
  EXPECT_NEAR(first.formula, 5.915, 5e-4);
  EXPECT_NEAR(middle.formula, 11.09, 5e-3);
  EXPECT_NEAR(first.finite, first.formula, 0.01 * first.formula);
  EXPECT_NEAR(middle.finite, middle.formula, 0.01 * middle.formula);
  const Json given{{"formation", "anchored"}, {"product", "bf16"}, {"anchor", "chunk-start"}, {"block", 16}};
  EXPECT_NEAR(gate_ceiling(expand_formation(given, "test").front(), 16, format_of("bf16", "")).formula, 5.545, 5e-4);
}

TEST(GateCeiling, every_anchor_ends_where_its_formula_says) {
  for (const char* anchor : {"first", "middle", "last", "chunk-start", "chunk-middle", "chunk-last"}) {
    for (const int block : {16, 64}) {
      const GateCeiling found = ceiling(anchor, "bf16", block);
      EXPECT_NEAR(found.finite, found.formula, 0.04 * found.formula) << anchor << " " << block;
      EXPECT_LE(found.accurate, found.finite) << anchor << " " << block;
    }
  }
}

// Finite, and wrong: flushed subnormals cost digits from 5 on, kept ones only just below the ceiling.
TEST(GateCeiling, digits_are_lost_before_anything_overflows) {
  const GateCeiling kept = ceiling("first"), flushed = ceiling("first", "bf16:subnormals=flush");
  EXPECT_LT(kept.accurate, kept.finite);
  EXPECT_LT(flushed.accurate, kept.accurate);
  EXPECT_LT(flushed.accurate, 5.8);
  EXPECT_NEAR(flushed.finite, kept.finite, 0.01);
}

}  // namespace tristab::gate_ceiling_test
