// Runs a sweep on all cores and passes its results on in case order.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tristab/sweep/expectation_check.h"
#include "tristab/sweep/plan.h"
#include "tristab/sweep/record.h"
#include "tristab/sweep/shard.h"
#include "tristab/sweep/stability_class.h"
#include "tristab/sweep/summary.h"

namespace tristab {

// A matrix and its records in the text form of a writer.
struct SerializedRecords {
  std::string matrix, records;
};

struct SweepReport {
  Summary summary;
  std::vector<StabilityRow> classes;
  std::vector<ExpectationOutcome> expectations;
  std::int64_t matrices = 0, records = 0;
  std::int64_t references = 0;  // exact inverses computed
  std::int64_t sequences = 0;   // of layers
  std::int64_t kept = 0;        // records that earlier runs had made
  std::optional<Shard> shard;   // of which this is the report
  int threads = 0;
  double seconds = 0;  // wall clock
  Seconds busy;        // of all threads together

  double reference_share() const { return busy.total() > 0 ? busy.reference / busy.total() : 0; }
  double cases_per_second() const { return seconds > 0 ? static_cast<double>(records) / seconds : 0; }
};

// Results that earlier runs have made of the same configuration.
class KeptResults {
 public:
  virtual ~KeptResults() = default;
  virtual std::size_t count() const = 0;  // of units, the first ones of the run
  // The text of the next unit; none: it is not kept. Called for each unit of the run in order, by one thread at a time.
  virtual std::optional<std::string> next(const Unit& unit) = 0;
  // What the text says; on any thread.
  virtual MatrixResult matrix(const Plan& plan, const Unit& unit, const std::string& text) const = 0;
  virtual LayerResult sequence(const Plan& plan, const Unit& unit, const std::string& text) const = 0;
};

// Receives the results of a sweep.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  virtual KeptResults* kept() { return nullptr; }  // what it has already; it must be accepted again all the same
  virtual SerializedRecords render(const MatrixResult& result) const = 0;  // on any thread
  // The same for a result that kept() gave: what the sink still needs of it.
  virtual SerializedRecords render_kept(const MatrixResult& result) const { return render(result); }
  virtual void accept(const MatrixResult& result,
                      SerializedRecords rendered) = 0;  // in case order, one at a time
  // The same for sequences, after the last matrix.
  virtual std::string render_layer(const LayerResult& result) const = 0;
  virtual void accept_layer(const LayerResult& result, std::string rendered) = 0;
  virtual void finish(const SweepReport& report) = 0;  // after the last one
};

// How far a run is, after a matrix or a sequence.
struct RunProgress {
  double fraction = 0;               // of the work that is done
  double kept_fraction = 0;          // of it, what an earlier run had done
  std::int64_t cases = 0, kept = 0;  // done, and of these by an earlier run
};

struct RunOptions {
  int jobs = 0;  // threads; 0: all cores
  const std::atomic<bool>* stop = nullptr;
  std::function<void(const RunProgress&)> progress = {};  // called in case order
  std::optional<Shard> shard = {};  // none: all units. A shard has no summary, classes and expectations.
  KeptResults* made = nullptr;      // if given, has every unit: nothing is computed
};

// Runs every case of the plan. For any number of threads the sink receives the same results in the same order.
// Throws Stopped if options.stop becomes true (the sink is then not finished); passes on errors of reading and
// writing.
void run_sweep(const SweepConfig& config, const Plan& plan, const RunOptions& options, ResultSink& sink);

}  // namespace tristab
