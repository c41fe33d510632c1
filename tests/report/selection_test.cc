#include "tristab/report/selection.h"

#include <gtest/gtest.h>

#include "made_records.h"

namespace tristab::selection_test {

TEST(Selection, of_kernels_leaves_methods_out_and_the_other_way_round) {
  const MadeGroups groups(
      {made_kernel_record("gdn", 64, "fla-solve-tril:dot=tf32"), made_record("gdn", 64, "mbh", "fp16")}, "frobenius");
  const auto chosen = [&](const CaseSelection& selection) {
    return std::pair(selection.includes(groups, groups.groups()[0]), selection.includes(groups, groups.groups()[1]));
  };
  EXPECT_EQ(chosen({}), std::pair(true, true));
  EXPECT_EQ(chosen({.kernels = {"fla-solve-tril"}}), std::pair(true, false));
  EXPECT_EQ(chosen({.kernels = {"fla-solve-tril:dot=tf32"}}), std::pair(true, false));
  EXPECT_EQ(chosen({.kernels = {"fla-solve-tril:"}}), std::pair(false, false));  // the default setting alone
  EXPECT_EQ(chosen({.methods = {"mbh"}}), std::pair(false, true));               // mbh is the kernel's method, too
  EXPECT_EQ(chosen({.arithmetics = {"fp16"}}), std::pair(false, true));
  EXPECT_EQ(chosen({.methods = {"mbh"}, .kernels = {"fla-solve-tril"}}), std::pair(true, true));
  EXPECT_EQ(chosen({.methods = {"mch"}, .kernels = {"fla-solve-tril"}}), std::pair(true, false));
}

TEST(Selection, a_name_is_all_of_its_settings_with_a_colon_the_default) {
  EXPECT_TRUE(names_setting("mxr", "mxr", "mxr:block=8"));
  EXPECT_TRUE(names_setting("mxr:block=8", "mxr", "mxr:block=8"));
  EXPECT_FALSE(names_setting("mxr:block=32", "mxr", "mxr:block=8"));
  EXPECT_TRUE(names_setting("mxr:", "mxr", "mxr"));
  EXPECT_FALSE(names_setting("mxr:", "mxr", "mxr:block=8"));
}

TEST(Selection, a_family_is_chosen_by_its_name_its_label_and_its_input) {
  Json record = made_record("file", 64, "mbh", "fp16");
  record["family_label"] = "file:path=a/m.npy";
  record["family_params"] = Json{{"path", "a/m.npy"}};
  const MadeGroups groups({record}, "frobenius");
  for (const char* name : {"file", "file:path=a/m.npy", "m"})
    EXPECT_TRUE(CaseSelection{.families = {name}}.includes(groups, groups.groups()[0])) << name;
  EXPECT_FALSE(CaseSelection{.families = {"file:"}}.includes(groups, groups.groups()[0]));
  EXPECT_FALSE((CaseSelection{.families = {"file"}, .chunks = {32}}.includes(groups, groups.groups()[0])));
}

}  // namespace tristab::selection_test
