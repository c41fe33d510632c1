#include "tristab/report/ranking.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tristab {
namespace {

ResultRecord record_of(const std::string& method, const std::string& arithmetic, int trial, double frobenius,
                       double total, int n = 64) {
  ResultRecord record;
  record.family = record.family_label = record.family_key = "gdn";
  record.n = n;
  record.matrix = "gdn-" + std::to_string(trial);
  record.method = record.method_label = method;
  record.arithmetic = record.arithmetic_label = arithmetic;
  record.setting_key = method + arithmetic;
  record.status = "ok";
  record.verdict = "pass";
  record.frobenius = frobenius;
  record.total_frobenius = total;
  return record;
}

std::vector<std::string> order_of(const Ranking& ranking) {
  std::vector<std::string> names;
  for (const RankedMethod& method : ranking.methods) names.push_back(method.method + "/" + method.arithmetic);
  return names;
}

using Names = std::vector<std::string>;

TEST(Ranking, one_arithmetic_is_ranked_by_the_median_of_frobenius) {
  std::vector<ResultRecord> records;
  for (int t = 0; t < 3; ++t) {
    records.push_back(record_of("bad", "fp16", t, 3, 1));
    records.push_back(record_of("good", "fp16", t, t == 2 ? 100 : 1, 9));
  }
  const std::vector<Ranking> rankings = rank_methods(records, {});
  ASSERT_EQ(rankings.size(), 1u);
  EXPECT_FALSE(rankings[0].across_arithmetics);
  EXPECT_EQ(rankings[0].trials, 3);
  EXPECT_EQ(order_of(rankings[0]), (Names{"good/fp16", "bad/fp16"}));
  EXPECT_EQ(rankings[0].methods[0].median, 1);
  EXPECT_EQ(rankings[0].methods[0].worst, 100);
}

TEST(Ranking, several_arithmetics_are_ranked_by_total_frobenius) {
  const std::vector<ResultRecord> records{record_of("mbh", "fp16", 0, 1, 7),
                                          record_of("mbh", "bf16", 0, 2, 5)};
  const Ranking ranking = rank_methods(records, {})[0];
  EXPECT_TRUE(ranking.across_arithmetics);
  EXPECT_EQ(order_of(ranking), (Names{"mbh/bf16", "mbh/fp16"}));
  EXPECT_EQ(ranking.methods[0].median, 5);
}

ResultRecord kernel_record(const std::string& label, int trial, double frobenius, double total) {
  ResultRecord record = record_of("mbh", "recipe", trial, frobenius, total);
  record.kernel = record.method_label = label;
  record.setting_key = label;
  return record;
}

TEST(Ranking, kernels_are_ranked_by_total_frobenius_among_themselves_and_beside_methods) {
  const std::vector<ResultRecord> records{kernel_record("a", 0, 1, 7), kernel_record("b", 0, 2, 5),
                                          record_of("mch", "fp16", 0, 9, 6)};
  EXPECT_EQ(order_of(rank_methods(records, {})[0]), (Names{"b/recipe", "mch/fp16", "a/recipe"}));
  const Ranking kernels = rank_methods({records[0], records[1]}, {})[0];
  EXPECT_TRUE(kernels.across_arithmetics);
  EXPECT_EQ(order_of(kernels), (Names{"b/recipe", "a/recipe"}));
}

TEST(Ranking, a_selection_of_kernels_leaves_methods_out_and_the_other_way_round) {
  const ResultRecord kernel = kernel_record("fla-solve-tril:dot=tf32", 0, 1, 1);
  const ResultRecord method = record_of("mbh", "fp16", 0, 1, 1);
  const auto chosen = [&](const RankingSelection& selection) {
    return std::pair(selection.includes(kernel), selection.includes(method));
  };
  EXPECT_EQ(chosen({}), std::pair(true, true));
  EXPECT_EQ(chosen({.kernels = {"fla-solve-tril"}}), std::pair(true, false));
  EXPECT_EQ(chosen({.kernels = {"fla-solve-tril:dot=tf32"}}), std::pair(true, false));
  EXPECT_EQ(chosen({.kernels = {"fla-solve-tril:"}}), std::pair(false, false));  // the default setting alone
  EXPECT_EQ(chosen({.methods = {"mbh"}}), std::pair(false, true));  // mbh is the kernel's method, too
  EXPECT_EQ(chosen({.arithmetics = {"fp16"}}), std::pair(false, true));
  EXPECT_EQ(chosen({.methods = {"mbh"}, .kernels = {"fla-solve-tril"}}), std::pair(true, true));
  EXPECT_EQ(chosen({.methods = {"mch"}, .kernels = {"fla-solve-tril"}}), std::pair(true, false));
}

TEST(Ranking, a_name_is_all_of_its_settings_and_a_name_with_a_colon_the_default_one) {
  EXPECT_TRUE(names_setting("mxr", "mxr", "mxr:block=8"));
  EXPECT_TRUE(names_setting("mxr:block=8", "mxr", "mxr:block=8"));
  EXPECT_FALSE(names_setting("mxr:block=32", "mxr", "mxr:block=8"));
  EXPECT_TRUE(names_setting("mxr:", "mxr", "mxr"));
  EXPECT_FALSE(names_setting("mxr:", "mxr", "mxr:block=8"));
}

TEST(Ranking, a_layer_of_a_file_is_named_by_the_file_and_the_layer) {
  ResultRecord record = record_of("mbh", "fp16", 0, 1, 1);
  EXPECT_EQ(input_name(record), "gdn");
  record.family = "file";
  record.family_label = "file:layer=layer6:path=x/gdn.safetensors";
  record.family_key =
      R"(file{"path": "x/gdn.safetensors", "layer": "layer6", "heads": "all", "tokens": "0:64"})";
  EXPECT_EQ(input_name(record), "gdn layer6 tokens=0:64");
  record.family_key = "file{}";
  EXPECT_EQ(input_name(record), record.family_label);
}

TEST(Ranking, methods_with_non_finite_or_failed_trials_come_last) {
  std::vector<ResultRecord> records{
      record_of("overflows", "fp16", 0, 1e-9, 1), record_of("overflows", "fp16", 1, 0, 0),
      record_of("poor", "fp16", 0, 0.5, 1), record_of("poor", "fp16", 1, 0.5, 1)};
  records[1].status = records[1].verdict = "nonfinite";
  records[1].frobenius = std::nan("");
  records[3].verdict = "fail";
  const Ranking ranking = rank_methods(records, {})[0];
  EXPECT_EQ(order_of(ranking), (Names{"poor/fp16", "overflows/fp16"}));
  EXPECT_EQ(ranking.methods[0].verdict, "fail 1/2");
  EXPECT_EQ(ranking.methods[1].verdict, "nonfinite");
  EXPECT_EQ(ranking.methods[1].nonfinite_trials, 1);
}

TEST(Ranking, each_family_and_size_has_a_table_of_its_own) {
  const std::vector<ResultRecord> records{record_of("mbh", "fp16", 0, 1, 1, 16),
                                          record_of("mbh", "fp16", 0, 1, 1, 64)};
  EXPECT_EQ(rank_methods(records, {}).size(), 2u);
  RankingSelection selection;
  selection.chunks = {64};
  const std::vector<Ranking> one = rank_methods(records, selection);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].n, 64);
  selection.methods = {"mch"};
  EXPECT_TRUE(rank_methods(records, selection).empty());
}

