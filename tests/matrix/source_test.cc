#include "tristab/matrix/source.h"

#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <set>
#include <thread>

#include "test_support.h"
#include "tristab/base/json.h"
#include "tristab/matrix/gates/gates.h"
#include "tristab/matrix/keys/keys.h"

namespace tristab::source_test {

using testing_support::matrix_of;
using testing_support::message_of;
using testing_support::open;

std::string usage(const Json& given) {
  return message_of<UsageError>([&] { expand_family(given, "a.json: families[2]"); });
}

std::vector<Json> generated_families() {
  return {"uniform",   "uniform-signed", "ones",        "block-ones",    "zeros", "normal", "delta-net", "gdn",
          "kda",       "gdn2",           "rwkv7",       "delta-product", "comba", "pgdn",   "pkda",      "toeplitz",
          "geometric", "kahan",          "worst-growth"};
}

// A curve over the chunk size compares the same heads.
void expect_longer_prefixes(const Json& given) {
  SCOPED_TRACE(given.dump());
  const std::unique_ptr<Source> source = open(given, 11, 3);
  for (int trial = 0; trial < 3; ++trial) {
    const Problem longest = source->problem(100, trial);
    for (const int n : {1, 16, 33, 64}) {
      const Problem problem = source->problem(n, trial);
      for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) ASSERT_EQ(problem.a(i, j), longest.a(i, j)) << n << ": " << i << ", " << j;
      }
    }
    if (longest.tokens == nullptr) continue;
    const TokenInputs layer = source->sequence(trial, 16, 8).tokens;
    EXPECT_EQ(token_rows(layer, 0, 100, 100).keys.values(), longest.tokens->keys.values());
    EXPECT_EQ(token_rows(layer, 0, 100, 100).log_decay.values(), longest.tokens->log_decay.values());
  }
}

TEST(Families, trial_i_is_the_same_head_at_every_size) {
  int with_tokens = 0;
  for (const Description& family : family_descriptions()) {
    if (family.name == "file" || family.name == "target-norm") continue;
    const std::unique_ptr<Source> source = open(family.name, 11, 3);
    if (source->sequences() == 0) continue;
    ++with_tokens;
    expect_longer_prefixes(family.name);
  }
  EXPECT_EQ(with_tokens, 9);
  for (const char* family : {"uniform", "normal", "uniform-signed"}) expect_longer_prefixes(family);
}

TEST(Families, trial_i_is_the_same_head_with_every_model) {
  for (const KeyModel& model : key_models()) expect_longer_prefixes({{"family", "gdn"}, {"keys", model.name}});
  for (const GateModel& model : beta_models()) expect_longer_prefixes({{"family", "gdn"}, {"beta", model.name}});
  for (const GateModel& model : decay_models()) expect_longer_prefixes({{"family", "kda"}, {"gate", model.name}});
}

TEST(Families, uniform_betas_need_a_low_end_at_or_below_the_high_one) {
  try {
    expand_family({{"family", "gdn"}, {"beta", "uniform"}, {"beta_low", 0.9}, {"beta_high", 0.1}}, "families[0]");
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "families[0].beta_low: found 0.9 above beta_high = 0.1; allowed: at most beta_high");
  }
}

TEST(Families, uniform_gates_need_a_low_end_at_or_below_the_high_one) {
  EXPECT_EQ(usage({{"family", "gdn"}, {"gate", "uniform"}, {"gate_high", -2}}),
            "a.json: families[2].gate_low: found -1.0 above gate_high = -2.0; allowed: at most gate_high");
}

TEST(Families, a_table_of_quantiles_has_one_form_in_the_settings) {
  const auto specs = expand_family(
      {{"family", "gdn"}, {"gate", "quantiles"}, {"gate_quantiles", {" 0 = -2.0, 1=-1e0", "0=-2,1=-1"}}}, "p");
  ASSERT_EQ(specs.size(), 2u);
  EXPECT_EQ(specs[0].settings, specs[1].settings);
  EXPECT_EQ(specs[0].settings.text("gate_quantiles"), "0=-2,1=-1");
  EXPECT_EQ(usage({{"family", "gdn"}, {"beta", "quantiles"}, {"beta_quantiles", "0=1,1=2"}}),
            "a.json: families[2].beta_quantiles: found the value 2 in '0=1,1=2'; allowed: two or more of "
            "probability=value with commas between, probabilities from 0 to 1 ascending, values from 0 to 1 not "
            "descending");
}

