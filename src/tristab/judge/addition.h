// The smallest addition to a test that kills the mutants it lets through: a stricter gate on inputs that it has, or one
// more case with other inputs. Every addition is run before it is proposed: the kernel must pass it.
#pragma once

#include <string>
#include <vector>

#include "tristab/judge/audit.h"

namespace tristab {

struct Addition {
  std::string text;                 // "another case: the same inputs without decay"
  TestCase test;                    // as run; `test.given` belongs into a suite
  bool replaces = false;            // the case of that name in the suite, with stricter gates
  double kernel_share = 0;          // of the gates, taken by the kernel
  std::vector<std::string> killed;  // mutants that survived so far
};

struct Additions {
  std::vector<Addition> chosen;   // in the order of adding
  std::vector<std::string> left;  // mutants that none of what was tried kills
  int tried = 0;
};

Additions find_additions(const Audit& audit, const std::atomic<bool>* stop);

// The suite with the additions.
Json suite_with(const Suite& suite, const Additions& additions);

}  // namespace tristab
