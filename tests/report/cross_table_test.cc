#include "tristab/report/cross_table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

// A trial of a setting on an input; no value: a non-finite answer.
ResultRecord trial(const std::string& setting, const std::string& input, int n, std::optional<double> value) {
  ResultRecord record;
  record.family = record.family_label = record.family_key = input;
  record.n = n;
  record.method = record.method_label = record.setting_key = setting;
  record.arithmetic = record.arithmetic_label = "fp16";
  record.status = value ? "ok" : "nonfinite";
  record.metrics = {value.value_or(std::nan(""))};
  return record;
}

ResultRecord kernel_trial(const std::string& label, const std::string& input, int n, double value) {
  ResultRecord record = trial("mbh", input, n, value);
  record.kernel = record.method_label = record.setting_key = label;
  record.arithmetic = record.arithmetic_label = "recipe";
  return record;
}

std::vector<std::string> row_names(const CrossTable& table) {
  std::vector<std::string> names;
  for (const CrossRow& row : table.rows) names.push_back(row.method + " " + std::to_string(row.n));
  return names;
}

using Names = std::vector<std::string>;

TEST(CrossTable, a_cell_holds_the_median_and_the_worst_of_the_finite_trials_and_counts_the_others) {
  const CrossTable table = cross_table({trial("mch", "gdn", 64, 3), trial("mch", "gdn", 64, {}),
                                        trial("mch", "gdn", 64, 1), trial("mch", "gdn", 64, 8)},
                                       {}, {"strict_lower"});
  ASSERT_EQ(table.rows.size(), 1u);
  const CrossCell& cell = table.rows[0].cells[0];
  EXPECT_EQ(cell.trials, 4);
  EXPECT_EQ(cell.nonfinite_trials, 1);
  EXPECT_EQ(cell.metrics[0].median, 3);
  EXPECT_EQ(cell.metrics[0].worst, 8);
  EXPECT_TRUE(std::isnan(cell.metrics[0].mean));
}

TEST(CrossTable, decibels_have_a_mean_of_the_finite_values_and_a_smallest_value) {
  const CrossTable table = cross_table(
      {trial("mch", "gdn", 64, 10), trial("mch", "gdn", 64, -40), trial("mch", "gdn", 64, HUGE_VAL)}, {},
      {"snr_db"});
  const CrossStatistics& snr = table.rows[0].cells[0].metrics[0];
  EXPECT_EQ(snr.mean, -15);
  EXPECT_EQ(snr.worst, -40);
  EXPECT_EQ(snr.exact_trials, 1);
  EXPECT_NE(cross_table_text(table, TableFormat::text).find("-15.0 / -40.0, exact 1/3"), std::string::npos);
}

TEST(CrossTable, rows_are_ordered_by_size_then_as_they_come_and_cells_without_trials_stay_empty) {
  const CrossTable table = cross_table(
      {trial("b", "x", 32, 1), trial("a", "x", 32, 1), trial("c", "y", 16, 2)}, {}, {"strict_lower"});
  EXPECT_EQ(row_names(table), (Names{"c 16", "b 32", "a 32"}));
  ASSERT_EQ(table.inputs.size(), 2u);
  EXPECT_EQ(table.rows[0].cells[0].trials, 0);
  EXPECT_EQ(table.rows[0].cells[1].trials, 1);
  EXPECT_NE(cross_table_text(table, TableFormat::markdown).find("| c / fp16 | 16 | - | 2.0e+0 / 2.0e+0 |\n"),
            std::string::npos);
}

TEST(CrossTable, a_selection_orders_rows_and_inputs) {
  const std::vector<ResultRecord> records{
      kernel_trial("a", "x", 16, 1), kernel_trial("b:io=fp16", "x", 16, 1),
      kernel_trial("b:io=fp16", "x", 32, 1), kernel_trial("a", "y", 16, 1)};
  RankingSelection selection;
  selection.kernels = {"b", "a"};
  selection.families = {"y", "x"};
  const CrossTable table = cross_table(records, selection, {"strict_lower"});
  EXPECT_EQ(row_names(table), (Names{"b:io=fp16 16", "b:io=fp16 32", "a 16"}));
  ASSERT_EQ(table.inputs.size(), 2u);
  EXPECT_EQ(table.inputs[0].name, "y");
  EXPECT_EQ(table.rows[0].cells[0].trials, 0);  // b was not run on y
  EXPECT_EQ(table.rows[0].cells[1].trials, 1);
}

