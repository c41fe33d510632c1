// The inputs on which settings are tried, and how much of what the requirement allows a setting takes on each.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tristab/choose/setting_space.h"
#include "tristab/sweep/matrix_evaluation.h"

namespace tristab {

// Inputs of one kind: a family, a file, what a hunt found.
struct InputGroup {
  std::string label;
  bool hunted = false;
};

// What a setting takes on one input.
struct Taken {
  double share = 0;  // of what the requirement allows: more than 1 misses it, infinite if the result is not finite
  double error = 0;  // ||Xh - X||_F / ||X||_F against the inverse of A as given; infinite likewise
};

class InputPool {
 public:
  // `scenario` has the requirement; it must outlive this. Requirements about layers say nothing here.
  explicit InputPool(const Scenario& scenario);
  ~InputPool();

  std::size_t add_group(InputGroup group);
  // Ignored, and false, if A has no inverse in double, or if its inverse is the identity to fp32: it shows nothing.
  bool add(std::size_t group, Problem problem);

  int size() const { return static_cast<int>(inputs_.size()); }
  const std::vector<InputGroup>& groups() const { return groups_; }
  int count(std::size_t group) const { return static_cast<int>(std::ranges::count(inputs_, group, &Input::group)); }
  std::size_t group_of(int input) const { return inputs_[static_cast<std::size_t>(input)].group; }
  const Problem& problem(int input) const;

  // Any number of threads may ask. A setting that refuses the input has infinite shares; one to which the inverse is
  // the identity (metric/verdict.h) takes nothing.
  Taken evaluate(const Candidate& candidate, int input) const;
  // The least share that any result has whose elements are of this format: that of the exact inverse. 0 where the
  // requirement is about more than the total error.
  double least_share(const Format& format, int input) const;

  std::int64_t evaluations() const { return evaluations_; }

 private:
  struct Input {
    std::size_t group = 0;
    std::unique_ptr<MatrixResult> notes;
    std::unique_ptr<MatrixEvaluation> evaluation;
    double recipe_error = 0;
    double size = 0, strict_size = 0;  // ||X||_F, and without the diagonal
    double unit_share = 0;             // of a total error of 1; NaN if the requirement is about more
    mutable std::map<std::string, double> least;
  };
  struct Workers;

  const Scenario& scenario_;
  std::vector<InputGroup> groups_;
  std::vector<Input> inputs_;
  std::unique_ptr<Workers> workers_;
  mutable std::atomic<std::int64_t> evaluations_ = 0;
};

}  // namespace tristab
