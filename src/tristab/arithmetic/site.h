// Rounding sites: where a method rounds. A site is a stage, a step of it and a kind. A step is one operation of the
// stage (a product, a chain, a vector step, a rounding of its own), counted from 1 in the order of execution; it is the
// same in every run of a method at one size, because no method looks at its numbers. An operand that is already in its
// format is not rounded and has no site.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tristab {

enum class RoundingKind : std::uint8_t {
  entry,        // A, as the method takes it
  operand,      // what enters a product or a vector step
  alignment,    // the truncation of products and addend inside a matrix unit
  accumulator,  // products and sums in the accumulator's format
  storage,      // a result between two steps
  output,       // the last result, in the stages `result` and `output`
  flush,        // tiny numbers that become zero
  saturation,   // numbers beyond the largest: cut, infinite, or wrapped around
  scale         // the scales of quantised tensors
};
constexpr int kRoundingKinds = 9;

// "entry", "operand", ... in the order of the enumeration.
const std::string& name_of(RoundingKind kind);

// A set of kinds.
class RoundingKinds {
 public:
  constexpr RoundingKinds() = default;
  static constexpr RoundingKinds all() { return RoundingKinds((1U << kRoundingKinds) - 1); }
  constexpr bool has(RoundingKind kind) const { return (bits_ >> static_cast<unsigned>(kind) & 1U) != 0; }
  constexpr void set(RoundingKind kind, bool on = true) {
    const unsigned bit = 1U << static_cast<unsigned>(kind);
    bits_ = static_cast<std::uint16_t>(on ? bits_ | bit : bits_ & ~bit);
  }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const RoundingKinds&) const = default;

 private:
  constexpr explicit RoundingKinds(unsigned bits) : bits_(static_cast<std::uint16_t>(bits)) {}
  std::uint16_t bits_ = 0;
};

}  // namespace tristab
