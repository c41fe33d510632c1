#include "tristab/report/ranking.h"

#include <gtest/gtest.h>

#include <cmath>

#include "made_records.h"

namespace tristab::ranking_test {

Json with_errors(Json record, int trial, double frobenius, double total) {
  record["matrix"] = "gdn-" + std::to_string(trial);
  record["frobenius"] = frobenius;
  record["total_frobenius"] = total;
  return record;
}

Json record_of(const std::string& method, const std::string& arithmetic, int trial, double frobenius, double total,
               int n = 64) {
  return with_errors(made_record("gdn", n, method, arithmetic), trial, frobenius, total);
}

Json kernel_record(const std::string& label, int trial, double frobenius, double total) {
  return with_errors(made_kernel_record("gdn", 64, label), trial, frobenius, total);
}

MadeGroups ranked(const std::vector<Json>& records) { return {records, ranking_fields()}; }

std::vector<std::string> order_of(const Ranking& ranking) {
  std::vector<std::string> names;
  for (const RankedSetting& setting : ranking.settings)
    names.push_back(setting.setting->shown + "/" + setting.setting->arithmetic_label);
  return names;
}

std::string text_of(const std::vector<Json>& records, int top = 0) {
  const MadeGroups groups = ranked(records);
  return ranking_text(rank_settings(groups, {})[0], top);
}

using Names = std::vector<std::string>;

TEST(Ranking, one_arithmetic_is_ranked_by_the_total_error_too) {
  std::vector<Json> records;
  for (int t = 0; t < 3; ++t) {
    records.push_back(record_of("bad", "fp16", t, 1, 3));
    records.push_back(record_of("good", "fp16", t, 9, t == 2 ? 100 : 1));
  }
  const MadeGroups groups = ranked(records);
  const std::vector<Ranking> rankings = rank_settings(groups, {});
  ASSERT_EQ(rankings.size(), 1u);
  EXPECT_STREQ(rankings[0].field, "total_frobenius");
  EXPECT_EQ(rankings[0].matrices, 3);
  EXPECT_EQ(order_of(rankings[0]), (Names{"good/fp16", "bad/fp16"}));
  EXPECT_EQ(rankings[0].settings[0].error.median, 1);
  EXPECT_EQ(rankings[0].settings[0].error.worst, 100);
  EXPECT_EQ(rankings[0].settings[0].as_stored, 9);
}

TEST(Ranking, several_arithmetics_are_ranked_by_total_frobenius) {
  const MadeGroups groups = ranked({record_of("mbh", "fp16", 0, 1, 7), record_of("mbh", "bf16", 0, 2, 5)});
  const Ranking ranking = rank_settings(groups, {})[0];
  EXPECT_STREQ(ranking.field, "total_frobenius");
  EXPECT_EQ(order_of(ranking), (Names{"mbh/bf16", "mbh/fp16"}));
  EXPECT_EQ(ranking.settings[0].error.median, 5);
}

TEST(Ranking, a_file_without_totals_is_ranked_by_frobenius) {
  Json first = record_of("mbh", "fp16", 0, 2, 0), second = record_of("mbh", "bf16", 0, 1, 0);
  first.erase("total_frobenius");
  second.erase("total_frobenius");
  const MadeGroups groups = ranked({first, second});
  const Ranking ranking = rank_settings(groups, {})[0];
  EXPECT_STREQ(ranking.field, "frobenius");
  EXPECT_EQ(order_of(ranking), (Names{"mbh/bf16", "mbh/fp16"}));
}

TEST(Ranking, kernels_are_ranked_by_totals_alone_and_beside_methods) {
  const std::vector<Json> records{kernel_record("a", 0, 1, 7), kernel_record("b", 0, 2, 5),
                                  record_of("mch", "fp16", 0, 9, 6)};
  const MadeGroups all = ranked(records), kernels = ranked({records[0], records[1]});
  EXPECT_EQ(order_of(rank_settings(all, {})[0]), (Names{"b/recipe", "mch/fp16", "a/recipe"}));
  const Ranking ranking = rank_settings(kernels, {})[0];
  EXPECT_STREQ(ranking.field, "total_frobenius");
  EXPECT_EQ(order_of(ranking), (Names{"b/recipe", "a/recipe"}));
}

TEST(Ranking, settings_that_differ_in_formation_have_rows_of_their_own) {
  Json formed = record_of("mbh", "fp16", 0, 1, 1);
  formed["formation"] = "gram";
  const MadeGroups groups = ranked({record_of("mbh", "fp16", 0, 2, 2), formed});
  EXPECT_EQ(order_of(rank_settings(groups, {})[0]), (Names{"mbh after gram/fp16", "mbh/fp16"}));
}

TEST(Ranking, methods_with_non_finite_or_failed_trials_come_last) {
  std::vector<Json> records{record_of("overflows", "fp16", 0, 1e-9, 1), record_of("overflows", "fp16", 1, 0, 0),
                            record_of("poor", "fp16", 0, 0.5, 1), record_of("poor", "fp16", 1, 0.5, 1)};
  records[1]["status"] = records[1]["fit"] = "nonfinite";
  records[1]["frobenius"] = nullptr;
  records[3]["fit"] = "unfit";
  const MadeGroups groups = ranked(records);
  const Ranking ranking = rank_settings(groups, {})[0];
  EXPECT_EQ(order_of(ranking), (Names{"poor/fp16", "overflows/fp16"}));
  const std::string text = ranking_text(ranking, 0);
  EXPECT_NE(text.find("unfit 1/2"), std::string::npos) << text;
  EXPECT_NE(text.find("nonfinite 1/2"), std::string::npos) << text;
  EXPECT_EQ(ranking.settings[1].trials->nonfinite, 1);
  EXPECT_EQ(ranking.settings[1].error.worst, HUGE_VAL);
}

TEST(Ranking, each_family_and_size_has_a_table_of_its_own) {
  const MadeGroups groups = ranked({record_of("mbh", "fp16", 0, 1, 1, 16), record_of("mbh", "fp16", 0, 1, 1, 64)});
  EXPECT_EQ(rank_settings(groups, {}).size(), 2u);
  CaseSelection selection;
  selection.chunks = {64};
  const std::vector<Ranking> one = rank_settings(groups, selection);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].n, 64);
  selection.methods = {"mch"};
  EXPECT_TRUE(rank_settings(groups, selection).empty());
}

