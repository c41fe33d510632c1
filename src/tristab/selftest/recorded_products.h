// Computes recorded products of hardware with the production kernels.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/selftest/check.h"
#include "tristab/selftest/recorded_file.h"

namespace tristab::selftest {

// The emulation of one group of a file.
struct RecordedMachine {
  std::string arithmetic;  // "bf16-h100"; "" if nothing emulates it
  int terms = 0;           // products in a group of the unit if the instruction has fewer; 0: the unit's own number
  bool fp16_sums = false;
  std::string skipped;  // why nothing emulates it
};

// `unit` is one of tensor_core_names(). Throws InputError naming `path` if operands or accumulator are not those of a
// matrix unit.
RecordedMachine machine_of(const RecordedProducts& group, std::string_view unit, std::string_view path);

// Compares every element of the group at every SIMD level; an element that differs at several levels is one mismatch.
CheckResult compare_recorded(const RecordedProducts& group, const RecordedMachine& machine, const Runner& runner);

}  // namespace tristab::selftest
