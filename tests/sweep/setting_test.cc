#include "tristab/sweep/setting.h"

#include <gtest/gtest.h>

#include <set>

#include "tristab/base/json.h"
#include "tristab/matrix/source.h"

namespace tristab::setting_test {

std::string method_label(const Json& given) { return expand_method(given, "test").front().label; }
std::string arithmetic_label(const Json& given) { return expand_arithmetic(given, "test").front().label; }
std::string family_label(const Json& given) { return expand_family(given, "test").front().label; }

TEST(Label, defaults_are_left_out) {
  EXPECT_EQ(method_label("mxr"), "mxr");
  EXPECT_EQ(method_label(Json{{"method", "mxr"}, {"block", 16}}), "mxr");
  EXPECT_EQ(method_label(Json{{"method", "mxr"}, {"block", 8}}), "mxr:block=8");
  EXPECT_EQ(arithmetic_label("e5m7"), "e5m7");
  EXPECT_EQ(arithmetic_label(Json{{"arithmetic", "e5m7-pure"}, {"fma", true}}), "e5m7-pure:fma=true");
  EXPECT_EQ(family_label("gdn"), "gdn");
  EXPECT_EQ(family_label("target-norm"), "target-norm");
  EXPECT_EQ(family_label({{"family", "target-norm"}, {"base", {{"family", "uniform"}, {"scale", 2}}}}),
            "target-norm:base=(uniform:scale=2.0)");
  EXPECT_EQ(family_label(Json{{"family", "gdn"}, {"keys", "silu"}}), "gdn");
  EXPECT_EQ(family_label(Json{{"family", "uniform"}, {"scale", 0.1}}), "uniform:scale=0.1");
  EXPECT_EQ(family_label(Json{{"family", "file"}, {"path", "a.npy"}}), "file:path=a.npy");
}

TEST(Label, a_nested_method_stands_in_parentheses) {
  EXPECT_EQ(method_label("refine"), "refine");
  EXPECT_EQ(method_label(Json{{"method", "refine"}, {"base", "mbh"}}), "refine:base=mbh");
  EXPECT_EQ(method_label(Json{{"method", "refine"}, {"base", Json{{"method", "mxr"}, {"block", 8}}}}),
            "refine:base=(mxr:block=8)");
}

TEST(Label, labels_typed_on_a_command_line_give_the_same_setting) {
  for (const char* typed : {"mxr:block=8", "residual-neumann:mask=false:order=5", "newton-schulz:start=identity"}) {
    EXPECT_EQ(method_label(parse_inline(typed, "method", "test")), typed);
    EXPECT_EQ(method_label(typed), typed);
  }
}

TEST(Label, different_settings_have_different_labels) {
  std::set<std::string> labels;
  const Json axes{{"family", "gdn"}, {"keys", {"silu", "independent", "collinear"}}, {"negative", {true, false}}};
  const std::vector<FamilySpec> specs = expand_family(axes, "test");
  for (const FamilySpec& spec : specs) labels.insert(spec.label);
  EXPECT_EQ(specs.size(), 6u);
  EXPECT_EQ(labels.size(), 6u);
}

class SettingTest : public ::testing::Test {
 protected:
  const MethodSpec method = expand_method("mxr:block=8", "test").front();
  const Arithmetic arithmetic = expand_arithmetic("fp16", "test").front();
  const Formation exact, gram = expand_formation("gram:product=bf16-h100", "test").front();
  const Recipe kernel = expand_recipe("fla-solve-tril:dot=tf32", "test", "").front();
  const Setting plain{&method, &arithmetic, nullptr, &exact}, formed{&method, &arithmetic, nullptr, &gram};
  const Setting recipe = Setting::of(kernel);
};

TEST_F(SettingTest, is_called_by_its_method_arithmetic_and_formation_or_recipe) {
  EXPECT_EQ(plain.label(), "mxr:block=8 fp16");
  EXPECT_EQ(formed.label(), "mxr:block=8 fp16 gram:product=bf16-h100");
  EXPECT_EQ(recipe.label(), "fla-solve-tril:dot=tf32");
  EXPECT_EQ(plain.method_label(), "mxr:block=8");
  EXPECT_EQ(formed.method_label(), "mxr:block=8");
  EXPECT_EQ(recipe.method_label(), "fla-solve-tril:dot=tf32");
}

TEST_F(SettingTest, without_its_formation_is_the_same_on_a_as_given) {
  EXPECT_FALSE(plain.is_formed());
  EXPECT_TRUE(formed.is_formed());
  const Setting given = formed.without_formation();
  EXPECT_FALSE(given.is_formed());
  EXPECT_EQ(given.method, &method);
  EXPECT_EQ(given.arithmetic, &arithmetic);
  EXPECT_EQ(given.kernel, nullptr);
  EXPECT_EQ(given.label(), plain.label());
  EXPECT_EQ(recipe.without_formation().kernel, &kernel);
}

TEST_F(SettingTest, stages_have_one_arithmetic_or_those_of_the_recipe) {
  EXPECT_EQ(plain.stages(), (StageArithmetics{{"*", &arithmetic}}));
  const StageArithmetics of_kernel = recipe.stages();
  EXPECT_EQ(of_kernel.size(), kernel.arithmetics.size());
  EXPECT_EQ(of_kernel.at("merge"), &kernel.arithmetics.at("merge"));
}

}  // namespace tristab::setting_test
