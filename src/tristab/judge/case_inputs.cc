#include "tristab/judge/case_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/base/for_all.h"
#include "tristab/base/random.h"
#include "tristab/judge/layer_mutant.h"

namespace tristab {
namespace {

CaseInputs::Chunk chunk_of(const TestCase& test, int first, int rows, TokenInputs tokens, const Matrix& a) {
  CaseInputs::Chunk chunk{first, rows, rounded_input(test.kernel.method, a, test.kernel.summary_arithmetic), {}, {}};
  chunk.x = inverse_by_substitution(chunk.a);
  chunk.tokens = std::move(tokens);
  return chunk;
}

CaseInputs::Sequence sequence_of(const TestCase& test, const Source& source, int index, int length) {
  const int n = test.chunk, needed = test.first_token + length;
  const Sequence drawn = source.sequence(index, n, (needed + n - 1) / n);
  const int rows =
      length > 0 ? std::min(length, drawn.tokens.rows() - test.first_token) : drawn.tokens.rows() - test.first_token;
  CaseInputs::Sequence sequence;
  sequence.tokens = token_rows(drawn.tokens, test.first_token, rows, rows);
  const int keys = sequence.tokens.keys.columns();
  // What a family draws is stored in the type of the kernel's outputs before anybody uses it.
  if (test.looks_at_layer() && drawn.source.is_null()) {
    for (Matrix* x : {&sequence.tokens.keys, &sequence.tokens.queries, &sequence.tokens.values})
      *x = rounded_to(std::move(*x), test.output, Rounding::nearest_even);
  }
  if (test.initial_state) {
    sequence.initial = Matrix(keys, sequence.tokens.values.columns());
    RandomStream(fmt::format("{} initial state", drawn.id)).fill_normal(0, sequence.initial.values());
  }
  for (int first = 0; first < rows; first += n) {
    const int count = std::min(n, rows - first);
    TokenInputs tokens = token_rows(sequence.tokens, first, count, n);
    const Matrix a = delta_rule_matrix(tokens);
    sequence.chunks.push_back(chunk_of(test, first, count, std::move(tokens), a));
  }
  if (test.looks_at_layer())
    sequence.truth = establish_layer_truth(sequence.tokens, n, test.initial_state ? &sequence.initial : nullptr);
  if (test.scale > 0 && test.looks_at_layer()) {
    const double factor = test.scale / score_scale(sequence.tokens, 0);
    for (double& o : sequence.truth.o.values()) o *= factor;
  }
  return sequence;
}

CaseInputs::Sequence matrix_of(const TestCase& test, const Source& source, int index) {
  Problem problem = source.problem(test.chunk, index);
  CaseInputs::Sequence sequence;
  TokenInputs tokens;
  if (problem.tokens != nullptr) tokens = sequence.tokens = *problem.tokens;
  const int rows = problem.a.rows();
  sequence.chunks.push_back(chunk_of(test, 0, rows, std::move(tokens), problem.a));
  return sequence;
}

}  // namespace

bool TestCase::looks_at(TestOutput what) const {
  return std::ranges::any_of(gates, [what](const TestGate& gate) { return gate.output == what; });
}

bool TestCase::looks_at_layer() const {
  return std::ranges::any_of(gates, [](const TestGate& gate) { return gate.output != TestOutput::inverse; });
}

int trials_available(const TestCase& test, int wanted) {
  const int lengths = std::max<int>(1, static_cast<int>(test.tokens.size())), all = test.heads * lengths;
  const std::unique_ptr<Source> source =
      open_source(test.family.spec, test.seed, all * wanted, test.family.directory, test.family.place);
  const int count = source->sequences() > 0 ? source->sequences() : source->count(test.chunk);
  return std::clamp(count / all, 1, wanted);
}

CaseInputs draw_inputs(const TestCase& test, int trial) {
  const int lengths = std::max<int>(1, static_cast<int>(test.tokens.size())), all = test.heads * lengths;
  const std::unique_ptr<Source> source =
      open_source(test.family.spec, test.seed, all * (trial + 1), test.family.directory, test.family.place);
  const bool layers = source->sequences() > 0;
  if (test.looks_at_layer() && !layers)
    refuse(test.family.place, fmt::format("{} without queries and values", test.family.spec.label),
           "keys, gates, queries and values for gates of w, u, o or state");
  const int count = layers ? source->sequences() : source->count(test.chunk);
  if (count < 1) refuse(test.family.place, "no matrix of this size", fmt::format("matrices of {}", test.chunk));
  // A file has the matrices that it has; a random family any number.
  const int first = std::min(all * trial, count), used = std::min(all, count - first);
  CaseInputs inputs;
  inputs.sequences.resize(static_cast<std::size_t>(used));
  for_all(0, used, [&](int i) {
    const int length = test.tokens.empty() ? test.chunk : test.tokens[static_cast<std::size_t>(i % lengths)];
    inputs.sequences[static_cast<std::size_t>(i)] =
        layers ? sequence_of(test, *source, first + i, length) : matrix_of(test, *source, first + i);
  });
  return inputs;
}

}  // namespace tristab
