#include "tristab/sweep/expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

const std::vector<std::string>& expectation_keys() {
  static const std::vector<std::string> keys{"kernel", "method",    "arithmetic", "formation", "family", "n",  "metric",
                                             "layer",  "statistic", "at_least",   "at_most",   "equals", "why"};
  return keys;
}

std::optional<double> number_at(const Json& given, const char* key, const std::string& place) {
  if (!given.contains(key)) return {};
  if (!given[key].is_number()) refuse(fmt::format("{}.{}", place, key), quoted(given[key]), "a number");
  return given[key].get<double>();
}

Statistic read_statistic(const Json& given, const std::string& place) {
  if (!given.is_string()) {
    refuse(place, quoted(given),
           fmt::format("{}, fractions with a limit as in fraction_above:0.1", join_names(statistic_names())));
  }
  Statistic statistic;
  statistic.name = given;
  const std::string name = statistic.name.substr(0, statistic.name.find(':'));
  const auto found = std::find(statistic_names().begin(), statistic_names().end(), name);
  if (found == statistic_names().end()) throw_unknown_name(place, "statistic", name, statistic_names());
  statistic.kind = static_cast<Statistic::Kind>(found - statistic_names().begin());
  const bool fraction =
      statistic.kind == Statistic::Kind::fraction_above || statistic.kind == Statistic::Kind::fraction_below;
  const Json limit =
      name.size() < statistic.name.size() ? parse_scalar(statistic.name.substr(name.size() + 1)) : Json();
  if (fraction != limit.is_number() || (!fraction && name != statistic.name))
    refuse(place, fmt::format("'{}'", statistic.name), fraction ? fmt::format("{}:LIMIT, LIMIT a number", name) : name);
  if (fraction) statistic.limit = limit.get<double>();
  return statistic;
}

const Quantity* read_quantity(const Json& given, const Statistic& statistic, const std::string& place) {
  if (statistic.counts_trials()) {
    if (!given.is_null()) {
      refuse(place, fmt::format("{} with the statistic {}, which counts trials", quoted(given), statistic.name),
             "no metric");
    }
    return nullptr;
  }
  std::vector<std::string> names;
  for (const Quantity& quantity : quantities()) {
    if (quantity.name == given) return &quantity;
    names.push_back(quantity.name);
  }
  if (!given.is_string()) refuse(place, quoted(given), fmt::format("a name, {}", join_names(names)));
  throw_unknown_name(place, "metric", given.get<std::string>(), names);
}

const LayerQuantity* read_layer_quantity(const Json& given, const Statistic& statistic, const std::string& place) {
  if (!given.contains("layer")) return nullptr;
  const std::string at = place + ".layer";
  if (given.contains("metric"))
    refuse(at, "a metric as well", "a metric (of matrices) or a quantity of layers, not both");
  if (statistic.counts_trials()) {
    refuse(at, fmt::format("the statistic {}, which counts matrices", statistic.name),
           "median, mean, min, max, p5, p95, fraction_above, fraction_below (the mean of nonfinite counts sequences "
           "that are not finite)");
  }
  std::vector<std::string> names;
  for (const LayerQuantity& quantity : layer_quantities()) {
    if (quantity.name == given["layer"]) return &quantity;
    names.push_back(quantity.name);
  }
  if (!given["layer"].is_string()) refuse(at, quoted(given["layer"]), fmt::format("a name, {}", join_names(names)));
  throw_unknown_name(at, "quantity of a layer", given["layer"].get<std::string>(), names);
}

// A name, or an object with a name and parameters; null if the key is absent.
Json read_selection(const Json& given, const std::string& key, const std::string& place) {
  if (!given.contains(key)) return {};
  const std::string at = fmt::format("{}.{}", place, key);
  Json selection = given[key].is_string() ? parse_inline(given[key].get<std::string>(), key, at) : given[key];
  if (!selection.is_object() || !selection.contains(key) || !selection[key].is_string())
    refuse(at, quoted(given[key]), fmt::format("a name, or an object such as {{\"{}\": NAME, ...}}", key));
  return selection;
}

std::vector<int> read_sizes(const Json& given, const std::string& place) {
  std::vector<int> sizes;
  if (!given.contains("n")) return sizes;
  for (const std::int64_t n : expand_axis(given["n"], 1, 256, place + ".n")) sizes.push_back(static_cast<int>(n));
  return sizes;
}

