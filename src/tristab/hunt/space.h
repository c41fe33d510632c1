// The inputs that a hunt may make: keys, rates and log decays of one chunk, within the ranges of a layer. Every
// constraint is met by construction (`settle`) and checked again (`violation`).
#pragma once

#include <optional>
#include <string>

#include "tristab/format/format.h"
#include "tristab/matrix/source.h"

namespace tristab {

struct Range {
  double low = 0, high = 0;
  bool holds(double x) const { return low <= x && x <= high; }
  bool operator==(const Range&) const = default;
};

// "LOW:HIGH", or one number for both. Throws UsageError naming `place`.
Range range_of(std::string_view text, std::string_view place);

struct InputSpace {
  const DeltaRule* rule = nullptr;
  int n = 64, head_dim = 128;
  int steps = 1;           // rows a token (DeltaProduct): only a token's first row decays
  Range rate{0, 1};        // of beta, of gdn2's b, of rwkv7's eta
  Range log_decay{-5, 0};  // of a token, or of each of its channels; nats
  Range length{1, 1};      // of the keys
  Range cosine{-1, 1};     // between every two keys of the chunk
  // The numbers that an input may have; none: those of fp32, in which files hold it. Rounding to them comes after the
  // keys are normalised, so keys have their length only up to that rounding.
  std::optional<Format> key_format, rate_format, decay_format;
  double condition = 0;  // cond_2(I + A), to condition_tolerance(); 0: any

  bool operator==(const InputSpace&) const = default;
};

// How far the condition number may be from what was asked for, relatively: 1e-4, or 2^-6 where rates have 16 bits.
double condition_tolerance(const InputSpace& space);
// How far a key's length may be from its range: what rounding to the keys' format makes of it.
double length_tolerance(const InputSpace& space);

// All that the layers of a rule can make: rates from 0 to 1, or to 2 with negative eigenvalues; log decays from -5 to
// 0 (rwkv7: its own bound, -exp(-1/2)); unit keys in any direction. Throws UsageError naming `place` for dplr, whose
// factors have no bounds; rwkv7 is the form of it that has.
InputSpace rule_space(const DeltaRule& rule, int n, int head_dim, bool negative, std::string_view place);

// What the model that made a source can make, from what its first matrices (at most 64) show. README.md explains each
// choice. Throws UsageError naming `place` if the source has matrices without keys.
InputSpace measured_space(const Source& source, int n, std::string_view place);

// Throws UsageError naming `place` if no input meets the constraints, or `settle` cannot.
void check_space(const InputSpace& space, std::string_view place);

// The nearest input, or near enough, that meets every constraint; false if there is none near it. `tokens` has keys
// (n x head_dim, in any length but 0), and the rule's rate and decay, in any range; other parts follow.
bool settle(const InputSpace& space, TokenInputs& tokens);

// The first constraint that is not met, "beta of token 3 is 1.5, allowed: 0 to 1"; "" if all are.
std::string violation(const InputSpace& space, const TokenInputs& tokens);

// What follows from keys, rates and decays: the parts that a hunt does not vary (RulePart::plain), and those of the
// rule that this one is a form of.
void derive(TokenInputs& tokens);

// The rate of the rule: beta, b or eta. n x 1 or n x d.
Matrix& rate_of(TokenInputs& tokens);
const Matrix& rate_of(const TokenInputs& tokens);
// The directions: keys, or rwkv7's khat.
Matrix& directions_of(TokenInputs& tokens);
const Matrix& directions_of(const TokenInputs& tokens);

struct KeySurvey {
  int different = 0;    // keys that no earlier one equals
  Range cosines{1, 1};  // over all pairs
  double mean_cosine = 1;
};
KeySurvey survey_keys(const TokenInputs& tokens);

// Tokens of the shape of the space: one direction, rate and decay in the middle of their ranges.
TokenInputs blank_tokens(const InputSpace& space);

// The first `count` tokens, or those tokens again and again up to `count`, in the space of that size.
TokenInputs resized(const TokenInputs& tokens, int count);

}  // namespace tristab
