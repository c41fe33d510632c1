#include "tristab/sweep/evaluate_layer.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"
#include "tristab/base/random.h"
#include "tristab/layer/chunked_layer.h"
#include "tristab/sweep/evaluate.h"
#include "tristab/sweep/formed_input.h"

namespace tristab {
namespace {

// A of one chunk as the setting inverts it.
Matrix input_of(const TokenInputs& chunk, const Setting& setting, Machines& machines) {
  const std::optional<Matrix> formed = formed_matrix(&chunk, setting, machines);
  return rounded_input(*setting.method, formed ? *formed : delta_rule_matrix(chunk), *setting.arithmetic);
}

// T of one chunk. Rows beyond the end of the sequence are zero in A, so T is the identity there, and these rows are
// cut off.
Matrix inverse_of(const TokenInputs& chunk, int rows, const Setting& setting, Machines& machines, std::uint64_t draws) {
  const Matrix a = input_of(chunk, setting, machines);
  const Matrix x = invert(setting, {a, &chunk}, machines, draws).x;
  if (rows == x.rows()) return x;
  Matrix t(rows, rows);
  for (int i = 0; i < rows; ++i) std::copy_n(x.row(i), rows, t.row(i));
  return t;
}

LayerRecord run_layer(const LayerResult& result, const Sequence& sequence, const LayerTruth& truth,
                      const Setting& setting, Machines& machines, const std::atomic<bool>& stop) {
  LayerRecord record;
  record.setting = setting;
  const int n = result.input.n, rows = sequence.tokens.rows();
  const bool own = setting.kernel != nullptr && setting.kernel->layer;
  const LayerArithmetic& arithmetic = own ? *setting.kernel->layer : result.input.scenario->layer_arithmetic;
  try {
    ChunkedLayer layer(arithmetic, machines, sequence.tokens.keys.columns(), sequence.tokens.values.columns());
    LayerErrorCollector errors(truth, n);
    for (int first = 0; first < rows; first += n) {
      if (stop.load(std::memory_order_relaxed)) throw Stopped{};
      const int count = std::min(n, rows - first);
      const std::uint64_t draws = hash_text(fmt::format("{} chunk={}", sequence.id, first / n));
      const TokenInputs chunk = token_rows(sequence.tokens, first, count, count);
      if (setting.method->method->solve) {
        const StageArithmetics stages = setting.stages();
        const Matrix a = input_of(chunk, setting, machines);
        const auto apply = [&](const Matrix& b) {
          return solve(*setting.method, stages, a, b, machines.machine_for(stages), draws);
        };
        errors.add(layer.advance(chunk, apply), layer.state());
      } else {
        const Matrix t = inverse_of(token_rows(sequence.tokens, first, count, n), count, setting, machines, draws);
        errors.add(layer.advance(chunk, t), layer.state());
      }
      if (!errors.errors().first_nonfinite_chunk) continue;
      errors.abandon();
      record.status = Status::nonfinite;
      break;
    }
    record.errors = errors.errors();
  } catch (const UsageError& error) {
    record.status = Status::failed;
    record.message = error.what();
  }
  return record;
}

}  // namespace

LayerResult evaluate_layer(const Plan& plan, std::size_t group, int index, Machines& machines,
                           const std::atomic<bool>& stop) {
  const MatrixGroup& matrices = plan.groups[group];
  LayerResult result;
  Sequence sequence;
  try {
    sequence = matrices.source->sequence(index, matrices.n, matrices.scenario->layer_chunks);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", matrices.family->place, error.what()));
  }
  result.group = group;
  result.input = matrices.input();
  result.id = matrix_id_in(*matrices.scenario, sequence.id);
  result.trial = sequence.trial;
  result.tokens = sequence.tokens.rows();
  result.source = sequence.source;
  const LayerTruth truth = establish_layer_truth(sequence.tokens, matrices.n);
  result.state_max = truth.state_max;
  for (const Setting& setting : matrices.scenario->settings(matrices.n)) {
    result.records.push_back(run_layer(result, sequence, truth, setting, machines, stop));
  }
  return result;
}

}  // namespace tristab
