// Sets found by delta debugging: minimal for any property, and for the roundings of failing cases.
#include "tristab/inspect/delta_debugging.h"

#include <random>

#include "inspected.h"

namespace tristab::delta_debugging_test {

SiteGroups single_members(std::size_t size) {
  SiteGroups groups;
  groups.reserve(size);
  for (std::size_t s = 0; s < size; ++s) {
    groups.emplace_back(size, false);
    groups.back()[s] = true;
  }
  return groups;
}

SiteSet found_by(const SiteGroups& groups, const std::function<bool(const SiteSet&)>& has) {
  return ddmin(groups, [&](const std::vector<SiteSet>& sets) {
    std::vector<char> answers;
    answers.reserve(sets.size());
    for (const SiteSet& set : sets) answers.push_back(has(set) ? 1 : 0);
    return answers;
  });
}

TEST(DeltaDebugging, finds_the_members_that_a_property_needs) {
  for (const std::vector<std::size_t>& needed :
       std::vector<std::vector<std::size_t>>{{3}, {2, 5}, {0, 7, 11}, {1, 2, 3, 4, 12}}) {
    SiteSet expected(13, false);
    for (const std::size_t s : needed) expected[s] = true;
    const auto has = [&](const SiteSet& set) {
      return std::ranges::all_of(needed, [&](std::size_t s) { return set[s]; });
    };
    EXPECT_EQ(found_by(single_members(13), has), expected);
  }
}

// Properties that are not monotone, as those of roundings: minimal all the same.
TEST(DeltaDebugging, no_single_member_of_what_it_finds_can_go) {
  std::mt19937 generator(5);
  for (int round = 0; round < 200; ++round) {
    const std::size_t size = 2 + generator() % 12;
    std::vector<double> weights(size);
    double sum = 0;
    for (double& w : weights) sum += w = static_cast<double>(generator() % 100) - 20;
    const double limit = sum / 2;
    const auto has = [&](const SiteSet& set) {
      double total = 0;
      for (std::size_t s = 0; s < size; ++s) total += set[s] ? weights[s] : 0;
      return total > limit;
    };
    const SiteSet all(size, true);
    if (!has(all)) continue;
    SiteSet found = found_by(single_members(size), has);
    EXPECT_TRUE(has(found));
    for (std::size_t s = 0; s < size; ++s) {
      if (!found[s] || std::ranges::count(found, true) == 1) continue;
      found[s] = false;
      EXPECT_FALSE(has(found)) << round;
      found[s] = true;
    }
  }
}

std::vector<Json> failing_cases() {
  const Json hard{{"family", "gdn"}, {"gate", "none"}}, silu{{"family", "gdn"}, {"keys", "silu"}, {"gate", "none"}};
  std::vector<Json> list;
  for (const char* arithmetic : {"bf16", "int8", "e4m3", "mxfp8"}) {
    for (const char* method : {"mch", "mbh", "blocked-substitution"})
      list.push_back(case_json(hard, 32, method, arithmetic));
  }
  for (const char* kernel : {"aiter-v1", "aiter-v2", "tileops", "vllm-gdn-sm100", "cudnn-kda"})
    list.push_back(kernel_json(silu, 64, kernel));
  list.push_back(case_json({{"family", "uniform"}, {"scale", 0.5}}, 128, "mch", "fp16"));
  return list;
}

TEST(DeltaDebugging, sets_of_failing_cases_are_minimal_by_every_single_member) {
  int missed = 0, members = 0;
  for (const Json& given : failing_cases()) {
    const auto each = inspected(given);
    const SiteSearch& search = each->inspection.search;
    const SiteExperiment& experiment = *each->inspection.experiment;
    if (!search.misses || search.by_formula) continue;
    ++missed;
    EXPECT_GT(experiment.share(experiment.only(search.enough)), 1) << given;
    EXPECT_LE(experiment.share(experiment.without(search.raise)), 1) << given;
    for (std::size_t s = 0; s < experiment.sites().size(); ++s) {
      SiteSet fewer = search.enough, less = search.raise;
      fewer[s] = less[s] = false;
      if (search.enough[s]) {
        EXPECT_LE(experiment.share(experiment.only(fewer)), 1) << given << experiment.sites()[s].text();
      }
      if (search.raise[s]) {
        EXPECT_GT(experiment.share(experiment.without(less)), 1) << given << experiment.sites()[s].text();
      }
      members += search.enough[s] + search.raise[s];
    }
  }
  EXPECT_GE(missed, 12);
  EXPECT_GE(members, 60);
}

}  // namespace tristab::delta_debugging_test
