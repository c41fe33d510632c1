#include "tristab/sweep/run.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "tristab/base/json.h"
#include "tristab/sweep/evaluate.h"

namespace tristab::run_test {

// Keeps what a run hands on.
class Collector : public ResultSink {
 public:
  SerializedRecords render(const MatrixResult& result) const override { return {result.id, ""}; }
  void accept(const MatrixResult& result, SerializedRecords rendered) override {
    EXPECT_EQ(rendered.matrix, result.id);
    results.push_back(result);
  }
  std::string render_layer(const LayerResult&) const override { return {}; }
  void accept_layer(const LayerResult&, std::string) override {}
  void finish(const SweepReport& done) override {
    report = done;
    finished = true;
  }

  std::vector<MatrixResult> results;
  SweepReport report;
  bool finished = false;
};

SweepConfig config_of(const Json& json) { return make_config(json, {}, "test", TRISTAB_TEST_DATA, "test"); }

SweepConfig small_config() {
  return config_of(Json{{"families", {"ones", "uniform", Json{{"family", "gdn"}, {"keys", "collinear"}}}},
                        {"chunks", {16, 32}},
                        {"trials", 3},
                        {"methods", {"mch", "mbh", "row-substitution"}},
                        {"arithmetics", {"fp16", "fp16-pure", "bf16", "int8"}}});
}

Collector run(const SweepConfig& config, int jobs) {
  const Plan plan = make_plan(config);
  Collector collector;
  run_sweep(config, plan, {jobs, nullptr, {}}, collector);
  EXPECT_TRUE(collector.finished);
  EXPECT_EQ(collector.report.records, plan.cases);
  EXPECT_EQ(collector.report.matrices, plan.matrices);
  return collector;
}

TEST(Run, records_come_in_case_order_with_any_number_of_threads) {
  const SweepConfig config = small_config();
  const Collector one = run(config, 1), four = run(config, 4);
  ASSERT_EQ(one.results.size(), four.results.size());
  std::set<std::string> ids;
  for (std::size_t m = 0; m < one.results.size(); ++m) {
    EXPECT_EQ(one.results[m].id, four.results[m].id);
    std::size_t k = 0;
    for (const MethodSpec& method : config.scenarios[0].methods) {
      for (const Arithmetic& arithmetic : config.scenarios[0].arithmetics) {
        const Record& a = one.results[m].records[k];
        const Record& b = four.results[m].records[k++];
        EXPECT_EQ(a.setting.method, &method);
        EXPECT_EQ(a.setting.arithmetic, &arithmetic);
        EXPECT_EQ(a.id, case_id(one.results[m].id, a.setting));
        EXPECT_EQ(a.id, b.id);
        EXPECT_TRUE(ids.insert(a.id).second) << a.id;
        for (const MetricInfo& info : metrics()) {
          const double x = a.metrics[info.metric], y = b.metrics[info.metric];
          EXPECT_TRUE(x == y || (std::isnan(x) && std::isnan(y))) << a.id << " " << info.name;
        }
      }
    }
  }
}

TEST(Run, a_reference_is_computed_once_for_a_matrix_and_an_input_forma) {
  // fp16 and fp16-pure share a rounding; int8 and fp64 take A as given, which fp64 does not round.
  const SweepConfig config = config_of(Json{{"families", {"uniform"}},
                                            {"chunks", {16}},
                                            {"trials", 5},
                                            {"methods", {"mbh", "mch", "row-substitution", "mxr"}},
                                            {"arithmetics", {"fp16", "fp16-pure", "bf16", "int8", "fp64"}}});
  const Collector collector = run(config, 2);
  EXPECT_EQ(collector.report.references, 5 * 3);  // given, fp16, bf16
  for (const MatrixResult& result : collector.results) {
    std::vector<std::string> of;
    for (const ReferenceNote& note : result.references) of.push_back(note.of);
    EXPECT_EQ(of, (std::vector<std::string>{"given", "fp16", "bf16", "fp64"}));
  }
}

TEST(Run, a_matrix_that_rounds_to_itself_shares_the_given_reference) {
  const SweepConfig config = config_of(
      Json{{"families", {"ones"}}, {"chunks", {16}}, {"methods", {"mbh"}}, {"arithmetics", {"fp16", "bf16", "fp32"}}});
  EXPECT_EQ(run(config, 1).report.references, 1);
}

TEST(Run, roundings_of_one_format_are_different_inputs) {
  const SweepConfig config =
      config_of(Json{{"families", {"uniform"}},
                     {"chunks", {16}},
                     {"trials", 1},
                     {"methods", {"mbh"}},
                     {"arithmetics", {"fp16", Json{{"arithmetic", "fp16"}, {"rounding", "up"}}}}});
  const Collector collector = run(config, 1);
  EXPECT_EQ(collector.report.references, 3);
  EXPECT_EQ(collector.results[0].records[0].reference, "fp16");
  EXPECT_EQ(collector.results[0].records[1].reference, "fp16:up");
}

TEST(Run, errors_compare_with_the_inverse_of_a_rounded_or_of_a_given) {
  Json json{{"families", {"uniform"}},
            {"chunks", {16}},
            {"trials", 2},
            {"methods", {"row-substitution"}},
            {"arithmetics", {"bf16", "int8"}}};
  const Collector rounded = run(config_of(json), 1);
  json["reference"] = "given";
  const Collector given = run(config_of(json), 1);
  for (std::size_t m = 0; m < 2; ++m) {
    const Record& r = rounded.results[m].records[0];
    const Record& g = given.results[m].records[0];
    EXPECT_EQ(r.reference, "bf16");
    EXPECT_EQ(g.reference, "given");
    EXPECT_EQ(r.total_frobenius.value, g.metrics[Metric::frobenius]);
    EXPECT_EQ(g.total_frobenius.value, g.metrics[Metric::frobenius]);
    EXPECT_NE(r.metrics[Metric::frobenius], g.metrics[Metric::frobenius]);
    EXPECT_EQ(rounded.results[m].records[1].reference, "given");  // integers
  }
}

TEST(Run, what_a_format_cannot_hold_does_not_end_the_run) {
  const SweepConfig config = config_of(Json{{"families", {Json{{"family", "uniform-signed"}, {"scale", 1000000}}}},
                                            {"chunks", {16}},
                                            {"trials", 1},
                                            {"methods", {"row-substitution"}},
                                            {"arithmetics", {"fp16"}}});
  const Collector collector = run(config, 1);
  const Record& record = collector.results[0].records[0];
  EXPECT_EQ(record.status, Status::nonfinite);
  EXPECT_EQ(record.for_format, ForFormat::nonfinite);
  EXPECT_EQ(record.fit, Fit::nonfinite);
  EXPECT_EQ(record.reference, "given");
}

TEST(Run, a_matrix_without_a_reference_has_failed_records) {
  // |X_ij| reaches (10^6)^(n-1): beyond the range of double.
  const SweepConfig config = config_of(Json{{"families", {Json{{"family", "uniform-signed"}, {"scale", 1000000}}}},
                                            {"chunks", {256}},
                                            {"trials", 1},
                                            {"methods", {"row-substitution"}},
                                            {"arithmetics", {"fp32", "fp64"}}});
  const Collector collector = run(config, 1);
  EXPECT_FALSE(collector.results[0].condition.has_value());
  for (const Record& record : collector.results[0].records) {
    EXPECT_EQ(record.status, Status::failed);
    EXPECT_FALSE(record.for_format.has_value() || record.fit.has_value());
    EXPECT_FALSE(record.message.empty());
  }
}

TEST(Run, growth_of_the_all_ones_matrix_in_mch_is_its_binomial) {
  // The largest entry of A^8 for n = 16 is C(14, 7) = 3432; A^8 is the last power that mch forms. max |X|
  // = 1.
  const SweepConfig config =
      config_of(Json{{"families", {"ones"}}, {"chunks", {16}}, {"methods", {"mch"}}, {"arithmetics", {"fp32"}}});
  const Record record = run(config, 1).results[0].records[0];
  EXPECT_EQ(record.growth.value, 3432);
  EXPECT_EQ(record.metrics[Metric::frobenius], 0);
}

TEST(Run, a_size_that_a_method_cannot_take_is_padded) {
  const SweepConfig config = config_of(Json{
      {"families", {"uniform"}}, {"chunks", {48}}, {"trials", 1}, {"methods", {"mbh"}}, {"arithmetics", {"fp32"}}});
  const Record record = run(config, 1).results[0].records[0];
  EXPECT_EQ(record.padded_to, 64);
  EXPECT_LT(record.metrics[Metric::frobenius], 1e-6);
}

TEST(Run, a_stopped_run_does_not_finish_its_sink) {
  const SweepConfig config = small_config();
  const Plan plan = make_plan(config);
  const std::atomic<bool> stop{true};
  Collector collector;
  EXPECT_THROW(run_sweep(config, plan, {2, &stop, {}}, collector), Stopped);
  EXPECT_FALSE(collector.finished);
}

// Its second matrix fails after its third, if there are threads enough for that.
class FailingCollector : public Collector {
 public:
  FailingCollector(const Plan& plan, int threads)
      : second_(matrix_id(plan, 1)), third_(matrix_id(plan, 2)), waits_(threads > 1) {}
  SerializedRecords render(const MatrixResult& result) const override {
    for (int k = 0; waits_ && result.id == second_ && !third_has_failed_ && k < 2000; ++k)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (result.id == third_) third_has_failed_ = true;
    if (result.id == second_ || result.id == third_) throw std::runtime_error(result.id);
    return Collector::render(result);
  }
  const std::string& second() const { return second_; }

