#include "tristab/report/kept_results.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "small_sweep.h"
#include "tristab/base/errors.h"
#include "tristab/report/result_text.h"

namespace tristab::kept_results_test {

// Keeps what a sweep gives, and what is read back of its lines.
class RoundTrip : public ResultSink, public KeptResults {
 public:
  explicit RoundTrip(const Plan& plan) : plan_(plan) {}
  SerializedRecords render(const MatrixResult& result) const override {
    return {matrix_text(result, "matrix"), records_text(result, "record")};
  }
  void accept(const MatrixResult& result, SerializedRecords rendered) override {
    const std::string text = rendered.matrix + rendered.records;
    const MatrixResult back = matrix_of(plan_, next_unit(result.group, false), text, "kept");
    EXPECT_EQ(matrix_text(back, "matrix") + records_text(back, "record"), text);
    for (std::size_t k = 0; k < result.records.size(); ++k) {
      for (const Field& field : record_fields()) {
        if (!field.is_number() || !field.is_present(*result.input.scenario)) continue;
        const Measured was = field.number(result, result.records[k]), is = field.number(back, back.records[k]);
        EXPECT_EQ(was.undefined, is.undefined) << field.name();
        EXPECT_TRUE(was.value == is.value || was.undefined != Undefined::no) << field.name() << ' ' << was.value;
      }
    }
    texts_.push_back(text);
  }
  std::string render_layer(const LayerResult& result) const override { return layers_text(result, "layer"); }
  void accept_layer(const LayerResult& result, std::string rendered) override {
    const LayerResult back = sequence_of(plan_, next_unit(result.group, true), rendered, "kept");
    EXPECT_EQ(layers_text(back, "layer"), rendered);
    texts_.push_back(rendered);
  }
  void finish(const SweepReport& report) override {
    std::string end = classes_text(report.classes, "") + expectations_text(report.expectations, "");
    for (const SummaryRow& row : report.summary) end += summary_text(row, "");
    ends_.push_back(std::move(end));
  }

  // As an earlier run.
  std::size_t count() const override { return texts_.size(); }
  std::optional<std::string> next(const Unit&) override { return texts_[taken_++]; }
  MatrixResult matrix(const Plan& plan, const Unit& unit, const std::string& text) const override {
    return matrix_of(plan, unit, text, "kept");
  }
  LayerResult sequence(const Plan& plan, const Unit& unit, const std::string& text) const override {
    return sequence_of(plan, unit, text, "kept");
  }

  const std::vector<std::string>& ends() const { return ends_; }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  Unit next_unit(std::size_t group, bool is_sequence) {
    const bool same = group == last_.group && is_sequence == last_.is_sequence;
    last_ = {group, same ? last_.index + 1 : 0, is_sequence};
    return last_;
  }

