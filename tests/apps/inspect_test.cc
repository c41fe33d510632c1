// tristab inspect: its inputs, outputs, a kernel's own steps, and refusals.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "pseudo_terminal.h"
#include "run_program.h"
#include "tristab/base/json.h"
#include "tristab/report/text_layout.h"

namespace tristab::inspect_test {

Json inspected(const Workplace& place, const std::string& arguments, int status = 0) {
  const ProgramResult result = place.run("inspect " + arguments + " --format json");
  EXPECT_EQ(result.status, status) << result.err;
  return Json::parse(result.out);
}

void expect_refusal(const Workplace& place, const std::string& arguments, int status,
                    const std::vector<std::string>& words) {
  const ProgramResult result = place.run("inspect " + arguments);
  EXPECT_EQ(result.status, status) << arguments << result.err;
  for (const std::string& word : words)
    EXPECT_NE(result.err.find(word), std::string::npos) << word << ": " << result.err;
}

TEST(Inspect, a_trial_a_file_and_a_case_of_a_result_are_the_same) {
  const Workplace place;
  ASSERT_EQ(place.run("generate gdn:keys=silu --chunk 32 --trials 2 -o a.npy").status, 0);
  place.write("c.json", R"({"families": [{"family": "gdn", "keys": "silu"}], "chunks": [32], "trials": 2,
                            "methods": ["mch"], "arithmetics": ["bf16"]})");
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const Json record = Json::parse(place.read("r.json"))["records"][1];
  const std::string id = record["case"];
  const Json of_family = inspected(place, "gdn:keys=silu --chunk 32 --trial 1 --method mch --arithmetic bf16");
  const Json of_file = inspected(place, "a.npy --trial 1 --method mch --arithmetic bf16");
  const Json of_result = inspected(place, "r.json " + id);
  EXPECT_EQ(of_family["case"], id);
  EXPECT_EQ(of_result["case"], id);
  EXPECT_EQ(of_family["shares"], of_result["shares"]);
  EXPECT_EQ(of_family["shares"], of_file["shares"]);
  EXPECT_EQ(of_family["diagnosis"], of_file["diagnosis"]);
  EXPECT_EQ(of_result["record"]["total_frobenius"], record["total_frobenius"]);
  EXPECT_EQ(of_result["shares"]["total"], record["total_frobenius"]);
  EXPECT_EQ(of_result["schema"], "tristab-inspection/1");
}

TEST(Inspect, a_layer_of_a_file_is_formed_as_the_kernel_forms_it) {
  const Workplace place;
  const Json found = inspected(place, "$DATA/gdn-slice.safetensors --layer all --chunk 32 --kernel fla-gdn");
  EXPECT_EQ(found["shares"]["stages"].size() > 1, true);
  EXPECT_TRUE(std::ranges::any_of(found["shares"]["stages"], [](const Json& s) { return s["stage"] == "formation"; }));
}

TEST(Inspect, the_four_parts_of_the_record_are_in_a_decomposed_sweep) {
  const Workplace place;
  place.write("c.json", R"({"families": ["gdn"], "chunks": [32], "trials": 1, "methods": ["mbh"],
                            "arithmetics": ["bf16"], "decompose": true})");
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const Json record = Json::parse(place.read("r.json"))["records"][0];
  const Json found = inspected(place, "gdn --chunk 32 --method mbh --arithmetic bf16")["record"];
  for (const char* part : {"error_formation", "error_truncation", "error_rounding", "error_output"})
    EXPECT_EQ(found[part], record[part]) << part;
  ASSERT_EQ(place.run("sweep c.json -o r.csv --force").status, 0);
  EXPECT_NE(place.read("r.csv").find("error_rounding"), std::string::npos);
  place.write("c.json", R"({"families": ["gdn"], "chunks": [32], "trials": 1, "methods": ["mbh"],
                            "arithmetics": ["bf16"]})");
  ASSERT_EQ(place.run("sweep c.json -o plain.json").status, 0);
  EXPECT_EQ(place.read("plain.json").find("error_rounding"), std::string::npos);
}

TEST(Inspect, text_fits_80_columns_and_long_methods_are_shortened) {
  const Workplace place;
  for (const char* arguments :
       {"gdn --chunk 64 --method mch --arithmetic bf16", "gdn --chunk 64 --method row-substitution --arithmetic bf16",
        "gdn:gate=none --chunk 64 --kernel vllm-gdn-sm100"}) {
    const TerminalResult result = run_on_terminal(std::string("inspect ") + arguments, place.file(""), 80);
    EXPECT_EQ(result.status, 0);
    std::istringstream lines(without_colors(result.raw));
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(display_width(line), 80U) << line;
    EXPECT_GT(count, 25);
    EXPECT_LT(count, 100);
    for (const char* heading : {"Diagnosis", "Steps", "Rounding sites"})
      EXPECT_NE(result.raw.find(heading), std::string::npos) << heading;
  }
}

TEST(Inspect, the_page_holds_the_maps_and_is_replaced_by_pages_alone) {
  const Workplace place;
  const std::string command = "inspect gdn --chunk 16 --method mch --arithmetic bf16 --html x.html";
  ASSERT_EQ(place.run(command).status, 0);
  const std::string page = place.read("x.html");
  EXPECT_NE(page.find("\"name\": \"total error\""), std::string::npos);
  EXPECT_NE(page.find("</html>"), std::string::npos);
  EXPECT_EQ(page.find("{{"), std::string::npos);
  EXPECT_EQ(place.run(command).status, 0);
  place.write("x.html", "mine");
  EXPECT_EQ(place.run(command).status, 2);
  EXPECT_EQ(place.read("x.html"), "mine");
}

