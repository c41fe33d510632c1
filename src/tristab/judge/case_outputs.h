// What a kernel, or a mutant, gives for the inputs of a case.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "tristab/judge/case_inputs.h"
#include "tristab/judge/layer_mutant.h"
#include "tristab/judge/mutant.h"

namespace tristab {

// For each gate of the case, in its order, what that gate compares: an inverse for every chunk (rows of real tokens
// alone), or w, u, o, state of every sequence. Rounded to what the case stores.
using CaseOutputs = std::vector<std::vector<Matrix>>;

class CaseRunner {
 public:
  // All must outlive the runner.
  CaseRunner(const TestCase& test, const CaseInputs& inputs);

  const CaseOutputs& expected() const { return expected_; }  // the truth, in double
  const CaseOutputs& right() const { return right_; }        // the exact inverse in an exact layer, rounded

  CaseOutputs of(const Mutant& mutant, Machines& machines) const;
  CaseOutputs of(const LayerMutant& mutant, Machines& machines) const;
  // A whole kernel. Where the case looks at the layer, T of a kernel that only inverts goes through an exact layer.
  CaseOutputs of(const Recipe& recipe, Machines& machines, bool whole) const;

  GateResult evaluate(std::size_t gate, const CaseOutputs& outputs) const;
  // GateSpec::needed
  double needed(std::size_t gate, const CaseOutputs& outputs, const GateResult& result) const;
  // ||x - y||_F / ||y||_F of what a gate compares, the largest over its matrices; infinite where x is not finite.
  double error(std::size_t gate, const CaseOutputs& outputs) const;

 private:
  // T of a chunk, n x n: number of the sequence, number of the chunk.
  using Inverse = std::function<Matrix(std::size_t sequence, std::size_t chunk)>;
  CaseOutputs with(const Inverse& inverse, Machines& machines, const LayerMutant* mutant) const;
  LayerOutputs layer_of(const Recipe& recipe, const CaseInputs::Sequence& sequence, Machines& machines) const;
  CaseOutputs collected(const std::vector<std::vector<Matrix>>& inverses,
                        const std::vector<LayerOutputs>& layers) const;
  std::vector<Matrix> peer(std::size_t gate) const;
  GateInput gate_input(std::size_t gate, const CaseOutputs& outputs, std::vector<Matrix>& peer_outputs) const;

  const TestCase& test_;
  const CaseInputs& inputs_;
  LayerArithmetic exact_;
  CaseOutputs expected_, right_;
  std::vector<Matrix> a_;  // of every chunk, rows of real tokens
};

}  // namespace tristab
