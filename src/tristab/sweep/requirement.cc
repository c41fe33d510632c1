#include "tristab/sweep/requirement.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/sweep/config_text.h"
#include "tristab/sweep/field.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

constexpr std::string_view allowed =
    "4x-bf16 (any factor and format), fla:0.005, a bound on a number of a record or of a layer such as "
    "total_frobenius<=1e-3 or layer.o<=1e-2, or the name of a kernel";

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

Requirement::Part Requirement::read_part(const std::string& given, std::string_view place) {
  std::string text = given;
  // "layer.o <= 1e-2"; the path of a recipe keeps its spaces.
  if (text.find_first_of("<>") != std::string::npos) std::erase(text, ' ');
  Part part;
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
  if (text.starts_with("fla:")) {
    const std::optional<double> limit = number_of(std::string_view(text).substr(4));
    if (!limit || *limit <= 0) refuse(place, fmt::format("'{}'", text), "fla: and a ratio above 0, such as fla:0.005");
    part.kind = Part::Kind::fla;
    part.limit = *limit;
    return part;
  }
  const std::string name = text.substr(0, text.find(':'));
  if (name.ends_with(".json") ||
      std::ranges::any_of(recipe_entries(), [&](const RecipeEntry& e) { return e.description.name == name; })) {
    std::vector<Recipe> recipes = expand_recipe(Json(text), place, "");
    if (recipes.size() != 1 || recipe_ != nullptr) refuse(place, fmt::format("'{}'", text), "one kernel");
    recipe_ = std::make_shared<const Recipe>(std::move(recipes.front()));
    part.kind = Part::Kind::recipe;
    part.limit = 2;
    return part;
  }
  const std::size_t times = text.find("x-");
  const std::optional<double> factor =
      times == std::string::npos ? std::nullopt : number_of(std::string_view(text).substr(0, times));
  if (!factor || *factor <= 0) refuse(place, fmt::format("'{}'", text), allowed);
  part.limit = *factor;
  part.format = format_of(text.substr(times + 2), place);
  part.layer_arithmetic = make_layer_arithmetic(Json(text.substr(times + 2)), place);
  return part;
}

Requirement::Requirement(const std::string& text, std::string_view place) : text_(text) {
  for (const std::string& part : split_list(text, place)) parts_.push_back(read_part(part, place));
}

bool Requirement::is_about_matrices() const {
  return std::ranges::any_of(parts_, [](const Part& part) { return part.quantity == nullptr; });
}
bool Requirement::needs_only_total_error() const {
  return std::ranges::none_of(
      parts_, [](const Part& part) { return part.field != nullptr && part.field->name() != "total_frobenius"; });
}
bool Requirement::is_about_layers() const {
  return std::ranges::any_of(parts_, [](const Part& part) { return part.field == nullptr; });
}
bool Requirement::bounds_layers() const {
  return std::ranges::any_of(parts_, [](const Part& part) { return part.quantity != nullptr; });
}

double Requirement::share(const MatrixResult& matrix, const Record& record,
                          const std::function<double(const Format&)>& stored_error, double rms,
                          double recipe_error) const {
  double largest = 0;
  for (const Part& part : parts_) {
    if (part.quantity != nullptr) continue;
    double share = 0;
    switch (part.kind) {
      case Part::Kind::stored:
        share = share_of(record.total_frobenius.value, part.limit * stored_error(part.format));
        break;
      case Part::Kind::recipe:
        share = share_of(record.total_frobenius.value, part.limit * recipe_error);
        break;
      case Part::Kind::fla:
        share = share_of(record.total_frobenius.value * rms / (rms + 1e-8), part.limit);
        break;
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
  // Outputs or a state that are exactly zero have no relative error; then the other one counts.
  const auto larger_of = [](double o, double state) {
    return std::isnan(o) ? state : std::isnan(state) ? o : std::max(o, state);
  };
  const auto against = [&](const LayerError& allowed, double factor) {
    return larger_of(share_of(found.o, factor * allowed.o), share_of(found.state, factor * allowed.state));
  };
  const auto of_rms = [](double error, double size) { return error * size / (size + 1e-8); };
  double largest = 0;
  for (const Part& part : parts_) {
    if (part.field != nullptr) continue;
    double share = 0;
    switch (part.kind) {
      case Part::Kind::stored:
        share = against(yardstick.exact_t(part.layer_arithmetic), part.limit);
        break;
      case Part::Kind::recipe:
        share = against(yardstick.recipe, part.limit);
        break;
      case Part::Kind::fla:
        share =
            share_of(larger_of(of_rms(found.o, yardstick.rms_o), of_rms(found.state, yardstick.rms_state)), part.limit);
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