  const Plan& plan_;
  Unit last_{0, -1, false};
  std::vector<std::string> texts_, ends_;
  std::size_t taken_ = 0;
};

// The same lines, and the same summary, classes and expectations from what is read back alone.
void expect_round_trip(const SweepConfig& config) {
  const Plan plan = make_plan(config);
  RoundTrip sink(plan), again(plan);
  run_sweep(config, plan, {2}, sink);
  RunOptions options{2};
  options.made = &sink;
  run_sweep(config, plan, options, again);
  EXPECT_EQ(again.texts(), sink.texts());
  ASSERT_EQ(again.ends().size(), 1u);
  EXPECT_EQ(again.ends(), sink.ends());
}

TEST(KeptResults, give_the_lines_and_the_summary_that_they_were_read_from) { expect_round_trip(small_config()); }
TEST(KeptResults, the_same_for_scenarios_with_expectations) { expect_round_trip(scenarios_config()); }
TEST(KeptResults, the_same_for_layers) { expect_round_trip(layered_config()); }

TEST(KeptResults, the_same_for_parts_of_errors_and_hard_inputs) {
  expect_round_trip(make_config(Json{{"name", "parts"},
                                     {"families",
                                      {"ones", Json{{"family", "uniform-signed"}, {"scale", {1, 1000, 1000000}}},
                                       Json{{"family", "gdn"}, {"keys", "silu"}}}},
                                     {"chunks", {16, 64}},
                                     {"trials", 2},
                                     {"decompose", true},
                                     {"methods", {"mch", "mbh"}},
                                     {"kernels", {"flashkda-v1", "qualcomm-int8"}},
                                     {"formations", {"exact", "gram:product=bf16"}},
                                     {"arithmetics", {"fp16", "int8", "fp64"}}},
                                {}, "test", "", "parts"));
}

TEST(KeptResults, lines_of_another_unit_are_refused) {
  const SweepConfig config = small_config();
  const Plan plan = make_plan(config);
  RoundTrip sink(plan);
  run_sweep(config, plan, {2}, sink);
  const std::string first = sink.texts().front();
  static_cast<void>(matrix_of(plan, {0, 0, false}, first, "kept"));
  EXPECT_THROW(static_cast<void>(matrix_of(plan, {plan.groups.size() - 1, 0, false}, first, "kept")), InputError);
  EXPECT_THROW(static_cast<void>(matrix_of(plan, {0, 0, false}, first.substr(0, first.size() / 2), "kept")),
               InputError);
  EXPECT_THROW(static_cast<void>(matrix_of(plan, {0, 0, false}, "{}\n", "kept")), InputError);
  // Another trial of the same input, and records in another order.
  const auto next = std::ranges::find_if(plan.groups, [](const MatrixGroup& group) { return group.count > 1; });
  const auto at = static_cast<std::size_t>(next - plan.groups.begin());
  std::size_t before = 0;
  for (std::size_t g = 0; g < at; ++g) before += static_cast<std::size_t>(plan.groups[g].count);
  EXPECT_THROW(static_cast<void>(matrix_of(plan, {at, 1, false}, sink.texts()[before], "kept")), InputError);
  const std::size_t one = first.find('\n') + 1, two = first.find('\n', one) + 1, three = first.find('\n', two) + 1;
  const std::string exchanged =
      first.substr(0, one) + first.substr(two, three - two) + first.substr(one, two - one) + first.substr(three);
  EXPECT_THROW(static_cast<void>(matrix_of(plan, {0, 0, false}, exchanged, "kept")), InputError);
}

// What is said of the first matrix, or sequence, of a run with its first `name` changed to `number`.
std::string refusal_of(const SweepConfig& config, const std::string& name, const std::string& number) {
  const Plan plan = make_plan(config);
  RoundTrip sink(plan);
  run_sweep(config, plan, {2}, sink);
  const bool is_sequence = name != "trial";
  const std::vector<Unit> units = units_of(plan);
  const auto unit = std::ranges::find(units, is_sequence, &Unit::is_sequence);
  std::string text = sink.texts()[static_cast<std::size_t>(unit - units.begin())];
  const std::size_t begin = text.find(fmt::format("\"{}\":", name)) + name.size() + 3;
  text.replace(begin, text.find_first_of(",]", begin) - begin, number);
  try {
    static_cast<void>(is_sequence ? sequence_of(plan, *unit, text, "kept").trial
                                  : matrix_of(plan, *unit, text, "kept").trial);
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing";
}

TEST(KeptResults, counts_that_no_run_has_are_refused) {
  // 2^32 + 1 is 1 in 32 bits.
  for (const char* const number : {"1e300", "0.5", "\"0\"", "-1", "4294967297", "99999999999999999999"}) {
    const std::string matrix = refusal_of(small_config(), "trial", number);
    EXPECT_TRUE(matrix.starts_with("kept: found trial ")) << number << ": " << matrix;
    const std::string layer = refusal_of(layered_config(), "tokens", number);
    EXPECT_TRUE(layer.starts_with("kept: found tokens ")) << number << ": " << layer;
    const std::string chunk = refusal_of(layered_config(), "chunks", fmt::format("[{}", number));
    EXPECT_TRUE(chunk.starts_with("kept: found chunks ")) << number << ": " << chunk;
  }
}

}  // namespace tristab::kept_results_test
