#include "tristab/report/cross_table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "made_records.h"
#include "tristab/base/errors.h"

namespace tristab::cross_table_test {

// A trial of a setting on an input; no value: a non-finite answer.
Json trial(const std::string& setting, const std::string& input, int n, std::optional<double> value,
           const std::string& field = "strict_lower") {
  Json record = made_record(input, n, setting, "fp16");
  record["status"] = value ? "ok" : "nonfinite";
  record[field] = value ? Json(*value) : Json();
  return record;
}

Json kernel_trial(const std::string& label, const std::string& input, int n, double value) {
  Json record = made_kernel_record(input, n, label);
  record["strict_lower"] = value;
  return record;
}

std::vector<std::string> row_names(const CrossTable& table) {
  std::vector<std::string> names;
  for (const CrossRow& row : table.rows) names.push_back(row.setting->shown + " " + std::to_string(row.n));
  return names;
}

using Names = std::vector<std::string>;

TEST(CrossTable, a_cell_holds_median_worst_and_counts_lost_trials_infinite) {
  const MadeGroups groups(
      {trial("mch", "gdn", 64, 3), trial("mch", "gdn", 64, {}), trial("mch", "gdn", 64, 1), trial("mch", "gdn", 64, 8)},
      "strict_lower");
  const CrossTable table = cross_table(groups, {});
  ASSERT_EQ(table.rows.size(), 1u);
  const CrossCell& cell = table.rows[0].cells[0];
  EXPECT_EQ(cell.trials->trials, 4);
  EXPECT_EQ(cell.trials->nonfinite, 1);
  EXPECT_EQ(cell.metrics[0].median, 5.5);
  EXPECT_EQ(cell.metrics[0].worst, HUGE_VAL);
  EXPECT_TRUE(std::isnan(cell.metrics[0].mean));
}

TEST(CrossTable, growth_is_of_all_trials_and_those_lost_are_counted_behind) {
  Json overflowed = trial("mch", "gdn", 64, {});
  overflowed["growth"] = 40000;
  const MadeGroups groups({trial("mch", "gdn", 64, 2, "growth"), overflowed, trial("mch", "gdn", 64, 4, "growth")},
                          "growth");
  const std::string text = cross_table_text(cross_table(groups, {}), TableFormat::text);
  EXPECT_NE(text.find("; median / worst over the trials; nf k/n: "), std::string::npos) << text;
  EXPECT_NE(text.find("4.0e+0 / 4.0e+4, nf 1/3\n"), std::string::npos) << text;
}

TEST(CrossTable, decibels_have_a_mean_of_the_finite_values_and_a_smallest) {
  Json exact = made_record("gdn", 64, "mch", "fp16");
  exact["snr_db"] = nullptr;
  exact["undefined"] = Json{{"snr_db", text_of(Undefined::exact_result)}};
  const MadeGroups groups({trial("mch", "gdn", 64, 10, "snr_db"), trial("mch", "gdn", 64, -40, "snr_db"), exact},
                          "snr_db");
  const CrossTable table = cross_table(groups, {});
  const Distribution& snr = table.rows[0].cells[0].metrics[0];
  EXPECT_EQ(snr.mean, -15);
  EXPECT_EQ(snr.worst, -40);
  EXPECT_EQ(snr.infinite, 1u);
  EXPECT_NE(cross_table_text(table, TableFormat::text).find("-15.0 / -40.0, exact 1/3"), std::string::npos);
}

TEST(CrossTable, rows_are_by_size_then_as_they_come_and_some_cells_empty) {
  const MadeGroups groups({trial("b", "x", 32, 1), trial("a", "x", 32, 1), trial("c", "y", 16, 2)}, "strict_lower");
  const CrossTable table = cross_table(groups, {});
  EXPECT_EQ(row_names(table), (Names{"c 16", "b 32", "a 32"}));
  ASSERT_EQ(table.inputs.size(), 2u);
  EXPECT_EQ(table.rows[0].cells[0].trials, nullptr);
  ASSERT_NE(table.rows[0].cells[1].trials, nullptr);
  EXPECT_EQ(table.rows[0].cells[1].trials->trials, 1);
  EXPECT_NE(cross_table_text(table, TableFormat::markdown).find("| c / fp16 | 16 | - | 2.0e+0 / 2.0e+0 |\n"),
            std::string::npos);
}

// Like recipes that take some sizes alone: their order is that of their size, whatever came first at another one.
TEST(CrossTable, rows_of_each_size_are_in_the_order_of_its_own_groups) {
  const MadeGroups groups({trial("of all", "x", 16, 1), trial("of 32", "x", 32, 1), trial("of all", "x", 32, 1),
                           trial("of 64", "x", 64, 1)},
                          "strict_lower");
  EXPECT_EQ(row_names(cross_table(groups, {})), (Names{"of all 16", "of 32 32", "of all 32", "of 64 64"}));
}

TEST(CrossTable, a_selection_orders_rows_and_inputs) {
  const MadeGroups groups({kernel_trial("a", "x", 16, 1), kernel_trial("b:io=fp16", "x", 16, 1),
                           kernel_trial("b:io=fp16", "x", 32, 1), kernel_trial("a", "y", 16, 1)},
                          "strict_lower");
  CaseSelection selection;
  selection.kernels = {"b", "a"};
  selection.families = {"y", "x"};
  const CrossTable table = cross_table(groups, selection);
  EXPECT_EQ(row_names(table), (Names{"b:io=fp16 16", "b:io=fp16 32", "a 16"}));
  ASSERT_EQ(table.inputs.size(), 2u);
  EXPECT_EQ(table.inputs[0]->name, "y");
  EXPECT_EQ(table.rows[0].cells[0].trials, nullptr);  // b was not run on y
  ASSERT_NE(table.rows[0].cells[1].trials, nullptr);
  EXPECT_EQ(table.rows[0].cells[1].trials->trials, 1);
}

TEST(CrossTable, each_scenario_has_a_column_and_each_formation_a_row) {
  std::vector<Json> records{trial("mbh", "gdn", 64, 1), trial("mbh", "gdn", 64, 2), trial("mbh", "gdn", 64, 4)};
  records[0]["scenario"] = "first";
  records[1]["scenario"] = records[2]["scenario"] = "second";
  records[2]["formation"] = "gram";
  const MadeGroups groups(records, "strict_lower");
  EXPECT_EQ(cross_table_text(cross_table(groups, {}), TableFormat::csv),
            "input,n,method,kernel,arithmetic,trials,nonfinite_trials,failed_trials,trivial_trials,strict_lower_median,"
            "strict_lower_max\n"
            "first: gdn,64,mbh,none,fp16,1,0,0,0,1,1\n"
            "second: gdn,64,mbh,none,fp16,1,0,0,0,2,2\n"
            "second: gdn,64,mbh after gram,none,fp16,1,0,0,0,4,4\n");
  const std::string text = cross_table_text(cross_table(groups, {}), TableFormat::text);
  EXPECT_NE(text.find("  n  first: gdn       second: gdn\n"), std::string::npos) << text;
  EXPECT_NE(text.find("mbh after gram / fp16  64  -"), std::string::npos) << text;
}

TEST(CrossTable, the_three_formats) {
  const MadeGroups groups({trial("mch", "gdn", 64, 1.5e-3), trial("mch", "gdn", 64, 1.5e-3),
                           trial("mch", "gdn", 64, {}), trial("mbh", "gdn", 64, 0)},
                          "strict_lower");
  const CrossTable table = cross_table(groups, {});
  EXPECT_EQ(cross_table_text(table, TableFormat::text),
            "strict_lower: ||E||_F / ||X||_F, both over the strictly lower triangle; median / worst over the\n"
            "trials; nf k/n: k of n are not finite, which counts as infinitely wrong\n"
            "setting      n  gdn\n"
            "mch / fp16  64  1.5e-3 / inf, nf 1/3\n"
            "mbh / fp16  64  0 / 0\n");
  EXPECT_EQ(cross_table_text(table, TableFormat::markdown),
            "strict\\_lower: \\|\\|E\\|\\|\\_F / \\|\\|X\\|\\|\\_F, both over the strictly lower triangle; "
            "median / worst "
            "over the trials; nf k/n: k of n are not finite, which counts as infinitely wrong\n\n"
            "| setting | n | gdn |\n|---|---:|---|\n"
            "| mch / fp16 | 64 | 1.5e-3 / inf, nf 1/3 |\n| mbh / fp16 | 64 | 0 / 0 |\n");
  EXPECT_EQ(cross_table_text(table, TableFormat::csv),
            "input,n,method,kernel,arithmetic,trials,nonfinite_trials,failed_trials,trivial_trials,strict_lower_median,"
            "strict_lower_max\n"
            "gdn,64,mch,none,fp16,3,1,0,0,0.0015,inf\n"
            "gdn,64,mbh,none,fp16,1,0,0,0,0,0\n");
  const Json rows = Json::parse(cross_table_text(table, TableFormat::json));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["strict_lower_median"], 1.5e-3);
  EXPECT_EQ(rows[1]["method"], "mbh");
}