TEST(Ranking, tables_fit_a_hundred_columns) {
  Json record = record_of("residual-neumann:evaluation=doubling:mask=false:order=16:terms=128",
                          "int16:identity=inside:scale=row:scale_rule=power-of-two", 0, 1.25e-4, 1.25e-4);
  record["fit"] = "unfit";
  record["for_format"] = "excessive";
  record["growth"] = 1e300;
  record["matmuls"] = record["depth"] = 255;
  record["vector_depth"] = 15;
  record["family_label"] =
      "gdn:beta=sigmoid-normal:beta_mean=0.5:gate=qwen3.5-0.8b:head_dim=256:keys=collinear:negative=true";
  Json passed = record, overflowed = record;
  passed["fit"] = "fit";
  overflowed["method"] = overflowed["method_label"] = "mch";
  overflowed["status"] = overflowed["fit"] = "nonfinite";
  const std::string text = text_of({record, passed, overflowed});
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    EXPECT_LE(end - begin, 100u) << text.substr(begin, end - begin);
    begin = end + 1;
  }
}

TEST(Ranking, depth_tells_products_from_vector_steps) {
  Json record = record_of("mxr", "fp16", 0, 1, 1);
  record["depth"] = 8;
  record["vector_depth"] = 1;
  EXPECT_NE(text_of({record}).find("8 1v\n"), std::string::npos);
  record["depth"] = 0;
  record["vector_depth"] = 63;
  EXPECT_NE(text_of({record}).find(" 63v\n"), std::string::npos);
}

TEST(Ranking, no_more_rows_than_asked_for) {
  std::vector<Json> records;
  for (const char* name : {"a", "b", "c"}) records.push_back(record_of(name, "fp16", 0, 1, 1));
  const std::string text = text_of(records, 2);
  EXPECT_NE(text.find("(1 more)"), std::string::npos);
  EXPECT_EQ(text.find(" c "), std::string::npos);
}

TEST(Ranking, overall_counts_inputs_and_names_the_worst) {
  std::vector<Json> records;
  for (const int n : {16, 64}) {
    for (int t = 0; t < 2; ++t) {
      records.push_back(record_of("steady", "fp16", t, 1, n == 64 && t == 1 ? 9 : 5, n));
      records.push_back(record_of("lost", "fp16", t, 1, 2, n));
    }
  }
  for (Json& record : records) record["matrix"] = record["matrix"].get<std::string>() + "-" + record["n"].dump();
  for (Json& record : records) {
    record["fit"] = "fit";
    if (record["method"] != "lost" || record["n"] != 16) continue;
    record["status"] = "nonfinite";
    record["fit"] = "nonfinite";
  }
  const MadeGroups groups = ranked(records);
  const std::vector<Ranking> rankings = rank_settings(groups, {});
  const std::vector<OverallSetting> overall = rank_overall(rankings);
  ASSERT_EQ(overall.size(), 2u);
  EXPECT_EQ(overall[0].setting->method, "steady");
  EXPECT_EQ(overall[0].fit, 2);
  EXPECT_EQ(overall[0].situations, 2);
  EXPECT_EQ(overall[0].worst, 9);
  EXPECT_EQ(overall[0].n, 64);
  EXPECT_EQ(overall[1].fit, 1);
  EXPECT_EQ(overall[1].lost, 1);
  EXPECT_EQ(overall[1].worst, HUGE_VAL);
  EXPECT_EQ(overall[1].n, 16);
  const std::string text = overall_text(overall, rankings, 1);
  EXPECT_NE(text.find("Over 2 inputs"), std::string::npos) << text;
  EXPECT_NE(text.find("2/2"), std::string::npos) << text;
  EXPECT_NE(text.find("(1 more)"), std::string::npos) << text;
}

