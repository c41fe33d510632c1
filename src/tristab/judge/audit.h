// Could a test tell a wrong kernel from a right one? Every mutant goes through every case of a suite.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tristab/judge/reach.h"
#include "tristab/judge/suite.h"

namespace tristab {

enum class Fate {
  killed,    // a gate refuses it
  survived,  // every gate accepts it although its output is wrong
  right,     // a kernel, not a bug, whose errors here are at most `right_factor` times those of the kernel under test
  equal,     // its output is the right one, bit for bit: it shows nothing here
  absent     // it does not exist here: it needs keys, or the method refuses
};
inline constexpr const char* fate_names[] = {"killed", "survived", "right", "equal", "absent"};

// Of the relative Frobenius errors of all outputs (CaseRunner::error).
inline constexpr double right_factor = 2;

struct CaseVerdict {
  Fate fate = Fate::absent;
  bool as_right = false;       // right or equal, also where a gate refuses it
  std::vector<double> needed;  // of each gate of the case: GateSpec::needed; empty if absent
  std::vector<double> errors;  // of each gate's output
  double share = 0;            // the largest of what the gates allow; NaN if absent
  int gate = -1;               // its number in the case
  std::string text;            // what it says
};

// What was tried, in the order of its kinds.
struct AuditRow {
  std::string kind, name, text;
  std::vector<CaseVerdict> cases;  // in the order of the suite

  int count(Fate fate) const;
  bool killed_somewhere() const { return count(Fate::killed) > 0; }
  bool survives() const { return !killed_somewhere() && count(Fate::survived) > 0; }
};

struct CaseSummary {
  int killed = 0, survived = 0, right = 0, equal = 0, absent = 0;
  int only_here = 0;  // mutants that no other case kills
  InputReach reach;
};

struct ExpectationResult {
  const SuiteExpectation* expectation = nullptr;
  int found = 0;      // cases passed
  std::string worst;  // of a kind: the mutant that is farthest from what is expected
  bool met = false;
};

struct Audit {
  std::shared_ptr<const Suite> suite;
  AuditRow kernel;             // the unmodified kernel
  std::vector<AuditRow> rows;  // the mutants
  std::vector<CaseSummary> cases;
  std::vector<ExpectationResult> expectations;

  std::vector<const AuditRow*> survivors() const;  // that no case kills
  // The fewest cases that kill what all of them kill, most useful first (greedily).
  std::vector<int> working_cases() const;
};

struct AuditOptions {
  int reach_chunks = 16;                    // of each case, examined for its reach
  const std::atomic<bool>* stop = nullptr;  // throws Stopped
  std::function<void(double done)> progress;
};

Audit audit(const std::shared_ptr<const Suite>& suite, const AuditOptions& options);

// One case: the unmodified kernel first, then the mutants; `names`: only these, if not empty.
std::vector<std::pair<AuditRow, CaseVerdict>> audit_case(const TestCase& test, const CaseInputs& inputs,
                                                         const std::vector<std::string>& names,
                                                         const std::atomic<bool>* stop);

}  // namespace tristab
