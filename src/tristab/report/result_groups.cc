#include "tristab/report/result_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tristab/base/errors.h"
#include "tristab/report/ranking.h"
#include "tristab/sweep/summary.h"

namespace tristab {
namespace {

std::string required_text(const Json& object, const std::string& place, const char* name) {
  std::string text = text_field(object, place, name);
  if (text.empty()) throw InputError(fmt::format("{}{}: found nothing; allowed: a text", place, name));
  return text;
}

int size_of(const Json& object, const std::string& place) {
  const double number = number_field(object, place, "n");
  if (!(number >= 1 && number <= std::numeric_limits<int>::max()) || std::trunc(number) != number) {
    throw InputError(fmt::format("{}n: found {}; allowed: a whole number of at least 1", place,
                                 object.contains("n") ? object["n"].dump() : "nothing"));
  }
  return static_cast<int>(number);
}

std::string key_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? "{}" : found->dump();
}

std::vector<double> numbers_of(const Json& object, const std::string& place, const char* name) {
  std::vector<double> numbers;
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return numbers;
  if (!found->is_array()) {
    throw InputError(fmt::format("{}{}: found {}; allowed: a list of numbers", place, name, found->dump()));
  }
  for (const Json& value : *found) numbers.push_back(value.is_number() ? value.get<double>() : std::nan(""));
  return numbers;
}

// The position of `key`, where a new one gets the next.
std::size_t position(std::map<std::string, std::size_t>& positions, const std::string& key) {
  return positions.try_emplace(key, positions.size()).first->second;
}

// Labels are unique among the parameters that differ; where two settings share one all the same, the second gets its
// number, so that they are never merged.
template <class Same>
std::string distinct_label(const std::string& label, Same same) {
  const auto others = same(label);
  return others == 0 ? label : fmt::format("{} ({})", label, others + 1);
}

}  // namespace