TEST(Ranking, overall_calls_nothing_fit_without_a_verdict) {
  Json record = record_of("mbh", "fp16", 0, 1, 1);
  record.erase("fit");
  const MadeGroups groups = ranked({record});
  const std::vector<Ranking> rankings = rank_settings(groups, {});
  const std::vector<OverallSetting> overall = rank_overall(rankings);
  ASSERT_EQ(overall.size(), 1u);
  EXPECT_EQ(overall[0].situations, 0);
  EXPECT_EQ(overall_text(overall, rankings, 0).find("1/1"), std::string::npos);
}

TEST(Ranking, names_the_requirement_of_each_scenario) {
  const Json config{{"require", "4x-bf16"},
                    {"scenarios", {Json{{"name", "one"}, {"require", "fla:0.005"}}, Json{{"name", "two"}}}}};
  const Requirements requirements = requirements_of(config);
  EXPECT_EQ(requirements, (Requirements{{"", "4x-bf16"}, {"one", "fla:0.005"}}));
  EXPECT_EQ(requirements_of(Json()), Requirements{});  // an old file
}

Json failed_record(int trial) {
  Json record = kernel_record("flashqla", trial, 1, 1);
  record["status"] = "failed";
  record["message"] = "method ungated: found a matrix without its decay factors";
  for (const char* number : {"frobenius", "total_frobenius", "fit"}) record[number] = nullptr;
  return record;
}

TEST(Ranking, why_a_kernel_did_not_run_stands_under_the_table) {
  std::vector<Json> records{failed_record(0), failed_record(1)};
  for (int t = 0; t < 2; ++t) {
    records.push_back(record_of("mbh", "fp16", t, 1, 2));
    records.back()["fit"] = "fit";
  }
  const std::string text = text_of(records);
  EXPECT_TRUE(
      text.ends_with("flashqla did not run on 2 of 2 matrices: method ungated: found a matrix without its decay "
                     "factors\n"))
      << text;
  EXPECT_NE(text.find("failed 2/2"), std::string::npos) << text;
  EXPECT_EQ(text.find("nonfinite"), std::string::npos) << text;
  const MadeGroups groups = ranked(records);
  const std::vector<Ranking> rankings = rank_settings(groups, {});
  const std::vector<OverallSetting> overall = rank_overall(rankings);
  EXPECT_EQ(overall[1].setting->kernel, "flashqla");
  EXPECT_EQ(overall[1].fit, 0);
  EXPECT_EQ(overall[1].worst, 0);  // no answer is not an infinite error
  const std::string all = overall_text(overall, rankings, 0);
  EXPECT_EQ(all.find("inf"), all.find("inf", all.find("did not run"))) << all;
  EXPECT_NE(all.find("0/1"), std::string::npos) << all;
}

TEST(Ranking, a_formation_has_a_column_of_its_own) {
  Json formed = record_of("mbh", "fp16", 0, 1, 1);
  EXPECT_EQ(text_of({formed}).find("formation"), std::string::npos);
  formed["formation"] = "gram";
  formed["error_formation"] = 3.25e-4;
  const std::string text = text_of({formed, record_of("mch", "fp16", 0, 1, 1)});
  EXPECT_NE(text.find("formation"), std::string::npos) << text;
  EXPECT_NE(text.find("3.2e-04"), std::string::npos) << text;
}

TEST(Ranking, rows_for_other_programs) {
  Json lost = record_of("mch", "fp16", 0, 1, 1);
  lost["status"] = lost["fit"] = "nonfinite";
  Json good = record_of("mbh", "fp16", 0, 0.25, 0.5);
  good["fit"] = "fit";
  const MadeGroups groups = ranked({lost, good});
  const std::vector<Ranking> rankings = rank_settings(groups, {});
  const std::vector<ValueRow> rows = ranking_rows(rankings[0], 0);
  const std::string csv = rows_text(rows, TableFormat::csv);
  EXPECT_NE(csv.find("\ngdn,64,1,mbh,none,fp16,1,0,1,0,0,0,total_frobenius,0.5,0.5,0.25,"), std::string::npos) << csv;
  EXPECT_NE(csv.find("\ngdn,64,2,mch,none,fp16,1,0,0,0,1,0,total_frobenius,inf,inf,inf,"), std::string::npos) << csv;
  const Json parsed = Json::parse(rows_text(rows, TableFormat::json));
  ASSERT_EQ(parsed.size(), 2u);
  EXPECT_EQ(parsed[0]["median"], 0.5);
  EXPECT_TRUE(parsed[0]["kernel"].is_null());
  EXPECT_TRUE(parsed[1]["worst"].is_null());
  EXPECT_EQ(parsed[1]["nonfinite_trials"], 1);
  EXPECT_EQ(ranking_rows(rankings[0], 1).size(), 1u);
  const std::string markdown = rows_text(overall_rows(rank_overall(rankings), 0), TableFormat::markdown);
  EXPECT_TRUE(markdown.starts_with("| rank | method | kernel |")) << markdown;
  EXPECT_NE(markdown.find("| 1 | mbh | - | fp16 | 1 | 1 | 0 | 5.0e-01 | gdn | "), std::string::npos) << markdown;
}

}  // namespace tristab::ranking_test
