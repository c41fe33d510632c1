// What one case of a test draws, with the truth about it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tristab/base/json_value.h"
#include "tristab/gate/gate.h"
#include "tristab/layer/layer_truth.h"
#include "tristab/recipe/recipe.h"
#include "tristab/sweep/scenario.h"

namespace tristab {

// What a test looks at: the inverses, what is computed from them, or the layer's results.
enum class TestOutput { inverse, w, u, o, state };
inline constexpr const char* test_output_names[] = {"inverse", "w", "u", "o", "state"};
constexpr const char* name_of(TestOutput output) { return test_output_names[static_cast<int>(output)]; }

struct TestGate {
  TestOutput output = TestOutput::inverse;
  GateSpec gate;
};

// One run of a test: inputs, the kernel, what is compared, and by which rules.
struct TestCase {
  std::string name;
  FamilyEntry family;
  std::uint64_t seed = 1;
  int chunk = 64;
  int heads = 1;               // independent sequences of each length; matrices, of a family without tokens
  std::vector<int> tokens;     // lengths of the sequences; empty: one chunk
  int first_token = 0;         // of each sequence: the tokens before it are drawn and left out
  double scale = 0;            // of the scores; 0: d_k^-1/2, as rules have it
  bool initial_state = false;  // standard normal; else zero
  Format output, state;        // what w, u, o (and inverses), and the state are stored in
  Recipe kernel;
  std::vector<TestGate> gates;
  JsonValue given;  // the case in a suite, with what the suite says for all

  const Format& stored(TestOutput what) const { return what == TestOutput::state ? state : output; }
  bool looks_at(TestOutput what) const;
  bool looks_at_layer() const;  // at anything but inverses
};

struct CaseInputs {
  struct Chunk {
    int first = 0, rows = 0;  // of the sequence
    Matrix a, x;              // n x n, A as the kernel takes it, and its inverse
    TokenInputs tokens;       // n rows; without a rule: A was given
  };
  struct Sequence {
    TokenInputs tokens;
    Matrix initial;  // d_k x d_v; empty: zero
    LayerTruth truth;
    std::vector<Chunk> chunks;
  };
  std::vector<Sequence> sequences;

  const DeltaRule* rule() const { return sequences.front().tokens.rule; }  // null: matrices were given
};

// How many trials of at most `wanted` have inputs of their own: a file has the matrices that it has.
int trials_available(const TestCase& test, int wanted);

// Draws trial `trial` of the case: other trials have other sequences. Throws UsageError if the case looks at a layer
// and the source has none, and what sources throw.
CaseInputs draw_inputs(const TestCase& test, int trial = 0);

}  // namespace tristab
