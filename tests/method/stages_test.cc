// Stages: their names, an arithmetic for each, and the rounding points after the method.
#include "plain_loops.h"
#include "problems.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::stages_test {

using plain::block;
using plain::negative;
using plain::place;
using plain::strictly_lower;
using plain::Unit;

// Arithmetics by stage name, owned for as long as they are used.
class Recipe {
 public:
  explicit Recipe(const std::map<std::string, Json>& arithmetics) {
    for (const auto& [name, json] : arithmetics) owned_.emplace(name, arithmetic_of(json));
    for (const auto& [name, arithmetic] : owned_) by_name_[name] = &arithmetic;
  }
  const StageArithmetics& by_name() const { return by_name_; }

  Inversion run(const Json& method, const Matrix& a) const {
    static Machines machines;
    return invert(method_of(method), by_name_, a, machines.machine_for(by_name_));
  }

 private:
  std::map<std::string, Arithmetic> owned_;
  StageArithmetics by_name_;
};

using Names = std::vector<std::string>;

TEST(Stages, every_method_names_its_stages) {
  EXPECT_EQ(stages(method_of("row-substitution"), 16), Names({"substitution"}));
  EXPECT_EQ(stages(method_of("gauss-jordan"), 16), Names({"substitution"}));
  EXPECT_EQ(stages(method_of("mch"), 16), Names({"powers"}));
  EXPECT_EQ(stages(method_of("blocked-substitution"), 64), Names({"diagonal", "merge"}));
  EXPECT_EQ(stages(method_of("bounded-doubling"), 64), Names({"diagonal", "powers"}));
  EXPECT_EQ(stages(method_of("recursive"), 64), Names({"diagonal", "merge"}));
  EXPECT_EQ(stages(method_of("refine"), 64), Names({"diagonal", "merge", "refine"}));
  EXPECT_EQ(stages(method_of("ungated"), 64), Names({"diagonal", "merge", "decay"}));
}

TEST(Stages, levels_each_names_the_size_that_a_level_leads_to) {
  const Json doubling = with("blocked-substitution", {{"block", 8}, {"merge", "doubling"}, {"levels", "each"}});
  EXPECT_EQ(stages(method_of(doubling), 64), Names({"diagonal", "merge-16", "merge-32", "merge-64"}));
  EXPECT_EQ(stages(method_of(doubling), 48), Names({"diagonal", "merge-16", "merge-32", "merge-64"}));
  EXPECT_EQ(stages(method_of(with("ladder", {{"levels", "each"}})), 8), Names({"merge-2", "merge-4", "merge-8"}));
  EXPECT_EQ(stages(method_of("ladder"), 8), Names({"merge"}));
}

TEST(Stages, every_stage_that_a_method_runs_is_in_its_list_of_stages) {
  for (const Method& method : methods()) {
    const Names found = stages(method_of(method.description.name), 64);
    for (const std::string& name : found) {
      EXPECT_NE(std::find(method.stages.begin(), method.stages.end(), name), method.stages.end())
          << method.description.name << " " << name;
    }
  }
}

TEST(Stages, an_unknown_stage_is_refused_with_the_nearest_name) {
  const MethodSpec spec = method_of(with("blocked-substitution", {{"merge", "doubling"}, {"levels", "each"}}));
  const Recipe good(
      {{"*", "fp16"}, {"diagonal", "fp32"}, {"merge-64", "tf32"}, {"result", "fp16"}, {"output", "bf16"}});
  EXPECT_NO_THROW(check_stage_names(spec, 64, good.by_name(), "recipe"));
  const Recipe bad({{"*", "fp16"}, {"merge-46", "fp32"}});
  try {
    check_stage_names(spec, 64, bad.by_name(), "recipe.stages");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what())
                  .find("recipe.stages: no stage of blocked-substitution is called 'merge-46'; did you mean "
                        "'merge-64'?"),
              std::string::npos)
        << error.what();
  }
}

