#include "tristab/sweep/field.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tristab/base/json.h"
#include "tristab/sweep/config.h"
#include "tristab/sweep/quantity.h"

namespace tristab::field_test {

std::vector<std::string> names_of(const std::vector<const Field*>& fields) {
  std::vector<std::string> names;
  for (const Field* field : fields) names.push_back(field->name());
  return names;
}

TEST(Field, names_are_unique_and_found) {
  std::set<std::string> names;
  for (const Field& field : record_fields()) {
    EXPECT_TRUE(names.insert(field.name()).second) << field.name();
    EXPECT_EQ(find_field(field.name()), &field);
    EXPECT_FALSE(field.info.formula.empty()) << field.name();  // what it is
    EXPECT_EQ(field.number == nullptr, field.other != nullptr) << field.name();
  }
  EXPECT_EQ(find_field("frobenious"), nullptr);
}

TEST(Field, every_number_says_what_it_shows_and_hides) {
  for (const Field& field : record_fields()) {
    if (!field.is_number()) continue;
    const NumberInfo& info = field.info;
    for (const std::string_view part : {info.range, info.shows, info.hides, info.undefined, info.source})
      EXPECT_FALSE(part.empty()) << field.name();
    EXPECT_EQ(field.kind, info.is_count ? Field::Kind::integer : Field::Kind::real) << field.name();
    EXPECT_TRUE(field.nullable) << field.name();  // a failed case has none
  }
}

TEST(Field, every_metric_is_one) {
  for (const MetricInfo& info : metrics()) {
    const Field* field = find_field(info.name);
    ASSERT_NE(field, nullptr) << info.name;
    Record record;
    record.metrics.set(info.metric, 0.5);
    EXPECT_EQ(field->number({}, record).value, 0.5) << info.name;
    record.metrics.set_undefined(info.metric, Undefined::zero_over_zero);
    EXPECT_EQ(field->number({}, record).undefined, Undefined::zero_over_zero) << info.name;
  }
}

// Metrics but counts, and the errors and growths beside them.
TEST(Field, distributions_are_of_errors_and_growths) {
  const std::set<std::string> parts{"error_forming", "error_truncation", "error_rounding", "error_output"};
  std::set<std::string> expected{"total_frobenius", "requirement_share", "error_formation", "growth", "dead_growth"};
  expected.insert(parts.begin(), parts.end());
  for (const MetricInfo& info : metrics()) {
    if (!info.is_count) expected.insert(info.name);
  }
  const std::vector<std::string> found = names_of(distributed_fields());
  EXPECT_EQ(std::set<std::string>(found.begin(), found.end()), expected);
  EXPECT_EQ(found.size(), expected.size());
  std::set<std::string> of_all;
  for (const Field* field : distributed_fields()) {
    if (field->info.aggregate == Aggregate::all_trials) of_all.insert(field->name());
  }
  std::set<std::string> explaining{"error_formation", "growth", "dead_growth"};
  explaining.insert(parts.begin(), parts.end());
  EXPECT_EQ(of_all, explaining);
}

TEST(Field, costs_are_the_largest_and_events_are_added) {
  std::set<std::string> largest, sums;
  for (const Field* field : counted_fields())
    (field->info.aggregate == Aggregate::sum ? sums : largest).insert(field->name());
  EXPECT_EQ(sums, (std::set<std::string>{"overflows", "dead_overflows", "underflows", "saturations"}));
  EXPECT_EQ(largest, (std::set<std::string>{"matmuls", "matmul_flops", "vector_flops", "depth", "vector_depth",
                                            "vector_steps", "workspace_bytes"}));
}

class FieldOfRecord : public ::testing::Test {
 protected:
  FieldOfRecord() {
    matrix.input = {&scenario, &scenario.families.front().spec, 64};
    matrix.trial = 3;
    record.setting = scenario.settings(64).front();
  }
  Cell cell(const char* name) const { return find_field(name)->cell(matrix, record); }
  bool is_null(const char* name) const { return std::holds_alternative<std::monostate>(cell(name)); }
  std::string text(const char* name) const { return std::string(std::get<std::string_view>(cell(name))); }
  std::int64_t whole(const char* name) const { return std::get<std::int64_t>(cell(name)); }
  Json json(const char* name) const {
    const Cell found = cell(name);
    const auto* shared = std::get_if<JsonText>(&found);
    return Json::parse(shared != nullptr ? shared->text : std::get<OwnJsonText>(found).text);
  }

