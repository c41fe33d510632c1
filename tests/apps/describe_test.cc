// tristab generate --describe FILE, by the tables that the program prints.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <sstream>

#include "run_program.h"
#include "support/shared_data.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"

namespace tristab::describe_test {

template <typename Number>
std::string bytes_of(const std::vector<Number>& values) {
  std::string bytes(values.size() * sizeof(Number), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

struct Entry {
  std::string name, dtype;
  std::vector<int> shape;
  std::string bytes;
};

std::string safetensors(const std::vector<Entry>& entries) {
  Json header = Json::object();
  std::string data;
  for (const Entry& entry : entries) {
    header[entry.name] = {{"dtype", entry.dtype},
                          {"shape", entry.shape},
                          {"data_offsets", {data.size(), data.size() + entry.bytes.size()}}};
    data += entry.bytes;
  }
  const std::string text = header.dump();
  return bytes_of<std::uint64_t>({text.size()}) + text + data;
}

// The words of every line of `text` that begins with `first`.
std::vector<std::vector<std::string>> lines_of(const std::string& text, const std::string& first) {
  std::vector<std::vector<std::string>> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    EXPECT_LE(line.size(), 100u) << line;
    std::istringstream words(line);
    std::vector<std::string> found;
    for (std::string word; words >> word;) found.push_back(word);
    if (!found.empty() && found.front() == first) lines.push_back(found);
  }
  return lines;
}

using Words = std::vector<std::string>;

// Two heads of two channels. Head 0: the key (3, 4) twice, beta 1 then 0.5; head 1: orthogonal keys.
std::vector<Entry> two_heads() {
  return {{"m.k", "F64", {2, 2, 2}, bytes_of<double>({3, 4, 1, 0, 3, 4, 0, 1})},
          {"m.beta", "F64", {2, 2}, bytes_of<double>({1, 0.25, 0.04, 0.75})},
          {"m.g", "F32", {2, 2}, bytes_of<float>({-0.5F, -1, -0.0F, -2})}};
}

TEST(Describe, a_layer_by_its_closed_forms) {
  const Workplace place;
  place.write("f.safetensors", safetensors(two_heads()));
  const ProgramResult result = place.run("generate --describe f.safetensors");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out.substr(0, 35), "f.safetensors: 3 tensors, 1 layer\nt");
  EXPECT_NE(result.out.find("\nm: gdn, 2 tokens, 1 sequence, 2 heads, head_dim 2\nk F64, beta F64, g F32\n"
                            "chunks of 64: all 1 of each head\n"),
            std::string::npos)
      << result.out;
  const auto of = [&](const std::string& first) { return lines_of(result.out, first); };
  EXPECT_EQ(of("m.k"), std::vector<Words>({{"m.k", "F64", "[2,", "2,", "2]", "0", "4", "0"}}));
  EXPECT_EQ(of("m.g"), std::vector<Words>({{"m.g", "F32", "[2,", "2]", "-2", "-0", "0"}}));
  // beta 0.04 and 1: the 1st percentile is 0.04 + 0.01 * 0.96. A_21 = 0.04 * 25 exp(-0) = 1, and the condition
  // number of [[1, 0], [1, 1]] is (3 + sqrt 5) / 2. Orthogonal keys: A = 0.
  EXPECT_EQ(of("0"), std::vector<Words>({{"0", "5", "5", "1", "0.0496", "0.28", "0.52", "0.76", "0.99"},
                                         {"0", "-0.49", "-0.25", "-0.005", "-0.5", "-0.5", "1", "2.62", "2.62"}}));
  EXPECT_EQ(of("1"), std::vector<Words>({{"1", "1", "1", "0", "0.255", "0.375", "0.5", "0.625", "0.745"},
                                         {"1", "-2", "-1.5", "-1", "-3", "-3", "0", "1", "1"}}));
}

TEST(Describe, the_layers_settings_count) {
  const Workplace place;
  place.write("f.safetensors", safetensors(two_heads()));
  const ProgramResult result =
      place.run("generate --describe f.safetensors layer=m l2norm=true log_base=2 rule=gdn --chunk 1");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("\nk F64, beta F64, g F32; q and k L2-normalised on reading\n"), std::string::npos);
  EXPECT_NE(result.out.find("chunks of 1: all 2 of each head"), std::string::npos);
  // |k| = 5 / sqrt(25 + 1e-6); sums of g over chunks of one token, times ln 2: -0.35 and 0.
  EXPECT_EQ(lines_of(result.out, "0"),
            std::vector<Words>({{"0", "1", "1", "-", "0.0496", "0.28", "0.52", "0.76", "0.99"},
                                {"0", "-0.34", "-0.17", "-0.0035", "-0.35", "-0.17", "0", "1", "1"}}));
}