double finite_median(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

double finite_worst(const std::vector<double>& values) {
  double worst = std::nan("");
  for (const double value : values) {
    if (std::isfinite(value) && !(value <= worst)) worst = value;
  }
  return worst;
}

double ResultGroup::median(std::size_t metric) const { return finite_median(values[metric]); }
double ResultGroup::worst(std::size_t metric) const { return finite_worst(values[metric]); }

std::string input_title(const GroupInput& input) {
  return input.scenario.empty() ? input.label : fmt::format("{}: {}", input.scenario, input.label);
}

std::size_t ResultGroups::input_of(const Json& object, const std::string& place) {
  GroupInput input{text_field(object, place, "scenario"), required_text(object, place, "family"),
                   text_field(object, place, "family_label")};
  const std::string parameters = key_of(object, "family_params");
  if (input.label.empty()) input.label = input.family + (parameters == "{}" ? "" : parameters);
  ResultRecord named;
  named.family = input.family;
  named.family_label = input.label;
  named.family_key = input.family + parameters;
  input.label = input_name(named);
  const std::size_t at =
      position(input_at_, fmt::format("{}\n{}\n{}", input.scenario, input.family, parameters));
  if (at == inputs_.size()) {
    input.label = distinct_label(input.label, [&](const std::string& label) {
      return std::count_if(inputs_.begin(), inputs_.end(), [&](const GroupInput& other) {
        return other.scenario == input.scenario &&
               (other.label == label || other.label.starts_with(label + " ("));
      });
    });
    inputs_.push_back(std::move(input));
  }
  return at;
}

std::size_t ResultGroups::setting_of(const Json& object, const std::string& place) {
  const std::string method = required_text(object, place, "method");
  const std::string arithmetic = required_text(object, place, "arithmetic");
  const std::string kernel = text_field(object, place, "kernel");
  GroupSetting setting{text_field(object, place, "method_label"),
                       text_field(object, place, "arithmetic_label"), text_field(object, place, "formation"),
                       !kernel.empty()};
  const std::string method_key = method + key_of(object, "method_params");
  const std::string arithmetic_key = arithmetic + key_of(object, "arithmetic_params");
  if (setting.method.empty()) setting.method = kernel.empty() ? method_key : kernel;
  if (setting.arithmetic.empty()) setting.arithmetic = arithmetic_key;
  if (!setting.formation.empty() && !setting.kernel) {
    setting.method = fmt::format("{} after {}", setting.method, setting.formation);
  }
  // A recipe forms A itself or is given it, as the input has it: one setting either way.
  const std::string formation = setting.kernel ? "" : setting.formation;
  const std::size_t at =
      position(setting_at_, fmt::format("{}\n{}\n{}\n{}", method_key, kernel, arithmetic_key, formation));
  if (at == settings_.size()) {
    setting.method = distinct_label(setting.method, [&](const std::string& label) {
      return std::count_if(settings_.begin(), settings_.end(), [&](const GroupSetting& other) {
        return other.arithmetic == setting.arithmetic &&
               (other.method == label || other.method.starts_with(label + " ("));
      });
    });
    settings_.push_back(std::move(setting));
  }
  return at;
}

void ResultGroups::add(const std::string& section, const Json& object, const std::string& place) {
  if (section == "matrices") add_matrix(object, place);
  if (section == "records") add_record(object, place);
}

void ResultGroups::add_matrix(const Json& object, const std::string& place) {
  const std::size_t at =
      position(matrix_at_, text_field(object, place, "scenario") + "\n" + required_text(object, place, "id"));
  if (at == matrices_.size()) matrices_.emplace_back();
  GroupMatrix& matrix = matrices_[at];
  matrix.input = input_of(object, place);
  matrix.n = size_of(object, place);
  matrix.known = true;
  for (std::size_t k = 0; k < matrix_facts.size(); ++k) {
    matrix.facts[k] = number_field(object, place, matrix_facts[k].data());
  }
  matrix.power_max = numbers_of(object, place, "power_max");
  matrix.inverse_decay = numbers_of(object, place, "inverse_decay");
}

void ResultGroups::add_record(const Json& object, const std::string& place) {
  const std::size_t input = input_of(object, place), setting = setting_of(object, place);
  const int n = size_of(object, place);
  const std::size_t at = position(group_at_, fmt::format("{}/{}/{}", input, setting, n));
  if (at == groups_.size()) {
    ResultGroup group;
    group.input = input;
    group.setting = setting;
    group.n = n;
    group.costs.fill(std::nan(""));
    groups_.push_back(std::move(group));
  }
  ResultGroup& group = groups_[at];
  const std::string status = required_text(object, place, "status");
  const std::string verdict = text_field(object, place, "verdict");
  ++group.trials;
  group.nonfinite += status == "nonfinite";
  group.failed += status == "failed";
  group.pass += verdict == "pass";
  group.marginal += verdict == "marginal";
  group.fail += verdict == "fail";
  for (std::size_t k = 0; k < group_metrics.size(); ++k) {
    const double value = number_field(object, place, group_metrics[k].data());
    group.values[k].push_back(value);
    seen_[k] = seen_[k] || std::isfinite(value);
  }
  for (std::size_t k = 0; k < group_costs.size(); ++k) {
    const double cost = number_field(object, place, group_costs[k].data());
    if (!std::isnan(cost)) group.costs[k] = cost;
  }
  const std::string id = text_field(object, place, "matrix");
  const std::size_t matrix = position(
      matrix_at_,
      fmt::format("{}\n{}", inputs_[input].scenario, id.empty() ? fmt::format("record of {}", place) : id));
  if (matrix == matrices_.size()) {
    GroupMatrix unknown{input, n, false, {}, {}, {}};
    unknown.facts.fill(std::nan(""));
    matrices_.push_back(std::move(unknown));
  }
  group.matrices.push_back(matrix);
}

}  // namespace tristab
