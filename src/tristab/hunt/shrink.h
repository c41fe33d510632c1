// Makes a bad input small while it stays bad: fewer tokens, simpler gates and keys, fewer channels, fewer bits; then
// the nearest family by name, and texts that build the input again.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "tristab/hunt/hunt.h"

namespace tristab {

struct ShrinkStep {
  std::string what;  // "tokens 64 -> 16"
  double value = 0;  // of the objective after it
};

// A family, with parameters, whose worst matrix of a few comes nearest.
struct NearFamily {
  std::string label;
  int trials = 0;
  double value = 0;  // of the objective
};

struct Shrunk {
  HuntFind before, after;  // `after` may have fewer tokens than the chunk; rows of zeros complete it
  std::vector<ShrinkStep> steps;
  std::vector<NearFamily> families;  // from the worst down
  std::int64_t evaluations = 0;
};

// Keeps at least `keep` of the value of the objective (of a negative one: loses at most that part of its size); an
// input whose result is not finite keeps that. Keys keep their lengths to 2^-7, rates the range of the request's space.
// Throws Stopped if `stop` becomes true.
Shrunk shrink(const HuntRequest& request, const TokenInputs& tokens, double keep, const std::atomic<bool>& stop);

// `tokens` with zero rows up to the chunk: no key, no write, no decay.
TokenInputs completed(const TokenInputs& tokens, int n);

// Five lines of Python that build the tensors of one head, [tokens, channels], and A of one chunk in double.
std::vector<std::string> pytorch_lines(const TokenInputs& tokens);

// A configuration of `tristab sweep` whose expectation the input meets: that it is still as bad. `path`: the file of
// the tensors, as the configuration names it. `from`: the folder of the configuration; recipe files are named from
// there.
Json scenario_of(const HuntRequest& request, const HuntFind& find, const std::filesystem::path& path,
                 const std::filesystem::path& from = "");

}  // namespace tristab
