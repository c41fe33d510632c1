#include "tristab/judge/audit.h"

#include <gtest/gtest.h>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/judge/addition.h"
#include "tristab/judge/case_outputs.h"

namespace tristab::audit_test {
namespace {

Json small(const char* gate) {
  return {{"suite", "small"},
          {"kernel", "fla-solve-tril"},
          {"family", "gdn:keys=independent:head_dim=64:beta=constant:beta_value=1:gate=none"},
          {"chunk", 32},
          {"gates", {{"inverse", gate}}},
          {"cases", {{{"case", "one"}}, {{"case", "none"}, {"family", "zeros"}}}}};
}

Audit audited(const Json& suite) { return audit(std::make_shared<const Suite>(make_suite(suite, "test", "")), {}); }

const AuditRow& row(const Audit& audit, const std::string& name) {
  return *std::ranges::find(audit.rows, name, &AuditRow::name);
}

TEST(Audit, kills_what_the_gate_refuses_and_no_more) {
  const Audit strict = audited(small("fla:1e-4")), loose = audited(small("torch:rtol=0:atol=10"));
  EXPECT_EQ(strict.kernel.cases[0].fate, Fate::survived);
  EXPECT_EQ(row(strict, "identity").cases[0].fate, Fate::killed);
  EXPECT_EQ(row(loose, "identity").cases[0].fate, Fate::survived);
  EXPECT_TRUE(row(loose, "identity").survives());
  EXPECT_GT(loose.survivors().size(), strict.survivors().size());
}

TEST(Audit, calls_a_mutant_equal_where_it_is_right) {
  const Audit found = audited(small("fla:1e-4"));
  EXPECT_EQ(row(found, "identity").cases[1].fate, Fate::equal);  // A = 0
  EXPECT_EQ(row(found, "zero").cases[1].fate, Fate::killed);
  EXPECT_EQ(row(found, "decay-missing").cases[0].fate, Fate::equal);   // there is no decay
  EXPECT_EQ(row(found, "decay-missing").cases[1].fate, Fate::absent);  // there are no keys
}

TEST(Audit, a_kernel_that_is_right_here_is_no_survivor) {
  Json suite = small("torch:rtol=0:atol=0.3");
  suite["kernel"] = "fla-solve-tril:dot=tf32";
  const Audit found = audited(suite);
  const double kernel = found.kernel.cases[0].errors[0];
  int right = 0, small_bugs = 0;
  for (const AuditRow& each : found.rows) {
    const CaseVerdict& verdict = each.cases[0];
    const bool small = verdict.fate != Fate::absent && verdict.errors[0] <= right_factor * kernel;
    const bool is_kernel = each.kind == "failing-kernel" || each.kind.ends_with("-for-fp32");
    if (verdict.fate == Fate::right) {
      ++right;
      EXPECT_TRUE(small && is_kernel) << each.name;
      EXPECT_FALSE(each.survives()) << each.name;
    } else if (small && !is_kernel && verdict.fate == Fate::survived) {
      ++small_bugs;  // a bug survives however small it is here
    }
    EXPECT_FALSE(each.kind == "failing-kernel" && verdict.fate == Fate::survived && small) << each.name;
  }
  EXPECT_GT(right, 0);
  EXPECT_EQ(found.cases[0].right, right);
  EXPECT_GT(small_bugs, 0);
}

TEST(Audit, finds_the_case_that_does_all_the_work) {
  const Audit found = audited(small("fla:1e-4"));
  EXPECT_EQ(found.working_cases(), std::vector<int>{0});
  EXPECT_GT(found.cases[0].only_here, 10);
  EXPECT_EQ(found.cases[1].only_here, 0);
}

TEST(Audit, checks_expectations_about_names_and_kinds) {
  Json suite = small("fla:1e-4");
  suite["expect"] = {{{"mutant", "identity"}, {"passes", 1}},
                     {{"mutant", "identity"}, {"passes", 2}},
                     {{"mutant", "diagonal"}, {"passes", 0}},
                     {{"mutant", "unmodified"}, {"passes", {1, 2}}, {"cases", {"one"}}}};
  const Audit found = audited(suite);
  ASSERT_EQ(found.expectations.size(), 4u);
  EXPECT_TRUE(found.expectations[0].met);
  EXPECT_FALSE(found.expectations[1].met);
  EXPECT_EQ(found.expectations[1].found, 1);
  EXPECT_TRUE(found.expectations[2].met);
  EXPECT_TRUE(found.expectations[3].met);
  suite["expect"] = {{{"mutant", "identiti"}, {"passes", 1}}};
  EXPECT_THROW(audited(suite), UsageError);
}

TEST(Audit, additions_are_run_and_kill_what_they_say) {
  const Audit found = audited(small("torch:rtol=0:atol=0.3"));
  const Additions additions = find_additions(found, nullptr);
  ASSERT_FALSE(additions.chosen.empty());
  std::size_t killed = 0;
  for (const Addition& addition : additions.chosen) killed += addition.killed.size();
  EXPECT_EQ(killed + additions.left.size(), found.survivors().size());
  Json suite = suite_with(*found.suite, additions);
  const Audit again = audited(suite);
  for (const CaseVerdict& verdict : again.kernel.cases) EXPECT_NE(verdict.fate, Fate::killed);
  for (const Addition& addition : additions.chosen) {
    for (const std::string& name : addition.killed) EXPECT_TRUE(row(again, name).killed_somewhere()) << name;
  }
}

TEST(CaseRunner, the_exact_layer_gives_the_recurrence) {
  const Json given{{"case", "layer"},
                   {"kernel", "fla-gdn-fused"},
                   {"family", "gdn:head_dim=32:values=uniform:queries=normal"},
                   {"tokens", {100, 64}},
                   {"scale", 0.5},
                   {"initial_state", "normal"},
                   {"output", "fp64"},
                   {"state", "fp64"},
                   {"gates", {{"o", "fla:1e-7"}, {"state", "fla:1e-7"}, {"w", "fla:1e-7"}, {"u", "fla:1e-7"}}}};
  const TestCase test = make_case(given, "test", "");
  const CaseInputs inputs = draw_inputs(test);
  EXPECT_EQ(inputs.sequences.size(), 2u);
  const CaseRunner runner(test, inputs);
  for (std::size_t g = 0; g < test.gates.size(); ++g) {
    const GateResult result = runner.evaluate(g, runner.right());
    EXPECT_TRUE(result.passes) << result.text;
  }
}

TEST(CaseRunner, every_fault_of_the_layer_shows) {
  const Json given{{"case", "layer"},
                   {"kernel", "fla-gdn-fused"},
                   {"family", "gdn:head_dim=32:keys=positive:beta=sigmoid-uniform:gate=uniform:gate_low=-0.1"},
                   {"tokens", 192},
                   {"heads", 2},
                   {"output", "fp32"},
                   {"gates", {{"o", "fla:1e-4"}, {"state", "fla:1e-4"}, {"u", "fla:1e-4"}}}};
  const TestCase test = make_case(given, "test", "");
  const CaseInputs inputs = draw_inputs(test);
  const CaseRunner runner(test, inputs);
  Machines machines;
  for (const LayerMutant& mutant : layer_mutants(*inputs.rule())) {
    const CaseOutputs outputs = runner.of(mutant, machines);
    bool passes = true;
    for (std::size_t g = 0; g < test.gates.size(); ++g) passes = passes && runner.evaluate(g, outputs).passes;
    EXPECT_FALSE(passes) << mutant.name;
  }
}

TEST(CaseRunner, a_whole_kernel_passes_its_own_test) {
  const Json given{{"case", "layer"},  {"kernel", "fla-gdn-fused"},
                   {"family", "gdn"},  {"tokens", 128},
                   {"output", "bf16"}, {"gates", {{"o", "fla:0.01"}, {"state", "fla:0.01"}}}};
  const TestCase test = make_case(given, "test", "");
  const CaseInputs inputs = draw_inputs(test);
  const CaseRunner runner(test, inputs);
  Machines machines;
  const CaseOutputs outputs = runner.of(test.kernel, machines, true);
  EXPECT_TRUE(runner.evaluate(0, outputs).passes);
  EXPECT_TRUE(runner.evaluate(1, outputs).passes);
  EXPECT_NE(outputs, runner.right());
}

}  // namespace
}  // namespace tristab::audit_test
