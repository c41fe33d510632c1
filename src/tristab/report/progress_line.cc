#include "tristab/report/progress_line.h"

#include <fmt/format.h>

#include <cmath>

#include "tristab/report/text_layout.h"

namespace tristab {
namespace {

// "0:07", "1:02:03"
std::string duration_text(double seconds) {
  const auto whole = std::llround(seconds);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

// "310", "4.2"
std::string rate_text(double rate) { return rate < 10 ? fmt::format("{:.1f}", rate) : fmt::format("{:.0f}", rate); }

}  // namespace

void WorstCase::add(const MatrixResult& result) {
  if (nonfinite_) return;
  for (const Record& record : result.records) {
    nonfinite_ = record.status == Status::nonfinite;
    // An undefined total_frobenius is NaN, so the comparison is false.
    const bool worse = record.finite() && record.total_frobenius.value > error_;
    if (!nonfinite_ && !worse) continue;
    error_ = record.total_frobenius.value;
    place_ = fmt::format("{} on {}", record.setting.label(), result.input.label());
    if (nonfinite_) return;
  }
}

void WorstCase::add(const LayerResult& result) {
  if (nonfinite_) return;
  for (const LayerRecord& record : result.records) {
    nonfinite_ = record.status == Status::nonfinite;
    const bool worse = record.status == Status::ok && record.errors.whole.o > error_;
    if (!nonfinite_ && !worse) continue;
    error_ = record.errors.whole.o;
    place_ = fmt::format("outputs of {} on {}", record.setting.label(), result.input.label());
    if (nonfinite_) return;
  }
}

std::string WorstCase::text() const {
  if (place_.empty()) return "";
  return nonfinite_ ? fmt::format("first non-finite: {}", place_) : fmt::format("worst {:.1e}: {}", error_, place_);
}

std::string progress_line(const ProgressState& state, std::size_t width) {
  const bool in_layers = state.cases_done >= state.cases && state.sequences > 0;
  const std::int64_t done = in_layers ? state.sequences_done : state.cases_done;
  std::string line = in_layers ? fmt::format("{}/{} sequences of layers", done, state.sequences)
                               : fmt::format("{}/{} cases", done, state.cases);
  line += fmt::format(", {:.0f}%", 100 * state.fraction);
  // What an earlier run had done says nothing about the rest.
  const auto computed = static_cast<double>(in_layers ? done : done - state.kept);
  if (state.phase_seconds > 0 && computed > 0) line += fmt::format(", {}/s", rate_text(computed / state.phase_seconds));
  if (const double own = state.fraction - state.kept_fraction; own > 0)
    line += fmt::format(", {} left", duration_text(state.seconds / own * (1 - state.fraction)));
  if (!state.worst.empty()) line += fmt::format("; {}", without_controls(state.worst));
  return elided(line, width);
}

}  // namespace tristab
