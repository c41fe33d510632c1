// The results of a sweep: of one case, of one matrix, of one sequence.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/arithmetic/case_precision.h"
#include "tristab/arithmetic/trace.h"
#include "tristab/base/parameters.h"
#include "tristab/layer/layer_errors.h"
#include "tristab/matrix/source.h"
#include "tristab/method/method.h"
#include "tristab/metric/error_parts.h"
#include "tristab/metric/metric.h"
#include "tristab/metric/verdict.h"
#include "tristab/recipe/recipe.h"
#include "tristab/reference/condition.h"
#include "tristab/sweep/scenario.h"

namespace tristab {

// ok: a finite answer; nonfinite: an answer with infinities or NaN; failed: no answer (the message says why).
enum class Status { ok, nonfinite, failed };

constexpr const char* status_name(Status status) {
  return status == Status::ok ? "ok" : status == Status::nonfinite ? "nonfinite" : "failed";
}

// The input that trials share: a family at one size, in a scenario.
struct Input {
  const Scenario* scenario = nullptr;
  const FamilySpec* family = nullptr;
  int n = 0;

  std::string label() const;  // "gdn:gate=none n=64"; in a scenario "NAME: gdn:gate=none n=64"
};

// The result of one setting on one matrix. Points into a Scenario, which must outlive it.
struct Record {
  std::string id;         // "gdn-64-0003-9f2c41aa/mxr:block=8/fp16/<hash of all parameters>"
  Setting setting;        // its formation is `exact` if A was given, or formed in double
  std::string reference;  // what the errors compare with: "given", or the format that A is stored in
  Status status = Status::ok;
  std::string message;                  // if failed: why
  std::optional<ForFormat> for_format;  // none if failed
  std::optional<Fit> fit;               // for the scenario's requirement; none if failed
  Measured requirement_share;           // of what the requirement allows (sweep/requirement.h)
  CasePrecision precision;
  MetricValues metrics;
  Measured total_frobenius;      // against the inverse of A as given
  Measured error_forming;        // of the formed A's inverse against that of A
  ErrorShares parts;             // of the total error, if the scenario says `decompose`
  Measured growth, dead_growth;  // largest intermediate (kept; discarded) / max |X_ij|
  Trace trace;
  int padded_to = 0;  // 0: not padded

  bool finite() const { return status == Status::ok; }
  bool trivial() const { return for_format == ForFormat::trivial; }
};

// A certified inverse that records are compared with.
struct ReferenceNote {
  std::string of;       // "given", or the format that A was rounded to
  int bits = 0;         // precision of the inverse
  double residual = 0;  // proved bound of ||I - (I + A) Xh||_F
};

// Wall-clock seconds of one thread.
struct Seconds {
  double generation = 0, reference = 0, inversion = 0, metrics = 0;

  double total() const { return generation + reference + inversion + metrics; }
  void add(const Seconds& other) {
    generation += other.generation;
    reference += other.reference;
    inversion += other.inversion;
    metrics += other.metrics;
  }
};

// The result of one setting on one sequence: the errors of the layer with its inverses.
struct LayerRecord {
  Setting setting;
  Status status = Status::ok;
  std::string message;  // if failed: why
  LayerErrors errors;
  LayerError exact_t;  // of the same layer with the exact T
  // The larger of the ratios of o's and of the state's error to those of exact_t. NaN if failed, not finite, or if
  // the layer is not finite even with the exact T.
  double exact_t_ratio = std::numeric_limits<double>::quiet_NaN();
  std::optional<ForFormat> for_layer;  // none where exact_t_ratio is NaN, except for nonfinite
  std::optional<Fit> fit;              // for the scenario's requirement; none if failed
  double requirement_share = std::numeric_limits<double>::quiet_NaN();
};

struct LayerResult {
  std::size_t group = 0;  // of the plan
  Input input;
  std::string id;                    // of the sequence
  int trial = 0, tokens = 0;         // tokens: rows of the sequence
  JsonValue source;                  // null, or the place in a file
  double state_max = 0;              // of the exact state after a chunk
  std::vector<LayerRecord> records;  // in the order of the scenario's settings

  // Of all but A and its inverse: the kernel's own, or the scenario's.
  const LayerArithmetic& arithmetic_of(const Setting& setting) const;
};

struct MatrixResult {
  std::size_t group = 0;  // of the plan
  Input input;
  std::string id;  // in a scenario it begins with "NAME/", since several scenarios may have the same matrix
  int trial = 0;
  JsonValue source;                          // null, or the place in a file
  std::optional<ConditionReport> condition;  // none if A has no reference
  std::vector<ReferenceNote> references;
  int references_computed = 0;  // exact inverses that were computed
  std::vector<Record> records;  // in the order of Scenario::settings
  Seconds seconds;
};

}  // namespace tristab
