// What an inversion costs: counts of a run, and the time that they take on a described machine.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tristab/arithmetic/trace.h"
#include "tristab/cost/hardware.h"
#include "tristab/method/method.h"

namespace tristab {

// The counts of one inversion, by stage. They depend on the method and n, not on the matrix.
struct InversionCost {
  Trace trace;  // of a run on 16-bit operands, so that `casts` counts every conversion that narrow formats need
  int n = 0;
};

// Runs the method on the zero matrix. Throws UsageError if the method needs keys.
InversionCost count_cost(const MethodSpec& spec, int n, Machines& machines);

// How a stage computes on the machine.
struct StageUnit {
  std::string stage;
  const HardwareUnit* unit = nullptr;
};

// Nanoseconds of one inversion in a batch that fills the chip, with reading A and writing X once. The largest of
//   memory      bytes of A and X / bandwidth
//   throughput  sum over the stages of matrix flops / rate of its unit + vector flops / rate of the vector unit
//               + casts / rate of casts; sides of products are padded to multiples of 16
//   latency     (product depth x step of the units + vector depth x step of the vector unit + the work of one matrix on
//               one multiprocessor) / matrices in work
// Matrices in work: multiprocessors x the matrices that fit the local memory of one, by the workspace of the run.
// These are bounds of a roofline kind (Williams, Waterman and Patterson, CACM 52(4), 2009) and a latency bound; a
// kernel may be slower. Source of the rates: the description.
struct TimeEstimate {
  double memory = 0, throughput = 0, latency = 0;  // the three bounds
  double ns = 0;                                   // the largest of them; or what was measured
  bool vector_chain = false;                       // more vector steps than products behind each other
  enum class Limit { memory, throughput, latency, measured } limit = Limit::memory;

  double compute() const { return std::max(throughput, latency); }
};
TimeEstimate estimate_time(const InversionCost& cost, std::span<const StageUnit> stages, double bytes_in,
                           double bytes_out, const Hardware& hardware);
const char* name_of(TimeEstimate::Limit limit);

// How well predicted times order measured ones.
struct PredictionQuality {
  int times = 0;
  double rank_correlation = 0;  // Spearman's, ties at their mean rank
  double worst_factor = 1;      // the largest of predicted / measured and its inverse
};
PredictionQuality compare_times(std::span<const double> predicted, std::span<const double> measured);

// Makes predicted times comparable with measured ones of the same size. The memory bound is multiplied by measured over
// predicted time of a copy (an entry of the method `copy`), the other two by the geometric mean of measured over
// predicted times of this method where memory is not what limits; without any, by that of all methods whose chains are
// of vector steps, or of products, as its own are; without measured times by 1.
class TimeCorrection {
 public:
  TimeCorrection(const Hardware& hardware, int n, Machines& machines);
  TimeEstimate corrected(const TimeEstimate& predicted, const std::string& method) const;

 private:
  struct Mean {
    double logarithms = 0;
    int times = 0;
    double value() const { return times > 0 ? std::exp(logarithms / times) : 1; }
  };
  Mean memory_;
  std::map<std::string, Mean> compute_;  // of a method; "products" and "vector steps" stand for all of a kind
};

// Of each measured entry whose method and arithmetic this program has, or that is a copy, without looking at its time;
// ns is NaN for the others.
std::vector<TimeEstimate> predicted_times(const Hardware& hardware, Machines& machines);

// Of predicted_times(), all or those of one size.
PredictionQuality prediction_quality(std::span<const MeasuredTime> measured, std::span<const TimeEstimate> predicted,
                                     std::optional<int> n = std::nullopt);

}  // namespace tristab
