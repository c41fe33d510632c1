// Results of many records: what a command holds in memory, and that nothing is compared with all that came before (then
// these tests take hours).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "run_program.h"

namespace tristab::large_result_test {

constexpr int inputs = 15'000;
constexpr std::string_view header =
    R"("schema": "tristab-results/1", "tool": {"version": "0"}, "config": {"name": "large"})";

// The worst case: a matrix for each input, and two records for each matrix, so that every record is a group of its own.
std::string input_of(int k) {
  return fmt::format(
      R"("family": "uniform", "family_label": "uniform:scale={0}", "family_params": {{"scale": {0}}}, "n": 16)", k + 1);
}

std::string matrix(int k) {
  return fmt::format(
      R"({{"type": "matrix", "id": "m{0}", {1}, "cond_2": {2}, "power_max": [1, 2, 3], "inverse_decay": [1, 2]}})", k,
      input_of(k), k + 2);
}

std::string record(int k, const char* method) {
  return fmt::format(
      R"({{"type": "record", "case": "m{0}/{1}", "matrix": "m{0}", {2}, "trial": 0, "method": "{1}", "method_label": "{1}", )"
      R"("method_params": {{}}, "arithmetic": "fp16", "arithmetic_label": "fp16", "arithmetic_params": {{}}, "status": "ok", )"
      R"("fit": "fit", "for_format": "normal", "frobenius": {3}e-6, "total_frobenius": {3}e-6, "growth": 1, "matmuls": 3, )"
      R"("depth": 2, "vector_depth": 0, "stages": [{{"stage": "a"}}]}})",
      k, method, input_of(k), k + 1);
}

class LargeResult : public ::testing::Test {
 protected:
  LargeResult() {
    std::ofstream lines(place_.file("r.ndjson")), document(place_.file("r.json"));
    lines << fmt::format("{{\"type\": \"header\", {}, \"expected_cases\": {}}}\n", header, 2 * inputs);
    document << fmt::format("{{{}, \"run\": {{\"complete\": true, \"cases\": {}}}, \"matrices\": [", header,
                            2 * inputs);
    std::string records;
    for (int k = 0; k < inputs; ++k) {
      lines << matrix(k) << '\n' << record(k, "mbh") << '\n' << record(k, "mch") << '\n';
      document << (k == 0 ? "" : ", ") << matrix(k);
      records += fmt::format("{}{}, {}", k == 0 ? "" : ", ", record(k, "mbh"), record(k, "mch"));
    }
    lines << "{\"type\": \"end\", \"complete\": true}\n";
    document << "], \"records\": [" << records << "]}";  // all of it one line
  }

  // A million records must stay below 1 GB: less than 1 KB for each, beside `other` kilobytes.
  void expect_little(const std::string& arguments, long other = 20'000, long records = 2 * inputs) const {
    const long memory = memory_of(arguments, place_);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(memory, other + records) << arguments;
#endif
    EXPECT_GT(memory, 0);
  }

  const Workplace place_;
};

TEST_F(LargeResult, every_reader_keeps_less_than_a_kilobyte_of_a_record) {
  for (const char* file : {"r.ndjson", "r.json"}) {
    expect_little(fmt::format("compare {} >c.txt", file));
    expect_little(fmt::format("export {} --csv e.csv", file));
  }
  expect_little("compare r.ndjson --overall --format csv >o.csv");
  expect_little("compare r.ndjson --metrics total_frobenius --format json >m.json");
  expect_little("report r.ndjson -o p.html", 80'000);  // the page: at most some megabytes
  expect_little("export r.ndjson --gnuplot g");
  expect_little("diff r.ndjson r.json >d.txt", 20'000, 4 * inputs);
  EXPECT_NE(place_.read("d.txt").find(fmt::format("{} records are equal", 2 * inputs)), std::string::npos);
  const auto lines_of = [&](const char* name) { return std::ranges::count(place_.read(name), '\n'); };
  EXPECT_EQ(lines_of("e.csv"), 2 * inputs + 1);
  EXPECT_EQ(lines_of("m.json"), 2 * inputs + 2);
}

}  // namespace tristab::large_result_test
