// The steps of a case, one after the other: what each computes, how large it gets, how close it comes to the ends of
// its format, how much cancels, how wrong it is, and what it has cost so far.
#pragma once

#include <string>
#include <vector>

#include "tristab/inspect/site_experiment.h"

namespace tristab {

struct StepReport {
  std::string stage;
  int step = 0;
  std::string what;  // "A^8", "inverses of 16 x 16 diagonal blocks", "X to 3.1e-2"; "" if it is nothing known
  int rows = 0, columns = 0, batch = 1;
  std::string format;                 // that the result is in
  double largest = 0, discarded = 0;  // largest magnitudes that are kept and discarded, before rounding to storage
  double smallest = 0;                // smallest magnitude but zero, of those kept
  double overflow_bits = 0;           // log2(largest number of the format / largest); negative: beyond
  double underflow_bits = 0;          // log2(smallest / smallest normal number of the format); negative: below
  double cancellation_bits = 0;       // log2 of the largest |c| + |a| |b| over its sum, at most 53
  double error = 0;                   // ||computed - exact||_F / ||exact||_F of the step's own result
  double flops = 0;                   // 2 m k n of the products, so far
  // "overflow", "saturation" (cut to a finite number) or "underflow" if it happened, "near overflow" or "near
  // underflow" within a factor of 2, "not finite" if it was so before; else "". A step that is not finite has no bits.
  std::string event;
};

// Without the input of A.
std::vector<StepReport> step_reports(const SiteExperiment& experiment);

}  // namespace tristab
