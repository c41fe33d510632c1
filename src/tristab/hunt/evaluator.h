// What an input does to the setting: quickly, while the search runs, and as the sweep does, for what it has found.
#pragma once

#include <limits>

#include "tristab/arithmetic/machines.h"
#include "tristab/hunt/hunt.h"

namespace tristab {

struct Evaluation {
  // The objective, larger is worse: that of a number of which larger is better has its sign turned. Infinite: the
  // result is not finite. -infinity: the input does not count (its exact inverse leaves the format of the result, or
  // there is no such number).
  double badness = -std::numeric_limits<double>::infinity();
  bool is_signed = false;  // the badness may be negative and says what its logarithm would
  double growth = 0;       // largest intermediate over max |X_ij|
  double near_gate = 0;    // of `gate:`: the share that T takes of the gate

  bool counts() const { return badness > -std::numeric_limits<double>::infinity(); }
  // What searches climb: the logarithm of the badness, and where that is flat, a way towards it.
  double score() const;
};

class Evaluator {
 public:
  // The request must outlive this.
  explicit Evaluator(const HuntRequest& request);

  // Throws UsageError if the method refuses the input.
  Evaluation evaluate(const TokenInputs& tokens, Machines& machines) const;
  HuntFind evaluate_again(const TokenInputs& tokens, Machines& machines) const;

  // `tokens` with the queries and values that the objective needs, from the hunt's seed.
  TokenInputs with_outputs(TokenInputs tokens) const;

 private:
  struct Run {
    Matrix x;
    Trace trace;
    bool finite = false;
  };
  Run run(const Setting& setting, const Matrix& a, const TokenInputs& tokens, std::uint64_t draws,
          Machines& machines) const;
  Evaluation quickly(const TokenInputs& tokens, Machines& machines) const;
  double overflow_of(const Trace& trace) const;
  void judge_by_gate(const TokenInputs& tokens, const Matrix& a, const Matrix& x, const Matrix& exact,
                     Machines& machines, Evaluation& evaluation) const;

  const HuntRequest& request_;
  bool quick_ = false;       // the objective needs no record
  bool stochastic_ = false;  // draws depend on the input's identity
};

}  // namespace tristab