  const SweepConfig config = make_config(Json{{"families", {"uniform:scale=0.1"}},
                                              {"methods", {"mxr:block=8"}},
                                              {"arithmetics", {"fp16:fma=true"}},
                                              {"formations", {"gram:product=bf16-h100", "exact"}}},
                                         {}, "test", "", "test");
  const Scenario& scenario = config.scenarios.front();
  MatrixResult matrix;
  Record record;
};

TEST_F(FieldOfRecord, names_the_input_and_the_setting) {
  EXPECT_EQ(text("family"), "uniform");
  EXPECT_EQ(text("family_label"), "uniform:scale=0.1");
  EXPECT_EQ(json("family_params")["scale"], 0.1);
  EXPECT_EQ(whole("n"), 64);
  EXPECT_EQ(whole("trial"), 3);
  EXPECT_EQ(text("method"), "mxr");
  EXPECT_EQ(text("method_label"), "mxr:block=8");
  EXPECT_EQ(json("method_params")["block"], 8);
  EXPECT_EQ(text("arithmetic"), "fp16");
  EXPECT_EQ(text("arithmetic_label"), "fp16:fma=true");
  EXPECT_EQ(text("formation"), "gram:product=bf16-h100");
  EXPECT_TRUE(is_null("kernel"));
  record.setting = scenario.settings(64)[1];
  EXPECT_TRUE(is_null("formation"));
}

TEST_F(FieldOfRecord, a_number_without_a_value_is_null_and_says_why) {
  record.metrics.set(Metric::frobenius, 0.5);
  record.metrics.set_undefined(Metric::snr_db, Undefined::exact_result);
  record.metrics.set(Metric::nonfinite, 5);
  record.growth = Undefined::lost_input;
  EXPECT_EQ(std::get<double>(cell("frobenius")), 0.5);
  EXPECT_EQ(whole("nonfinite"), 5);
  EXPECT_TRUE(is_null("snr_db"));
  EXPECT_TRUE(is_null("growth"));
  EXPECT_EQ(json("undefined"),
            (Json{{"snr_db", "infinite: the result is exact"}, {"growth", "the input overflows its format"}}));
}

TEST_F(FieldOfRecord, a_failed_case_has_a_message_and_no_numbers) {
  record.status = Status::failed;
  record.message = "why";
  record.metrics.set(Metric::frobenius, 0.5);
  for (const Field& field : record_fields()) {
    if (!field.is_number()) continue;
    EXPECT_EQ(field.number(matrix, record).undefined, Undefined::no_answer) << field.name();
    EXPECT_TRUE(std::holds_alternative<std::monostate>(field.cell(matrix, record))) << field.name();
  }
  EXPECT_EQ(text("message"), "why");
  EXPECT_EQ(text("status"), "failed");
  EXPECT_TRUE(is_null("fit"));
  EXPECT_EQ(json("undefined"), Json::object());
}

TEST_F(FieldOfRecord, choices_are_all_that_a_text_can_be) {
  const std::vector<std::string>& status = find_field("status")->choices;
  EXPECT_EQ(status, (std::vector<std::string>{"ok", "nonfinite", "failed"}));
  EXPECT_EQ(find_field("fit")->choices, (std::vector<std::string>{"fit", "unfit", "nonfinite", "trivial"}));
  EXPECT_EQ(find_field("for_format")->choices,
            (std::vector<std::string>{"normal", "high", "excessive", "nonfinite", "trivial"}));
  record.fit = Fit::unfit;
  record.for_format = ForFormat::high;
  EXPECT_EQ(text("fit"), "unfit");
  EXPECT_EQ(text("for_format"), "high");
}

// Everything that an expectation compared before, and more.
TEST(Quantity, are_the_numbers_of_records_and_matrices) {
  std::set<std::string> names;
  for (const Quantity& quantity : quantities()) EXPECT_TRUE(names.insert(quantity.name).second) << quantity.name;
  for (const Field& field : record_fields()) EXPECT_EQ(names.contains(field.name()), field.is_number()) << field.name();
  for (const char* fact : {"cond_1", "cond_inf", "cond_2", "cond_frobenius", "cond_skeel", "norm_inf", "norm_2",
                           "max_abs", "inverse_max_abs", "power_max"})
    EXPECT_TRUE(names.contains(std::string("matrix.") + fact)) << fact;
}

}  // namespace tristab::field_test
