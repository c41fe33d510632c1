// The progress line of a run: on standard error, and only when that is a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "tristab/report/progress_line.h"
#include "tristab/sweep/run.h"

namespace tristab {

class Progress {
 public:
  // `wanted`: false if the line would stand between the lines of a result.
  explicit Progress(const UnitCounts& counts, bool wanted = true);
  ~Progress();  // clears the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Empty if nothing is shown.
  std::function<void(const RunProgress&)> reporter();

  // Updates the worst case that the line shows. Called by one thread at a time, before the reporter.
  void add(const MatrixResult& result);
  void add(const LayerResult& result);

  // Shows what is done after the last case: "writing results/quick.json".
  void phase(const std::string& text);

  // Clears the line, to make room for others.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void report(const RunProgress& progress);

  bool shown_;
  ProgressState state_;
  WorstCase worst_;
  Clock::time_point start_, phase_start_, last_;
};

// The progress of work in phases: what is done, how much of it, and how long the rest will take at this rate. On
// standard error, and only when that is a terminal.
class PhaseProgress {
 public:
  PhaseProgress();
  ~PhaseProgress();  // clears the line
  PhaseProgress(const PhaseProgress&) = delete;
  PhaseProgress& operator=(const PhaseProgress&) = delete;

  // A fraction that falls begins a new phase.
  void report(const std::string& phase, double fraction);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool shown_;
  double fraction_ = 2;
  Clock::time_point start_, last_;
};

// Says on standard error what looks unlike the inputs of a layer in the files of a plan, once for each file.
void print_notes(const Plan& plan);

}  // namespace tristab
