// Whatever shows the statistics of a sweep, of records and of layers, shows the same ones: the summary of its file,
// groups made from the file and in memory, cross tables, the page, the data for gnuplot, rankings and the closing
// lines.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "made_records.h"
#include "small_sweep.h"
#include "tristab/base/json.h"
#include "tristab/report/closing_summary.h"
#include "tristab/report/compared_result.h"
#include "tristab/report/cross_table.h"
#include "tristab/report/export_gnuplot.h"
#include "tristab/report/export_table.h"
#include "tristab/report/html_data.h"
#include "tristab/report/ranking.h"
#include "tristab/report/table.h"

namespace tristab::agreement_test {

const std::vector<std::string> compared{"frobenius", "growth"};

// Every number that is read back: those of rankings, and growth.
std::vector<const Field*> fields() {
  std::vector<const Field*> all = ranking_fields();
  all.push_back(find_field("growth"));
  return all;
}

// Writes the file, and keeps what a sweep shows on the way.
class KeptSweep : public ResultSink {
 public:
  explicit KeptSweep(ResultSink& file) : file_(file) {}
  SerializedRecords render(const MatrixResult& result) const override { return file_.render(result); }
  void accept(const MatrixResult& result, SerializedRecords rendered) override {
    groups.add(result);
    file_.accept(result, std::move(rendered));
  }
  std::string render_layer(const LayerResult& result) const override { return file_.render_layer(result); }
  void accept_layer(const LayerResult& result, std::string rendered) override {
    layers.add(result);
    file_.accept_layer(result, std::move(rendered));
  }
  void finish(const SweepReport& done) override {
    report = done;
    file_.finish(done);
  }

  CaseGroups groups{fields()};
  LayerTable layers;
  SweepReport report;

