#include <gtest/gtest.h>

#include <algorithm>

#include "run_program.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"

namespace tristab::generate_test {

TEST(Generate, writes_a_batch_of_strictly_lower_triangular_matrices) {
  const Workplace place;
  const ProgramResult result = place.run("generate gdn keys=collinear eps=0.5 --chunk 32 --trials 3 --seed 2 -o a.npy");
  EXPECT_EQ(result.status, 0) << result.err;
  const NpyContents a = parse_npy(place.read("a.npy"));
  EXPECT_EQ(a.descr, "<f8");
  EXPECT_EQ(a.shape, "(3, 32, 32)");
  ASSERT_EQ(a.values.size(), 3u * 32 * 32);
  bool any = false;
  for (std::size_t k = 0; k < a.values.size(); ++k) {
    const std::size_t i = k / 32 % 32, j = k % 32;
    if (i <= j) {
      EXPECT_EQ(a.values[k], 0);
    }
    any = any || a.values[k] != 0;
  }
  EXPECT_TRUE(any);
}

TEST(Generate, gives_the_matrices_of_a_sweep_with_the_same_seed) {
  const Workplace place;
  place.write("c.json",
              R"({"seed": 3, "chunks": [16], "trials": 2, "families": [{"family": "uniform", "scale": 0.1}],
                            "methods": ["mbh"], "arithmetics": ["fp16"]})");
  EXPECT_EQ(place.run("sweep c.json -o r.json").status, 0);
  EXPECT_EQ(place.run("generate uniform:scale=0.1 --chunk 16 --trials 2 --seed 3 -o a.npy").status, 0);
  const NpyContents a = parse_npy(place.read("a.npy"));
  const Json matrices = Json::parse(place.read("r.json"))["matrices"];
  for (std::size_t m = 0; m < 2; ++m) {
    double largest = 0;
    for (std::size_t k = 0; k < 256; ++k) largest = std::max(largest, a.values[m * 256 + k]);
    EXPECT_EQ(matrices[m]["max_abs"].get<double>(), largest);
  }
}

TEST(Generate, single_precision_and_standard_output) {
  const Workplace place;
  const ProgramResult result = place.run("generate ones --chunk 16 --dtype f4 -o -");
  EXPECT_EQ(result.status, 0);
  const NpyContents a = parse_npy(result.out);
  EXPECT_EQ(a.descr, "<f4");
  EXPECT_EQ(a.shape, "(1, 16, 16)");
  EXPECT_EQ(a.values[16], 1);
}

TEST(Generate, interrupted_it_exits_with_128_and_the_signal_and_no_file) {
  const Workplace place;
  for (const auto& [signal, status] : {std::pair{"INT", 130}, std::pair{"TERM", 143}}) {
    // In the foreground, or the whole process group gets the signal too: the second ends a process at once.
    const std::string launcher = std::string("timeout --foreground --preserve-status -s ") + signal + " 0.3";
    const ProgramResult result = place.run("generate gdn --chunk 256 --trials 1000000 -o a.npy", "", launcher);
    EXPECT_EQ(result.status, status) << signal;
    EXPECT_EQ(result.err, "tristab: stopped; no complete result was written\n");
    EXPECT_EQ(place.files(), std::vector<std::string>{});
  }
}

TEST(Generate, a_list_of_values_is_refused) {
  const Workplace place;
  const ProgramResult result = place.run("generate uniform:scale=0.1/0.5 -o a.npy");
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("2 settings of uniform"), std::string::npos) << result.err;
}

}  // namespace tristab::generate_test
