#include "tristab/judge/case_outputs.h"

#include <algorithm>
#include <limits>

#include "tristab/base/json.h"
#include "tristab/base/random.h"
#include "tristab/judge/bits.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/plain_algebra.h"
#include "tristab/sweep/formed_input.h"

namespace tristab {
namespace {

const Matrix& part_of(const LayerOutputs& layer, TestOutput output) {
  return output == TestOutput::w   ? layer.w
         : output == TestOutput::u ? layer.u
         : output == TestOutput::o ? layer.o
                                   : layer.state;
}

// A mutant of the matrices: what was there before is the inverse of the chunk before, of the sequence before.
const Matrix* inverse_before(const CaseInputs& inputs, std::size_t sequence, std::size_t chunk) {
  if (chunk > 0) return &inputs.sequences[sequence].chunks[chunk - 1].x;
  return sequence > 0 ? &inputs.sequences[sequence - 1].chunks.back().x : nullptr;
}

}  // namespace

CaseRunner::CaseRunner(const TestCase& test, const CaseInputs& inputs)
    : test_(test), inputs_(inputs), exact_(make_layer_arithmetic(Json("fp64"), "an exact layer")) {
  std::vector<std::vector<Matrix>> inverses;
  std::vector<LayerOutputs> truths;
  for (const CaseInputs::Sequence& sequence : inputs.sequences) {
    std::vector<Matrix>& own = inverses.emplace_back();
    for (const CaseInputs::Chunk& chunk : sequence.chunks) {
      own.push_back(leading_block(chunk.x, chunk.rows));
      a_.push_back(leading_block(chunk.a, chunk.rows));
    }
    if (test.looks_at_layer())
      truths.push_back({sequence.truth.w, sequence.truth.u, sequence.truth.o, sequence.truth.states.back()});
  }
  for (const TestGate& gate : test.gates) {
    std::vector<Matrix>& list = expected_.emplace_back();
    if (gate.output == TestOutput::inverse) {
      for (const std::vector<Matrix>& own : inverses) list.insert(list.end(), own.begin(), own.end());
    } else {
      for (const LayerOutputs& truth : truths) list.push_back(part_of(truth, gate.output));
    }
  }
  Machines machines;
  right_ = with([&](std::size_t s, std::size_t c) { return inputs_.sequences[s].chunks[c].x; }, machines, nullptr);
}

CaseOutputs CaseRunner::collected(const std::vector<std::vector<Matrix>>& inverses,
                                  const std::vector<LayerOutputs>& layers) const {
  CaseOutputs outputs;
  for (const TestGate& gate : test_.gates) {
    std::vector<Matrix>& list = outputs.emplace_back();
    if (gate.output == TestOutput::inverse) {
      for (std::size_t s = 0; s < inverses.size(); ++s) {
        for (std::size_t c = 0; c < inverses[s].size(); ++c)
          list.push_back(stored_as(leading_block(inverses[s][c], inputs_.sequences[s].chunks[c].rows), test_.output));
      }
      continue;
    }
    const Format& format = gate.output == TestOutput::state ? test_.state : test_.output;
    for (const LayerOutputs& layer : layers) list.push_back(stored_as(part_of(layer, gate.output), format));
  }
  return outputs;
}

CaseOutputs CaseRunner::with(const Inverse& inverse, Machines& machines, const LayerMutant* mutant) const {
  std::vector<std::vector<Matrix>> inverses(inputs_.sequences.size());
  std::vector<LayerOutputs> layers;
  for (std::size_t s = 0; s < inputs_.sequences.size(); ++s) {
    const CaseInputs::Sequence& sequence = inputs_.sequences[s];
    for (std::size_t c = 0; c < sequence.chunks.size(); ++c) inverses[s].push_back(inverse(s, c));
    if (!test_.looks_at_layer()) continue;
    layers.push_back(run_layer(
        sequence.tokens, test_.chunk, sequence.initial, test_.scale, exact_, machines,
        [&](std::size_t c) { return leading_block(inverses[s][c], sequence.chunks[c].rows); }, mutant));
  }
  if (mutant != nullptr && mutant->swaps_sequences && layers.size() > 1) {
    // Only between sequences of the same length.
    std::vector<LayerOutputs> swapped = layers;
    for (std::size_t s = 0; s < layers.size(); ++s) {
      for (std::size_t step = 1; step < layers.size(); ++step) {
        const std::size_t other = (s + step) % layers.size();
        if (layers[other].o.rows() != layers[s].o.rows()) continue;
        swapped[s] = layers[other];
        break;
      }
    }
    layers = std::move(swapped);
  }
  return collected(inverses, layers);
}

CaseOutputs CaseRunner::of(const Mutant& mutant, Machines& machines) const {
  return with(
      [&](std::size_t s, std::size_t c) {
        const CaseInputs::Chunk& chunk = inputs_.sequences[s].chunks[c];
        const TokenInputs* tokens = chunk.tokens.rule == nullptr ? nullptr : &chunk.tokens;
        return mutant.inverse({chunk.a, chunk.x, tokens, chunk.rows, inverse_before(inputs_, s, c)});
      },
      machines, nullptr);
}

CaseOutputs CaseRunner::of(const LayerMutant& mutant, Machines& machines) const {
  return with([&](std::size_t s, std::size_t c) { return inputs_.sequences[s].chunks[c].x; }, machines, &mutant);
}

CaseOutputs CaseRunner::of(const Recipe& recipe, Machines& machines, bool whole) const {
  if (!whole || !test_.looks_at_layer()) {
    return with(
        [&](std::size_t s, std::size_t c) { return inverse_by(recipe, inputs_.sequences[s].chunks[c].a, machines); },
        machines, nullptr);
  }
  std::vector<std::vector<Matrix>> inverses(inputs_.sequences.size());
  std::vector<LayerOutputs> layers;
  for (std::size_t s = 0; s < inputs_.sequences.size(); ++s) {
    for (const CaseInputs::Chunk& chunk : inputs_.sequences[s].chunks) {
      if (test_.looks_at(TestOutput::inverse)) inverses[s].push_back(inverse_by(recipe, chunk.a, machines));
    }
    layers.push_back(layer_of(recipe, inputs_.sequences[s], machines));
  }
  return collected(inverses, layers);
}

// The kernel's own formation, inverse and layer.
LayerOutputs CaseRunner::layer_of(const Recipe& recipe, const CaseInputs::Sequence& sequence,
                                  Machines& machines) const {
  const Setting setting = Setting::of(recipe);
  const LayerArithmetic arithmetic =
      recipe.layer ? *recipe.layer : make_layer_arithmetic(Json(test_.output.name), "a layer's arithmetic");
  return run_layer(
      sequence.tokens, test_.chunk, sequence.initial, test_.scale, arithmetic, machines, [&](std::size_t c) {
        const CaseInputs::Chunk& chunk = sequence.chunks[c];
        const std::optional<Matrix> formed = formed_matrix(&chunk.tokens, setting, machines);
        const Matrix input = rounded_input(recipe.method, formed ? *formed : chunk.a, recipe.summary_arithmetic);
        return leading_block(invert(setting, {input, &chunk.tokens}, machines, 0).x, chunk.rows);
      });
}

std::vector<Matrix> CaseRunner::peer(std::size_t gate) const {
  Machines machines;
  const TestOutput output = test_.gates[gate].output;
  const Format& format = output == TestOutput::state ? test_.state : test_.output;
  const Arithmetic arithmetic = make_arithmetic(format.name, Json::object(), "a plain method");
  const MethodSpec method = expand_method(Json("row-substitution"), "a plain method").front();
  const auto plain = [&](const Matrix& a) {
    return invert(method, arithmetic, rounded_input(method, a, arithmetic), machines.machine_for(arithmetic), 0).x;
  };
  std::vector<Matrix> list;
  const LayerArithmetic layer = make_layer_arithmetic(Json(format.name), "a plain layer");
  for (const CaseInputs::Sequence& sequence : inputs_.sequences) {
    if (output == TestOutput::inverse) {
      for (const CaseInputs::Chunk& chunk : sequence.chunks)
        list.push_back(stored_as(leading_block(plain(chunk.a), chunk.rows), format));
      continue;
    }
    const LayerOutputs outputs =
        run_layer(sequence.tokens, test_.chunk, sequence.initial, test_.scale, layer, machines,
                  [&](std::size_t c) { return leading_block(plain(sequence.chunks[c].a), sequence.chunks[c].rows); });
    list.push_back(stored_as(part_of(outputs, output), format));
  }
  return list;
}

// `peer_outputs`: where they are kept once they were asked for.
GateInput CaseRunner::gate_input(std::size_t gate, const CaseOutputs& outputs,
                                 std::vector<Matrix>& peer_outputs) const {
  const TestGate& test = test_.gates[gate];
  GateInput input;
  input.output = outputs[gate];
  input.expected = expected_[gate];
  input.format = test_.stored(test.output);
  if (test.output == TestOutput::inverse) input.a = a_;
  input.peer = [this, gate, &peer_outputs]() -> const std::vector<Matrix>& {
    if (peer_outputs.empty()) peer_outputs = peer(gate);
    return peer_outputs;
  };
  return input;
}

GateResult CaseRunner::evaluate(std::size_t gate, const CaseOutputs& outputs) const {
  std::vector<Matrix> peer_outputs;
  return test_.gates[gate].gate.evaluate(gate_input(gate, outputs, peer_outputs));
}

double CaseRunner::needed(std::size_t gate, const CaseOutputs& outputs, const GateResult& result) const {
  std::vector<Matrix> peer_outputs;
  return test_.gates[gate].gate.needed(gate_input(gate, outputs, peer_outputs), result);
}

double CaseRunner::error(std::size_t gate, const CaseOutputs& outputs) const {
  double largest = 0;
  for (std::size_t m = 0; m < outputs[gate].size(); ++m) {
    const Matrix& truth = expected_[gate][m];
    Matrix difference = outputs[gate][m];
    if (!all_finite(difference)) return std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < difference.values().size(); ++i) difference.values()[i] -= truth.values()[i];
    const double norm = frobenius_norm(difference);
    if (norm > 0) largest = std::max(largest, norm / frobenius_norm(truth));
  }
  return largest;
}

}  // namespace tristab
