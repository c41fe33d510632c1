// The records of a result, grouped by input, setting and size, with their statistics: for rankings, tables, pages
// and exports. They come from a result file of any version of tristab, or from the records of a run. Fields that a
// file lacks are absent. A million records may be a million groups, so of each there are only numbers in memory, and a
// text once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tristab/base/json_value.h"
#include "tristab/sweep/trial_statistics.h"

namespace tristab {

struct CaseInput {
  std::string scenario, family;  // scenario: "" in a plain sweep
  std::string label;             // of the family
  // For a layer of a file "gdn-slice layer6", with heads and tokens if only some were selected; else the label.
  // Unique.
  std::string name;
  // The family with every parameter, as --family takes it; else the label: of files, and of families made from others.
  std::string whole = {};

  std::string title() const;  // "scenario: name", or the name in a plain sweep
};

struct CaseSetting {
  std::string method;      // name of the method
  std::string kernel;      // label of the recipe; "": a method in one arithmetic
  std::string arithmetic;  // name
  std::string method_label, arithmetic_label;
  std::string formation;  // label; "" if A was formed in double, or given
  std::string shown;      // in tables, beside the arithmetic: the method, "mbh after gram", or the recipe; unique

  std::string kernel_name() const;  // "fla-solve-tril" of "fla-solve-tril:dot=tf32"
  std::string label() const;        // "mbh / fp16", or the recipe
};

struct CaseGroup {
  std::uint32_t input = 0, setting = 0;  // positions in CaseGroups
  int n = 0;
  TrialStatistics statistics;
  const std::string* failure = nullptr;  // why its first trial without an answer has none; null: all have one
};

struct CaseMatrix {
  static constexpr std::uint32_t unknown = static_cast<std::uint32_t>(-1);

  std::uint32_t input = 0;
  int n = 0;
  bool named = false;             // the file gives its id
  std::uint32_t facts = unknown;  // row of what the file has of it in `matrices`; unknown: it has nothing

  bool known() const { return facts != unknown; }
};

// What a matrix has for each power, and for each distance from the diagonal.
struct MatrixProfiles {
  std::vector<double> power_max, inverse_decay;
};

class CaseGroups {
 public:
  // Collects `fields` of the records: numbers that are aggregated.
  explicit CaseGroups(std::vector<const Field*> fields);

  // One object of "matrices" or "records". Throws InputError when a record lacks family, size, method, arithmetic or
  // status, or a field is of the wrong type.
  void add(const std::string& section, const Json& object, const std::string& place);
  // An object of "records"; returns the position of its group.
  std::size_t add_record(const Json& object, const std::string& place);
  // A matrix of a run, with its records.
  void add(const MatrixResult& result);

  const std::vector<const Field*>& fields() const { return fields_; }
  const std::deque<CaseInput>& inputs() const { return inputs_; }
  const std::vector<CaseSetting>& settings() const { return settings_; }
  const std::deque<CaseGroup>& groups() const { return groups_; }
  const std::vector<CaseMatrix>& matrices() const { return matrices_; }

  const CaseInput& input_of(const CaseGroup& group) const { return inputs_[group.input]; }
  const CaseSetting& setting_of(const CaseGroup& group) const { return settings_[group.setting]; }

  // Whether any trial has a finite value of the field at this position.
  bool has(std::size_t field) const { return seen_[field]; }
  std::size_t position(std::string_view field) const;  // among fields(); throws std::out_of_range
  Distribution distribution(const CaseGroup& group, std::size_t field) const {
    return group.statistics.distribution(field, spool_);
  }
  // Of each trial, as the distribution takes it: NaN where it does not count.
  std::vector<double> values(const CaseGroup& group, std::size_t field) const {
    return group.statistics.counted_values(field, spool_);
  }
  // The positions of the matrices of its trials.
  std::vector<std::size_t> matrices_of(const CaseGroup& group) const { return group.statistics.matrices(spool_); }
  // One of matrix_facts() of every matrix; NaN: unknown.
  std::vector<double> matrix_fact(std::size_t fact) const;
  MatrixProfiles profiles_of(const CaseMatrix& matrix) const;

  // The position of the input, or of the setting, that an object names; a new one is added at the end.
  std::size_t input_at(const Json& object, const std::string& place);
  std::size_t setting_at(const Json& object, const std::string& place);
  static int size_at(const Json& object, const std::string& place);  // `n`

 private:
  // Texts are found again by two 64-bit hashes of them.
  using Key = std::pair<std::uint64_t, std::uint64_t>;
  static Key key_of(const std::string& text);
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return key.first; }
  };
  using Positions = std::unordered_map<Key, std::uint32_t, KeyHash>;
  struct Profiles {
    std::uint64_t offset = 0;  // in spool_: power_max, then inverse_decay
    std::uint32_t powers = 0, decays = 0;
  };

  std::size_t input_at(CaseInput input, const Json& parameters);
  std::size_t setting_at(CaseSetting setting, const std::string& key);
  std::size_t matrix_at(std::size_t input, int n, const std::string& id, bool named);
  std::size_t group_at(std::size_t input, std::size_t setting, int n);
  void add_trial(std::size_t at, const TrialNumbers& trial, const std::string& message);
  void add_matrix(const Json& object, const std::string& place);

  std::vector<const Field*> fields_;
  std::vector<bool> seen_;
  std::deque<CaseInput> inputs_;
  std::vector<CaseSetting> settings_;
  std::deque<CaseGroup> groups_;
  std::vector<CaseMatrix> matrices_;
  SpooledRows facts_;  // of known matrices
  std::vector<Profiles> profiles_;
  Positions input_index_, setting_index_, group_index_, matrix_index_;
  std::map<std::string, std::size_t> labels_;  // number of settings, and of inputs of one name, with this label
  Positions first_of_name_;                    // of the inputs of a scenario
  std::set<std::string> failures_;
  Spool spool_;
};

// Settings are ranked, and the largest error is named, by the error against the inverse of A as given, in one
// arithmetic as in many.
inline constexpr const char* ranked_field = "total_frobenius";

}  // namespace tristab
