#include "tristab/arithmetic/site_rounding.h"

#include <cmath>
#include <limits>

#include "tristab/arithmetic/exact_sum.h"

namespace tristab {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A format that does not flush: the flush is a site of its own.
Format with_subnormals(Format format) {
  format.subnormals = true;
  return format;
}

// fp64 has no numbers beyond its carrier, and its subnormals are the carrier's.
RoundingTarget<double> target_of(const Format& format, bool flushes) {
  return RoundingTarget<double>(flushes ? format : with_subnormals(format));
}

}  // namespace

SiteRounding::SiteRounding(const Format& format, Rounding mode, RoundingKinds on, RoundingKind kind)
    : target_(target_of(format, !format.subnormals && on.has(kind) && on.has(RoundingKind::flush))),
      smallest_normal_(format.smallest_normal()),
      mode_(mode),
      rounds_(on.has(kind)),
      cuts_(on.has(RoundingKind::saturation)),
      flushes_(!format.subnormals && on.has(RoundingKind::flush)),
      is_double_(format.precision == fp64_format().precision) {
  if (!cuts_) {
    target_.largest = target_.overflow_from = target_.beyond = kInfinity;
    target_.infinities = true;
    target_.by_addition = false;
  }
}

DoubleDouble SiteRounding::operator()(DoubleDouble x, std::uint32_t draw) const {
  if (!rounds_) {
    if (flushes_ && std::fabs(x.high) < smallest_normal_) return {std::copysign(0.0, x.high), 0};
    return cuts_ ? cut(x) : x;
  }
  if (is_double_) return rounded_double(x, draw);
  if (mode_ == Rounding::stochastic) return {round_stochastically(x.high, x.low, target_, draw), 0};
  return {round_value(x.low == 0 ? x.high : force_odd(x.high, x.low), target_, mode_), 0};
}

// Only what overflows changes.
DoubleDouble SiteRounding::cut(DoubleDouble x) const {
  if (std::fabs(x.high) <= target_.largest) return x;
  const Rounding mode = mode_ == Rounding::stochastic ? Rounding::nearest_even : mode_;
  const double rounded = round_value(x.high, target_, mode);
  return std::isfinite(rounded) && std::isfinite(x.high) && std::fabs(x.high) < target_.overflow_from
             ? x
             : DoubleDouble{rounded, 0};
}

// The carrier has no bit to spare for rounding to odd.
DoubleDouble SiteRounding::rounded_double(DoubleDouble x, std::uint32_t draw) const {
  if (x.low == 0 || mode_ == Rounding::nearest_even) return {x.high, 0};  // high is the nearest double
  ExactSum exact;
  exact.add(x.high);
  exact.add(x.low);
  return {exact.rounded(fp64_format(), mode_, draw), 0};
}

}  // namespace tristab