// Behind "<!--<script" HTML does not end a script at the next "</script>".
TEST(Inspect, the_page_of_a_file_whose_name_is_html_has_none_of_its_tags) {
  const Workplace place;
  ASSERT_EQ(place.run("generate gdn --chunk 16 --trials 1 -o 'x<!--<script>.npy'").status, 0);
  ASSERT_EQ(place.run("inspect 'x<!--<script>.npy' --method mch --arithmetic bf16 --html x.html").status, 0);
  const std::string page = place.read("x.html"), begin = R"(<script type="application/json" id="data">)";
  const std::size_t at = page.find(begin) + begin.size();
  const std::string json = page.substr(at, page.find("</script>", at) - at);
  EXPECT_EQ(json.find('<'), std::string::npos);
  EXPECT_NE(Json::parse(json).dump().find("x<!--<script>.npy"), std::string::npos);
}

TEST(Inspect, against_a_kernels_own_steps_the_first_difference_is_named) {
  // Substitution in fp16 on ones is exact: row k of X is -1 at k - 1, 1 at k.
  const Workplace place;
  const auto row = [&](int k, double first) {
    std::string bytes;
    for (int j = 0; j < 16; ++j) {
      const double value = j == k ? 1 : j == k - 1 ? -1 : j == 0 ? first : 0;
      bytes.append(reinterpret_cast<const char*>(&value), sizeof value);  // NOLINT: the bytes of a file
    }
    place.write("steps/substitution." + std::to_string(k) + ".npy", npy_bytes("<f8", "(1, 16)", bytes));
  };
  std::filesystem::create_directory(place.file("steps"));
  for (int k = 1; k < 16; ++k) row(k, 0);
  const std::string command = "ones --chunk 16 --method row-substitution --arithmetic fp16 --against steps";
  const Json equal = inspected(place, command);
  EXPECT_EQ(equal["against"]["steps"].size(), 15U);
  EXPECT_EQ(equal["against"]["without_tensor"], 0);
  row(7, 0.25);
  row(9, 0.5);
  const ProgramResult parted = place.run("inspect " + command);
  EXPECT_EQ(parted.status, 1);
  EXPECT_NE(parted.out.find("The first step that parts is substitution 7"), std::string::npos) << parted.out;
  EXPECT_NE(parted.out.find("(0, 0)"), std::string::npos) << parted.out;
  const Json steps = inspected(place, command, 1)["against"]["steps"];
  EXPECT_EQ(steps[6]["differing"], 1);
  EXPECT_EQ(steps[6]["ulps"], 0.25 / std::exp2(-14 - 10));  // of 0 in fp16: 2^-24
  EXPECT_EQ(steps[7]["differing"], 0);
}

TEST(Inspect, what_cannot_be_inspected_is_refused) {
  const Workplace place;
  place.write("c.json", R"({"families": ["ones"], "chunks": [16], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  expect_refusal(place, "", 2, {"no input", "tristab inspect INPUT"});
  expect_refusal(place, "gdn", 2, {"no --method", "--method M --arithmetic F, or --kernel K"});
  expect_refusal(place, "gdn --method mbh --arithmetic fp16,bf16", 2, {"2 settings", "one method in one arithmetic"});
  expect_refusal(place, "gnd --method mbh --arithmetic fp16", 2, {"'gnd'", "'gdn'"});
  expect_refusal(place, "gdn --method mbh --arithmetic fp61", 2, {"--arithmetic", "'fp61'", "did you mean"});
  expect_refusal(place, "r.json", 2, {"r.json", "no case", "an id that the result prints"});
  expect_refusal(place, "r.json nothing", 2, {"CASE", "nothing"});
  expect_refusal(place, "gdn x --method mbh --arithmetic fp16", 2, {"CASE", "'x'"});
  expect_refusal(place, "gone.json x", 3, {"gone.json", "no such file"});
  expect_refusal(place, "gdn --kernel fla-gdn --method mch", 2, {"--method together with --kernel"});
  expect_refusal(place, "gdn --method mbh --arithmetic fp16 --tensor A", 2, {"--tensor together with the family gdn"});
  expect_refusal(place, "r.json x --method mbh", 2, {"--method together with the case of a result"});
  expect_refusal(place, "gone.npy --method mbh --arithmetic fp16", 3, {"gone.npy"});
  expect_refusal(place, "gdn --method mbh --arithmetic fp16 --trial x", 2, {"--trial", "x"});
  expect_refusal(place, "ones --chunk 16 --method mbh --arithmetic fp16 --against nowhere", 3, {"nowhere"});
}

TEST(Inspect, parts_of_errors_in_tables_need_a_decomposed_result) {
  const Workplace place;
  const ProgramResult computed =
      place.run("compare --chunk 16 --methods mbh --arithmetics bf16 --family gdn --metrics error_rounding");
  EXPECT_EQ(computed.status, 0) << computed.err;
  EXPECT_EQ(computed.out.find("trivial"), std::string::npos) << computed.out;
  place.write("c.json", R"({"families": ["gdn"], "chunks": [16], "methods": ["mbh"], "arithmetics": ["bf16"]})");
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const ProgramResult read = place.run("compare r.json --metrics error_rounding");
  EXPECT_EQ(read.status, 2);
  EXPECT_NE(read.err.find("\"decompose\": true"), std::string::npos) << read.err;
}

}  // namespace tristab::inspect_test
