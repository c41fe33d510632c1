// The progress line of a run: on standard error, and only when that is a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace tristab {

class Progress {
 public:
  explicit Progress(std::int64_t cases);
  ~Progress();  // clears the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // To be called with the fraction of the work that is done; empty when standard error is no terminal.
  std::function<void(double fraction, std::int64_t cases)> reporter();

 private:
  void report(double fraction, std::int64_t done);

  bool terminal_;
  std::int64_t cases_;
  std::chrono::steady_clock::time_point start_, last_;
};

}  // namespace tristab