TEST(Families, strength_of_unnormalised_keys_belongs_to_silu) {
  EXPECT_EQ(usage({{"family", "gdn"}, {"keys", "unnormalised"}, {"activation", "none"}, {"strength", 1}}),
            "a.json: families[2].strength: found 1.0 with activation 'none'; allowed only with activation silu");
  EXPECT_EQ(expand_family("gdn:keys=unnormalised", "p").front().settings.real("strength"), 0.7);
}

TEST(Source, every_generated_matrix_is_strictly_lower_and_finite) {
  for (const Json& family : generated_families()) {
    for (const int n : {1, 2, 17, 64}) {
      const Matrix a = matrix_of(family, n);
      ASSERT_EQ(a.rows(), n);
      ASSERT_EQ(a.columns(), n);
      for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) {
          ASSERT_TRUE(std::isfinite(a(i, j))) << family;
          if (j >= i) {
            ASSERT_EQ(a(i, j), 0.0) << family;
          }
        }
      }
    }
  }
}

TEST(Source, a_matrix_depends_on_family_settings_size_trial_and_seed) {
  const auto first = open("gdn", 7, 5), second = open({{"family", "gdn"}, {"head_dim", 128.0}}, 7, 3);
  const Matrix late = second->problem(32, 2).a;
  EXPECT_EQ(first->problem(32, 2).a, late);
  EXPECT_EQ(first->problem(32, 2).id, second->problem(32, 2).id);
  EXPECT_FALSE(first->problem(32, 1).a == late);
  EXPECT_FALSE(open("gdn", 8, 5)->problem(32, 2).a == late);
  EXPECT_FALSE(open({{"family", "gdn"}, {"head_dim", 64}}, 7, 5)->problem(32, 2).a == late);
  EXPECT_NE(open("gdn", 8, 5)->problem(32, 2).id, second->problem(32, 2).id);
}

TEST(Source, threads_see_the_same_matrices) {
  const auto source = open("gdn", 1, 8);
  std::vector<Matrix> one(8), other(8);
  std::thread forward([&] {
    for (int i = 0; i < 8; ++i) one[static_cast<std::size_t>(i)] = source->problem(32, i).a;
  });
  std::thread backward([&] {
    for (int i = 8; i-- > 0;) other[static_cast<std::size_t>(i)] = source->problem(32, i).a;
  });
  forward.join();
  backward.join();
  EXPECT_EQ(one, other);
}

TEST(Source, ids_have_family_size_trial_and_hash_and_differ) {
  const std::regex form("gdn-64-00[0-9]{2}-[0-9a-f]{8}");
  const auto source = open("gdn", 1, 12);
  std::set<std::string> ids;
  for (int trial = 0; trial < 12; ++trial) {
    const Problem problem = source->problem(64, trial);
    EXPECT_TRUE(std::regex_match(problem.id, form)) << problem.id;
    EXPECT_EQ(problem.trial, trial);
    EXPECT_TRUE(problem.source.is_null());
    ids.insert(problem.id);
  }
  EXPECT_EQ(ids.size(), 12u);
  EXPECT_TRUE(open("gdn", 1, 20000)->problem(4, 12345).id.starts_with("gdn-4-12345-"));
}

TEST(Source, a_deterministic_family_has_one_trial_and_an_id_without_seed) {
  for (const char* family :
       {"ones", "block-ones", "zeros", "toeplitz", "geometric", "kahan", "worst-growth", "dlattr"}) {
    EXPECT_EQ(open(family, 1, 50)->count(64), 1);
    EXPECT_EQ(open(family, 1, 50)->problem(64, 0).id, open(family, 2, 5)->problem(64, 0).id);
  }
  EXPECT_EQ(open("uniform", 1, 50)->count(64), 50);
  EXPECT_TRUE(open("uniform", 1, 50)->sizes().empty());
}

TEST(ExpandFamily, lists_are_axes_and_defaults_are_filled_in) {
  const auto specs = expand_family({{"family", "uniform"}, {"scale", {0.1, 0.5}}}, "p");
  ASSERT_EQ(specs.size(), 2u);
  EXPECT_EQ(specs[0].settings.json().dump(), R"({"scale":0.1})");
  EXPECT_EQ(specs[1].settings.json().dump(), R"({"scale":0.5})");
  EXPECT_EQ(expand_family("uniform", "p").front().settings.json().dump(), R"({"scale":0.5})");
  EXPECT_EQ(expand_family("uniform:scale=0.1/0.2/0.3", "p").size(), 3u);
  EXPECT_EQ(expand_family("ones", "p").front().settings.json().dump(), "{}");
}