TEST(CrossTable, layers_of_one_name_in_two_files_keep_their_labels) {
  ResultRecord first = trial("mbh", "file", 64, 1), second = first;
  first.family_label = "file:path=a/m.npy";
  first.family_key = R"(file{"path": "a/m.npy"})";
  second.family_label = "file:path=b/m.npy";
  second.family_key = R"(file{"path": "b/m.npy"})";
  EXPECT_EQ(cross_table({first}, {}, {"strict_lower"}).inputs[0].name, "m");
  const CrossTable table = cross_table({first, second}, {}, {"strict_lower"});
  EXPECT_EQ(table.inputs[0].name, "file:path=a/m.npy");
  EXPECT_EQ(table.inputs[1].name, "file:path=b/m.npy");
}

TEST(CrossTable, the_three_formats) {
  const CrossTable table = cross_table({trial("mch", "gdn", 64, 1.5e-3), trial("mch", "gdn", 64, 1.5e-3),
                                        trial("mch", "gdn", 64, {}), trial("mbh", "gdn", 64, 0)},
                                       {}, {"strict_lower"});
  EXPECT_EQ(
      cross_table_text(table, TableFormat::text),
      "strict_lower: ||E||_F / ||X||_F, both over the strictly lower triangle; median / worst over the\n"
      "finite trials; nf k/n: k of n trials gave infinities or NaN\n"
      "setting      n  gdn\n"
      "mch / fp16  64  1.5e-3 / 1.5e-3, nf 1/3\n"
      "mbh / fp16  64  0 / 0\n");
  EXPECT_EQ(cross_table_text(table, TableFormat::markdown),
            "strict\\_lower: \\|\\|E\\|\\|\\_F / \\|\\|X\\|\\|\\_F, both over the strictly lower triangle; "
            "median / worst "
            "over the finite trials; nf k/n: k of n trials gave infinities or NaN\n\n"
            "| setting | n | gdn |\n|---|---:|---|\n"
            "| mch / fp16 | 64 | 1.5e-3 / 1.5e-3, nf 1/3 |\n| mbh / fp16 | 64 | 0 / 0 |\n");
  EXPECT_EQ(cross_table_text(table, TableFormat::csv),
            "input,n,method,kernel,arithmetic,trials,nonfinite_trials,failed_trials,strict_lower_median,"
            "strict_lower_max\n"
            "gdn,64,mch,none,fp16,3,1,0,0.0015,0.0015\n"
            "gdn,64,mbh,none,fp16,1,0,0,0,0\n");
}

TEST(CrossTable, of_one_input_at_several_sizes_has_the_sizes_as_columns) {
  const CrossTable table = cross_table(
      {trial("mch", "gdn", 16, {1e-3}), trial("mbh", "gdn", 16, {3e-4}), trial("mch", "gdn", 64, {2e-3})}, {},
      {"strict_lower"});
  EXPECT_EQ(
      cross_table_text(table, TableFormat::text),
      "strict_lower on gdn: ||E||_F / ||X||_F, both over the strictly lower triangle; median / worst over\n"
      "the finite trials; nf k/n: k of n trials gave infinities or NaN\n"
      "setting     n = 16           n = 64\n"
      "mch / fp16  1.0e-3 / 1.0e-3  2.0e-3 / 2.0e-3\n"
      "mbh / fp16  3.0e-4 / 3.0e-4  -\n");
  EXPECT_NE(
      cross_table_text(table, TableFormat::markdown)
          .find("| setting | n = 16 | n = 64 |\n|---|---|---|\n| mch / fp16 | 1.0e-3 / 1.0e-3 | 2.0e-3 / "),
      std::string::npos);
  EXPECT_NE(cross_table_text(table, TableFormat::csv).find("gdn,64,mch,none,fp16,1,0,0,0.002,0.002\n"),
            std::string::npos);
}

TEST(CrossTable, a_setting_without_finite_trials_shows_its_counts_alone) {
  ResultRecord failed = trial("mxr", "gdn", 48, {});
  failed.status = "failed";
  const CrossTable table = cross_table({trial("mch", "gdn", 48, {}), failed}, {}, {"snr_db"});
  const std::string text = cross_table_text(table, TableFormat::text);
  EXPECT_NE(text.find("mch / fp16  48  nf 1/1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("mxr / fp16  48  failed 1/1\n"), std::string::npos) << text;
  EXPECT_NE(cross_table_text(table, TableFormat::csv).find("gdn,48,mch,none,fp16,1,1,0,,,\n"),
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

}  // namespace
}  // namespace tristab
