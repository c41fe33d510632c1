#include "tristab/judge/checking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/matrix/norms.h"
#include "tristab/sweep/field.h"

namespace tristab {

double squared_distance(const Matrix& x, const Matrix& y) {
  double sum = 0;
  for (std::size_t k = 0; k < y.values().size(); ++k) {
    const double d = x.values()[k] - y.values()[k];
    sum += d * d;
  }
  return std::isnan(sum) ? infinity : sum;
}

CheckedUnit chunk_of(const CheckedUnit& unit, std::size_t chunk) {
  CheckedUnit one;
  one.id = unit.id;
  one.places = {unit.places[chunk]};
  one.a = {unit.a[chunk]};
  one.tokens = unit.tokens;
  one.formed = unit.formed;
  if (unit.has_outputs) {
    const int n = unit.a[chunk].rows(), first = static_cast<int>(chunk) * n;
    one.tokens = std::make_shared<TokenInputs>(token_rows(*unit.tokens, first, unit.places[chunk].rows, n));
  }
  return one;
}

int block_of(const Recipe& recipe) {
  return recipe.method.settings.has("block") ? static_cast<int>(recipe.method.settings.integer("block")) : 16;
}

Checking::Checking(const CheckRequest& request, CheckReport& report, const std::atomic<bool>& stop)
    : request_(request),
      report_(report),
      stop_(stop),
      input_(*request.source, request.n),
      output_(request.output, request.output_tensor, request.layer, request.n, input_.matrices(), "OUTPUT") {
  for (std::size_t q = 0; q < output_part_count; ++q) wanted_[q] = output_.has(static_cast<OutputPart>(q));
  const bool layered = std::any_of(wanted_.begin() + 1, wanted_.end(), [](bool each) { return each; });
  if (layered && !input_.has_outputs())
    refuse("tristab check", fmt::format("{} with the {} of a layer", request.output, output_.describe()),
           fmt::format("T alone, as {} has no q and v", request.input));
  report.output_text = output_.describe();
  report.matrices = input_.matrices();
  report.units = input_.units();
  load();
}

void Checking::load() {
  const auto count = static_cast<std::size_t>(input_.units());
  units_.resize(count);
  found_.resize(count);
  exact_.resize(count);
  for_units([&](std::size_t k) {
    units_[k] = input_.unit(static_cast<int>(k));
    found_[k] = found(units_[k], output_, input_.n());
    exact_[k] = exact(units_[k], wanted_);
    if (units_[k].tokens && units_[k].tokens->steps > 1 && wanted_layer())
      refuse("tristab check", "w, u, o or the state of a layer with several steps a token", "T alone");
  });
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t c = 0; c < units_[k].places.size(); ++c) {
      const OutputPlace& place = units_[k].places[c];
      pieces_[{place.sequence, place.head.value_or(-1), place.chunk, place.head ? 0 : place.index}] = {k, c};
    }
  }
}

Results Checking::run_recipe(const Recipe& recipe, std::size_t unit) const {
  // w, u, o and the state are judged by the kernel's own T where it is there: what is wrong in them is then their
  // own.
  if (!wanted_[0] || !wanted_layer() || recipe.method.method->solve != nullptr)
    return emulated(units_[unit], recipe, request_.layer_arithmetic, wanted_, machines_.local());
  OutputParts inverse{true}, rest = wanted_;
  rest[0] = false;
  Results results = emulated(units_[unit], recipe, request_.layer_arithmetic, inverse, machines_.local());
  Results layer = emulated(units_[unit], recipe, request_.layer_arithmetic, rest, machines_.local(),
                           &found_[unit][OutputPart::inverse]);
  layer[OutputPart::inverse] = std::move(results[OutputPart::inverse]);
  return layer;
}

CheckedPiece Checking::piece_at(std::size_t unit, std::size_t chunk, OutputPart part) const {
  CheckedPiece piece;
  piece.unit = static_cast<int>(unit);
  piece.chunk = chunk;
  piece.place = units_[unit].places[chunk];
  piece.text = units_[unit].text(chunk);
  if (part == OutputPart::state) piece.text = piece.text.substr(0, piece.text.find(", chunk"));
  return piece;
}

OutputPart Checking::first_part() const {
  for (std::size_t q = 0; q < output_part_count; ++q) {
    if (wanted_[q]) return static_cast<OutputPart>(q);
  }
  return OutputPart::inverse;
}

std::size_t Checking::telling_unit() const {
  std::size_t best = 0;
  double most = -1;
  for (std::size_t k = 0; k < units_.size(); ++k) {
    for (const Matrix& a : units_[k].a) {
      if (frobenius_norm(a) <= most) continue;
      most = frobenius_norm(a);
      best = k;
    }
  }
  return best;
}

std::size_t Checking::telling_chunk(std::size_t unit) const {
  std::size_t best = 0;
  for (std::size_t c = 0; c < units_[unit].a.size(); ++c) {
    if (frobenius_norm(units_[unit].a[c]) > frobenius_norm(units_[unit].a[best])) best = c;
  }
  return best;
}

}  // namespace tristab
