// Thresholds on the difference of two results: total_frobenius_max>1.1x, unfit>0, snr_db_min<-3dB, fit.
#pragma once

#include <string>
#include <vector>

#include "tristab/report/result_diff.h"
#include "tristab/sweep/summary_quantity.h"

namespace tristab {

struct DiffThreshold {
  enum class Kind { bound, fit, status, verdict, missing, changed };
  enum class Measure { value, ratio, difference };  // of NEW; NEW / OLD; NEW - OLD in decibels

  std::string text;  // as typed
  Kind kind = Kind::bound;
  // Of a bound.
  SummaryQuantity quantity;
  bool layers = false;
  bool above = true;  // violated above the limit, or below it
  double limit = 0;
  Measure measure = Measure::value;
};

// "A>1.1x,fit": thresholds with commas between them. Throws UsageError with `place`, what was found, what is allowed
// and the nearest name.
std::vector<DiffThreshold> read_thresholds(const std::string& text, const std::string& place);

// The fields that the groups of records must collect for them, besides `fields`.
std::vector<const Field*> threshold_fields(const std::vector<DiffThreshold>& thresholds,
                                           std::vector<const Field*> fields);

// The words that stand for a threshold, each with what it means.
struct ThresholdWord {
  const char* name;
  DiffThreshold::Kind kind;
  const char* meaning;
};
std::span<const ThresholdWord> threshold_words();

struct Violation {
  const DiffThreshold* threshold = nullptr;
  const GroupChange* group = nullptr;
  std::string found;  // "1.2e-03 -> inf"
};

// In the order of the thresholds, then of the groups. A bound on a ratio or on a difference looks at groups that both
// results have, one on a value at every group of NEW. To infinity, and from 0 to another number, is more than any
// factor; where OLD had a value and NEW has none, a bound is violated.
std::vector<Violation> violations(const ResultDiff& diff, const std::vector<DiffThreshold>& thresholds);

}  // namespace tristab