TEST(CrossTable, of_one_input_at_several_sizes_has_the_sizes_as_columns) {
  const MadeGroups groups({trial("mch", "gdn", 16, 1e-3), trial("mbh", "gdn", 16, 3e-4), trial("mch", "gdn", 64, 2e-3)},
                          "strict_lower");
  const CrossTable table = cross_table(groups, {});
  EXPECT_EQ(cross_table_text(table, TableFormat::text),
            "strict_lower on gdn: ||E||_F / ||X||_F, both over the strictly lower triangle; median / worst over\n"
            "the trials; nf k/n: k of n are not finite, which counts as infinitely wrong\n"
            "setting     n = 16           n = 64\n"
            "mch / fp16  1.0e-3 / 1.0e-3  2.0e-3 / 2.0e-3\n"
            "mbh / fp16  3.0e-4 / 3.0e-4  -\n");
  EXPECT_NE(cross_table_text(table, TableFormat::markdown)
                .find("| setting | n = 16 | n = 64 |\n|---|---|---|\n| mch / fp16 | 1.0e-3 / 1.0e-3 | 2.0e-3 / "),
            std::string::npos);
  EXPECT_NE(cross_table_text(table, TableFormat::csv).find("gdn,64,mch,none,fp16,1,0,0,0,0.002,0.002\n"),
            std::string::npos);
}

TEST(CrossTable, a_setting_without_finite_trials_shows_its_counts_alone) {
  Json failed = trial("mxr", "gdn", 48, {}, "snr_db");
  failed["status"] = "failed";
  const MadeGroups groups({trial("mch", "gdn", 48, {}, "snr_db"), failed}, "snr_db");
  const CrossTable table = cross_table(groups, {});
  const std::string text = cross_table_text(table, TableFormat::text);
  EXPECT_NE(text.find("mch / fp16  48  nf 1/1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("mxr / fp16  48  failed 1/1\n"), std::string::npos) << text;
  EXPECT_NE(cross_table_text(table, TableFormat::csv).find("gdn,48,mch,none,fp16,1,1,0,0,-inf,-inf,-inf\n"),
            std::string::npos);
}

TEST(CrossTable, an_unknown_format_is_refused_with_the_nearest) {
  EXPECT_EQ(table_format_of("markdown", "--format"), TableFormat::markdown);
  try {
    table_format_of("markdwn", "--format");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'markdown'?"), std::string::npos) << error.what();
  }
}

}  // namespace tristab::cross_table_test
