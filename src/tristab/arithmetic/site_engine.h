// An engine in which any set of rounding sites can be left out. Elements are double-doubles: what is not rounded is
// carried with a relative error of a few 2^-106.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tristab/arithmetic/engine.h"

namespace tristab {

// The error that one kind of rounding made in one call of an operation: all blocks, rows and columns of what it
// rounded.
struct LocalError {
  RoundingKind kind;
  std::vector<double> high, low;
};

// An operation of the method, as it ran.
struct SiteOperation {
  std::string stage;
  int step = 0;
  // In a survey: the kinds that changed a number, and by how much, by call of the engine.
  RoundingKinds rounded;
  std::vector<std::vector<LocalError>> errors;
  int rows = 0, columns = 0, batch = 1;
  std::vector<double> high, low;                   // the result: batch x rows x columns; kept if asked for
  std::string format;                              // of the result
  double largest_number = 0, smallest_normal = 0;  // of that format
  double largest_kept = 0, largest_discarded = 0;  // before it was rounded to storage
  double flops = 0;                                // of its products: 2 m k n
  double cancellation = 0;  // log2 of the largest ratio of such a sum to its result, at most 53; in a survey
};

// What the runs of one engine round, and what they found. Operations are counted from 0 in the order of execution.
struct SiteRun {
  std::vector<RoundingKinds> on;                   // by operation
  RoundingKinds on_beyond = RoundingKinds::all();  // of operations beyond these
  bool survey = false;                             // find what each kind does; only with everything on
  // Nothing rounds, but the errors that a survey found are added where they arose, of the kinds that are on:
  // first-order shares, for real roundings of changed operands are other ones.
  const std::vector<SiteOperation>* replay = nullptr;
  bool keep_results = false;
  bool own_code = false;  // never use the kernels of the fast engines, for tests

  std::vector<SiteOperation> operations;  // of the last case, if `survey` or `keep_results`
  RoundingKinds at(std::size_t operation) const { return operation < on.size() ? on[operation] : on_beyond; }
};

// With everything on, bits are those of the fast engines. Not finite numbers may be NaN where they would be infinite
// if something is left out. `run` must outlive the engine.
std::unique_ptr<Engine> make_site_engine(SiteRun& run);

}  // namespace tristab