TEST(Ranking, tables_fit_a_hundred_columns) {
  ResultRecord record =
      record_of("residual-neumann:evaluation=doubling:mask=false:order=16:terms=128",
                "int16:identity=inside:scale=row:scale_rule=power-of-two", 0, 1.25e-4, 1.25e-4);
  record.verdict = "marginal";
  record.matmuls = 255;
  record.depth = 255;
  record.vector_depth = 15;
  record.family_label =
      "gdn:beta=sigmoid-normal:beta_mean=0.5:gate=qwen3.5-0.8b:head_dim=256:keys=collinear:negative=true";
  ResultRecord passed = record, overflowed = record;
  passed.verdict = "pass";
  overflowed.method_label = overflowed.setting_key = "mch";
  overflowed.status = overflowed.verdict = "nonfinite";
  const std::string text = ranking_text(rank_methods({record, passed, overflowed}, {})[0], 0);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    EXPECT_LE(end - begin, 100u) << text.substr(begin, end - begin);
    begin = end + 1;
  }
}

TEST(Ranking, depth_tells_products_from_vector_steps) {
  ResultRecord record = record_of("mxr", "fp16", 0, 1, 1);
  record.depth = 8;
  record.vector_depth = 1;
  EXPECT_NE(ranking_text(rank_methods({record}, {})[0], 0).find("8 1v\n"), std::string::npos);
  record.depth = 0;
  record.vector_depth = 63;
  EXPECT_NE(ranking_text(rank_methods({record}, {})[0], 0).find(" 63v\n"), std::string::npos);
}

TEST(Ranking, no_more_rows_than_asked_for) {
  std::vector<ResultRecord> records;
  for (const char* name : {"a", "b", "c"}) records.push_back(record_of(name, "fp16", 0, 1, 1));
  const std::string text = ranking_text(rank_methods(records, {})[0], 2);
  EXPECT_NE(text.find("(1 more)"), std::string::npos);
  EXPECT_EQ(text.find(" c "), std::string::npos);
}

}  // namespace
}  // namespace tristab
