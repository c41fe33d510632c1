// tristab audit: suites, inputs with a kernel and a gate, what it writes, and refusals.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "run_program.h"
#include "tristab/base/json.h"

namespace tristab::audit_test {
namespace {

constexpr const char* small_suite = R"({"suite": "mine", "kernel": "fla-solve-tril", "chunk": 32,
  "family": "gdn:keys=independent:head_dim=64:gate=none", "gates": {"inverse": "fla-ci:1e-4"},
  "cases": [{"case": "one"}, {"case": "two", "seed": 2}],
  "expect": [{"mutant": "identity-minus-a", "passes": 2}]})";

Json audited(const Workplace& place, const std::string& arguments, int status = 0) {
  const ProgramResult result = place.run("audit " + arguments + " --format json");
  EXPECT_EQ(result.status, status) << result.err;
  return result.out.empty() ? Json() : Json::parse(result.out);
}

void expect_refusal(const Workplace& place, const std::string& arguments, const std::vector<std::string>& words) {
  const ProgramResult result = place.run("audit " + arguments);
  EXPECT_EQ(result.status, 2) << arguments << result.err;
  for (const std::string& word : words)
    EXPECT_NE(result.err.find(word), std::string::npos) << word << ": " << result.err;
}

TEST(AuditCommand, a_met_expectation_is_success_another_one_is_not) {
  const Workplace place;
  place.write("a.json", small_suite);
  const Json found = audited(place, "a.json --no-addition");
  EXPECT_EQ(found["expectations"][0]["met"], true);
  EXPECT_EQ(found["cases"].size(), 2u);
  std::string other = small_suite;
  other.replace(other.find("\"passes\": 2"), 11, "\"passes\": 1");
  place.write("b.json", other);
  EXPECT_EQ(audited(place, "b.json --no-addition", 1)["expectations"][0]["passes"], 2);
}

TEST(AuditCommand, survivors_that_must_not_be_end_with_one) {
  const Workplace place;
  place.write("a.json", small_suite);
  EXPECT_EQ(audited(place, "a.json --no-addition --must-kill series", 1)["passed"], false);
  EXPECT_EQ(audited(place, "a.json --no-addition --must-kill zero,diagonal")["passed"], true);
}

TEST(AuditCommand, what_it_writes_is_a_suite_that_kills_more) {
  const Workplace place;
  place.write("a.json", small_suite);
  const Json before = audited(place, "a.json --write b.json");
  ASSERT_FALSE(before["additions"]["chosen"].empty());
  const Json after = audited(place, "b.json --no-addition");
  EXPECT_LT(after["survivors"].size(), before["survivors"].size());
  EXPECT_EQ(place.run("audit b.json --write b.json").status, 2);  // its own input
}

TEST(AuditCommand, a_family_with_a_kernel_and_a_gate_gets_a_tolerance) {
  const Workplace place;
  const std::string inputs =
      "gdn:keys=positive:gate=uniform:gate_low=-0.05 --kernel fla-solve-tril:dot=tf32 --chunk 32";
  const Json found = audited(place, inputs + " --gate fla:1e-4 --trials 59 --no-addition");
  EXPECT_EQ(found["tolerance"]["trials"], 59);
  EXPECT_EQ(found["tolerance"]["rank"], 1);
  const Json& gates = found["tolerance"]["gates"];
  ASSERT_EQ(gates.size(), 3u);  // fla, torch, flashinfer-bench
  EXPECT_EQ(gates[0]["output"], "inverse");
  EXPECT_GT(gates[0]["factor"], 0);
  const ProgramResult text = place.run("audit " + inputs + " --gate fla:1e-4 --trials 59 --no-addition");
  for (const char* words : {"torch.testing.assert_close(", "assert_close(\"inverse\"", "required_matched_ratio",
                            "norm(T - X) <=", "59 trials"})
    EXPECT_NE(text.out.find(words), std::string::npos) << words << text.out;
}

TEST(AuditCommand, a_file_claims_no_more_trials_than_it_has_matrices) {
  const Workplace place;
  ASSERT_EQ(place.run("generate gdn:keys=silu --chunk 32 --trials 3 -o a.npy").status, 0);
  const Json found = audited(place, "a.npy --kernel fla-solve-tril --gate fla --chunk 32 --trials 100 --no-addition");
  EXPECT_EQ(found["tolerance"]["trials"], 3);
  EXPECT_EQ(found["tolerance"]["rank"], 0);
}

TEST(AuditCommand, too_few_trials_give_nothing_to_paste) {
  const Workplace place;
  const ProgramResult text =
      place.run("audit ones --kernel fla-solve-tril --gate fla:1e-4 --chunk 32 --trials 1 --no-addition");
  EXPECT_NE(text.out.find("1 trial of"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("95% need 59"), std::string::npos) << text.out;
  EXPECT_EQ(text.out.find("To paste"), std::string::npos) << text.out;
}

TEST(AuditCommand, names_a_command_that_works_where_inputs_do_not) {
  const Workplace place;
  const ProgramResult text = place.run(
      "audit gdn:keys=independent:gate=constant:gate_value=-1 --kernel fla-solve-tril --gate "
      "torch:rtol=0:atol=1"
      " --chunk 32 --trials 1");
  const std::size_t warning = text.out.find("No tolerance of any gate"), table = text.out.find("\noutput ");
  ASSERT_NE(warning, std::string::npos) << text.out;
  EXPECT_LT(warning, table) << text.out;
  const std::size_t begin = text.out.find("  tristab audit ");
  ASSERT_NE(begin, std::string::npos) << text.out;
  const std::string command = text.out.substr(begin + 10, text.out.find('\n', begin) - begin - 10);
  EXPECT_EQ(place.run(command + " --trials 1 --no-addition").status, 0) << command;
}

TEST(AuditCommand, inputs_stand_beside_a_trained_layer) {
  const Workplace place;
  place.write("a.json", small_suite);
  const Json found = audited(place, "a.json --no-addition --beside $DATA/gdn-slice.safetensors --beside-layer all");
  ASSERT_EQ(found["beside"].size(), 2u);
  EXPECT_GT(found["beside"][1]["reach"]["cosine"], 0.1);
  EXPECT_LT(found["cases"][0]["reach"]["cosine"], 0.05);
}

TEST(AuditCommand, is_the_same_for_any_number_of_threads) {
  const Workplace place;
  place.write("a.json", small_suite);
  const std::string command = "audit a.json --format json";
  EXPECT_EQ(place.run(command).out, place.run(command, "", "taskset -c 0").out);
}

TEST(AuditCommand, refuses_with_what_was_typed) {
  const Workplace place;
  place.write("a.json", small_suite);
  expect_refusal(place, "", {"fla-solve-tril", "--kernel K"});
  expect_refusal(place, "gdn", {"--kernel"});
  expect_refusal(place, "a.json --gate fla", {"--gate", "suite"});
  expect_refusal(place, "gdn --kernel fla-solve-trill", {"fla-solve-tril"});
  expect_refusal(place, "gdn --kernel fla-solve-tril --gate flaa", {"--gate"});
  expect_refusal(place, "gdn --kernel fla-solve-tril --outputs oo", {"oo"});
  expect_refusal(place, "a.json --must-kill identiti --no-addition", {"--must-kill", "identity"});
  expect_refusal(place, "gdn --kernel fla-solve-tril --cover 2", {"--cover"});
}

}  // namespace
}  // namespace tristab::audit_test
