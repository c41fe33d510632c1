#include "tristab/judge/checked_input.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/json_member.h"
#include "tristab/base/random.h"
#include "tristab/layer/chunked_layer.h"
#include "tristab/layer/layer_truth.h"
#include "tristab/matrix/plain_algebra.h"
#include "tristab/method/method.h"
#include "tristab/sweep/formed_input.h"

namespace tristab {
namespace {

std::optional<std::int64_t> head_of(const Json& source) {
  const std::int64_t head = number_or<std::int64_t>(source, "head", -1);
  return head < 0 ? std::nullopt : std::optional(head);
}

Matrix rows_of(const Matrix& x, int first, int count) {
  Matrix part(count, x.columns());
  for (int i = 0; i < count; ++i) std::copy_n(x.row(first + i), x.columns(), part.row(i));
  return part;
}

bool wants_layer(const OutputParts& wanted) {
  return std::any_of(wanted.begin() + 1, wanted.end(), [](bool each) { return each; });
}

}  // namespace

std::string CheckedUnit::text(std::size_t chunk) const {
  const OutputPlace& place = places[chunk];
  if (!place.head) return fmt::format("matrix {}", place.index);
  return fmt::format("{}head {}, chunk {}", place.sequence > 0 ? fmt::format("sequence {}, ", place.sequence) : "",
                     *place.head, place.chunk);
}

CheckedInput::CheckedInput(const Source& source, int n) : source_(source), n_(n), sequences_(source.sequences() > 0) {
  matrices_ = source.count(n);
  units_ = sequences_ ? source.sequences() : matrices_;
}

CheckedUnit CheckedInput::unit(int index) const {
  CheckedUnit unit;
  unit.has_outputs = sequences_;
  unit.formed = std::make_shared<FormedInputs>();
  if (!sequences_) {
    Problem problem = source_.problem(n_, index);
    const Json& source = problem.source;
    unit.id = problem.id;
    unit.tokens = problem.tokens;
    unit.places.push_back(
        {index, head_of(source), number_or<std::int64_t>(source, "sequence", 0),
         number_or<std::int64_t>(source, "first_token", 0) * (problem.tokens ? problem.tokens->steps : 1),
         number_or<std::int64_t>(source, "chunk", 0), problem.a.rows()});
    unit.a.push_back(std::move(problem.a));
    return unit;
  }
  Sequence sequence = source_.sequence(index, n_, 16);
  unit.id = sequence.id;
  auto tokens = std::make_shared<TokenInputs>(std::move(sequence.tokens));
  for (int row = 0; row < tokens->rows(); row += n_) {
    const int count = std::min(n_, tokens->rows() - row);
    unit.places.push_back({sequence.first_matrix + row / n_, head_of(sequence.source),
                           number_or<std::int64_t>(sequence.source, "sequence", 0), sequence.first_row + row, row / n_,
                           count});
    unit.a.push_back(delta_rule_matrix(token_rows(*tokens, row, count, n_)));
  }
  unit.tokens = std::move(tokens);
  return unit;
}

Matrix FormedInputs::formed(std::int64_t chunk, const std::string& formation, const std::function<Matrix()>& form) {
  const std::pair key(chunk, formation);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
  }
  Matrix a = form();
  const std::lock_guard lock(mutex_);
  if (known_.size() < kMost) known_.emplace(key, a);
  return a;
}

Matrix recipe_input(const CheckedUnit& unit, std::size_t chunk, const TokenInputs* tokens, const Recipe& recipe,
                    Machines& machines) {
  const Setting setting = Setting::of(recipe);
  const auto form = [&] {
    const std::optional<Matrix> formed = formed_matrix(tokens, setting, machines);
    return formed ? *formed : unit.a[chunk];
  };
  const Matrix a = unit.formed && setting.is_formed()
                       ? unit.formed->formed(unit.places[chunk].chunk, recipe.formation.identity(), form)
                       : form();
  return rounded_input(recipe.method, a, recipe.summary_arithmetic);
}

