#include <gtest/gtest.h>

#include "run_program.h"

namespace tristab::invert_test {

TEST(Invert, the_inverse_of_the_all_ones_matrix_is_bidiagonal) {
  // (I + A)^-1 of ones below the diagonal: 1 on the diagonal, -1 below it, and fp16 substitution is exact
  // there.
  const Workplace place;
  place.write("a.npy", npy_bytes("<f8", "(16, 16)", ones_bytes(16)));
  const ProgramResult result = place.run("invert a.npy --method row-substitution --arithmetic fp16 -o x.npy");
  EXPECT_EQ(result.status, 0) << result.err;
  const NpyContents x = parse_npy(place.read("x.npy"));
  EXPECT_EQ(x.descr, "<f4");
  EXPECT_EQ(x.shape, "(1, 16, 16)");
  ASSERT_EQ(x.values.size(), 256u);
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t j = 0; j < 16; ++j) EXPECT_EQ(x.values[i * 16 + j], i == j ? 1 : i == j + 1 ? -1 : 0);
  }
}

TEST(Invert, two_by_two_in_fp16_is_rounded_as_by_hand) {
  // X_10 = -fl16(0.1) = -0x1.998p-4.
  const Workplace place;
  place.write("a.npy", npy_bytes("<f8", "(2, 2)", ones_bytes(2, 1, 0, 0.1)));
  EXPECT_EQ(place.run("invert a.npy --method row-substitution --arithmetic fp16 -o x.npy").status, 0);
  EXPECT_EQ(parse_npy(place.read("x.npy")).values, (std::vector<double>{1, 0, -0x1.998p-4, 1}));
}

TEST(Invert, arithmetics_wider_than_fp32_write_doubles) {
  const Workplace place;
  place.write("a.npy", npy_bytes("<f8", "(1, 2, 2)", ones_bytes(2, 1, 0, 0.1)));
  EXPECT_EQ(place.run("invert a.npy --method mbh --arithmetic fp64 -o x.npy").status, 0);
  const NpyContents x = parse_npy(place.read("x.npy"));
  EXPECT_EQ(x.descr, "<f8");
  EXPECT_EQ(x.values[2], -0.1);
}

TEST(Invert, parameters_go_to_method_or_arithmetic) {
  const Workplace place;
  place.write("a.npy", npy_bytes("<f8", "(32, 32)", ones_bytes(32)));
  const ProgramResult words = place.run("invert a.npy block=8 scale=row --method mxr --arithmetic int8 -o words.npy");
  EXPECT_EQ(words.status, 0) << words.err;
  EXPECT_NE(words.err.find("mxr:block=8 in int8:scale=row"), std::string::npos) << words.err;
  EXPECT_EQ(place.run("invert a.npy --method mxr:block=8 --arithmetic int8:scale=row -o inline.npy").status, 0);
  EXPECT_EQ(place.read("words.npy"), place.read("inline.npy"));
}

TEST(Invert, standard_input_and_output) {
  const Workplace place;
  place.write("a.npy", npy_bytes("<f8", "(16, 16)", ones_bytes(16)));
  EXPECT_EQ(place.run("invert a.npy --method mbh --arithmetic fp16 -o x.npy").status, 0);
  const ProgramResult result = place.run("invert - --method mbh --arithmetic fp16 -o -", "a.npy");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, place.read("x.npy"));
  place.write("bad.npy", "no array");
  const ProgramResult bad = place.run("invert - --method mbh --arithmetic fp16 -o x.npy", "bad.npy");
  EXPECT_EQ(bad.status, 3);
  EXPECT_NE(bad.err.find("standard input"), std::string::npos) << bad.err;
}

// n products of n x n: minutes for one matrix.
TEST(Invert, a_signal_ends_it_within_one_large_matrix) {
  const Workplace place;
  constexpr int n = 1024;
  place.write("a.npy", npy_bytes("<f4", "(1024, 1024)", std::string(std::size_t{4} * n * n, '\0')));
  for (const auto& [signal, status] : {std::pair{"INT", 130}, std::pair{"TERM", 143}}) {
    const std::string launcher = std::string("timeout --foreground --preserve-status -k 60 -s ") + signal + " 0.5";
    const ProgramResult result =
        place.run("invert a.npy --method matrix-column-sweep --arithmetic fp16 -o x.npy", "", launcher);
    EXPECT_EQ(result.status, status);
    EXPECT_EQ(result.err, "tristab: stopped; no complete result was written\n");
    EXPECT_EQ(place.files(), std::vector<std::string>{"a.npy"});
  }
}

TEST(Invert, a_layer_gives_a_matrix_for_each_chunk_of_each_head) {
  const Workplace place;
  const std::string common =
      "invert $DATA/gdn-slice.safetensors --layer layer6 --chunk 32 --method mbh --arithmetic fp16 ";
  EXPECT_EQ(place.run(common + "-o all.npy").status, 0);
  EXPECT_EQ(place.run(common + "--heads 1 --tokens 32:96 -o part.npy").status, 0);
  const NpyContents all = parse_npy(place.read("all.npy")), part = parse_npy(place.read("part.npy"));
  EXPECT_EQ(all.shape, "(8, 32, 32)");   // 2 heads x 128 tokens
  EXPECT_EQ(part.shape, "(2, 32, 32)");  // chunks 1 and 2 of head 1: the matrices 5 and 6
  EXPECT_EQ(part.values, std::vector<double>(all.values.begin() + 5 * 1024, all.values.begin() + 7 * 1024));
}

TEST(Invert, a_kernel_refuses_a_chunk_that_it_does_not_take) {
  const Workplace place;
  const ProgramResult result =
      place.run("invert $DATA/gdn-slice.safetensors --layer layer6 --chunk 32 --kernel aiter-v1 -o T.npy");
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("--kernel: found aiter-v1 with chunks of 32; allowed for it: --chunk 64"),
            std::string::npos)
      << result.err;
  EXPECT_FALSE(std::filesystem::exists(place.file("T.npy")));
}

TEST(Invert, a_layer_needs_a_chunk_size) {
  const Workplace place;
  const ProgramResult result =
      place.run("invert $DATA/gdn-slice.safetensors --layer layer6 --method mbh --arithmetic fp16 -o x.npy");
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("--chunk: found nothing"), std::string::npos) << result.err;
}

}  // namespace tristab::invert_test