// Choices are stored as texts, but a command line reads some of them as numbers.
std::string scalar_text(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// 1 and 1.0 are the same number.
bool same_value(const Json& x, const Json& y) {
  return x.is_number() && y.is_number() ? x == y : scalar_text(x) == scalar_text(y);
}

bool matches(const Json& selection, const char* name_key, const Named& thing) {
  if (selection.is_null()) return true;
  for (const auto& [key, value] : selection.items()) {
    if (key == name_key ? value != thing.name
                        : !thing.settings.has(key) || !same_value(thing.settings.at(key), value)) {
      return false;
    }
  }
  return true;
}

}  // namespace

// In the order of Statistic::Kind.
const std::vector<std::string>& statistic_names() {
  static const std::vector<std::string> names{"median",
                                              "mean",
                                              "min",
                                              "max",
                                              "p5",
                                              "p95",
                                              "fraction_above",
                                              "fraction_below",
                                              "trials",
                                              "nonfinite_trials",
                                              "failed_trials",
                                              "fit",
                                              "unfit",
                                              "trivial",
                                              "normal",
                                              "high",
                                              "excessive"};
  return names;
}

Expectation read_expectation(const Json& given, const std::string& place) {
  if (!given.is_object())
    refuse(place, given.type_name(), fmt::format("an object with the keys {}", join_names(expectation_keys())));
  for (const auto& [key, value] : given.items()) {
    if (std::find(expectation_keys().begin(), expectation_keys().end(), key) == expectation_keys().end())
      throw_unknown_name(place, "key of an expectation", key, expectation_keys());
  }
  Expectation expectation;
  expectation.place = place;
  expectation.given = given;
  expectation.kernel = read_selection(given, "kernel", place);
  expectation.method = read_selection(given, "method", place);
  expectation.arithmetic = read_selection(given, "arithmetic", place);
  expectation.formation = read_selection(given, "formation", place);
  expectation.family = read_selection(given, "family", place);
  if (!expectation.kernel.is_null() &&
      !(expectation.method.is_null() && expectation.arithmetic.is_null() && expectation.formation.is_null())) {
    refuse(place, "kernel together with method, arithmetic or formation",
           "one of the two; a kernel has its own method, arithmetics and formation");
  }
  expectation.sizes = read_sizes(given, place);
  expectation.statistic = read_statistic(given.value("statistic", Json()), place + ".statistic");
  expectation.layer = read_layer_quantity(given, expectation.statistic, place);
  if (expectation.layer == nullptr) {
    expectation.quantity = read_quantity(given.value("metric", Json()), expectation.statistic, place + ".metric");
  }
  expectation.at_least = number_at(given, "at_least", place);
  expectation.at_most = number_at(given, "at_most", place);
  expectation.equals = number_at(given, "equals", place);
  const bool range = expectation.at_least || expectation.at_most;
  if (range == expectation.equals.has_value())
    refuse(place, range ? "equals with at_least or at_most" : "no bound", "at_least, at_most or both, or equals alone");
  const Json why = given.value("why", Json(""));
  if (!why.is_string() || why.get<std::string>().find('\n') != std::string::npos)
    refuse(fmt::format("{}.why", place), quoted(why), "one line of text");
  expectation.why = why;
  return expectation;
}

bool Expectation::selects(const FamilySpec& family_spec, int n, const Setting& setting) const {
  if (!sizes.empty() && std::find(sizes.begin(), sizes.end(), n) == sizes.end()) return false;
  if (!matches(family, "family", family_spec)) return false;
  if (setting.kernel != nullptr) {
    return method.is_null() && arithmetic.is_null() && formation.is_null() &&
           matches(kernel, "kernel", *setting.kernel);
  }
  return kernel.is_null() && matches(method, "method", *setting.method) &&
         matches(arithmetic, "arithmetic", *setting.arithmetic) && matches(formation, "formation", *setting.formation);
}

bool Expectation::larger_is_better() const { return quantity != nullptr && quantity->larger_is_better; }

std::string Expectation::value_name() const {
  if (layer != nullptr) return layer->full_name();
  return quantity != nullptr ? quantity->name : "";
}

bool Expectation::is_met_by(double found) const {
  if (equals) return found == *equals;
  return (!at_least || found >= *at_least) && (!at_most || found <= *at_most);
}

std::string Expectation::bounds() const {
  if (equals) return fmt::format("= {}", expectation_number(*equals));
  if (!at_most) return fmt::format(">= {}", expectation_number(*at_least));
  if (!at_least) return fmt::format("<= {}", expectation_number(*at_most));
  return fmt::format("{} .. {}", expectation_number(*at_least), expectation_number(*at_most));
}

std::string expectation_number(double value) {
  if (std::isinf(value)) return value > 0 ? "infinite" : "-infinite";
  return fmt::format("{:.6g}", value);
}

}  // namespace tristab
