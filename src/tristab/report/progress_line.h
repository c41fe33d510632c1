// The line that shows the progress of a sweep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tristab/sweep/record.h"

namespace tristab {

// The worst result so far: the first non-finite one; until there is one, the largest total_frobenius of a matrix, or
// the largest error of the outputs of a layer.
class WorstCase {
 public:
  void add(const MatrixResult& result);
  void add(const LayerResult& result);
  // "worst 3.1e-01: mch fp16 on gdn n=64", "first non-finite: mch fp16 on gdn n=64"; "" before any result.
  std::string text() const;

 private:
  std::string place_;
  double error_ = -1;
  bool nonfinite_ = false;
};

struct ProgressState {
  std::int64_t cases_done = 0, cases = 0;
  std::int64_t sequences_done = 0, sequences = 0;  // of layers, which come after all cases
  double fraction = 0;                             // of the work
  double kept_fraction = 0;                        // of it, what an earlier run had done
  std::int64_t kept = 0;                           // cases that an earlier run had done
  double seconds = 0;                              // since the start
  double phase_seconds = 0;                        // since the first case, or the first sequence
  std::string worst;                               // WorstCase::text()
};

// "120/640 cases, 19%, 310/s, 0:12 left; worst 3.1e-01: mch fp16 on gdn n=64" in at most `width` columns. Counts
// the cases first, then the sequences.
std::string progress_line(const ProgressState& state, std::size_t width);

}  // namespace tristab