TEST(ExpandFamily, settings_hold_only_the_parameters_of_the_chosen_models) {
  const Settings settings =
      expand_family(
          {{"family", "gdn"}, {"keys", "silu"}, {"beta", "qwen3-next"}, {"gate", "qwen3-next"}, {"head_dim", 128}}, "p")
          .front()
          .settings;
  EXPECT_EQ(settings.json().dump(),
            R"({"beta":"qwen3-next","gate":"qwen3-next","head_dim":128,"key_format":"fp64","keys":"silu",)"
            R"("negative":false,"strength":0.7})");
  EXPECT_EQ(expand_family("gdn", "p").front().settings, settings);
  const Settings other =
      expand_family({{"family", "delta-net"}, {"keys", "clustered"}, {"beta", "constant"}}, "p").front().settings;
  EXPECT_EQ(other.json().dump(), R"({"beta":"constant","beta_value":1.0,"clusters":8,"eps":0.1,"head_dim":128,)"
                                 R"("key_format":"fp64","keys":"clustered","negative":false})");
}

TEST(ExpandFamily, a_parameter_of_another_model_is_refused) {
  EXPECT_EQ(usage({{"family", "gdn"}, {"keys", "silu"}, {"eps", 0.5}}),
            "a.json: families[2].eps: found 0.5 with keys 'silu'; allowed only with keys collinear | clustered");
  EXPECT_EQ(usage({{"family", "delta-net"}, {"beta", "uniform"}, {"beta_mean", 1}}),
            "a.json: families[2].beta_mean: found 1.0 with beta 'uniform'; allowed only with beta sigmoid-normal");
  EXPECT_EQ(usage({{"family", "gdn"}, {"gate_value", -1}}),
            "a.json: families[2].gate_value: found -1.0 with gate 'qwen3-next'; allowed only with gate constant");
  EXPECT_NE(usage({{"family", "delta-net"}, {"gate", "none"}}), "no exception");
}

TEST(ExpandFamily, wrong_names_and_values_name_place_allowed_and_nearest) {
  EXPECT_NE(usage("gnd").find("a.json: families[2]: no family is called 'gnd'; did you mean 'gdn'?"),
            std::string::npos);
  EXPECT_NE(usage({{"family", "gdn"}, {"keys", "sliu"}}).find("did you mean 'silu'?"), std::string::npos);
  EXPECT_NE(usage({{"family", "gdn"}, {"head_dim", 8}}).find("allowed: an integer from 16 to 512"), std::string::npos);
  EXPECT_NE(usage({{"family", "uniform"}, {"scael", 1}}).find("did you mean 'scale'?"), std::string::npos);
  EXPECT_NE(usage({{"scale", 1}}).find("families[2]: found {\"scale\":1}; allowed: a name, or an object such as"),
            std::string::npos);
  EXPECT_NE(usage({{"family", "gnd"}}).find("families[2].family: no family is called 'gnd'"), std::string::npos);
  EXPECT_NE(usage(3), "no exception");
  EXPECT_NE(usage({{"family", "uniform-signed"}, {"scale", 1}, {"condition", 2}}).find("allowed: one of them"),
            std::string::npos);
  EXPECT_NE(usage({{"family", "uniform-signed"}, {"condition", 0.5}}), "no exception");
}

TEST(FamilyDescriptions, every_family_says_what_it_computes_and_where_it_is_from) {
  std::set<std::string> names;
  for (const Description& description : family_descriptions()) {
    names.insert(description.name);
    EXPECT_FALSE(description.summary.empty() || description.formula.empty() || description.source.empty());
    for (const Parameter& parameter : description.parameters) EXPECT_FALSE(parameter.help.empty()) << parameter.name;
  }
  EXPECT_EQ(names, (std::set<std::string>{"uniform",      "uniform-signed",
                                          "ones",         "block-ones",
                                          "zeros",        "normal",
                                          "delta-net",    "gdn",
                                          "kda",          "gdn2",
                                          "rwkv7",        "delta-product",
                                          "comba",        "pgdn",
                                          "pkda",         "toeplitz",
                                          "geometric",    "kahan",
                                          "worst-growth", "dlattr",
                                          "target-norm",  "file"}));
}

}  // namespace tristab::source_test
