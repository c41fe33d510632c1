#include "tristab/base/named.h"

#include <gtest/gtest.h>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::named_test {

GivenName read(const Json& given) {
  return read_given_name(given, "method", R"({"method": "mxr"})", "x.json: methods[0]");
}

std::string message_of(const Json& given) {
  try {
    read(given);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(GivenName, is_a_name_or_a_text_or_an_object_with_parameters) {
  EXPECT_EQ(read("mxr").name, "mxr");
  EXPECT_EQ(read("mxr").parameters.json(), Json::object());
  const Json block{{"block", 8}};
  EXPECT_EQ(read("mxr:block=8").parameters.json(), block);
  EXPECT_EQ(read(R"({"method": "mxr", "block": 8})").parameters.json(), block);  // as typed on a command line
  const GivenName object = read(Json{{"method", "mxr"}, {"block", 8}});
  EXPECT_EQ(object.name, "mxr");
  EXPECT_EQ(object.parameters.json(), block);
  // Lists of values stay as they are.
  EXPECT_EQ(read("mxr:block=8/16").parameters.json(), (Json{{"block", {8, 16}}}));
}

TEST(GivenName, the_place_is_that_of_the_name) {
  EXPECT_EQ(read("mxr").place, "x.json: methods[0]");
  EXPECT_EQ(read(Json{{"method", "mxr"}}).place, "x.json: methods[0].method");
}

TEST(GivenName, a_path_may_hold_colons) {
  EXPECT_EQ(read("a:b=c.json").name, "a:b=c.json");
  EXPECT_EQ(read("a:b=c.json").parameters.json(), Json::object());
}

TEST(GivenName, everything_else_is_refused_with_an_example) {
  for (const Json& given : {Json(3), Json(), Json::array({"mxr"}), Json{{"block", 8}}, Json{{"method", 3}}}) {
    EXPECT_EQ(message_of(given), "x.json: methods[0]: found " + given.dump() +
                                     R"(; allowed: a name, or an object such as {"method": "mxr"})");
  }
  EXPECT_NE(message_of("mxr:block").find("x.json: methods[0]"), std::string::npos);
}

TEST(Named, json_is_settings_and_name_and_identity_tells_all_apart) {
  const Named one{"mxr", Settings(Json{{"block", 8}}), "mxr:block=8"};
  EXPECT_EQ(one.json("method"), (Json{{"method", "mxr"}, {"block", 8}}));
  Named other = one;
  other.label = "another label";
  EXPECT_EQ(one.identity(), other.identity());
  other.settings = Settings(Json{{"block", 16}});
  EXPECT_NE(one.identity(), other.identity());
  other = one;
  other.name = "mbh";
  EXPECT_NE(one.identity(), other.identity());
}

TEST(Label, is_the_name_and_what_is_not_default) {
  const Json defaults{{"block", 16}, {"last", "rounded"}, {"mask", true}, {"scale", 0.5}};
  EXPECT_EQ(label_of("mxr", defaults, defaults), "mxr");
  Json settings = defaults;
  settings["mask"] = false;
  settings["block"] = 8;
  settings["scale"] = 2.0;
  settings["last"] = "kept";
  EXPECT_EQ(label_of("mxr", settings, defaults), "mxr:block=8:last=kept:mask=false:scale=2.0");
  settings = defaults;
  settings["path"] = "a.npy";  // without a default
  EXPECT_EQ(label_of("file", settings, defaults), "file:path=a.npy");
}

TEST(Label, parameters_stand_in_the_order_of_their_table) {
  const std::vector<Parameter> table{Parameter::boolean("mask", true, ""), Parameter::integer("block", 16, 1, 256, "")};
  const Json defaults{{"block", 16}, {"mask", true}}, settings{{"block", 8}, {"mask", false}};
  EXPECT_EQ(label_of("x", settings, defaults), "x:block=8:mask=false");
  EXPECT_EQ(label_of("x", settings, defaults, nullptr, table), "x:mask=false:block=8");
}

TEST(Label, what_is_named_inside_stands_in_parentheses) {
  const auto nested = [](const Json& value) -> std::string {
    return value.contains("block") ? "mxr:block=8" : value.at("method").get<std::string>();
  };
  const auto label = [&](const Json& base) {
    return label_of("refine", Json{{"base", base}}, Json::object(), +nested);
  };
  EXPECT_EQ(label(Json{{"method", "mbh"}}), "refine:base=mbh");
  EXPECT_EQ(label(Json{{"method", "mxr"}, {"block", 8}}), "refine:base=(mxr:block=8)");
  EXPECT_EQ(label("mbh"), "refine:base=mbh");
}

TEST(HashedPath, is_a_json_file_with_or_without_the_hash_of_what_it_says) {
  const auto parts = [](const char* name) {
    const auto found = hashed_path(name);
    return found ? found->path + "|" + found->hash : "none";
  };
  EXPECT_EQ(parts("a/k.json"), "a/k.json|");
  EXPECT_EQ(parts("a@b/k.json@1f2e3d4c"), "a@b/k.json|1f2e3d4c");
  EXPECT_EQ(parts("k.json@CD2"), "k.json|CD2");  // no hash of ours, which the message then says
  for (const char* name : {"fla-solve-tril", "k.json@", "k.json:dot=tf32", "k.json@1f2e:dot=tf32", "k.txt@1f2e3d4c"})
    EXPECT_EQ(parts(name), "none") << name;
}

}  // namespace tristab::named_test