TEST(Describe, what_is_not_finite_is_counted_and_left_out) {
  const Workplace place;
  std::vector<Entry> entries = two_heads();
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  entries[0].bytes = bytes_of<double>({nan, 4, 1, 0, infinity, 4, 0, 1});
  place.write("f.safetensors", safetensors(entries));
  const ProgramResult result = place.run("generate --describe f.safetensors");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(lines_of(result.out, "m.k"), std::vector<Words>({{"m.k", "F64", "[2,", "2,", "2]", "0", "4", "2"}}));
  EXPECT_NE(result.out.find("left out because inputs or A are not finite: 1 chunk\n"), std::string::npos);
  EXPECT_EQ(lines_of(result.out, "0"), std::vector<Words>({{"0", "-", "-", "-", "-", "-", "-", "-", "-"},
                                                           {"0", "-", "-", "-", "-", "-", "-", "-", "-"}}));
  EXPECT_EQ(lines_of(result.out, "1")[1].back(), "1");
}

TEST(Describe, grouped_heads_packed_sequences_and_samples_are_named) {
  const Workplace place;
  std::vector<double> keys, gates;
  for (int t = 0; t < 40; ++t) {
    keys.insert(keys.end(), {1, 0.5 * t});
    gates.insert(gates.end(), {0.5, 0.5});
  }
  place.write("f.safetensors", safetensors({{"k", "F64", {40, 1, 2}, bytes_of(keys)},
                                            {"beta", "F64", {40, 2}, bytes_of(gates)},
                                            {"cu_seqlens", "I64", {4}, bytes_of<std::int64_t>({0, 9, 9, 40})}}));
  // Chunks of 4: three of the first sequence, eight of the last.
  const ProgramResult all = place.run("generate --describe f.safetensors --chunk 4");
  EXPECT_NE(all.out.find("\nlayer without a name: delta-net, 40 tokens, 2 sequences, 2 heads (1 of keys), head_dim 2"),
            std::string::npos)
      << all.out;
  EXPECT_NE(all.out.find("chunks of 4: all 11 of each head\n"), std::string::npos);
  // At equal distances: chunks 0 and 5 of 11, and 5 is the third of the last sequence, tokens 17 to 20.
  const ProgramResult some = place.run("generate --describe f.safetensors --chunk 4 --sample 2");
  EXPECT_NE(some.out.find("chunks of 4: 2 of the 11 of each head, evenly spaced (--sample)\n"), std::string::npos);
  EXPECT_EQ(lines_of(some.out, "1")[0][2], "10");  // |(1, 10)| = 10.05
  EXPECT_EQ(lines_of(all.out, "1")[0][2], "19.5");
  // Chunks 0, 3 and 7 of 11: the last one is tokens 25 to 28.
  const ProgramResult three = place.run("generate --describe f.safetensors --chunk 4 --sample 3");
  EXPECT_EQ(lines_of(three.out, "1")[0][2], "14");
  // Not of the last chunk, of 3 tokens: token 36 after 33 to 35, (3 + 36 (33 + 34 + 35) / 4) / 2 = 460.5.
  EXPECT_EQ(lines_of(all.out, "1")[1][6], "460");
}

TEST(Describe, keys_and_gates_in_files_of_their_own) {
  const Workplace place;
  place.write("k.npy", npy_bytes("<f8", "(2, 1, 2)", bytes_of<double>({3, 4, 3, 4})));
  place.write("b.npy", npy_bytes("<f8", "(2, 1)", bytes_of<double>({1, 0.04})));
  const ProgramResult result = place.run("generate --describe k.npy beta=b.npy");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(lines_of(result.out, "0")[1], Words({"0", "-", "-", "-", "-", "-", "1", "2.62", "2.62"}));
}

