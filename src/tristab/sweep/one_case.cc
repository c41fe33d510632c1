#include "tristab/sweep/one_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <set>
#include <vector>

#include "tristab/base/errors.h"
#include "tristab/sweep/plan.h"

namespace tristab {
namespace {

// The numbers that may be the trial of an id: "-0003-9f2c41aa" has four digits or more before a hash.
std::set<int> trials_in(const std::string& id) {
  static const std::regex pattern("-([0-9]{4,7})-[0-9a-f]{8}(?=/|$)");
  std::set<int> trials;
  for (std::sregex_iterator at(id.begin(), id.end(), pattern), end; at != end; ++at) trials.insert(std::stoi((*at)[1]));
  return trials;
}

std::string id_of(const MatrixGroup& group, int index) {
  return matrix_id_in(*group.scenario, group.source->problem(group.n, index).id);
}

std::vector<std::string> case_ids(const MatrixGroup& group, const std::string& matrix) {
  std::vector<std::string> ids;
  for (const Setting& setting : group.scenario->settings(group.n)) ids.push_back(case_id(matrix, setting));
  return ids;
}

// The scenario with one family, size and matrix.
Scenario only_matrix(const MatrixGroup& group, int index) {
  Scenario scenario = *group.scenario;
  scenario.families = {*group.family};
  scenario.chunks = {group.n};
  scenario.trial = index;
  scenario.expectations.clear();
  return scenario;
}

void keep_setting(Scenario& scenario, const Setting& setting) {
  const bool kernel = setting.kernel != nullptr;
  const std::vector<Formation> formations{*setting.formation};
  scenario.methods = kernel ? std::vector<MethodSpec>{} : std::vector{*setting.method};
  scenario.arithmetics = kernel ? std::vector<Arithmetic>{} : std::vector{*setting.arithmetic};
  scenario.kernels = kernel ? std::vector{*setting.kernel} : std::vector<Recipe>{};
  scenario.formations = kernel ? std::vector{Formation{}} : formations;
}

}  // namespace

SweepConfig only_case(const SweepConfig& config, const std::string& id, const std::string& place) {
  const Plan plan = make_plan(config);
  SweepConfig one = config;
  const std::set<int> trials = trials_in(id);
  for (const MatrixGroup& group : plan.groups) {
    for (const int index : trials) {
      if (index >= group.all) continue;
      const std::string matrix = id_of(group, index);
      if (id != matrix && !id.starts_with(matrix + "/")) continue;
      one.scenarios = {only_matrix(group, index)};
      if (id == matrix) return one;
      const std::vector<std::string> ids = case_ids(group, matrix);
      const auto found = std::ranges::find(ids, id);
      if (found == ids.end()) throw_unknown_name(place, "case", id, ids);
      keep_setting(one.scenarios.front(),
                   group.scenario->settings(group.n)[static_cast<std::size_t>(found - ids.begin())]);
      return one;
    }
  }
  const std::string matrix = id_of(plan.groups.front(), plan.groups.front().first);
  refuse(place, fmt::format("{}, which is no case of {}", id, config.name),
         fmt::format("ids that its results print, such as {} or, for all settings on this matrix, {}",
                     case_ids(plan.groups.front(), matrix).front(), matrix));
}

}  // namespace tristab
