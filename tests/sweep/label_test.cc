#include "tristab/base/json.h"
#include "tristab/sweep/label.h"

#include <gtest/gtest.h>

#include <set>

namespace tristab {
namespace {

std::string method_label(const Json& given) { return label_of(expand_method(given, "test").front()); }
std::string arithmetic_label(const Json& given) { return label_of(expand_arithmetic(given, "test").front()); }
std::string family_label(const Json& given) { return label_of(expand_family(given, "test").front()); }

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
  for (const char* typed :
       {"mxr:block=8", "residual-neumann:mask=false:order=5", "newton-schulz:start=identity"}) {
    EXPECT_EQ(method_label(parse_inline(typed, "method", "test")), typed);
  }
}

TEST(Label, different_settings_have_different_labels) {
  std::set<std::string> labels;
  const Json axes{
      {"family", "gdn"}, {"keys", {"silu", "independent", "collinear"}}, {"negative", {true, false}}};
  const std::vector<FamilySpec> specs = expand_family(axes, "test");
  for (const FamilySpec& spec : specs) labels.insert(label_of(spec));
  EXPECT_EQ(specs.size(), 6u);
  EXPECT_EQ(labels.size(), 6u);
}

}  // namespace
}  // namespace tristab
