#include "progress.h"

#include <fmt/format.h>

#include <cstdio>

#include "terminal.h"
#include "tristab/report/text_layout.h"

namespace tristab {
namespace {

constexpr double seconds_between_lines = 0.2;

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// Writes the new line over the old one before it clears the rest, so that the line never goes blank.
void show(const std::string& text) {
  std::fputs(fmt::format("\r{}\033[K", text).c_str(), stderr);
  std::fflush(stderr);
}

// Three columns stay free: the last one, because some terminals start a new line after it, and two for the ^C that a
// terminal writes on an interrupt. If the ^C started a new line, the progress line could not be cleared.
std::size_t line_width() { return standard_error_page().width - 3; }

}  // namespace

Progress::Progress(const UnitCounts& counts, bool wanted)
    : shown_(wanted && shows_progress()), start_(Clock::now()), phase_start_(start_), last_(start_) {
  state_.cases = counts.cases;
  state_.sequences = counts.sequences;
}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (shown_) show("");
}

std::function<void(const RunProgress&)> Progress::reporter() {
  if (!shown_) return {};
  return [this](const RunProgress& progress) { report(progress); };
}

void Progress::add(const MatrixResult& result) {
  if (shown_) worst_.add(result);
}

void Progress::add(const LayerResult& result) {
  if (!shown_) return;
  worst_.add(result);
  ++state_.sequences_done;
}

void Progress::phase(const std::string& text) {
  if (shown_) show(elided(without_controls(text), line_width()));
}

void Progress::report(const RunProgress& progress) {
  const Clock::time_point now = Clock::now();
  // The rate of sequences is measured from the first one on.
  if (progress.cases == state_.cases && state_.cases_done < state_.cases) phase_start_ = now;
  if (progress.cases == progress.kept) start_ = phase_start_ = now;  // what is kept is only read
  state_.cases_done = progress.cases;
  state_.kept = progress.kept;
  if (seconds_between(last_, now) < seconds_between_lines) return;
  last_ = now;
  state_.fraction = progress.fraction;
  state_.kept_fraction = progress.kept_fraction;
  state_.seconds = seconds_between(start_, now);
  state_.phase_seconds = seconds_between(phase_start_, now);
  state_.worst = worst_.text();
  show(progress_line(state_, line_width()));
}

PhaseProgress::PhaseProgress() : shown_(shows_progress()), start_(Clock::now()), last_(start_) {}

PhaseProgress::~PhaseProgress() { clear(); }

void PhaseProgress::clear() {
  if (shown_) show("");
}

void PhaseProgress::report(const std::string& phase, double fraction) {
  if (!shown_) return;
  const Clock::time_point now = Clock::now();
  if (fraction < fraction_) start_ = now;
  fraction_ = fraction;
  if (seconds_between(last_, now) < seconds_between_lines) return;
  last_ = now;
  const double seconds = seconds_between(start_, now);
  std::string text = fmt::format("{}, {:.0f}%", phase, 100 * fraction);
  if (fraction > 0.01 && seconds > 1) {
    const auto left = static_cast<int>(seconds / fraction * (1 - fraction));
    text += fmt::format(", {}:{:02} left", left / 60, left % 60);
  }
  show(elided(without_controls(text), line_width()));
}

void print_notes(const Plan& plan) {
  for (const std::string& note : plan.notes) tell(fmt::format("note: {}", note));
}

}  // namespace tristab