Results emulated(const CheckedUnit& unit, const Recipe& recipe, const LayerArithmetic& layer_arithmetic,
                 const OutputParts& wanted, Machines& machines, const std::vector<Matrix>* given_t) {
  const Setting setting = Setting::of(recipe);
  const StageArithmetics stages = recipe.stages();
  Results results;
  const int n = unit.a.front().rows();
  std::optional<ChunkedLayer> layer;
  const LayerArithmetic& arithmetic = recipe.layer ? *recipe.layer : layer_arithmetic;
  if (wants_layer(wanted))
    layer.emplace(arithmetic, machines, unit.tokens->keys.columns(), unit.tokens->values.columns());
  for (std::size_t c = 0; c < unit.a.size(); ++c) {
    const int count = unit.places[c].rows, first = static_cast<int>(c) * n;
    TokenInputs padded;
    const TokenInputs* tokens = unit.tokens.get();
    if (unit.has_outputs) {
      padded = token_rows(*tokens, first, count, n);
      tokens = &padded;
    }
    const std::uint64_t draws = hash_text(unit.has_outputs ? fmt::format("{} chunk={}", unit.id, c) : unit.id);
    Matrix t;
    const bool solves = recipe.method.method->solve != nullptr;
    const auto input = [&] { return recipe_input(unit, c, tokens, recipe, machines); };
    if (given_t != nullptr) {
      t = (*given_t)[c];
    } else if (!solves || wanted[0] || !layer) {
      const Matrix a = input();
      t = invert(setting, {a, tokens}, machines, draws).x;
    }
    if (wanted[0]) results[OutputPart::inverse].push_back(t);
    if (!layer) continue;
    const TokenInputs chunk = token_rows(*unit.tokens, first, count, count);
    ChunkOutputs outputs;
    if (given_t == nullptr && solves) {
      const Matrix a = leading_block(input(), count);
      outputs = layer->advance(chunk, [&](const Matrix& b) {
        return solve(recipe.method, stages, a, b, machines.machine_for(stages), draws);
      });
    } else {
      outputs = layer->advance(chunk, leading_block(t, count));
    }
    results[OutputPart::w].push_back(std::move(outputs.w));
    results[OutputPart::u].push_back(std::move(outputs.u));
    results[OutputPart::o].push_back(std::move(outputs.o));
  }
  if (layer) results[OutputPart::state].push_back(layer->state());
  return results;
}

Results exact(const CheckedUnit& unit, const OutputParts& wanted) {
  Results results;
  if (wanted[0]) {
    for (const Matrix& a : unit.a) results[OutputPart::inverse].push_back(inverse_by_substitution(a));
  }
  if (!wants_layer(wanted)) return results;
  const int n = unit.a.front().rows();
  LayerTruth truth = establish_layer_truth(*unit.tokens, n);
  for (std::size_t c = 0; c < unit.a.size(); ++c) {
    const int first = static_cast<int>(c) * n, count = unit.places[c].rows;
    results[OutputPart::w].push_back(rows_of(truth.w, first, count));
    results[OutputPart::u].push_back(rows_of(truth.u, first, count));
    results[OutputPart::o].push_back(rows_of(truth.o, first, count));
  }
  results[OutputPart::state].push_back(std::move(truth.states.back()));
  return results;
}

Results found(const CheckedUnit& unit, const KernelOutput& output, int n) {
  Results results;
  for (const OutputPlace& place : unit.places) {
    if (output.has(OutputPart::inverse)) results[OutputPart::inverse].push_back(output.inverse(place, n));
    for (const OutputPart part : {OutputPart::w, OutputPart::u, OutputPart::o}) {
      if (output.has(part)) results[part].push_back(output.rows(part, place));
    }
  }
  if (output.has(OutputPart::state))
    results[OutputPart::state].push_back(
        output.state(unit.places.front(), unit.tokens->keys.columns(), unit.tokens->values.columns()));
  return results;
}

}  // namespace tristab
