// The checks of `tristab selftest`. Each checks one property of the arithmetic on this machine against expectations
// that do not come from the emulator.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "tristab/selftest/runner.h"

namespace tristab::selftest {

enum class Effort { quick, exhaustive };

struct Check {
  std::string name;
  std::string proves;
  bool exhaustive_only;
  void (*run)(const Runner& runner, Effort effort, Tally& tally);
};

struct CheckResult {
  std::int64_t cases = 0, mismatches = 0;
  std::string first_mismatch;  // operands, result and expectation in hexadecimal
  double seconds = 0;
};

// All checks in the order in which they are run.
std::span<const Check> checks();

// Throws Stopped if the runner is told to stop.
CheckResult perform(const Check& check, const Runner& runner, Effort effort);

// Does the same work at every SIMD level, and counts and names mismatches by level: work(level, item, tally).
void over_levels(const Runner& runner, std::size_t items, Tally& tally,
                 const std::function<void(const std::string& level, std::size_t item, Tally& tally)>& work);

// Bits of a result; all NaN give the same bits. Processors keep the payload of one operand, and which one depends on
// the instruction that the compiler chose.
std::uint64_t bits_of(double x);
inline bool same(double x, double y) { return bits_of(x) == bits_of(y); }

// "0x1.8p+3", "nan": as printf's %a.
std::string hexadecimal(double x);

}  // namespace tristab::selftest
