#include "tristab/matrix/layer_notes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "test_support.h"
#include "tristab/matrix/npy.h"

namespace tristab::layer_notes_test {

using testing_support::TemporaryDirectory;

struct Inputs {
  int tokens = 32, heads = 2;
  std::function<double(int token, int head)> beta = [](int, int) { return 0.5; };
  std::function<double(int token, int head)> g = [](int t, int) { return -0.1 - 0.01 * (t % 3); };
  double length = 1;
};

// The notes about k, beta and g in files of their own; keys are unit vectors times `length`.
std::vector<std::string> notes_about(const Inputs& inputs) {
  constexpr int width = 4;
  const TemporaryDirectory directory;
  std::vector<double> keys, betas, decays;
  for (int t = 0; t < inputs.tokens; ++t) {
    for (int h = 0; h < inputs.heads; ++h) {
      for (int d = 0; d < width; ++d) keys.push_back(d == (t + h) % width ? inputs.length : 0);
      betas.push_back(inputs.beta(t, h));
      decays.push_back(inputs.g(t, h));
    }
  }
  const auto write = [&](const char* name, const std::vector<std::int64_t>& shape, const std::vector<double>& values) {
    NpyFileWriter writer(directory.path() / name, Dtype::f64, shape);
    writer.append(values);
    writer.commit();
    return TensorFile::open(directory.path() / name);
  };
  const LayerTensors layer(write("k.npy", {inputs.tokens, inputs.heads, width}, keys),
                           write("beta.npy", {inputs.tokens, inputs.heads}, betas),
                           write("g.npy", {inputs.tokens, inputs.heads}, decays));
  return layer_notes(layer);
}

// Exactly one note, with these words in it.
void expect_note(const Inputs& inputs, const std::string& words) {
  const std::vector<std::string> notes = notes_about(inputs);
  ASSERT_EQ(notes.size(), 1u) << (notes.empty() ? "none" : notes[1]);
  EXPECT_NE(notes[0].find(words), std::string::npos) << notes[0];
}

TEST(LayerNotes, nothing_is_said_of_what_a_layer_has) { EXPECT_TRUE(notes_about({}).empty()); }

TEST(LayerNotes, a_log_decay_above_zero_is_named_with_its_place) {
  Inputs inputs;
  inputs.g = [](int t, int h) { return t == 5 && h == 1 ? 0.25 : -0.1 - 0.01 * (t % 3); };
  expect_note(inputs, "tensor 'g': 0.25 at token 5, head 1; a log decay is at most 0");
}

TEST(LayerNotes, a_running_sum_falls_in_every_head) {
  Inputs inputs;
  inputs.g = [](int t, int) { return -0.1 * (t + 1); };
  expect_note(inputs, "is it a running sum?");
  inputs.g = [](int t, int h) { return h == 0 ? -0.1 * (t + 1) : -0.1 - 0.01 * (t % 3); };
  EXPECT_TRUE(notes_about(inputs).empty()) << "one head alone is no sign";
  inputs.g = [](int, int) { return -0.1; };
  EXPECT_TRUE(notes_about(inputs).empty()) << "a constant decay is none";
}

TEST(LayerNotes, a_decay_that_makes_A_vanish_is_told) {
  Inputs inputs;
  inputs.g = [](int t, int) { return -40.0 - t % 3; };
  expect_note(inputs, "tensor 'g': -41 at the median: the decay makes A vanish");
}

TEST(LayerNotes, betas_lie_in_0_to_2) {
  Inputs inputs;
  inputs.beta = [](int t, int) { return t == 7 ? 2.5 : 1.9; };
  expect_note(inputs, "tensor 'beta': 2.5 at token 7, head 0; betas lie in [0, 2]");
  inputs.beta = [](int t, int h) { return t == 0 && h == 1 ? -1.5 : 0.5; };
  expect_note(inputs, "tensor 'beta': -1.5 at token 0, head 1;");
}

TEST(LayerNotes, keys_far_from_unit_length_are_told) {
  Inputs inputs;
  inputs.length = 7;
  expect_note(inputs, "keys have length 7 at the median: are they normalised? l2norm=true does it");
  inputs.length = 0.9;
  EXPECT_TRUE(notes_about(inputs).empty());
}

TEST(LayerNotes, more_heads_than_tokens_may_be_transposed) {
  Inputs inputs;
  inputs.tokens = 3;
  inputs.heads = 20;
  expect_note(inputs, "3 tokens and 20 heads: are the two transposed?");
}

TEST(LayerNotes, what_is_not_finite_is_left_to_the_reader) {
  Inputs inputs;
  inputs.g = [](int t, int) { return t == 3 ? std::numeric_limits<double>::quiet_NaN() : -0.1; };
  EXPECT_TRUE(notes_about(inputs).empty());
}

}  // namespace tristab::layer_notes_test
