// tristab eval: single operations and products by hand. Expected values are exact arithmetic on paper.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "run_program.h"
#include "shell.h"

namespace tristab::eval_test {

std::string eval(const std::string& expression, const std::string& arithmetic) {
  const Workplace place;
  const ProgramResult run = place.run("eval '" + expression + "' --arithmetic " + arithmetic);
  EXPECT_EQ(run.status, 0) << run.err;
  return run.out;
}

void expect_in(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << " is not in:\n" << text;
}

// universal PR 1232: computed in fp32 and rounded again it gives 0x1.9cp32. The exact value lies just below the middle
// of two bf16 numbers, because of the addend.
TEST(Eval, a_fused_operation_is_rounded_once) {
  const std::string text = eval("fma(0x1.8p17, 0x1.12p15, -0x1p-24)", "bf16-pure");
  expect_in(text, "result    0x1.9ap+32");
  expect_in(text, "0x4FCD  0 10011111 1001101");
  expect_in(text, "-0.5 ulp of bf16");
}

TEST(Eval, operations_are_rounded_as_the_arithmetic_says) {
  expect_in(eval("0.1 + 0.2", "fp16"), "(0.1 rounded to fp16)");
  expect_in(eval("1 + 0x1p-12", "fp16-pure"), "result    0x1p+0 = 1\n");
  expect_in(eval("1 + 0x1p-12", "fp16-pure:rounding=up"), "result    0x1.004p+0");
  expect_in(eval("300 * 300", "fp16-pure"), "result    inf");
  expect_in(eval("300 * 300", "fp16-pure:overflow=saturate"), "result    0x1.ffcp+15 = 65504");
  expect_in(eval("2 / 3", "fp32"), "0x3F2AAAAB");
  expect_in(eval("sqrt(2)", "fp32"), "0x3FB504F3");
  expect_in(eval("500", "e4m3"), "0x7F  0 1111 111");  // OCP: NaN
  expect_in(eval("500", "e4m3:overflow=saturate"), "0x7E  0 1111 110");
}

// Four terms of a matrix unit with 25 fraction bits below the largest product: 1 + 3 x 2^-25 in fp32 is cut, the exact
// sum is not.
TEST(Eval, a_product_runs_on_the_matrix_unit) {
  expect_in(eval("[1, 2, 3] @ [4, 5, 6] + 0.5", "fp16-h100"), "kept      0x1.04p+5 = 32.5");
  const std::string cut = eval("[1, 0x1p-13, 0x1p-13] @ [1, 0x1p-13, 0x1p-13]", "fp16-h100");
  expect_in(cut, "kept      0x1p+0 = 1\n");
  expect_in(cut, "exact     0x1.0000008p+0");
}

TEST(Eval, matrices_come_from_files_and_go_to_one) {
  const Workplace place;
  ASSERT_EQ(place.run("generate uniform --chunk 16 --trials 1 -o A.npy").status, 0);
  // generate writes a batch; take one matrix as numpy would.
  const std::string whole = place.read("A.npy");
  const std::string values = whole.substr(whole.size() - 16 * 16 * 8);
  place.write("a.npy", npy_bytes("<f8", "(16, 16)", values));
  const ProgramResult run = place.run("eval 'a.npy @ a.npy + a.npy' --arithmetic fp64 -o d.npy");
  ASSERT_EQ(run.status, 0) << run.err;
  const std::string out = place.read("d.npy");
  std::vector<double> a(256), d(256);
  std::memcpy(a.data(), values.data(), 2048);
  std::memcpy(d.data(), out.data() + out.size() - 2048, 2048);
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < 16; ++j) {
      double sum = a[static_cast<std::size_t>(16 * i + j)];
      for (int k = 0; k < 16; ++k)
        sum += a[static_cast<std::size_t>(16 * i + k)] * a[static_cast<std::size_t>(16 * k + j)];
      EXPECT_NEAR(d[static_cast<std::size_t>(16 * i + j)], sum, 1e-14);
    }
  }
  EXPECT_EQ(place.run("eval 'a.npy @ a.npy'").status, 2);           // a matrix needs -o
  EXPECT_EQ(place.run("eval 'a.npy @ a.npy' -o a.npy").status, 2);  // never onto an input
}

TEST(Eval, what_it_does_not_understand_is_named_with_its_place) {
  const Workplace place;
  for (const char* wrong : {"1 +", "1 ^ 2", "fma(1, 2)", "[1, 2] + 3", "[1, 2] @ [1, 2, 3]", "sqrt(4", ""}) {
    const ProgramResult run = place.run("eval '" + std::string(wrong) + "'");
    EXPECT_EQ(run.status, 2) << wrong;
    EXPECT_NE(run.err.find("allowed"), std::string::npos) << run.err;
  }
  EXPECT_EQ(place.run("eval '1 + 2' --arithmetic int8").status, 2);
}

TEST(Eval, code_tables_of_small_formats_are_listed) {
  const Workplace place;
  const ProgramResult run = place.run("list formats e4m3 --codes");
  EXPECT_EQ(run.status, 0) << run.err;
  expect_in(run.out, "0x7E  0  1111  110");
  expect_in(run.out, "448");
  EXPECT_EQ(place.run("list formats fp16 --codes").status, 2);
  EXPECT_EQ(place.run("list methods mbh --codes").status, 2);
}

}  // namespace tristab::eval_test
