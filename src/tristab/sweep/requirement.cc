#include "tristab/sweep/requirement.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/named.h"
#include "tristab/metric/verdict.h"
#include "tristab/sweep/config_text.h"
#include "tristab/sweep/field.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

constexpr std::string_view allowed =
    "4x-bf16 (any factor and format), a gate such as fla:0.005 (tristab list gates), a bound on a number of a record "
    "or "
    "of a layer such as total_frobenius<=1e-3 or layer.o<=1e-2, or the name of a kernel";

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

// What an expectation and a requirement can be about, but not the requirement itself.
constexpr std::string_view own_share = "requirement_share";

const LayerQuantity& layer_quantity_of(const std::string& name, std::string_view place) {
  std::vector<std::string> names;
  for (const LayerQuantity& quantity : layer_quantities()) {
    if (quantity.name == own_share) continue;
    names.push_back(quantity.full_name());
    if (names.back() == name) return quantity;
  }
  throw_unknown_name(place, "number of a layer", name, names);
}

const Field& number_field_of(const std::string& name, std::string_view place) {
  std::vector<std::string> names;
  for (const Field& field : record_fields()) {
    if (!field.is_number() || field.name() == own_share) continue;
    if (field.name() == name) return field;
    names.push_back(field.name());
  }
  throw_unknown_name(place, "number of a record", name, names);
}

std::vector<std::string> names_of_gates_and_kernels() {
  std::vector<std::string> names;
  for (const Gate& gate : gates()) names.push_back(gate.description.name);
  for (const RecipeEntry& recipe : recipe_entries()) names.push_back(recipe.description.name);
  return names;
}

// value / limit: at most 1 exactly where value <= limit. NaN stays NaN.
double share_of(double value, double limit) {
  if (std::isnan(value)) return value;
  if (limit > 0) return std::max(value, 0.0) / limit;
  return value <= limit ? 1 : HUGE_VAL;
}

// limit / value: at most 1 exactly where value >= limit.
double share_of_least(double value, double limit) {
  if (std::isnan(value)) return value;
  if (value > 0) return std::max(limit, 0.0) / value;
  return value >= limit ? 1 : HUGE_VAL;
}

}  // namespace

Requirement::Part Requirement::read_part(const std::string& given, std::string_view place,
                                         const std::filesystem::path& directory) {
  Part part;
  std::string text = given;
  std::erase(text, ' ');  // "layer.o <= 1e-2"; the path of a recipe keeps its spaces
  const std::size_t bound = text.find_first_of("<>");
  if (bound != std::string::npos && bound + 1 < text.size() && text[bound + 1] == '=') {
    const std::optional<double> limit = number_of(std::string_view(text).substr(bound + 2));
    if (!limit) refuse(place, fmt::format("'{}'", text), "a number behind <= or >=");
    const std::string name = text.substr(0, bound);
    if (name.starts_with(layer_prefix)) {
      part.quantity = &layer_quantity_of(name, place);
    } else {
      part.field = &number_field_of(name, place);
    }
    part.kind = text[bound] == '<' ? Part::Kind::at_most : Part::Kind::at_least;
    part.limit = *limit;
    return part;
  }
  text = given;
  if (names_gate(text)) {
    part.gate = make_gate(text, place);
    const bool verdict = part.gate.name == "verdict";
    part.kind = verdict ? Part::Kind::verdict : Part::Kind::gate;
    for (const char* known : {"u", "u_sums"}) {
      if (verdict && !part.gate.settings.is_automatic(known))
        refuse(place, fmt::format("'{}'", text), "verdict without u and u_sums: here they are those of each case");
    }
    return part;
  }
  const std::string name = text.substr(0, text.find(':'));
  if (hashed_path(name) ||
      std::ranges::any_of(recipe_entries(), [&](const RecipeEntry& e) { return e.description.name == name; })) {
    std::vector<Recipe> recipes = expand_recipe(Json(text), place, directory);
    if (recipes.size() != 1 || recipe_ != nullptr) refuse(place, fmt::format("'{}'", text), "one kernel");
    recipe_ = std::make_shared<const Recipe>(std::move(recipes.front()));
    if (!recipe_->is_builtin()) file_ = name;
    part.kind = Part::Kind::recipe;
    part.limit = 2;
    return part;
  }
  const std::size_t times = text.find("x-");
  const std::optional<double> factor =
      times == std::string::npos ? std::nullopt : number_of(std::string_view(text).substr(0, times));
  if (!factor || *factor <= 0) {
    const std::string nearest = nearest_name(name, names_of_gates_and_kernels());
    const std::string hint = nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest);
    refuse(place, fmt::format("'{}'{}", text, hint), allowed);
  }
  part.limit = *factor;
  part.format = format_of(text.substr(times + 2), place);
  part.layer_arithmetic = make_layer_arithmetic(Json(text.substr(times + 2)), place);
  return part;
}

