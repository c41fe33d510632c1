#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

namespace tristab {
namespace {

std::string duration_text(double seconds) {
  const auto whole = std::lround(seconds);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

constexpr double seconds_between_lines = 0.2;

}  // namespace

Progress::Progress(std::int64_t cases)
    : terminal_(isatty(STDERR_FILENO) == 1),
      cases_(cases),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

Progress::~Progress() {
  if (terminal_) fmt::print(stderr, "\r\033[K");
}

std::function<void(double, std::int64_t)> Progress::reporter() {
  if (!terminal_) return {};
  return [this](double fraction, std::int64_t done) { report(fraction, done); };
}

void Progress::report(double fraction, std::int64_t done) {
  const auto now = std::chrono::steady_clock::now();
  if (std::chrono::duration<double>(now - last_).count() < seconds_between_lines) return;
  last_ = now;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  fmt::print(stderr, "\r\033[K{} of {} cases, {:.0f}%, {} remaining", done, cases_, 100 * fraction,
             duration_text(elapsed / fraction - elapsed));
  std::fflush(stderr);
}

}  // namespace tristab
