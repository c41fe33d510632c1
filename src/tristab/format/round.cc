#include "tristab/format/round.h"

#include <cmath>
#include <stdexcept>

#include "tristab/format/round-inl.h"

namespace tristab {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class Carrier>
using OneLane = hn::CappedTag<Carrier, 1>;

template <class Carrier>
Carrier round_one(Carrier x, const RoundingTarget<Carrier>& target, Rounding mode) {
  if (mode == Rounding::stochastic) throw std::logic_error("stochastic rounding needs a draw");
  const OneLane<Carrier> d;
  return hn::GetLane(HWY_NAMESPACE::round_to(d, hn::Set(d, x), target, mode));
}

}  // namespace

float round_value(float x, const RoundingTarget<float>& target, Rounding mode) { return round_one(x, target, mode); }
double round_value(double x, const RoundingTarget<double>& target, Rounding mode) { return round_one(x, target, mode); }

double force_odd(double nearest, double error) {
  const OneLane<double> d;
  return hn::GetLane(HWY_NAMESPACE::force_odd(d, hn::Set(d, nearest), hn::Set(d, error)));
}

double sum_to_odd(double x, double y) {
  const OneLane<double> d;
  return hn::GetLane(HWY_NAMESPACE::sum_to_odd(d, hn::Set(d, x), hn::Set(d, y)));
}

double round_stochastically(double nearest, double error, const RoundingTarget<double>& target, std::uint32_t draw) {
  if (!(std::fabs(nearest) < std::numeric_limits<double>::infinity()))
    return round_value(nearest, target, Rounding::nearest_even);
  RoundingTarget<double> unbounded = target;  // overflow and flushing come after the draw
  unbounded.largest = unbounded.beyond = std::numeric_limits<double>::infinity();
  unbounded.infinities = true;
  unbounded.flush = false;
  const double odd = force_odd(nearest, error);
  const bool negative = std::signbit(nearest);
  const double below = round_value(odd, unbounded, Rounding::toward_zero);
  const double above = round_value(odd, unbounded, negative ? Rounding::down : Rounding::up);
  const double unit = std::fabs(above - below);
  double result = below;
  if (unit > 0) {
    // nearest - below is exact: it is a multiple of nearest's last place and at most one unit of the format.
    const double discarded = std::fabs((nearest - below) + error);
    result = discarded > (draw + 0.5) * 0x1p-32 * unit ? above : below;
  }
  return round_value(result, target, Rounding::nearest_even);  // only overflow and flushing are left
}

}  // namespace tristab
