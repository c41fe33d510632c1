// Machines that kernels run on: what they compute with, how fast, and how long what was measured takes. A description
// is a file, configs/hardware/NAME.json or one of the user's own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tristab/arithmetic/arithmetic.h"

namespace tristab {

// A unit that multiplies, by the arithmetic that emulates it. All rates are peaks of the whole chip.
struct HardwareUnit {
  Arithmetic arithmetic;
  double tflops = 0;        // in products, dense, 10^12 operations a second, a multiplication and an addition are two
  double casts_per_ns = 0;  // elements of results that are converted and passed on to the next step
  double steps_tflops = 0;  // of the vector unit: in vector steps, such as updates of a row by a matrix
  double step_ns = 0;       // from one product of 16 x 16 blocks to the next one that needs its result
};

// A time that somebody measured: one inversion of a batch that fills the chip, with reading A and writing X.
struct MeasuredTime {
  std::string method, arithmetic;  // labels, as `compare` shows them
  int n = 0;
  double ns = 0;       // of one matrix
  std::string source;  // which run it is from
};

struct Hardware {
  std::string name, summary, source, date;
  std::vector<HardwareUnit> matrix;  // what products may be computed in
  HardwareUnit vector;               // the unit of everything else
  double memory_gb_s = 0;            // 10^9 bytes a second
  int multiprocessors = 0;
  double local_kib = 0;  // registers and local memory of one of them, for the matrices that are in work
  int most_in_work = 0;  // matrices that one of them can have in work, however small
  double launch_us = 0;  // of a kernel
  std::vector<MeasuredTime> measured;

  // The unit whose arithmetic has this name; null: there is none.
  const HardwareUnit* unit(std::string_view arithmetic) const;
};

// The names of the built-in descriptions.
std::vector<std::string> hardware_names();

// A built-in description, or a file that ends in .json. Throws UsageError naming `place` and the nearest name, or the
// key that is missing or wrong; InputError for a file that cannot be read.
Hardware find_hardware(const std::string& name, std::string_view place);

}  // namespace tristab
