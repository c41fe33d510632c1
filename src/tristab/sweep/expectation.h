// An expectation in a configuration: bounds for a statistic over the trials of a setting.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/parameters.h"
#include "tristab/matrix/source.h"
#include "tristab/sweep/setting.h"

namespace tristab {

struct Quantity;
struct LayerQuantity;

// A statistic of a quantity's values over the trials, or a count of trials.
struct Statistic {
  enum class Kind {
    median,
    mean,
    min,
    max,
    p5,
    p95,
    fraction_above,
    fraction_below,
    trials,  // this and the following ones count trials and need no quantity
    nonfinite_trials,
    failed_trials,
    fit,
    unfit,
    trivial,
    normal,
    high,
    excessive
  };
  Kind kind = Kind::median;
  double limit = 0;  // of the fractions: "fraction_above:0.1"
  std::string name;  // as given

  bool counts_trials() const { return kind >= Kind::trials; }
};

// "median", ..., "excessive"; fractions have a limit after their name, "fraction_above:0.1".
const std::vector<std::string>& statistic_names();

// {"kernel": "aiter-v1", "metric": "strict_lower", "statistic": "median", "at_least": 0.1, "why": "..."}, or about
// layers, whose trials are sequences: {"kernel": "flashkda-v2", "layer": "o", "statistic": "max", "at_most": 0.1}.
struct Expectation {
  std::string place;  // file and JSON path, for messages
  JsonValue given;    // as it stands in the configuration

  // The selection: objects {"kernel": NAME, parameter: value, ...}; null selects anything. A setting is selected
  // if it has this name and these values of parameters. "kernel" selects recipes; "method", "arithmetic" and
  // "formation" select settings without a recipe.
  JsonValue kernel, method, arithmetic, formation, family;
  std::vector<int> sizes;  // empty: any

  const Quantity* quantity = nullptr;    // null if the statistic counts trials, or for layers
  const LayerQuantity* layer = nullptr;  // set if the expectation is about layers
  Statistic statistic;
  std::optional<double> at_least, at_most, equals;
  std::string why;  // "" or one sentence: the reason for the bound

  bool selects(const FamilySpec& family_spec, int n, const Setting& setting) const;
  bool is_met_by(double found) const;
  bool larger_is_better() const;
  std::string value_name() const;  // "frobenius", "layer.o"; "" for a statistic that counts trials
  std::string bounds() const;      // ">= 0.1", ">= 0.1 and <= 2", "= 0"
};

// Throws UsageError naming place, what was found, what is allowed and the nearest name.
Expectation read_expectation(const Json& given, const std::string& place);

// A value of a statistic as it is printed: "0.123", "2.1e+07", "16", "infinite".
std::string expectation_number(double value);

}  // namespace tristab
