// The state of a hunt between two rounds, as JSON: what a resumed hunt continues from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tristab/hunt/elites.h"

namespace tristab {

struct HuntState {
  std::int64_t round = 0, evaluations = 0;
  Elites elites;
  std::vector<StrategyTally> tallies;  // of strategies()
  std::vector<double> credit;          // of strategies(): what they improved lately
};

// Equal for hunts that make the same rounds: everything but the budget, the time and the threads.
std::string identity_of(const HuntRequest& request);

Json json_of(const HuntState& state, const HuntRequest& request);

// Throws UsageError if the state is of another request or of another version.
HuntState state_of(const Json& json, const HuntRequest& request);

// Keys, rates, decays and other tensors, by their names.
Json json_of(const TokenInputs& tokens);
// Throws UsageError naming `place` unless its tensors have the shapes of the space.
TokenInputs tokens_of(const Json& json, const InputSpace& space, std::string_view place = "tokens");

}  // namespace tristab