 private:
  ResultSink& file_;
};

// Median and worst value of the trials that count; NaN where none does.
struct Shown {
  double median = std::nan(""), worst = std::nan("");
};

bool equal(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

bool operator==(const Shown& a, const Shown& b) { return equal(a.median, b.median) && equal(a.worst, b.worst); }

std::ostream& operator<<(std::ostream& stream, const Shown& s) {
  return stream << fmt::format("median {}, worst {}", s.median, s.worst);
}

// From the values alone.
Shown shown(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {median, values.back()};
}

// A number of JSON, CSV or a table for gnuplot; NaN where it is null, empty or "NaN"; infinite where a page has "inf".
double number_of(const Json& value) {
  if (value == "inf") return HUGE_VAL;
  return value.is_null() ? std::nan("") : value.get<double>();
}
double number_of(const std::string& text) { return text.empty() ? std::nan("") : std::stod(text); }

// The fields of a line up to its end.
std::vector<std::string> cells_of(const std::string& text, std::size_t begin, char separator) {
  std::istringstream line(text.substr(begin, text.find('\n', begin) - begin));
  std::vector<std::string> cells;
  for (std::string cell; std::getline(line, cell, separator);) cells.push_back(cell);
  return cells;
}

// Data for gnuplot have no number where it is infinite.
Shown without_infinities(const Shown& s) {
  const auto finite = [](double x) { return std::isinf(x) ? std::nan("") : x; };
  return {finite(s.median), finite(s.worst)};
}

// Four significant digits, as the page has them.
Shown rounded(const Shown& s) {
  return {std::stod(fmt::format("{:.4g}", s.median)), std::stod(fmt::format("{:.4g}", s.worst))};
}

// One sweep of three inputs and two settings, some of whose trials overflow, and all that is made of it.
class Agreement : public testing::Test {
 protected:
  Agreement() {
    run_sweep(config_, plan_, {2, nullptr, {}}, kept_);
    document_ = Json::parse(read_text(path_));
    head_ = visit_result(path_, {"matrices", "records"},
                         [&](const std::string& section, const Json& object, const std::string& place) {
                           file_.add(section, object, place);
                           page_.add(section, object, place);
                         });
  }

  // The values of a field over the records of a row of the summary. An error of a result that is not finite is
  // infinite.
  std::vector<double> values(const Json& row, const std::string& field, bool growth) const {
    std::vector<double> found;
    for (const Json& record : document_["records"]) {
      const bool same = record["family_label"] == row["family_label"] && record["n"] == row["n"] &&
                        record["method"] == row["method"] && record["arithmetic"] == row["arithmetic"];
      if (!same) continue;
      if (!growth && record["status"] == "nonfinite") found.push_back(HUGE_VAL);
      if (!record[field].is_null()) found.push_back(record[field].get<double>());
    }
    return found;
  }

  Shown expected(const Json& row, const std::string& field) const {
    return shown(values(row, field, field == "growth"));
  }

  // Compares what something shows of every row and field with the records.
  template <class Of>
  void expect_all(Of of, bool in_four_digits = false) const {
    for (std::size_t k = 0; k < document_["summary"].size(); ++k) {
      const Json& row = document_["summary"][k];
      for (const std::string& field : compared) {
        const Shown truth = expected(row, field);
        EXPECT_EQ(of(k, row, field), in_four_digits ? rounded(truth) : truth)
            << row["family_label"] << " " << row["method"] << " " << field;
      }
    }
  }

  const SweepConfig config_ =
      make_config(Json{{"chunks", {64}},
                       {"trials", 15},
                       {"families",
                        {Json{{"family", "uniform"}, {"scale", 0.5}}, Json{{"family", "uniform"}, {"scale", 0.565}},
                         Json{{"family", "uniform"}, {"scale", 0.62}}}},
                       {"methods", {"neumann", "mbh"}},
                       {"arithmetics", {"fp16"}}},
                  {}, "test", "", "agreement");
  const Plan plan_ = make_plan(config_);
  const TemporaryDirectory directory_;
  const std::string path_ = directory_ / "r.json";
  const std::unique_ptr<ResultSink> writer_ =
      make_result_writer(ResultFormat::json, path_, small_header(config_, plan_));
  KeptSweep kept_{*writer_};
  CaseGroups file_{fields()};
  Json document_;
  ResultHead head_;
  HtmlData page_;
};

// Without them the other tests would show nothing: groups of which some trials are lost and others not, in
// which errors over all trials differ from those over the survivors.
TEST_F(Agreement, the_sweep_has_groups_that_lost_some_of_their_trials) {
  ASSERT_EQ(document_["summary"].size(), 6u);
  int mixed = 0, different = 0;
  for (const Json& row : document_["summary"]) {
    EXPECT_EQ(values(row, "growth", true).size(), 15u) << row["family_label"] << row["method"];
    const std::vector<double> errors = values(row, "frobenius", false), finite = values(row, "frobenius", true);
    EXPECT_EQ(errors.size(), 15u);
    if (finite.empty() || finite.size() == errors.size()) continue;
    ++mixed;
    different += shown(errors) != shown(finite);
  }
  EXPECT_GT(mixed, 0);
  EXPECT_EQ(different, mixed);
}

TEST_F(Agreement, the_summary_of_the_file) {
  expect_all([](std::size_t, const Json& row, const std::string& field) {
    const auto of = [&](const std::string& name) {
      return row["undefined"].value(name, "") == "infinite" ? HUGE_VAL : number_of(row[name]);
    };
    return Shown{of(field + "_median"), of(field + "_max")};
  });
}

TEST_F(Agreement, the_summary_in_memory) {
  ASSERT_EQ(kept_.report.summary.size(), document_["summary"].size());
  expect_all([&](std::size_t k, const Json&, const std::string& field) {
    const SummaryRow row = kept_.report.summary[k];
    const Distribution& found = row.distribution(field);
    return Shown{found.median, found.worst};
  });
}

TEST_F(Agreement, groups_read_from_the_file_and_groups_made_in_memory) {
  for (const CaseGroups* groups : {&file_, &kept_.groups}) {
    ASSERT_EQ(groups->groups().size(), document_["summary"].size());
    expect_all([&](std::size_t k, const Json& row, const std::string& field) {
      const CaseGroup& group = groups->groups()[k];
      EXPECT_EQ(groups->input_of(group).label, row["family_label"]);
      EXPECT_EQ(groups->setting_of(group).method_label, row["method_label"]);
      EXPECT_EQ(group.statistics.trials, row["trials"]);
      EXPECT_EQ(group.statistics.nonfinite, row["nonfinite_trials"]);
      const Distribution found = groups->distribution(group, groups->position(field));
      return Shown{found.median, found.worst};
    });
  }
}

TEST_F(Agreement, the_cross_tables_csv) {
  for (const std::string& name : compared) {
    CaseGroups groups({find_field(name)});
    visit_result(path_, {"records"}, [&](const std::string& section, const Json& object, const std::string& place) {
      groups.add(section, object, place);
    });
    const std::string csv = cross_table_text(cross_table(groups, {}), TableFormat::csv);
    for (const Json& row : document_["summary"]) {
      const std::string begin = fmt::format("\n{},64,{},none,fp16,15,{},0,", row["family_label"].get<std::string>(),
                                            row["method_label"].get<std::string>(), row["nonfinite_trials"].get<int>());
      const std::size_t at = csv.find(begin);
      ASSERT_NE(at, std::string::npos) << begin << " is not in:\n" << csv;
      std::vector<std::string> cells = cells_of(csv, at + begin.size(), ',');
      cells.resize(3);           // an empty last field is none
      EXPECT_EQ(cells[0], "0");  // trivial trials
      EXPECT_EQ((Shown{number_of(cells[1]), number_of(cells[2])}), expected(row, name)) << begin << name;
    }
  }
}

TEST_F(Agreement, the_data_of_the_page) {
  const Json page = Json::parse(page_.text(head_, {.cases = 1000, .groups = 1000}));
  expect_all(
      [&](std::size_t k, const Json& row, const std::string& field) {
        const Json& groups = page["groups"];
        EXPECT_EQ(page["families"][groups["f"][k].get<std::size_t>()], row["family_label"]);
        EXPECT_EQ(page["settings"][groups["s"][k].get<std::size_t>()][0], row["method_label"]);
        EXPECT_EQ(groups["nonfinite"][k], row["nonfinite_trials"]);
        return Shown{number_of(groups[field]["median"][k]), number_of(groups[field]["worst"][k])};
      },
      true);
}

TEST_F(Agreement, a_page_of_too_many_groups_shows_some_inputs) {
  const Json whole = Json::parse(page_.text(head_, {.cases = 1000, .groups = 1000})), &all = whole["groups"];
  const Json part = Json::parse(page_.text(head_, {.cases = 1000, .groups = all["f"].size() - 1})),
             &groups = part["groups"];
  const std::size_t inputs = part["families"].size();
  EXPECT_EQ(inputs, (whole["families"].size() + 1) / 2);
  EXPECT_EQ(part["inputs"], whole["families"].size());
  EXPECT_FALSE(whole.contains("inputs"));
  const std::size_t matrices = part["matrices"]["f"].size();
  EXPECT_LT(matrices, whole["matrices"]["f"].size());
  std::size_t found = 0;
  for (std::size_t k = 0; k < all["f"].size(); ++k) {
    if (all["f"][k].get<std::size_t>() % 2 != 0) continue;  // every second input
    ASSERT_LT(found, groups["f"].size());
    EXPECT_EQ(part["families"][groups["f"][found].get<std::size_t>()],
              whole["families"][all["f"][k].get<std::size_t>()]);
    EXPECT_EQ(groups["total_frobenius"]["median"][found], all["total_frobenius"]["median"][k]);
    for (const Json& matrix : part["cases"]["matrix"][found]) {
      ASSERT_LT(matrix.get<std::size_t>(), matrices);
      EXPECT_EQ(part["matrices"]["f"][matrix.get<std::size_t>()], groups["f"][found]);
    }
    ++found;
  }
  EXPECT_EQ(found, groups["f"].size());
}

TEST_F(Agreement, the_data_for_gnuplot) {
  export_gnuplot(path_, directory_ / "plots");
  const std::string data = read_text(directory_ / "plots/errors.dat");
  for (const Json& row : document_["summary"]) {
    const std::string begin = fmt::format("# {}; fp16; {}\n64 ", row["family_label"].get<std::string>(),
                                          row["method_label"].get<std::string>());
    const std::size_t at = data.find(begin);
    ASSERT_NE(at, std::string::npos) << begin << " is not in:\n" << data;
    const std::vector<std::string> cells = cells_of(data, at + begin.size(), ' ');
    ASSERT_EQ(cells.size(), 6u) << begin;
    EXPECT_EQ((Shown{number_of(cells[0]), number_of(cells[1])}), without_infinities(expected(row, ranked_field)))
        << begin;
    EXPECT_EQ(std::stoi(cells[2]), row["trials"].get<int>() - row["trivial"].get<int>());
    EXPECT_EQ(std::stoi(cells[3]), row["nonfinite_trials"]);
    EXPECT_EQ(std::stoi(cells[4]), std::isinf(expected(row, ranked_field).median));
  }
}

// The line of the closing summary that names the largest error, as the rankings have it: none of them has a
// larger one of the quantity that it ranks by.
std::string worst_line(const CaseGroups& groups) {
  std::string line;
  double largest = 0;
  for (const Ranking& ranking : rank_settings(groups, {})) {
    for (const RankedSetting& setting : ranking.settings) {
      if (!(setting.error.worst > largest)) continue;
      largest = setting.error.worst;
      const CaseInput& input = *ranking.input;
      line = fmt::format("\nworst     {} {}: {} {} on {}{} n={}", ranking.field,
                         std::isinf(largest) ? "not finite" : short_number(largest), setting.setting->method_label,
                         setting.setting->arithmetic_label, input.scenario.empty() ? "" : input.scenario + ": ",
                         input.label, ranking.n);
    }
  }
  return line;
}

TEST_F(Agreement, the_worst_of_the_closing_lines_is_that_of_the_ranking) {
  const std::string lines = closing_summary(kept_.report, {}, path_, ResultFormat::json, {});
  const std::string expected = worst_line(file_);
  EXPECT_NE(expected.find("worst     total_frobenius not finite"), std::string::npos) << expected;
  EXPECT_NE(lines.find(expected), std::string::npos) << expected << "\n" << lines;
}

// One scenario of one arithmetic, and one of two: both are ranked by the total error.
TEST(AgreementOfScenarios, the_worst_of_the_closing_lines_is_that_of_the_ranking) {
  for (const double scale : {0.5, 0.9}) {
    const Json one{{"name", "one"},
                   {"families", {Json{{"family", "uniform"}, {"scale", scale}}}},
                   {"methods", {"mch"}},
                   {"arithmetics", {"bf16"}}};
    const Json two{{"name", "two"},
                   {"families", {Json{{"family", "uniform"}, {"scale", 0.7}}}},
                   {"methods", {"mch"}},
                   {"arithmetics", {"bf16", "fp32"}}};
    const SweepConfig config =
        make_config(Json{{"chunks", {32}}, {"trials", 3}, {"scenarios", {one, two}}}, {}, "test", "", "agreement");
    const Plan plan = make_plan(config);
    const TemporaryDirectory directory;
    const std::unique_ptr<ResultSink> writer =
        make_result_writer(ResultFormat::json, directory / "r.json", small_header(config, plan));
    KeptSweep kept(*writer);
    run_sweep(config, plan, {2, nullptr, {}}, kept);
    const std::string lines = closing_summary(kept.report, {}, "r.json", ResultFormat::json, {});
    const std::string expected = worst_line(kept.groups);
    EXPECT_NE(expected.find("worst     total_frobenius "), std::string::npos) << expected;
    EXPECT_NE(lines.find(expected), std::string::npos) << expected << "\n" << lines;
  }
}

// What became of the sequences of one setting on one input, and the errors of their outputs.
struct LayerOutcome {
  int trials = 0, nonfinite = 0, failed = 0, fit = 0, unfit = 0;
  Shown o;

  bool operator==(const LayerOutcome&) const = default;
};

std::ostream& operator<<(std::ostream& stream, const LayerOutcome& s) {
  return stream << fmt::format("{} trials, {} nonfinite, {} failed, {} fit, {} unfit; ", s.trials, s.nonfinite,
                               s.failed, s.fit, s.unfit)
                << s.o;
}

LayerOutcome outcome(const TrialCounts& counts, const Shown& o) {
  return {counts.trials, counts.nonfinite, counts.failed, counts.fit, counts.unfit, o};
}

// In the order of their first layers.
std::vector<LayerOutcome> outcomes_of(const std::vector<Json>& layers) {
  std::vector<std::string> groups;
  std::vector<LayerOutcome> outcomes;
  std::vector<std::vector<double>> errors;
  for (const Json& layer : layers) {
    std::string group;
    for (const char* name : {"family_label", "n", "method_label", "arithmetic_label", "kernel", "formation"})
      group += layer[name].dump() + " ";
    const auto at = static_cast<std::size_t>(std::ranges::find(groups, group) - groups.begin());
    if (at == groups.size()) {
      groups.push_back(group);
      outcomes.emplace_back();
      errors.emplace_back();
    }
    ++outcomes[at].trials;
    outcomes[at].nonfinite += layer["status"] == "nonfinite";
    outcomes[at].failed += layer["status"] == "failed";
    outcomes[at].fit += layer["fit"] == "fit";
    outcomes[at].unfit += layer["fit"] == "unfit";
    if (layer["status"] != "failed")
      errors[at].push_back(layer["status"] == "nonfinite" ? HUGE_VAL : number_of(layer["o"]));
  }
  for (std::size_t k = 0; k < outcomes.size(); ++k) outcomes[k].o = shown(errors[k]);
  return outcomes;
}

TEST(AgreementOfLayers, the_file_the_table_the_closing_lines_the_page_a_comparison_and_an_export) {
  const SweepConfig config = layered_config();
  const Plan plan = make_plan(config);
  const TemporaryDirectory directory;
  const std::string path = directory / "r.json", exported = directory / "layers.ndjson";
  const std::unique_ptr<ResultSink> writer = make_result_writer(ResultFormat::json, path, small_header(config, plan));
  KeptSweep kept(*writer);
  run_sweep(config, plan, {2, nullptr, {}}, kept);
  const std::vector<Json> layers = Json::parse(read_text(path))["layers"];
  const std::vector<LayerOutcome> outcomes = outcomes_of(layers);
  LayerOutcome sum;
  for (const LayerOutcome& each : outcomes) {
    sum.trials += each.trials;
    sum.nonfinite += each.nonfinite;
    sum.failed += each.failed;
  }
  EXPECT_GT(sum.nonfinite, 0);
  EXPECT_GT(sum.failed, 0);

  ASSERT_EQ(kept.layers.rows().size(), outcomes.size());
  const std::string lines = closing_summary(kept.report, kept.layers, path, ResultFormat::json, {});
  EXPECT_NE(lines.find(fmt::format("\nlayers    {} results of ", sum.trials)), std::string::npos) << lines;
  EXPECT_NE(lines.find(fmt::format(" {} non-finite, {} without an answer; worst", sum.nonfinite, sum.failed)),
            std::string::npos)
      << lines;

  HtmlData data;
  const ResultHead head =
      visit_result(path, {"layers"}, [&](const std::string& section, const Json& object, const std::string& place) {
        data.add(section, object, place);
      });
  const Json page = Json::parse(data.text(head, {.cases = 1000, .groups = 1000}))["layers"];
  ASSERT_EQ(page.size(), outcomes.size());

  const ComparedResult comparison(path, fields());
  const CaseGroups& groups = comparison.section(true).groups;
  ASSERT_EQ(groups.groups().size(), outcomes.size());

  export_table(path, "layers", ExportFormat::ndjson, exported);
  std::istringstream rows(read_text(exported));
  std::vector<Json> exported_layers;
  for (std::string row; std::getline(rows, row);) exported_layers.push_back(Json::parse(row));
  EXPECT_EQ(outcomes_of(exported_layers), outcomes);

  for (std::size_t k = 0; k < outcomes.size(); ++k) {
    const LayerRow& row = kept.layers.rows()[k];
    EXPECT_EQ(outcome(row, shown(row.o)), outcomes[k]) << k;
    const CaseGroup& group = groups.groups()[k];
    const Distribution o = groups.distribution(group, groups.position(shown_layer_field));
    EXPECT_EQ(outcome(group.statistics, {o.median, o.worst}), outcomes[k]) << k;
    TrialCounts of_page;
    for (const TrialCount& count : trial_counts()) {
      if (count.page_name != nullptr) of_page.*count.value = page[k].value(count.page_name, 0);
    }
    EXPECT_EQ(outcome(of_page, outcomes[k].o), outcomes[k]) << k;
    EXPECT_TRUE(equal(number_of(page[k]["worst_o"]), rounded(outcomes[k].o).worst)) << k;
  }
}

}  // namespace tristab::agreement_test