 private:
  static std::string matrix_id(const Plan& plan, int trial) {
    return plan.groups[0].source->problem(plan.groups[0].n, trial).id;
  }

  std::string second_, third_;
  bool waits_;
  mutable std::atomic<bool> third_has_failed_{false};
};

TEST(Run, the_first_unit_that_fails_ends_it_whichever_fails_earlier) {
  const SweepConfig config = config_of(Json{
      {"families", {"uniform"}}, {"chunks", {16}}, {"trials", 30}, {"methods", {"mch"}}, {"arithmetics", {"fp16"}}});
  const Plan plan = make_plan(config);
  for (const int threads : {1, 2, 7}) {
    FailingCollector collector(plan, threads);
    try {
      run_sweep(config, plan, {threads, nullptr, {}}, collector);
      ADD_FAILURE() << threads;
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(error.what(), collector.second()) << threads;
    }
    EXPECT_EQ(collector.results.size(), 1) << threads;
    EXPECT_FALSE(collector.finished);
  }
}

TEST(Run, progress_ends_at_one_with_all_cases) {
  const SweepConfig config = small_config();
  const Plan plan = make_plan(config);
  Collector collector;
  double last_fraction = 0;
  std::int64_t last_cases = 0;
  run_sweep(config, plan,
            {2, nullptr,
             [&](const RunProgress& progress) {
               const auto [fraction, kept_fraction, cases, kept] = progress;
               EXPECT_EQ(kept_fraction + static_cast<double>(kept), 0);
               EXPECT_GT(fraction, last_fraction);
               last_fraction = fraction;
               last_cases = cases;
             }},
            collector);
  EXPECT_NEAR(last_fraction, 1, 1e-12);
  EXPECT_EQ(last_cases, plan.cases);
}

}  // namespace tristab::run_test
