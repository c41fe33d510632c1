// Shares of rounding sites: their sum, and what single ones do.
#include "tristab/inspect/site_shares.h"

#include <algorithm>
#include <cmath>

#include "inspected.h"

namespace tristab::site_shares_test {

// The relative remainder, the median over matrices and methods, with formats of `bits` significant bits.
double remainder_of(int bits) {
  std::vector<double> found;
  for (const char* method : {"mbh", "mxr", "row-substitution", "blocked-substitution", "mch", "recursive"}) {
    for (const char* keys : {"independent", "silu"}) {
      const Json format = "e8m" + std::to_string(bits - 1);
      const auto each = inspected(case_json({{"family", "gdn"}, {"keys", keys}}, 32, method, format));
      found.push_back(each->inspection.shares.remainder / each->inspection.shares.total);
    }
  }
  std::ranges::sort(found);
  return found[found.size() / 2];
}

TEST(SiteShares, sum_up_to_the_error_in_first_order) {
  // Relative to the error the remainder is of first order: halving u halves it; so four bits take a sixteenth.
  const double coarse = remainder_of(11), middle = remainder_of(15), fine = remainder_of(19);
  EXPECT_LT(coarse, 0.02);
  EXPECT_NEAR(std::log2(coarse / middle), 4, 1.2);
  EXPECT_NEAR(std::log2(middle / fine), 4, 1.2);
}

TEST(SiteShares, of_a_case_are_sorted_and_levels_contain_each_other) {
  const auto each = inspected(case_json({{"family", "gdn"}, {"keys", "silu"}}, 32, "blocked-substitution", "bf16"));
  const SiteShares& shares = each->inspection.shares;
  EXPECT_LE(shares.stages.size(), shares.kinds.size());
  EXPECT_LE(shares.kinds.size(), shares.sites.size());
  EXPECT_EQ(shares.sites.front().step, shares.steps.front().step);
  EXPECT_EQ(shares.sites.size(), each->inspection.experiment->sites().size());
  for (const std::vector<SiteShare>* level : {&shares.stages, &shares.kinds, &shares.steps, &shares.sites}) {
    EXPECT_TRUE(level == &shares.sites || std::ranges::is_sorted(*level, std::greater(), &SiteShare::explained));
    SiteSet all = each->inspection.experiment->none();
    for (const SiteShare& share : *level) {
      for (std::size_t s = 0; s < all.size(); ++s) {
        EXPECT_FALSE(all[s] && share.sites[s]);  // each site once
        all[s] = all[s] || share.sites[s];
      }
    }
    EXPECT_EQ(std::ranges::count(all, false), 0);
  }
}

TEST(SiteShares, of_the_entry_of_A_is_its_formation_error) {
  // In fp32 sums and storage only the entry rounds much.
  const auto each = inspected(case_json({{"family", "gdn"}, {"keys", "silu"}}, 32, "row-substitution", "bf16"));
  const SiteShares& shares = each->inspection.shares;
  const auto entry = std::ranges::find(shares.stages, "input", &SiteShare::stage);
  ASSERT_NE(entry, shares.stages.end());
  EXPECT_NEAR(entry->share / each->inspection.record().parts.formation.value, 1, 1e-12);
  EXPECT_NEAR(entry->alone / each->inspection.record().parts.formation.value, 1, 1e-12);
}

TEST(SiteShares, without_all_sites_only_truncation_remains) {
  const auto each = inspected(case_json(
      {{"family", "gdn"}}, 32, {{"method", "newton-schulz"}, {"start", "identity-minus-a"}, {"steps", 3}}, "bf16"));
  const SiteExperiment& experiment = *each->inspection.experiment;
  SiteSet all = experiment.none();
  all.flip();
  EXPECT_EQ(experiment.without(all).high, experiment.exact().high);
  EXPECT_EQ(experiment.only(experiment.none()).low, experiment.exact().low);
  EXPECT_EQ(experiment.only(all).high, experiment.result().high);
  EXPECT_EQ(experiment.without(experiment.none()).high, experiment.result().high);
  EXPECT_NEAR(each->inspection.shares.truncation, experiment.error(experiment.exact()), 0);
  EXPECT_GT(each->inspection.shares.truncation, 0);
}

}  // namespace tristab::site_shares_test