Requirement::Requirement(const std::string& text, std::string_view place, const std::filesystem::path& directory)
    : text_(text) {
  for (const std::string& part : split_list(text, place)) parts_.push_back(read_part(part, place, directory));
}

std::string Requirement::stored_text(const std::filesystem::path& from) const {
  std::string text = text_;
  if (!file_.empty()) text.replace(text.find(file_), file_.size(), recipe_->stored_name(from));
  return text;
}

bool Requirement::is_about_matrices() const { return std::ranges::any_of(parts_, &Part::says_of_matrices); }
bool Requirement::is_about_layers() const { return std::ranges::any_of(parts_, &Part::says_of_layers); }
bool Requirement::needs_only_total_error() const {
  return std::ranges::none_of(parts_, [](const Part& part) {
    return part.gate.gate != nullptr || (part.field != nullptr && part.field->name() != "total_frobenius");
  });
}
bool Requirement::bounds_layers() const {
  return std::ranges::any_of(parts_, [](const Part& part) { return part.quantity != nullptr; });
}
bool Requirement::gates_layers() const {
  return std::ranges::any_of(parts_,
                             [](const Part& part) { return part.kind == Part::Kind::gate && part.says_of_layers(); });
}

double stored_yardstick(double stored_error, const Format& format, double strict_part) {
  return std::max(stored_error, 0.25 * format.unit_roundoff() * strict_part);
}

double Requirement::share(const MatrixResult& matrix, const Record& record, const MatrixYardstick& yardstick) const {
  double largest = 0;
  for (const Part& part : parts_) {
    if (!part.says_of_matrices()) continue;
    double share = 0;
    switch (part.kind) {
      case Part::Kind::stored:
        share = share_of(record.total_frobenius.value, part.limit * yardstick.stored_error(part.format));
        break;
      case Part::Kind::recipe:
        share = share_of(record.total_frobenius.value, part.limit * yardstick.recipe);
        break;
      case Part::Kind::gate:
        share = yardstick.gate(part.gate);
        break;
      case Part::Kind::verdict: {
        const double integers = record.precision.step > 0 ? normal_limit_integer / normal_limit_floating : 1;
        share = record.metrics[Metric::frobenius] == 0
                    ? 0
                    : share_of(record.metrics.measured(Metric::bound_ratio).ranked(false),
                               integers * part.gate.settings.real("limit"));
        break;
      }
      case Part::Kind::at_most:
        share = share_of(part.field->number(matrix, record).ranked(part.field->info.larger_is_better), part.limit);
        break;
      case Part::Kind::at_least:
        share =
            share_of_least(part.field->number(matrix, record).ranked(part.field->info.larger_is_better), part.limit);
        break;
    }
    if (std::isnan(share)) return share;
    largest = std::max(largest, share);
  }
  return largest;
}

double Requirement::layer_share(const LayerResult& sequence, const LayerRecord& record,
                                const LayerYardstick& yardstick) const {
  const LayerError& found = record.errors.whole;
  const auto against = [&](const LayerError& limits, double factor) {
    const double o = share_of(found.o, factor * limits.o), state = share_of(found.state, factor * limits.state);
    // Outputs or a state that are exactly zero have no relative error; then the other one counts.
    return std::isnan(o) ? state : std::isnan(state) ? o : std::max(o, state);
  };
  double largest = 0;
  for (const Part& part : parts_) {
    if (!part.says_of_layers()) continue;
    double share = 0;
    switch (part.kind) {
      case Part::Kind::stored:
        share = against(yardstick.exact_t(part.layer_arithmetic), part.limit);
        break;
      case Part::Kind::recipe:
        share = against(yardstick.recipe, part.limit);
        break;
      case Part::Kind::gate:
        share = yardstick.gate(part.gate);
        break;
      case Part::Kind::verdict:
        share = share_of(record.exact_t_ratio,
                         part.gate.settings.real("limit") * normal_limit_layer / normal_limit_floating);
        break;
      case Part::Kind::at_most:
        share = share_of(part.quantity->value(sequence, record), part.limit);
        break;
      case Part::Kind::at_least:
        share = share_of_least(part.quantity->value(sequence, record), part.limit);
        break;
    }
    if (std::isnan(share)) return share;
    largest = std::max(largest, share);
  }
  return largest;
}

}  // namespace tristab
