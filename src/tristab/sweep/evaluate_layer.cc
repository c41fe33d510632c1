#include "tristab/sweep/evaluate_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/random.h"
#include "tristab/layer/chunked_layer.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/plain_algebra.h"
#include "tristab/sweep/evaluate.h"
#include "tristab/sweep/field.h"
#include "tristab/sweep/formed_input.h"

namespace tristab {
namespace {

// A of one chunk as the setting inverts it.
Matrix input_of(const TokenInputs& chunk, const Setting& setting, Machines& machines) {
  const std::optional<Matrix> formed = formed_matrix(&chunk, setting, machines);
  return rounded_input(*setting.method, formed ? *formed : delta_rule_matrix(chunk), *setting.arithmetic);
}

// What gates look at.
struct LayerOutputs {
  Matrix o, state;  // all rows; after the last chunk
};

// error / allowed; 1 where both are zero, NaN where one of them is not a number.
double ratio_of(double error, double allowed) { return error == 0 && allowed == 0 ? 1 : error / allowed; }

// One sequence with its truth, and the layer's errors with the exact T in each arithmetic that is asked for.
class LayerEvaluation {
 public:
  LayerEvaluation(LayerResult& result, const Sequence& sequence, Machines& machines, const std::atomic<bool>& stop)
      : result_(result),
        sequence_(sequence),
        truth_(establish_layer_truth(sequence.tokens, result.input.n)),
        machines_(machines),
        stop_(stop) {
    result_.state_max = truth_.state_max;
  }

  LayerRecord run(const Setting& setting) {
    LayerRecord record;
    record.setting = setting;
    const LayerArithmetic& arithmetic = result_.arithmetic_of(setting);
    const bool gated = result_.input.scenario->requirement.gates_layers();
    try {
      record.errors = errors_with(setting, arithmetic, gated ? &outputs_ : nullptr);
      if (record.errors.first_nonfinite_chunk) record.status = Status::nonfinite;
      record.exact_t = with_exact_t(arithmetic);
    } catch (const UsageError& error) {  // the layer's arithmetic may refuse these gates, with any T
      record.status = Status::failed;
      record.message = error.what();
    }
    return record;
  }

  // Both statements about a layer whose errors are known. `recipe`: the worst errors of the requirement's recipe.
  void judge(LayerRecord& record, const LayerError& recipe) {
    if (record.status == Status::failed) return;
    if (record.status == Status::nonfinite) {
      if (std::isfinite(record.exact_t.o)) record.for_layer = ForFormat::nonfinite;
      record.fit = Fit::nonfinite;
      return;
    }
    const LayerError& found = record.errors.whole;
    record.exact_t_ratio = std::fmax(ratio_of(found.o, record.exact_t.o), ratio_of(found.state, record.exact_t.state));
    if (!std::isnan(record.exact_t_ratio)) record.for_layer = judge_for_layer(record.exact_t_ratio);
    const Requirement& requirement = result_.input.scenario->requirement;
    if (!requirement.is_about_layers()) return;
    const LayerYardstick yardstick{
        [this](const LayerArithmetic& arithmetic) { return with_exact_t(arithmetic); },
        [&](const GateSpec& gate) { return gate_share(gate, result_.arithmetic_of(record.setting).products); }, recipe};
    record.requirement_share = requirement.layer_share(result_, record, yardstick);
    record.fit = record.requirement_share <= 1 ? Fit::fit : Fit::unfit;
  }

 private:
  // The layer with a setting's inverses. `kept`, if given, receives what it computes.
  LayerErrors errors_with(const Setting& setting, const LayerArithmetic& arithmetic, LayerOutputs* kept) const {
    const StageArithmetics stages = setting.stages();
    return errors_of(
        arithmetic,
        [&](ChunkedLayer& layer, int first, int count) {
          const std::uint64_t draws = hash_text(fmt::format("{} chunk={}", sequence_.id, first / result_.input.n));
          const TokenInputs chunk = token_rows(sequence_.tokens, first, count, count);
          if (setting.method->method->solve == nullptr)
            return layer.advance(chunk, inverse_of(first, count, setting, draws));
          // A of whole chunks, as for the methods that form T: anchors depend on the number of rows.
          const Matrix a = leading_block(
              input_of(token_rows(sequence_.tokens, first, count, result_.input.n), setting, machines_), count);
          const auto apply = [&](const Matrix& b) {
            return solve(*setting.method, stages, a, b, machines_.machine_for(stages), draws);
          };
          return layer.advance(chunk, apply);
        },
        kept);
  }

  // How much of what the gate allows o and the state, of the last run, take: the larger share. The state is stored in
  // the format of sums. NaN where the gates of the layer are refused by its peer.
  double gate_share(const GateSpec& gate, const Arithmetic& arithmetic) {
    const Format& format = arithmetic.storage;
    const auto share = [&](const Matrix LayerOutputs::*part, const Matrix& exact, const Format& stored) {
      std::vector<Matrix> second;
      const auto peer_of_part = [&]() -> const std::vector<Matrix>& {
        if (second.empty()) second.push_back(peer(format).*part);
        return second;
      };
      return gate.evaluate({{&(outputs_.*part), 1}, {&exact, 1}, stored, {}, peer_of_part}).share;
    };
    try {
      return std::max(share(&LayerOutputs::o, truth_.o, format),
                      share(&LayerOutputs::state, truth_.states.back(), arithmetic.product.format));
    } catch (const UsageError&) {
      return std::numeric_limits<double>::quiet_NaN();
    }
  }