TEST(Describe, tensors_of_matrices_by_their_norms) {
  const Workplace place;
  place.write("a.npy", npy_bytes("<f8", "(2, 16, 16)", ones_bytes(16, 1, 0, -3) + ones_bytes(16)));
  const ProgramResult result = place.run("generate --describe a.npy");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("\narray: 2 matrices, 16 x 16\n"), std::string::npos) << result.out;
  // ||A||_inf = 15; 119 ones and a -3: ||A||_F = sqrt(128).
  ASSERT_EQ(lines_of(result.out, "3").size(), 1u);
  EXPECT_EQ(lines_of(result.out, "3")[0][1], "15");
  EXPECT_EQ(lines_of(result.out, "3")[0][2], "11.3");
  EXPECT_NE(place.run("generate --describe a.npy --sample 1").out.find(", 1 of them examined"), std::string::npos);

  place.write("b.npy", npy_bytes("<f8", "(2, 2)", bytes_of<double>({1, 0, 5, 1})));
  const ProgramResult other = place.run("generate --describe b.npy");
  EXPECT_EQ(other.status, 0);
  EXPECT_NE(other.out.find("no A: b.npy: tensor 'array' holds 1 at index [0, 0], on or above the diagonal"),
            std::string::npos)
      << other.out;
}

TEST(Describe, a_slice_of_a_trained_model_fits_100_columns) {
  const Workplace place;
  const ProgramResult result = place.run("generate --describe $DATA/kda-slice.safetensors --chunk 16");
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(lines_of(result.out, "0").size(), 4u);  // two tables of two layers; checks every line's width
  EXPECT_NE(result.out.find("\nlayer6: kda, 128 tokens, 1 sequence, 2 heads, head_dim 128"), std::string::npos);
}

// Published of this model at chunk 64: worst cond(I + A) 16.9 in layer 6, mean cosine 0.26 and 0.43.
TEST(Describe, a_trained_model_has_its_known_cosines_and_condition_numbers) {
  const std::filesystem::path data = shared_data("models/gdn.safetensors");
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with models/gdn.safetensors";
  const Workplace place;
  const std::string file = (data / "models/gdn.safetensors").string();
  double worst = 0;
  for (const auto& [layer, cosine] : {std::pair{"layer0", 0.26}, std::pair{"layer6", 0.43}}) {
    const ProgramResult result = place.run("generate --describe '" + file + "' layer=" + layer);
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(lines_of(result.out, "layer0.k").size() + lines_of(result.out, "layer6.k").size(), 1u);
    double sum = 0;
    for (const char* head : {"0", "1", "2", "3"}) {
      const auto lines = lines_of(result.out, head);
      ASSERT_EQ(lines.size(), 2u);
      sum += std::stod(lines[0][3]);
      worst = std::max(worst, std::stod(lines[1].back()));
    }
    EXPECT_NEAR(sum / 4, cosine, 0.006) << layer;
  }
  EXPECT_EQ(worst, 16.9);
}

TEST(Describe, refusals_have_the_usual_exit_statuses) {
  const Workplace place;
  place.write("f.safetensors", safetensors(two_heads()));
  const auto expect = [&](const std::string& arguments, int status, const std::string& message) {
    const ProgramResult result = place.run("generate --describe " + arguments);
    EXPECT_EQ(result.status, status) << arguments;
    EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
    EXPECT_EQ(result.out, "");
  };
  expect("none.npy", 3, "none.npy: cannot be opened");
  expect("f.safetensors layer=n", 2, "no layer is called 'n'");
  expect("f.safetensors tensor=m.x", 2, "no tensor is called 'm.x'");
  expect("f.safetensors layr=m", 2, "'layr'");
  expect("f.safetensors rule=kda", 3, "tensor 'm.g' has shape [2, 2]");
  expect("f.safetensors path=x", 2, "found path");
  expect("f.safetensors -o a.npy", 2, "found -o together with --describe");
  expect("f.safetensors --sample 0", 2, "--sample");
  place.write("broken.safetensors", "short");
  expect("broken.safetensors", 3, "broken.safetensors");
  EXPECT_EQ(place.run("generate ones --sample 3 -o a.npy").status, 2);
}

}  // namespace tristab::describe_test
