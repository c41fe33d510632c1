// The engine with sites, for every method, arithmetic and recipe. With all roundings on its bits are those of the fast
// engines, also by its own code, which shares nothing with their kernels; with all off it is the exact machine.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tristab/arithmetic/site_engine.h"
#include "tristab/base/json.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/source.h"
#include "tristab/recipe/recipe.h"

namespace tristab::site_engine_test {

Problem problem(int n, int trial, const Json& family = {{"family", "gdn"}, {"keys", "silu"}}) {
  return open_source(expand_family(family, "test").at(0), 1, trial + 1, TRISTAB_TEST_DATA, "test")->problem(n, trial);
}

// Every arithmetic that `list arithmetics` names, and every parameter that takes other code.
std::vector<Arithmetic> arithmetics() {
  std::vector<Json> list;
  for (const Description& description : arithmetic_descriptions()) {
    if (description.name != "eXmY") list.emplace_back(description.name);
  }
  for (const char* name : {"e5m7", "e4m3", "e2m1", "e9m30", "e8m12-pure"}) list.emplace_back(name);
  for (const std::string& rounding : rounding_names()) {
    list.push_back({{"arithmetic", "fp16"}, {"rounding", rounding}});
    list.push_back({{"arithmetic", "bf16-pure"}, {"rounding", rounding}});
    list.push_back({{"arithmetic", "fp64"}, {"rounding", rounding}});
  }
  for (const char* model : {"pairwise", "exact"}) {
    list.push_back({{"arithmetic", "bf16"}, {"model", model}});
    list.push_back({{"arithmetic", "fp16"}, {"model", model}, {"accumulate", "fp16"}});
  }
  for (const char* subnormals : {"flush", "flush-inputs", "flush-outputs"}) {
    list.push_back({{"arithmetic", "fp16"}, {"subnormals", subnormals}});
    list.push_back({{"arithmetic", "fp16"}, {"subnormals", subnormals}, {"fma", true}});
  }
  list.push_back({{"arithmetic", "bf16"}, {"fma", true}, {"output", "storage"}});
  list.push_back({{"arithmetic", "bf16"}, {"storage", "fp32"}});
  list.push_back({{"arithmetic", "fp16"}, {"overflow", "saturate"}});
  list.push_back({{"arithmetic", "fp32"}, {"vector_lanes", "2f,1,8,4,16,32"}});
  list.push_back({{"arithmetic", "fp16"}, {"accumulator_rounding", "toward-zero"}});
  list.push_back({{"arithmetic", "bf16-h200"}, {"fraction_bits", 12}, {"terms", 4}});
  for (const char* name : {"int4", "int8", "int16"}) {
    for (const char* scale : {"tensor", "row", "block"}) {
      for (const char* identity : {"inside", "outside"})
        list.push_back({{"arithmetic", name}, {"scale", scale}, {"identity", identity}, {"output", "storage"}});
    }
  }
  list.push_back({{"arithmetic", "int8"}, {"scale_rule", "power-of-two"}});
  list.push_back({{"arithmetic", "int8"}, {"scale_rule", "static"}, {"static_amax", 0.5}});
  std::vector<Arithmetic> result;
  for (const Json& given : list) result.push_back(expand_arithmetic(given, "test").at(0));
  return result;
}

struct Case {
  std::string name;
  const MethodSpec& method;
  StageArithmetics stages;
  const Problem& problem;
};

Inversion run(const Case& each, Machine& machine) {
  const Arithmetic& arithmetic = *each.stages.at("*");
  const Matrix a = rounded_input(each.method, each.problem.a, arithmetic);
  return invert(each.method, each.stages, {a, each.problem.tokens.get()}, machine, 77);
}

// Equal, where NaN equals NaN and, if `values` alone count, +0 equals -0.
std::string difference(const Matrix& x, const Matrix& y, bool values = false) {
  for (int i = 0; i < x.rows(); ++i) {
    for (int j = 0; j < x.columns(); ++j) {
      const double a = x(i, j), b = y(i, j);
      if ((a == b && (values || std::signbit(a) == std::signbit(b))) || (std::isnan(a) && std::isnan(b))) continue;
      return fmt::format("({}, {}): {} for {}", i, j, b, a);
    }
  }
  return "";
}

class SiteEngine : public testing::Test {
 protected:
  // All roundings, by the fast kernels where operands allow it and by the engine's own code.
  void expect_same_bits(const Case& each) {
    const Inversion fast = run(each, machines_.machine_for(each.stages));
    Machine site(make_site_engine(delegating_)), own(make_site_engine(own_code_));
    const Inversion with_kernels = run(each, site);
    EXPECT_EQ(difference(fast.x, with_kernels.x), "") << each.name;
    EXPECT_EQ(fast.trace.first_overflow.stage, with_kernels.trace.first_overflow.stage) << each.name;
    if (all_finite(fast.x)) {
      EXPECT_EQ(difference(fast.x, run(each, own).x, true), "") << each.name << " by its own code";
    }
    ++cases_;
  }

