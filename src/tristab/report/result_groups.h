// The records of a result by situation and setting, with medians and worst values over the trials: what figures show.
// Made from a file of any version: what it lacks is absent here, and `missing` says so.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/report/object_stream.h"

namespace tristab {

// Numbers that are measured on every trial. Definitions: `tristab list metrics`, and column.cc for the others.
inline constexpr std::array<std::string_view, 9> group_metrics{
    "frobenius",       "total_frobenius",  "strict_lower",   "growth",      "dead_growth",
    "error_formation", "error_truncation", "error_rounding", "error_output"};
// Those of them that are kept for every case; they stand first.
inline constexpr std::size_t case_metrics = 3;
// Numbers that are the same in every trial of a setting at one size.
inline constexpr std::array<std::string_view, 6> group_costs{"matmuls", "matmul_flops", "vector_flops",
                                                             "depth",   "vector_depth", "workspace_bytes"};
// Numbers of a matrix.
inline constexpr std::array<std::string_view, 9> matrix_facts{
    "cond_1",   "cond_2", "cond_inf", "cond_skeel",     "cond_frobenius",
    "norm_inf", "norm_2", "max_abs",  "inverse_max_abs"};

struct GroupInput {
  std::string scenario, family, label;  // scenario: "" in a plain sweep; label: of the family
};

struct GroupSetting {
  std::string method, arithmetic, formation;  // labels; formation: "" where A was formed in double, or given
  bool kernel = false;                        // `method` is the label of a recipe
};

struct ResultGroup {
  std::size_t input = 0, setting = 0;  // positions in ResultGroups
  int n = 0;
  int trials = 0, nonfinite = 0, failed = 0, pass = 0, marginal = 0, fail = 0;
  std::array<double, group_costs.size()> costs{};                  // NaN: the file does not say
  std::array<std::vector<double>, group_metrics.size()> values{};  // a value a trial, NaN where null
  std::vector<std::size_t> matrices{};                             // position of the matrix of each trial

  // Over the finite trials; NaN without any.
  double median(std::size_t metric) const;
  double worst(std::size_t metric) const;
};

struct GroupMatrix {
  std::size_t input = 0;
  int n = 0;
  bool known = false;  // the file has more of it than its id
  std::array<double, matrix_facts.size()> facts{};
  std::vector<double> power_max, inverse_decay;
};

class ResultGroups {
 public:
  // One object of "matrices" or "records". Throws InputError when a record lacks family, size, method, arithmetic or
  // status, or a field is of the wrong type.
  void add(const std::string& section, const Json& object, const std::string& place);

  const std::vector<GroupInput>& inputs() const { return inputs_; }
  const std::vector<GroupSetting>& settings() const { return settings_; }
  const std::vector<ResultGroup>& groups() const { return groups_; }
  const std::vector<GroupMatrix>& matrices() const { return matrices_; }
  bool has_metric(std::size_t metric) const { return seen_[metric]; }  // some trial has a value

  std::size_t input_of(const Json& object, const std::string& place);
  std::size_t setting_of(const Json& object, const std::string& place);

 private:
  std::vector<GroupInput> inputs_;
  std::vector<GroupSetting> settings_;
  std::vector<ResultGroup> groups_;
  std::vector<GroupMatrix> matrices_;
  std::map<std::string, std::size_t> input_at_, setting_at_, group_at_, matrix_at_;
  std::array<bool, group_metrics.size()> seen_{};

  void add_matrix(const Json& object, const std::string& place);
  void add_record(const Json& object, const std::string& place);
};

// The name of an input where it stands alone: "scenario: label".
std::string input_title(const GroupInput& input);

// Median of the finite values, NaN without any; and the largest.
double finite_median(std::vector<double> values);
double finite_worst(const std::vector<double>& values);

}  // namespace tristab
