// One matrix and all that its records share: the exact inverse of A as given, A as each setting inverts it, and their
// truths.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tristab/matrix/source.h"
#include "tristab/metric/facts.h"
#include "tristab/reference/inverse.h"
#include "tristab/sweep/record.h"

namespace tristab {

// A matrix with its certified inverse.
struct Truth {
  Matrix a;
  Reference reference;
  ReferenceFacts facts;
};

// A as a setting inverts it, with its truth.
struct RoundedInput {
  std::string key;                     // of all settings with the same A
  std::string name;                    // value of the `reference` field
  Matrix a;                            // the input of methods
  RowStatistics events;                // of the rounding
  std::shared_ptr<const Truth> truth;  // of `a`, or of A as given
  bool formed = false;                 // by a formation other than the exact one
  Measured error_forming = Undefined::not_formed;
};

class MatrixEvaluation {
 public:
  // `result` receives what concerns the matrix: its condition, references and times; its `id` must be set. All must
  // outlive this. `recipe_error`: the worst total error of the requirement's recipe.
  MatrixEvaluation(const Scenario& scenario, double recipe_error, Problem problem, MatrixResult& result);

  // The record of a setting; `failed` if the matrix or the method has no answer.
  Record evaluate(const Setting& setting, Machines& machines);
  // The record of this result of a setting, however it was computed. Throws what a refused input throws.
  Record judged(const Setting& setting, Inversion inversion, Machines& machines);

  const Problem& problem() const { return problem_; }
  const Reference* given() const { return given_ ? &given_->reference : nullptr; }  // null: no reference in double
  const std::string& failure() const { return failure_; }                           // why not
  // A as the setting inverts it: formed, then rounded. Settings with the same A share it and its truth.
  const RoundedInput& input_for(const Setting& setting, Machines& machines);
  // What the requirement takes of a finite result with this total error; NaN if it needs more numbers than that.
  double share_of_error(double total_frobenius);

 private:
  void note(const std::string& of, const Reference& reference);
  Measured formation_error(const std::string& key, const Matrix& formed);
  double stored_error(const Format& format);
  ErrorShares decompose(const Setting& setting, const RoundedInput& input, const Inversion& inversion,
                        Machines& machines);
  const Truth& truth_of(const RoundedInput& input);
  void judge(Record& record, const Setting& setting, const Matrix& x, Machines& machines);
  // `gate` judges the result; without one, the requirement has no gates.
  double share(const Record& record, const GateShare& gate);
  double gate_share(const GateSpec& gate, const Matrix& x, const Format& format, Machines& machines);
  const std::vector<Matrix>& peer(const Format& format, Machines& machines);
  Record started(const Setting& setting) const;
  std::string input_key(const Setting& setting) const;
  void measure_record(Inversion& inversion, const Truth& truth, const Arithmetic& arithmetic, Record& record);

  const Scenario& scenario_;
  double recipe_error_;
  Problem problem_;
  MatrixResult& result_;
  std::shared_ptr<const Truth> given_;
  std::string failure_;
  std::map<std::string, RoundedInput> inputs_;
  std::map<std::string, Measured> formation_errors_;
  std::map<std::string, Matrix> exact_results_;
  std::map<std::string, std::shared_ptr<const Truth>> seen_;
  std::map<std::string, double> stored_errors_;
  std::map<std::string, std::vector<Matrix>> peers_;  // by format
};

}  // namespace tristab