TEST(Stages, naming_one_arithmetic_for_all_stages_equals_the_default) {
  const Matrix a = strictly_lower(48, 0.5, 3);
  const Recipe recipe({{"*", "bf16"}, {"diagonal", "bf16"}, {"merge", "bf16"}});
  EXPECT_EQ(recipe.run("mxr", a).x, inverted("mxr", "bf16", a).x);
}

Matrix gauss_jordan_fp32(const Matrix& a) {
  Matrix x = plain::identity(a.rows());
  for (int j = 0; j < a.rows(); ++j) {
    for (int r = j + 1; r < a.rows(); ++r) {
      auto sum = static_cast<float>(-a(r, j));
      for (int k = j + 1; k < r; ++k) sum = std::fma(static_cast<float>(-a(r, k)), static_cast<float>(x(k, j)), sum);
      x(r, j) = static_cast<double>(sum);
    }
  }
  return x;
}

// FlashInfer (sm90): A in fp16, 8-blocks in fp32 registers, stored fp16; fp16 operands with fp32 sums, every level
// stored fp16, the last product of the 64 level as the fp16 sum of two rounded halves; bf16 at the end.
TEST(Stages, flashinfer_gdn_sm90_rounds_where_its_kernel_stores) {
  const Recipe recipe({{"*", "fp16"},
                       {"diagonal", {{"arithmetic", "fp32"}, {"fma", true}}},
                       {"merge", "fp16"},
                       {"result", "fp16"},
                       {"output", "bf16"}});
  const Json method =
      with("blocked-substitution",
           {{"block", 8}, {"diagonal", "gauss-jordan"}, {"merge", "doubling"}, {"last_product", "halves"}});
  const Matrix a = strictly_lower(64, 0.7, 17);
  const Unit fp16("fp16"), bf16("bf16");
  Matrix x(64, 64);
  for (int i = 0; i < 64; i += 8) place(x, i, i, fp16.fl(gauss_jordan_fp32(block(a, i, i, 8, 8))));
  for (int m = 8; m < 64; m *= 2) {
    for (int i = 0; i < 64; i += 2 * m) {
      const Matrix dc = fp16.product(negative(block(x, i + m, i + m, m, m)), block(a, i + m, i, m, m));
      const Matrix inverse = block(x, i, i, m, m);
      if (m < 32) {
        place(x, i + m, i, fp16.product(dc, inverse));
      } else {
        place(x, i + m, i,
              fp16.add(fp16.product(block(dc, 0, 0, m, 16), block(inverse, 0, 0, 16, m)),
                       fp16.product(block(dc, 0, 16, m, 16), block(inverse, 16, 0, 16, m))));
      }
    }
  }
  EXPECT_EQ(recipe.run(method, a).x, bf16.fl(x));
}

// 16 -> 32 in fp32, 32 -> 64 with operands rounded to fp16: each level its own arithmetic (as FlashQLA: fp32, then
// tf32).
TEST(Stages, each_level_of_a_doubling_computes_in_its_own_arithmetic) {
  const Json separate_fp32{{"arithmetic", "fp32"}, {"fma", false}};
  const Recipe recipe({{"*", separate_fp32}, {"merge-64", "fp16"}});
  const Json method =
      with("blocked-substitution", {{"diagonal", "gauss-jordan"}, {"merge", "doubling"}, {"levels", "each"}});
  const Matrix a = strictly_lower(64, 0.4, 23);
  const Unit fp32("fp32"), fp16("fp16");
  Matrix x(64, 64);
  for (int i = 0; i < 64; i += 16) place(x, i, i, inverted("gauss-jordan", separate_fp32, block(a, i, i, 16, 16)).x);
  for (int i = 0; i < 64; i += 32) {
    const Matrix inner = fp32.product(negative(block(x, i + 16, i + 16, 16, 16)), block(a, i + 16, i, 16, 16));
    place(x, i + 16, i, fp32.product(inner, block(x, i, i, 16, 16)));
  }
  const Matrix inner = fp16.product(negative(block(x, 32, 32, 32, 32)), block(a, 32, 0, 32, 32));
  place(x, 32, 0, fp16.kept(inner, block(x, 0, 0, 32, 32)));
  const Inversion inversion = recipe.run(method, a);
  EXPECT_EQ(inversion.x, x);
  EXPECT_NE(inversion.x, inverted(method, separate_fp32, a).x);
}

