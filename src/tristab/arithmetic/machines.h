// The emulated machines of one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "tristab/arithmetic/machine.h"
#include "tristab/arithmetic/site_engine.h"

namespace tristab {

// The arithmetic of each stage by name, as a recipe gives it. "*" is that of all other stages and of the input, so it
// must be the format that A is stored in.
using StageArithmetics = std::map<std::string, const Arithmetic*, std::less<>>;

// Two machines: one on float carriers, used if every format of the arithmetic is inside fp32, and one on double
// carriers; and one that rounds nothing, on double-doubles.
class Machines {
 public:
  Machines();
  ~Machines();
  Machine& machine_for(const Arithmetic& arithmetic);
  Machine& machine_for(const StageArithmetics& arithmetics);
  Machine& exact_machine();

 private:
  SiteRun no_sites_;
  std::unique_ptr<Machine> float_machine_, double_machine_, exact_machine_;
};

}  // namespace tristab