  Machines machines_;
  SiteRun delegating_, own_code_ = [] {
    SiteRun run;
    run.own_code = true;
    return run;
  }();
  int cases_ = 0;
};

TEST_F(SiteEngine, has_the_fast_bits_for_every_method_and_arithmetic) {
  const std::vector<Arithmetic> all = arithmetics();
  for (const int n : {9, 16}) {
    const Problem given = problem(n, 1);
    for (const Method& method : methods()) {
      const MethodSpec spec = expand_method(method.description.name, "test").at(0);
      for (const Arithmetic& arithmetic : all) {
        // Decay factors are multiplied in double, or in at most 26 bits.
        if (method.input != nullptr && arithmetic.vector.format.precision == 31) continue;
        expect_same_bits(
            {fmt::format("{} {} n {}", spec.label, arithmetic.label, n), spec, {{"*", &arithmetic}}, given});
      }
    }
  }
  EXPECT_GE(cases_, 2500);
}

TEST_F(SiteEngine, has_the_fast_bits_for_every_recipe) {
  for (const RecipeEntry& entry : recipe_entries()) {
    for (const Recipe& recipe : expand_recipe(entry.description.name, "test", ".")) {
      const int n = recipe.chunks.empty() ? 32 : recipe.chunks.front();
      const Problem given = problem(n, 0);
      expect_same_bits({fmt::format("{} n {}", recipe.label, n), recipe.method, recipe.stages(), given});
    }
  }
  EXPECT_GE(cases_, 40);
}

TEST_F(SiteEngine, without_roundings_is_the_exact_machine) {
  SiteRun off;
  off.on_beyond = {};
  Machine site(make_site_engine(off)), exact(make_exact_engine(2000));
  const Problem given = problem(24, 0);
  const auto compare = [&](const Case& each) {
    // Without its rounding A is the same for both.
    InversionInput input(given.a, given.tokens.get());
    input.unrounded = true;
    const Matrix x = invert(each.method, each.stages, input, exact).x,
                 y = invert(each.method, each.stages, input, site).x;
    for (std::size_t k = 0; k < x.values().size(); ++k) {
      // Entries are rounded to double; where terms cancel, the double-doubles' own error is far below.
      EXPECT_NEAR(x.values()[k], y.values()[k], 0x1p-53 * std::abs(x.values()[k]) + 0x1p-80) << each.name;
    }
    ++cases_;
  };
  for (const Method& method : methods()) {
    const MethodSpec spec = expand_method(method.description.name, "test").at(0);
    for (const Arithmetic& arithmetic : arithmetics()) {
      if (method.input != nullptr && arithmetic.vector.format.precision == 31) continue;
      compare({fmt::format("{} {}", spec.label, arithmetic.label), spec, {{"*", &arithmetic}}, given});
    }
  }
  EXPECT_GE(cases_, 1200);
}

TEST_F(SiteEngine, a_single_site_left_out_changes_that_operation_alone) {
  const MethodSpec method = expand_method("mch", "test").at(0);
  const Arithmetic bf16 = expand_arithmetic("bf16", "test").at(0);
  const Problem given = problem(16, 0);
  const Case each{"mch bf16", method, {{"*", &bf16}}, given};
  SiteRun run_all, run_one;
  run_all.keep_results = run_one.keep_results = true;
  run_all.survey = true;
  Machine all(make_site_engine(run_all)), one(make_site_engine(run_one));
  run(each, all);
  ASSERT_GE(run_all.operations.size(), 6U);
  for (std::size_t left_out = 0; left_out < run_all.operations.size(); ++left_out) {
    if (!run_all.operations[left_out].rounded.has(RoundingKind::storage)) continue;
    run_one.on.assign(run_all.operations.size(), RoundingKinds::all());
    run_one.on[left_out].set(RoundingKind::storage, false);
    run(each, one);
    for (std::size_t k = 0; k < left_out; ++k) EXPECT_EQ(run_one.operations[k].high, run_all.operations[k].high);
    EXPECT_NE(run_one.operations[left_out].high, run_all.operations[left_out].high);
    // Rounding the result that was kept gives the one that was rounded.
    Matrix kept(1, static_cast<int>(run_one.operations[left_out].high.size()));
    std::copy(run_one.operations[left_out].high.begin(), run_one.operations[left_out].high.end(),
              kept.values().begin());
    const Matrix rounded = rounded_to(kept, bf16.storage, Rounding::nearest_even);
    EXPECT_EQ(std::vector<double>(rounded.values().begin(), rounded.values().end()), run_all.operations[left_out].high);
    ++cases_;
  }
  EXPECT_GE(cases_, 3);
}

}  // namespace tristab::site_engine_test
