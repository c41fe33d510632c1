// One rounding of a double-double to a format, of which parts can be left out: the rounding itself, the cut beyond the
// largest number, and the flush of tiny results.
#pragma once

#include <cstdint>

#include "tristab/arithmetic/site.h"
#include "tristab/base/double_double.h"
#include "tristab/format/format.h"
#include "tristab/format/round.h"

namespace tristab {

class SiteRounding {
 public:
  // Rounds if `on` has `kind`; cuts if it has `saturation`; flushes if it has `flush`.
  SiteRounding(const Format& format, Rounding mode, RoundingKinds on, RoundingKind kind);

  // `draw` decides stochastic rounding.
  DoubleDouble operator()(DoubleDouble x, std::uint32_t draw = 0) const;
  bool takes_draws() const { return rounds_ && mode_ == Rounding::stochastic; }
  // Whether numbers pass unchanged, but for those beyond the range or tiny.
  bool keeps() const { return !rounds_; }

 private:
  DoubleDouble cut(DoubleDouble x) const;
  DoubleDouble rounded_double(DoubleDouble x, std::uint32_t draw) const;

  RoundingTarget<double> target_;
  double smallest_normal_;
  Rounding mode_;
  bool rounds_, cuts_, flushes_, is_double_;
};

}  // namespace tristab
