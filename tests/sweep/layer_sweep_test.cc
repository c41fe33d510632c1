// Sweeps with layers and with formations, through run_sweep.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/norms.h"
#include "tristab/sweep/formed_input.h"
#include "tristab/sweep/run.h"

namespace tristab::layer_sweep_test {

// Keeps what a run hands on.
class Collector : public ResultSink {
 public:
  SerializedRecords render(const MatrixResult&) const override { return {}; }
  void accept(const MatrixResult& result, SerializedRecords) override { matrices.push_back(result); }
  std::string render_layer(const LayerResult& result) const override { return result.id; }
  void accept_layer(const LayerResult& result, std::string rendered) override {
    EXPECT_EQ(rendered, result.id);
    layers.push_back(result);
  }
  void finish(const SweepReport& done) override { report = done; }

  std::vector<MatrixResult> matrices;
  std::vector<LayerResult> layers;
  SweepReport report;
};

// A sweep and what it gave; records point into the configuration.
struct Finished {
  std::unique_ptr<SweepConfig> config;
  std::unique_ptr<Plan> plan;
  Collector out;
};

Finished run_of(const Json& json, int jobs = 2) {
  Finished run;
  run.config = std::make_unique<SweepConfig>(make_config(json, {}, "test", TRISTAB_TEST_DATA, "test"));
  run.plan = std::make_unique<Plan>(make_plan(*run.config));
  run_sweep(*run.config, *run.plan, {jobs, nullptr, {}}, run.out);
  return run;
}

Json gdn(const Json& more = Json::object()) {
  Json family{{"family", "gdn"}, {"keys", "silu"}, {"head_dim", 32}, {"key_format", "bf16"}};
  family.update(more);
  return family;
}

Json layered(const std::vector<Json>& families, const Json& more) {
  Json json{{"families", families},   {"chunks", {16}},    {"trials", 2},
            {"layer", true},          {"layer_chunks", 5}, {"methods", {"row-substitution"}},
            {"arithmetics", {"fp64"}}};
  json.update(more);
  return json;
}

std::string message_of(const Json& json) {
  try {
    run_of(json);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

double worst(const LayerError& error) { return std::max({error.w, error.u, error.o, error.state}); }

// The exact T against itself: nothing is added. A T that is wrong by far more than the layer's roundings adds all.
TEST(LayerSweep, an_inverse_is_judged_by_what_it_adds_to_the_layer) {
  const Finished exact = run_of(layered({gdn()}, {{"layer_arithmetic", "bf16"}}));
  for (const LayerResult& layer : exact.out.layers) {
    const LayerRecord& record = layer.records.front();
    EXPECT_NEAR(record.exact_t_ratio, 1, 1e-3);
    EXPECT_GT(record.exact_t.o, 1e-4);  // bf16's own roundings
    EXPECT_EQ(record.for_layer, ForFormat::normal);
    EXPECT_EQ(record.fit, Fit::fit);
    EXPECT_NEAR(record.requirement_share, 0.25, 1e-3);  // of four times what the exact inverse gives in bf16
  }
  const Finished coarse =
      run_of(layered({gdn()}, {{"arithmetics", {"e4m3"}}, {"layer_arithmetic", "fp32"}, {"require", "layer.o<=1e-4"}}));
  for (const LayerResult& layer : coarse.out.layers) {
    const LayerRecord& record = layer.records.front();
    EXPECT_EQ(record.exact_t_ratio,
              std::max(record.errors.whole.o / record.exact_t.o, record.errors.whole.state / record.exact_t.state));
    EXPECT_EQ(record.for_layer, ForFormat::excessive);
    EXPECT_DOUBLE_EQ(record.requirement_share, record.errors.whole.o / 1e-4);
    EXPECT_EQ(record.fit, Fit::unfit);
  }
}

// Scores by one product of keys do not exist for channel gates: each record says so, and the sweep goes on.
TEST(LayerSweep, a_layer_arithmetic_that_refuses_the_gates_fails_the_record) {
  const Json kda{{"family", "kda"}, {"head_dim", 32}};
  const Finished run = run_of(layered({kda}, {{"layer_arithmetic", {{"arithmetic", "bf16"}, {"scores", "gram"}}}}));
  ASSERT_EQ(run.out.layers.size(), 2u);
  for (const LayerResult& layer : run.out.layers) {
    EXPECT_EQ(layer.records.front().status, Status::failed);
    EXPECT_EQ(layer.records.front().fit, std::nullopt);
    EXPECT_NE(layer.records.front().message.find("one gate a channel"), std::string::npos);
  }
}

TEST(LayerSweep, a_bound_on_a_layer_says_nothing_of_matrices) {
  const Finished run = run_of(layered({gdn()}, {{"require", "layer.o<=1"}, {"layer", false}}));
  EXPECT_EQ(run.out.report.sequences, 2);  // it turns the layers on
  for (const MatrixResult& matrix : run.out.matrices) {
    EXPECT_EQ(matrix.records.front().fit, std::nullopt);
    EXPECT_EQ(matrix.records.front().requirement_share.undefined, Undefined::not_required);
  }
  const Finished other = run_of(layered({gdn()}, {{"require", "total_frobenius<=1"}}));
  for (const LayerResult& layer : other.out.layers) EXPECT_EQ(layer.records.front().fit, std::nullopt);
}

// The worst error of the recipe on these sequences is the yardstick: it takes half of what is allowed.
TEST(LayerSweep, a_recipe_is_a_requirement_of_layers_too) {
  const Finished run = run_of(layered({gdn()}, {{"methods", {"row-substitution"}},
                                                {"arithmetics", {"bf16"}},
                                                {"kernels", {"flashkda-v2"}},
                                                {"require", "flashkda-v2"}}));
  double largest = 0;
  for (const LayerResult& layer : run.out.layers) {
    for (const LayerRecord& record : layer.records) {
      if (record.setting.kernel != nullptr) largest = std::max(largest, record.requirement_share);
    }
  }
  EXPECT_DOUBLE_EQ(largest, 0.5);
}

// The recurrence in long double on the one side, W, U, O and S by chunks in fp64 on the other.
TEST(LayerSweep, in_double_the_chunked_layer_is_the_recurrence) {
  const Finished run = run_of(layered({gdn(), Json{{"family", "kda"}, {"head_dim", 32}, {"gate", "fla-init"}}},
                                      {{"layer_arithmetic", "fp64"}}));
  ASSERT_EQ(run.out.layers.size(), 4u);
  EXPECT_EQ(run.out.report.sequences, 4);
  for (const LayerResult& layer : run.out.layers) {
    ASSERT_EQ(layer.records.size(), 1u);
    const LayerRecord& record = layer.records.front();
    EXPECT_EQ(record.status, Status::ok);
    EXPECT_EQ(layer.tokens, 5 * 16);
    EXPECT_EQ(record.errors.chunks, (std::vector<int>{1, 2, 4, 5}));
    ASSERT_EQ(record.errors.by_chunk.size(), 4u);
    for (const LayerError& error : record.errors.by_chunk) EXPECT_LT(worst(error), 1e-12) << layer.id;
    EXPECT_GT(record.errors.whole.o, 0);
    EXPECT_EQ(record.errors.whole.o, record.errors.by_chunk.back().o);
    EXPECT_EQ(record.errors.whole.state, record.errors.by_chunk.back().state);
    EXPECT_NEAR(record.errors.state_max, layer.state_max, 1e-12 * layer.state_max);
  }
  EXPECT_NE(run.out.layers[0].id, run.out.layers[1].id);
}

// What the first chunks gave does not change with those that follow; S after the last one of two is S in
// between.
TEST(LayerSweep, errors_after_some_chunks_are_those_of_a_shorter_sequence) {
  const auto with = [](int tokens) {
    return run_of(Json{{"families", Json::array({Json{{"family", "file"},
                                                      {"path", "h100-fla-layers.safetensors"},
                                                      {"layer", "gdn.layer0"},
                                                      {"tokens", {0, tokens}}}})},
                       {"chunks", {16}},
                       {"layer", true},
                       {"methods", {"mbh"}},
                       {"arithmetics", {"fp16"}}});
  };
  const Finished whole = with(128), part = with(64);
  ASSERT_EQ(whole.out.layers.size(), 1u);
  ASSERT_EQ(part.out.layers.size(), 1u);
  const LayerErrors& long_run = whole.out.layers[0].records[0].errors;
  const LayerErrors& short_run = part.out.layers[0].records[0].errors;
  EXPECT_EQ(long_run.chunks, (std::vector<int>{1, 2, 4, 8}));
  EXPECT_EQ(short_run.chunks, (std::vector<int>{1, 2, 4}));
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(long_run.by_chunk[k].o, short_run.by_chunk[k].o);
    EXPECT_EQ(long_run.by_chunk[k].w, short_run.by_chunk[k].w);
    EXPECT_EQ(long_run.by_chunk[k].state, short_run.by_chunk[k].state);
  }
  EXPECT_EQ(whole.out.layers[0].source.json().at("layer"), "gdn.layer0");
}

TEST(LayerSweep, a_short_last_chunk_is_computed_with_the_rows_that_it_has) {
  const Finished run = run_of(Json{{"families", Json::array({Json{{"family", "file"},
                                                                  {"path", "h100-fla-layers.safetensors"},
                                                                  {"layer", "gdn.layer6"},
                                                                  {"tokens", {0, 100}}}})},
                                   {"chunks", {64}},
                                   {"layer", true},
                                   {"layer_arithmetic", "fp64"},
                                   {"methods", {"row-substitution"}},
                                   {"arithmetics", {"fp64"}}});
  ASSERT_EQ(run.out.layers.size(), 1u);
  EXPECT_EQ(run.out.layers[0].tokens, 100);
  const LayerErrors& errors = run.out.layers[0].records[0].errors;
  EXPECT_EQ(errors.chunks, (std::vector<int>{1, 2}));
  EXPECT_LT(worst(errors.whole), 1e-12);
}

TEST(LayerSweep, the_first_chunk_that_is_not_finite_is_named_and_ends_the_run) {
  const Finished run = run_of(
      layered({gdn({{"keys", "collinear"},
                    {"eps", 0.9},
                    {"gate", "none"},
                    {"head_dim", 64},
                    {"beta", "uniform"},
                    {"beta_low", 0.1},
                    {"beta_high", 0.9}})},
              {{"chunks", {64}}, {"methods", {"mch"}}, {"arithmetics", {"fp16"}}, {"trials", 8}, {"layer_chunks", 6}}));
  ASSERT_EQ(run.out.layers.size(), 8u);
  const MatrixGroup& group = run.plan->groups.front();
  const Setting setting = group.scenario->settings(64).front();
  Machines machines;
  std::set<int> firsts;
  for (int s = 0; s < 8; ++s) {
    const LayerRecord& record = run.out.layers[static_cast<std::size_t>(s)].records.front();
    const Sequence sequence = group.source->sequence(s, 64, 6);
    std::optional<int> first;
    for (int c = 0; c < 6 && !first; ++c) {
      const Matrix a = delta_rule_matrix(token_rows(sequence.tokens, 64 * c, 64, 64));
      if (!all_finite(invert(setting, round_input(a, *setting.arithmetic), machines, 0).x)) first = c;
    }
    EXPECT_EQ(record.errors.first_nonfinite_chunk, first);
    EXPECT_EQ(record.status, first ? Status::nonfinite : Status::ok);
    if (!first) continue;
    firsts.insert(*first);
    EXPECT_TRUE(std::isnan(record.errors.whole.o));
    ASSERT_EQ(record.errors.by_chunk.size(), 4u);  // 1, 2, 4, 6
    for (std::size_t k = 0; k < 4; ++k)
      EXPECT_EQ(std::isnan(record.errors.by_chunk[k].o), record.errors.chunks[k] > *first) << *first;
    EXPECT_TRUE(std::isfinite(record.errors.state_max));
  }
  EXPECT_GT(firsts.size(), 1u) << "choose inputs that overflow at different chunks";
}

TEST(LayerSweep, a_kernel_keeps_its_own_layer_arithmetic) {
  const auto errors_in = [](const char* arithmetic) {
    const Finished run = run_of(layered(
        {gdn({{"head_dim", 64}})},
        {{"chunks", {64}}, {"kernels", {"fla-gdn-fused"}}, {"layer_chunks", 2}, {"layer_arithmetic", arithmetic}}));
    std::vector<double> errors;
    for (const LayerRecord& record : run.out.layers.front().records) errors.push_back(record.errors.whole.o);
    return errors;
  };
  const std::vector<double> in_bf16 = errors_in("bf16"), in_fp64 = errors_in("fp64");
  ASSERT_EQ(in_bf16.size(), 2u);
  EXPECT_GT(in_bf16[0], 1e-4);
  EXPECT_LT(in_fp64[0], 1e-12);
  EXPECT_EQ(in_bf16[1], in_fp64[1]);
  EXPECT_GT(in_bf16[1], 1e-4);
}

// `solve` never forms T: in fp64 its W and U are right as they are, and in a narrow format its errors are its
// own.
TEST(LayerSweep, a_method_without_an_inverse_is_compared_by_what_it_solves) {
  const Finished run = run_of(layered({gdn()}, {{"methods", {"solve", "row-substitution"}},
                                                {"arithmetics", {"fp64", "bf16", "int8"}},
                                                {"layer_arithmetic", "fp64"}}));
  for (const LayerResult& layer : run.out.layers) {
    ASSERT_EQ(layer.records.size(), 6u);
    EXPECT_LT(worst(layer.records[0].errors.whole), 1e-13);
    EXPECT_GT(layer.records[1].errors.whole.u, 1e-4);
    EXPECT_LT(layer.records[1].errors.whole.u, 0.1);
    EXPECT_NE(layer.records[1].errors.whole.u, layer.records[4].errors.whole.u);
    EXPECT_EQ(layer.records[2].status, Status::failed);  // integers take no right-hand sides
    EXPECT_NE(layer.records[2].message.find("floating-point arithmetics"), std::string::npos);
    EXPECT_EQ(layer.records[5].status, Status::ok);
  }
}

TEST(LayerSweep, matrices_as_such_have_no_layers_and_alone_are_refused) {
  const Finished run = run_of(layered({"uniform", gdn()}, Json::object()));
  ASSERT_EQ(run.out.layers.size(), 2u);
  for (const LayerResult& layer : run.out.layers) EXPECT_EQ(layer.input.family->name, "gdn");
  EXPECT_EQ(message_of(layered({"uniform"}, Json::object())),
            "layer: found no family with keys, queries and values; allowed: families of delta rules, and files "
            "with <layer>.q and <layer>.v");
  // k, beta and g without q and v
  EXPECT_NE(message_of(layered({Json{{"family", "file"}, {"path", "gdn-slice.safetensors"}, {"layer", "layer6"}}},
                               {{"chunks", {64}}}))
                .find("layer: found no family with keys, queries and values"),
            std::string::npos);
}

TEST(LayerSweep, any_number_of_threads_gives_the_same_layers_in_order) {
  const Json json = layered({gdn(), gdn({{"gate", "none"}})}, {{"arithmetics", {"fp16", "bf16"}}, {"trials", 3}});
  const Finished one = run_of(json, 1), four = run_of(json, 4);
  ASSERT_EQ(one.out.layers.size(), 6u);
  ASSERT_EQ(four.out.layers.size(), 6u);
  std::set<std::string> ids;
  for (std::size_t s = 0; s < 6; ++s) {
    EXPECT_EQ(one.out.layers[s].id, four.out.layers[s].id);
    EXPECT_TRUE(ids.insert(one.out.layers[s].id).second);
    for (std::size_t k = 0; k < 2; ++k) {
      EXPECT_EQ(worst(one.out.layers[s].records[k].errors.whole), worst(four.out.layers[s].records[k].errors.whole));
    }
  }
}

Json formations() {
  return {"exact", Json{{"formation", "gram"}, {"product", {"bf16", "bf16-h100"}}},
          Json{{"formation", "anchored"}, {"product", "fp32"}, {"diagonal", "differences"}}};
}

TEST(FormationSweep, formations_are_an_axis_with_cases_and_errors_of_their_own) {
  const Finished run = run_of(Json{{"families", Json::array({gdn({{"key_format", "fp64"}})})},
                                   {"chunks", {32}},
                                   {"trials", 3},
                                   {"methods", {"mbh", "row-substitution"}},
                                   {"arithmetics", {"fp32"}},
                                   {"formations", formations()}});
  std::set<std::string> ids;
  for (const MatrixResult& matrix : run.out.matrices) {
    ASSERT_EQ(matrix.records.size(), 8u);
    for (std::size_t k = 0; k < 8; ++k) {
      const Record& record = matrix.records[k];
      EXPECT_TRUE(ids.insert(record.id).second) << record.id;
      EXPECT_EQ(record.status, Status::ok) << record.message;
      if (k % 4 == 0) {
        EXPECT_FALSE(record.setting.is_formed());
        EXPECT_EQ(record.error_forming.undefined, Undefined::not_formed);
        EXPECT_TRUE(std::isnan(record.error_forming.value));
        continue;
      }
      ASSERT_TRUE(record.setting.is_formed());
      EXPECT_EQ(record.setting.formation->name, k % 4 == 3 ? "anchored" : "gram");
      // Keys rounded to bf16 on entry: 2^-9 and less; factors in fp32: 2^-24 and a few.
      EXPECT_GT(record.error_forming.value, k % 4 == 3 ? 1e-9 : 1e-4);
      EXPECT_LT(record.error_forming.value, k % 4 == 3 ? 1e-6 : 1e-2);
      EXPECT_EQ(record.error_forming.value, matrix.records[k < 4 ? k + 4 : k - 4].error_forming.value);
      // The inversion's error is that of the inverse of A as formed; the total holds both.
      EXPECT_LT(record.metrics[Metric::frobenius], 1e-5);
      EXPECT_NEAR(record.total_frobenius.value, record.error_forming.value, 1e-5);
    }
  }
  EXPECT_EQ(ids.size(), 24u);
  ASSERT_EQ(run.out.report.summary.size(), 8u);
  for (std::size_t r = 0; r < 8; ++r) {
    const Setting& setting = run.out.report.summary[r].setting;
    EXPECT_EQ(setting.is_formed(), r % 4 != 0);
    EXPECT_EQ(*setting.formation, run.config->scenarios[0].formations[r % 4]);
  }
}

TEST(FormationSweep, stability_classes_keep_formations_apart) {
  Json json{{"families", Json::array({gdn({{"gate", "none"}, {"keys", "collinear"}, {"eps", 0.5}})})},
            {"chunks", {32, 64}},
            {"trials", 8},
            {"methods", {"mch", "row-substitution"}},
            {"arithmetics", {"fp16"}}};
  const Finished exact = run_of(json);
  json["formations"] = formations();
  const Finished all = run_of(json);
  ASSERT_EQ(exact.out.report.classes.size(), 2u);
  ASSERT_EQ(all.out.report.classes.size(), 8u);
  EXPECT_GT(exact.out.report.classes[0].nonfinite, 0);
  EXPECT_EQ(exact.out.report.classes[1].nonfinite, 0);
  for (std::size_t method = 0; method < 2; ++method) {
    const StabilityRow& alone = exact.out.report.classes[method];
    const StabilityRow& beside = all.out.report.classes[4 * method];
    EXPECT_EQ(beside.setting.method->method, alone.setting.method->method);
    EXPECT_FALSE(beside.setting.is_formed());
    EXPECT_EQ(beside.nonfinite, alone.nonfinite);
    EXPECT_EQ(beside.fails, alone.fails);
    EXPECT_EQ(beside.growth.points, alone.growth.points);
    EXPECT_EQ(all.out.report.classes[4 * method + 3].setting.formation->name, "anchored");
  }
}

// A log decay of -5 a token: the exponents around the middle of 64 rows pass 88.
TEST(FormationSweep, a_formation_that_overflows_is_no_error_of_the_method) {
  const Finished run =
      run_of(layered({Json{{"family", "kda"}, {"gate", "constant"}, {"gate_value", -5}, {"head_dim", 32}}},
                     {{"chunks", {64}},
                      {"trials", 8},
                      {"layer_chunks", 2},
                      {"formations",
                       {Json{{"formation", "anchored"}, {"product", "fp32"}, {"anchor", "chunk-middle"}},
                        Json{{"formation", "anchored"}, {"product", "fp32"}, {"diagonal", "differences"}}}}}));
  for (const MatrixResult& matrix : run.out.matrices) {
    ASSERT_EQ(matrix.records.size(), 2u);
    EXPECT_EQ(matrix.records[0].status, Status::nonfinite);
    EXPECT_EQ(matrix.records[0].error_forming.undefined, Undefined::formed_nonfinite);
    EXPECT_TRUE(std::isnan(matrix.records[0].error_forming.value));
    EXPECT_EQ(matrix.records[1].status, Status::ok);
    EXPECT_LT(matrix.records[1].error_forming.value, 1e-6);
  }
  for (const LayerResult& layer : run.out.layers) {
    EXPECT_EQ(layer.records[0].status, Status::nonfinite);
    EXPECT_EQ(layer.records[0].errors.first_nonfinite_chunk, 0);
    EXPECT_EQ(layer.records[1].status, Status::ok);
  }
  ASSERT_EQ(run.out.report.classes.size(), 2u);
  EXPECT_EQ(run.out.report.classes[0].nonfinite, 0);
  EXPECT_EQ(run.out.report.summary[0].nonfinite, 8);
}

TEST(FormationSweep, one_gate_a_head_asked_for_channel_gates_has_no_answer) {
  const Finished run = run_of(layered({Json{{"family", "kda"}, {"head_dim", 32}}}, {{"formations", {"gram"}}}));
  for (const MatrixResult& matrix : run.out.matrices) {
    const Record& record = matrix.records.front();
    EXPECT_EQ(record.status, Status::failed);
    EXPECT_NE(record.message.find("formation gram: found one gate a channel"), std::string::npos) << record.message;
    EXPECT_FALSE(record.fit);
  }
  for (const LayerResult& layer : run.out.layers) {
    EXPECT_EQ(layer.records.front().status, Status::failed);
    EXPECT_NE(layer.records.front().message.find("one gate a channel"), std::string::npos);
  }
  EXPECT_EQ(run.out.report.summary.front().failed, 2);
}

// (I + A)^-1 = D^-1 (I + A0)^-1 D with the decays D: right where there are decays, no answer for a matrix as
// such.
TEST(FormationSweep, inverses_without_decay_need_the_decay) {
  const Finished run = run_of(Json{{"families", Json::array({gdn(), "uniform"})},
                                   {"chunks", {32}},
                                   {"trials", 2},
                                   {"methods", {"ungated"}},
                                   {"arithmetics", {"fp32"}}});
  ASSERT_EQ(run.out.matrices.size(), 4u);
  for (const MatrixResult& matrix : run.out.matrices) {
    const Record& record = matrix.records.front();
    if (matrix.input.family->name == "gdn") {
      EXPECT_EQ(record.status, Status::ok) << record.message;
      EXPECT_LT(record.metrics[Metric::frobenius], 1e-5);
    } else {
      EXPECT_EQ(record.status, Status::failed);
      EXPECT_NE(record.message.find("decay"), std::string::npos) << record.message;
    }
  }
}

// An expectation's statistic is that of the values of the layers as they were handed on.
TEST(LayerExpectation, is_about_the_sequences) {
  const auto expect = [](const char* layer, const char* statistic) {
    return Json{{"method", "mch"}, {"layer", layer}, {"statistic", statistic}, {"at_least", 0}};
  };
  const Finished run = run_of(layered(
      {gdn({{"keys", "collinear"},
            {"eps", 1},
            {"gate", "none"},
            {"head_dim", 64},
            {"beta", "uniform"},
            {"beta_low", 0.1},
            {"beta_high", 0.9}}),
       "uniform"},
      {{"chunks", {64}},
       {"methods", {"row-substitution", "mch"}},
       {"arithmetics", {"fp16"}},
       {"trials", 5},
       {"layer_chunks", 2},
       {"expect",
        {expect("o", "max"), expect("o", "min"), expect("nonfinite", "mean"), expect("state_max", "max"),
         expect("state_growth", "min"),
         Json{{"method", "row-substitution"}, {"layer", "state"}, {"statistic", "median"}, {"at_most", 0.1}}}}}));
  const std::vector<ExpectationOutcome>& outcomes = run.out.report.expectations;
  ASSERT_EQ(outcomes.size(), 6u);  // the uniform matrices have no layers
  std::vector<double> o, growth, state;
  int lost = 0;
  for (const LayerResult& layer : run.out.layers) {
    state.push_back(layer.records[0].errors.whole.state);
    const LayerRecord& mch = layer.records[1];
    if (mch.status == Status::nonfinite) {
      ++lost;
      continue;
    }
    o.push_back(mch.errors.whole.o);
    growth.push_back(mch.errors.state_max / layer.state_max);
  }
  ASSERT_GT(lost, 0);
  ASSERT_GT(o.size(), 0u);
  std::sort(state.begin(), state.end());
  EXPECT_EQ(outcomes[0].found, HUGE_VAL);  // a run that is not finite is infinitely bad
  EXPECT_EQ(outcomes[0].without_value, lost);
  EXPECT_EQ(outcomes[0].trials, 5);
  EXPECT_EQ(outcomes[1].found, *std::min_element(o.begin(), o.end()));
  EXPECT_EQ(outcomes[2].found, lost / 5.0);
  EXPECT_EQ(outcomes[3].found, HUGE_VAL);
  EXPECT_EQ(outcomes[4].found, *std::min_element(growth.begin(), growth.end()));
  EXPECT_EQ(outcomes[5].found, state[2]);
  EXPECT_TRUE(outcomes[5].met);
}

TEST(LayerExpectation, what_cannot_be_expected_is_refused) {
  const auto refusal = [](Json expectation, const Json& more = Json::object()) {
    expectation["at_least"] = 0;
    Json json = layered({gdn()}, {{"expect", Json::array({expectation})}});
    json.update(more);
    return message_of(json);
  };
  EXPECT_EQ(refusal({{"layer", "p"}, {"statistic", "max"}}),
            "test: expect[0].layer: no quantity of a layer is called 'p'; did you mean 'w'? Allowed: w, u, o, "
            "state, exact_t_ratio, requirement_share, state_max, state_growth, nonfinite");
  EXPECT_EQ(refusal({{"layer", "o"}, {"metric", "frobenius"}, {"statistic", "max"}}),
            "test: expect[0].layer: found a metric as well; allowed: a metric (of matrices) or a quantity of layers, "
            "not both");
  EXPECT_NE(refusal({{"layer", "o"}, {"statistic", "unfit"}}).find("found the statistic unfit, which counts matrices"),
            std::string::npos);
  EXPECT_EQ(refusal({{"layer", "o"}, {"statistic", "max"}}, {{"layer", false}}),
            "test: expect[0].layer: found o in a sweep without layers; allowed: with \"layer\": true");
  EXPECT_NE(refusal({{"formation", "gram"}, {"statistic", "fit"}}).find("no formation of the sweep is called 'gram'"),
            std::string::npos);
  EXPECT_NE(refusal({{"formation", "gram"}, {"kernel", "flashkda-v1"}, {"statistic", "fit"}})
                .find("found kernel together with method, arithmetic or formation"),
            std::string::npos);
}

TEST(FormationExpectation, selects_by_formation) {
  Json expect = Json::array();
  for (const char* formation : {"exact", "gram", "gram:product=bf16-h100", "anchored"})
    expect.push_back(
        Json{{"formation", formation}, {"metric", "error_formation"}, {"statistic", "max"}, {"at_least", 0}});
  const Finished run = run_of(Json{{"families", Json::array({gdn({{"key_format", "fp64"}})})},
                                   {"chunks", {16}},
                                   {"trials", 2},
                                   {"methods", {"mbh"}},
                                   {"arithmetics", {"fp32"}},
                                   {"formations", formations()},
                                   {"expect", expect}});
  const std::vector<ExpectationOutcome>& outcomes = run.out.report.expectations;
  ASSERT_EQ(outcomes.size(), 5u);
  EXPECT_EQ(outcomes[0].without_value, 2);  // exact: there is no such error
  const auto largest = [&](std::size_t k) {
    return std::max(run.out.matrices[0].records[k].error_forming.value,
                    run.out.matrices[1].records[k].error_forming.value);
  };
  EXPECT_EQ(outcomes[1].found, largest(1));
  EXPECT_EQ(outcomes[2].found, largest(2));
  EXPECT_EQ(outcomes[3].found, largest(2));
  EXPECT_EQ(outcomes[4].found, largest(3));
}

}  // namespace tristab::layer_sweep_test
