// A strategy looks for bad inputs in one task: a number of evaluations, with random numbers of its own. Tasks of a
// round see the same elites, so their results do not depend on the order in which threads run them.
#pragma once

#include <atomic>
#include <span>
#include <string>
#include <vector>

#include "tristab/base/random.h"
#include "tristab/hunt/elites.h"

namespace tristab {

// One task: settles inputs, evaluates them within its quota, keeps the worst of each kind.
class Search {
 public:
  Search(const Evaluator& evaluator, const InputSpace& space, Machines& machines, const RandomStream& random,
         std::int64_t quota, const std::atomic<bool>& stop);

  // Settles and evaluates. An input that cannot be settled counts as evaluated. Beyond the quota the answer is that of
  // an input that does not count.
  Trial examine(TokenInputs tokens);
  bool done() const { return used_ >= quota_ || stop_.load(std::memory_order_relaxed); }
  std::int64_t used() const { return used_; }
  std::int64_t left() const { return quota_ - used_; }

  // A search with the rest of this one's quota in another space of the same rule; `absorb` counts what it used.
  Search inside(const InputSpace& space) const;
  void absorb(const Search& other) { used_ += other.used_, next_ = other.next_; }

  const InputSpace& space() const { return space_; }
  const Elites& found() const { return found_; }

  double uniform() { return random_.uniform(next_++); }
  double normal() { return random_.normal(next_++); }
  int below(int count) { return static_cast<int>(uniform() * count); }  // 0 .. count - 1
  bool chance(double probability) { return uniform() < probability; }
  // Between the two, uniform in the logarithm.
  double spread(double low, double high);
  // Random over the whole space: keys over the sphere; rates and decays over their ranges, or over a part of its own
  // below the upper ends of them (a thousandth and a ten-thousandth of them, or more).
  TokenInputs anywhere();
  // From the elites, the worst ones more often; anywhere if there are none.
  TokenInputs start(std::span<const Trial* const> elites);

 private:
  const Evaluator& evaluator_;
  const InputSpace& space_;
  Machines& machines_;
  RandomStream random_;
  std::uint64_t next_ = 0;
  std::int64_t quota_, used_ = 0;
  const std::atomic<bool>& stop_;
  Elites found_;
};

struct Strategy {
  const char* name;
  const char* summary;
  bool structured = false;  // starts from structures that a person thought of
  void (*run)(Search& search, const HuntRequest& request, std::span<const Trial* const> elites) = nullptr;
};

Strategy random_strategy();      // random.cc
Strategy structured_strategy();  // structured.cc
Strategy moves_strategy();       // moves.cc
Strategy direct_strategy();      // direct.cc
Strategy gradient_strategy();    // gradient.cc
Strategy transfer_strategy();    // transfer.cc

std::span<const Strategy> strategies();  // in the order of tallies

// Changes tokens in one of the ways of moves.cc: blocks and coordinates.
void change(Search& search, std::span<const Trial* const> elites, TokenInputs& tokens);

// Hill climbing by such changes from `first` until so many evaluations are used; `by_growth`: up the growth instead of
// the score.
void climb_by_moves(Search& search, std::span<const Trial* const> elites, TokenInputs first, bool by_growth,
                    std::int64_t end);

// Rows of a block of the method's own size, else of a power of two.
int block_of(const HuntRequest& request);

}  // namespace tristab