TEST(Stages, result_and_output_round_one_after_the_other) {
  // 1 + 2^-8 + 2^-12 lies above a midpoint of bf16; fp16 drops the 2^-12, and bf16 then ties to even.
  Matrix a(2, 2);
  a(1, 0) = -(1 + 0x1p-8 + 0x1p-12);
  const Recipe direct({{"*", "fp32"}, {"output", "bf16"}});
  EXPECT_EQ(direct.run("row-substitution", a).x(1, 0), 1 + 0x1p-7);
  const Recipe twice({{"*", "fp32"}, {"result", "fp16"}, {"output", "bf16"}});
  EXPECT_EQ(twice.run("row-substitution", a).x(1, 0), 1);
  const Recipe only_result({{"*", "fp32"}, {"result", "fp16"}});
  EXPECT_EQ(only_result.run("row-substitution", a).x(1, 0), 1 + 0x1p-8);
}

TEST(Stages, the_diagonal_phase_counts_in_its_own_stage) {
  const Matrix a = strictly_lower(64, 0.3, 2);
  for (const char* method : {"blocked-substitution", "recursive", "bounded-doubling"}) {
    const Inversion inversion = inverted(with(method, {{"diagonal", "gauss-jordan"}}), "fp32", a);
    ASSERT_EQ(inversion.trace.stages.size(), 2U) << method;
    const StageTrace& diagonal = inversion.trace.stages[0];
    const StageTrace& rest = inversion.trace.stages[1];
    EXPECT_EQ(diagonal.name, "diagonal") << method;
    EXPECT_EQ(diagonal.matmuls, 0) << method;
    EXPECT_GE(diagonal.vector_steps, 15) << method;
    EXPECT_GT(rest.matmuls, 0) << method;
    EXPECT_LT(rest.vector_steps, 2) << method;  // bounded doubling forms I + P
  }
}

TEST(Stages, a_recipe_with_one_wide_stage_gets_the_double_machine) {
  Machines machines;
  const Recipe narrow({{"*", "fp16"}, {"merge", "fp32"}}), wide({{"*", "fp16"}, {"merge", "fp64"}});
  const Recipe wide_sums({{"*", "fp16"}, {"merge", {{"arithmetic", "fp16"}, {"accumulate", "fp64"}}}});
  const Arithmetic fp32 = arithmetic_of("fp32"), fp64 = arithmetic_of("fp64");
  EXPECT_EQ(&machines.machine_for(narrow.by_name()), &machines.machine_for(fp32));
  EXPECT_EQ(&machines.machine_for(wide.by_name()), &machines.machine_for(fp64));
  EXPECT_EQ(&machines.machine_for(wide_sums.by_name()), &machines.machine_for(fp64));
}

// fp64 needs double carriers, the units' kernels have float carriers.
TEST(Stages, units_have_the_same_bits_beside_a_stage_in_fp64) {
  const Arithmetic fp64 = arithmetic_of("fp64");
  const Matrix a = matrices({{"family", "gdn"}, {"keys", "silu"}}, 48, 1).at(0);
  Machines machines;
  for (const char* name : {"bf16-h100", "tf32-h200", "fp8-h100", "bf16-avx512", "bf16x3", "mxfp8"}) {
    const Arithmetic unit = arithmetic_of(name);
    for (const char* method : {"mbh", "mxr", "blocked-substitution"}) {
      const MethodSpec spec = method_of(method);
      const Matrix input = round_input(a, unit);
      const StageArithmetics alone{{"*", &unit}}, beside{{"*", &unit}, {"output", &fp64}};
      EXPECT_EQ(invert(spec, alone, input, machines.machine_for(alone)).x,
                invert(spec, beside, input, machines.machine_for(beside)).x)
          << method << " " << name;
    }
  }
}

}  // namespace tristab::stages_test