  // The layer in the arithmetic of the format, with inverses by row substitution in it.
  const LayerOutputs& peer(const Format& format) {
    const auto found = peers_.find(format.name);
    if (found != peers_.end()) return found->second;
    const PlainSetting plain(format);
    LayerOutputs outputs;
    errors_with(plain.setting(), make_layer_arithmetic(Json(format.name), "peer"), &outputs);
    return peers_.emplace(format.name, std::move(outputs)).first->second;
  }

  // Runs the layer chunk by chunk; `advance(layer, first row, rows)` advances it by one chunk.
  LayerErrors errors_of(const LayerArithmetic& arithmetic,
                        const std::function<ChunkOutputs(ChunkedLayer&, int, int)>& advance,
                        LayerOutputs* kept = nullptr) const {
    const int n = result_.input.n, rows = sequence_.tokens.rows();
    ChunkedLayer layer(arithmetic, machines_, sequence_.tokens.keys.columns(), sequence_.tokens.values.columns());
    LayerErrorCollector errors(truth_, n);
    if (kept != nullptr) kept->o = Matrix(truth_.o.rows(), truth_.o.columns());
    for (int first = 0; first < rows; first += n) {
      if (stop_.load(std::memory_order_relaxed)) throw Stopped{};
      const ChunkOutputs outputs = advance(layer, first, std::min(n, rows - first));
      errors.add(outputs, layer.state());
      if (kept != nullptr) {
        for (int i = 0; i < n && first + i < kept->o.rows(); ++i)
          std::copy_n(outputs.o.row(i), kept->o.columns(), kept->o.row(first + i));
        kept->state = layer.state();
      }
      if (!errors.errors().first_nonfinite_chunk) continue;
      errors.abandon();
      break;
    }
    return errors.errors();
  }

  // T of one chunk. Rows beyond the end of the sequence are zero in A, so T is the identity there, and these rows are
  // cut off.
  Matrix inverse_of(int first, int count, const Setting& setting, std::uint64_t draws) const {
    const TokenInputs chunk = token_rows(sequence_.tokens, first, count, result_.input.n);
    return leading_block(invert(setting, {input_of(chunk, setting, machines_), &chunk}, machines_, draws).x, count);
  }

  const LayerError& with_exact_t(const LayerArithmetic& arithmetic) {
    const auto [found, fresh] = exact_t_.try_emplace(arithmetic.identity());
    if (fresh) {
      const LayerErrors errors = errors_of(arithmetic, [&](ChunkedLayer& layer, int first, int count) {
        const TokenInputs chunk = token_rows(sequence_.tokens, first, count, count);
        auto& t = exact_[first];
        if (!t) t = inverse_by_substitution(delta_rule_matrix(chunk));
        return layer.advance(chunk, *t);
      });
      found->second = errors.whole;
    }
    return found->second;
  }

  LayerResult& result_;
  const Sequence& sequence_;
  LayerTruth truth_;
  Machines& machines_;
  const std::atomic<bool>& stop_;
  std::map<std::string, LayerError> exact_t_;   // by the identity of the arithmetic
  LayerOutputs outputs_;                        // of the last run, if gates look at them
  std::map<std::string, LayerOutputs> peers_;   // by format
  std::map<int, std::optional<Matrix>> exact_;  // T of the chunk that begins with this row
};

Sequence sequence_of(const MatrixGroup& matrices, int index) {
  try {
    return matrices.source->sequence(index, matrices.n, matrices.scenario->layer_chunks);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", matrices.family->place, error.what()));
  }
}

}  // namespace

LayerError layer_error(const Plan& plan, std::size_t group, int index, const Recipe& recipe, Machines& machines,
                       const std::atomic<bool>& stop) {
  LayerResult result;
  result.input = plan.groups[group].input();
  const Sequence sequence = sequence_of(plan.groups[group], index);
  const LayerRecord record = LayerEvaluation(result, sequence, machines, stop).run(Setting::of(recipe));
  return record.status == Status::ok ? record.errors.whole : LayerError{infinity, infinity, infinity, infinity};
}

LayerResult evaluate_layer(const Plan& plan, std::size_t group, int index, const LayerError& recipe_error,
                           Machines& machines, const std::atomic<bool>& stop) {
  const MatrixGroup& matrices = plan.groups[group];
  const Sequence sequence = sequence_of(matrices, index);
  LayerResult result;
  result.group = group;
  result.input = matrices.input();
  result.id = matrix_id_in(*matrices.scenario, sequence.id);
  result.trial = sequence.trial;
  result.tokens = sequence.tokens.rows();
  result.source = sequence.source;
  LayerEvaluation evaluation(result, sequence, machines, stop);
  for (const Setting& setting : matrices.scenario->settings(matrices.n)) {
    LayerRecord record = evaluation.run(setting);
    evaluation.judge(record, recipe_error);
    result.records.push_back(std::move(record));
  }
  return result;
}

}  // namespace tristab
