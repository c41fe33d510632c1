// The number that a test should assert: above what right kernels give, below what wrong ones give.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tristab/judge/audit.h"

namespace tristab {

// A distribution-free upper tolerance limit: with confidence `confidence`, at least the share `covered` of all trials
// lies at or below the k-th largest of N independent ones, where P(Binomial(N, 1 - covered) >= k) >= confidence; for
// k = 1 that is 1 - covered^N (Wilks, Ann. Math. Statist. 12, 1941; Krishnamoorthy and Mathew, Statistical Tolerance
// Regions, 2009, section 8.2).
struct ToleranceLimit {
  int trials = 0;
  int rank = 0;  // k; 0: too few trials for this share
  double covered = 0, confidence = 0;
};

// The rank that serves; the largest one, which gives the smallest limit.
ToleranceLimit tolerance_limit(int trials, double covered, double confidence);
// The share that the largest of N trials covers.
double covered_by_largest(int trials, double confidence);
// The fewest trials whose largest covers the share.
double trials_needed(double covered, double confidence);

struct ToleranceRequest {
  TestCase test;  // one trial is one run of it, with inputs of its own
  int trials = 100;
  double covered = 0.95, confidence = 0.95;
  int wrong_trials = 4;  // of these, mutants are run
  const std::atomic<bool>* stop = nullptr;
};

// A mutant whose value is not above the limit.
struct Near {
  std::string name;
  double share = 0;
};

// Of one gate. Values are GateSpec::needed: factors of the number that is asserted.
struct GateTolerance {
  TestGate gate;
  double largest = 0, limit = 0;  // of right kernels: over all trials and variants; the tolerance limit
  std::string largest_by;         // the variant
  double smallest = 0;            // of the mutants above the limit
  std::string smallest_by;
  std::vector<Near> near;  // mutants that no tolerance tells from right kernels here
  double factor = 0;       // of the gate as given, proposed; 0: none
  GateSpec proposed;
  std::string why_none;                // "zeros are as right"
  std::vector<std::string> survivors;  // mutants that the proposed gate lets through

  bool proposes() const { return factor > 0; }
};

struct Tolerance {
  ToleranceLimit limit;
  int variants = 0;                  // benign ones of the kernel, and the kernel
  int mutants = 0;                   // that are wrong here
  std::vector<GateTolerance> gates;  // those of the case, then the usual forms
  // Inverses only: the largest ||x - X||_F / (u || |X| |I + A| |X| ||_F) of right kernels over trials, but at least 1:
  // c of the form that follows the inputs.
  std::optional<double> bound_factor;
  double unit_roundoff = 0;

  // Whether the trials cover the share that was asked for. Else nothing is proposed.
  bool covers() const { return limit.rank > 0; }
  // Mutants that each gate takes for right.
  std::vector<std::string> inseparable() const;
};

Tolerance find_tolerance(const ToleranceRequest& request);

// What the case's gates need in one trial: the largest over the kernel's benign variants.
std::vector<double> right_needs(const TestCase& test, int trial, Machines& machines);

}  // namespace tristab
