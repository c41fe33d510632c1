// The front of a requirement's share against cost: settings that take less of it than every cheaper one by half a bit,
// and the cheapest one that meets it. It ends where 8 bits are to spare.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <vector>

#include "tristab/choose/input_pool.h"

namespace tristab {

// What is known of a candidate.
struct CandidateState {
  double worst_share = 0;   // over the inputs tried so far: a lower bound until all are
  int worst_input = -1;     // where the share is the largest
  int failing_input = -1;   // the first one found on which it misses the requirement
  std::vector<bool> tried;  // by input
};

struct FrontProgress {
  std::size_t done = 0, all = 0;  // candidates that are decided in this pass
};

// Finds the front. A setting is given up as soon as what it takes on one input is too much for the front: a fact, so
// nothing is lost. What was found stays known when inputs are added.
class FrontSearch {
 public:
  FrontSearch(const std::vector<Candidate>& candidates, const InputPool& pool);

  // Positions of the front, by cost; the last has the smallest share. With `exhaustive` every setting is tried on every
  // input first. The same for any number of threads. Throws Stopped.
  std::vector<std::size_t> front(bool exhaustive, const std::function<void(const FrontProgress&)>& progress,
                                 const std::atomic<bool>* stop);
  // Tries a candidate on the inputs that it was not tried on.
  const CandidateState& complete(std::size_t candidate);
  // Of some candidates the one with the smallest worst share; the first of these in their order if all are infinite.
  std::size_t nearest(std::vector<std::size_t> among);
  // The first candidate that meets the requirement on all inputs of a group, at most `last`.
  std::size_t cheapest_on(std::size_t group, std::size_t last) const;
  bool costs_less(std::size_t x, std::size_t y) const;
  const CandidateState& state(std::size_t candidate) const { return states_[candidate]; }

 private:
  void try_until(std::size_t candidate, double limit);
  void order_inputs();

  const std::vector<Candidate>& candidates_;
  const InputPool& pool_;
  std::vector<CandidateState> states_;
  std::vector<int> order_;               // of the inputs: those that decided most come first
  std::vector<std::int64_t> decisions_;  // of each input
};

}  // namespace tristab
