#include "tristab/metric/error_parts.h"

#include <cmath>

#include "tristab/matrix/norms.h"

namespace tristab {
namespace {

// x - y, to double-double. An empty `low` is zero.
ExtendedMatrix difference(const Matrix& x_high, const Matrix& x_low, const Matrix& y_high, const Matrix& y_low) {
  ExtendedMatrix result(x_high.rows(), x_high.columns(), true);
  for (std::size_t k = 0; k < x_high.values().size(); ++k) {
    const DoubleDouble high = two_sum(x_high.values()[k], -y_high.values()[k]);
    const double low = (x_low.rows() > 0 ? x_low.values()[k] : 0) - (y_low.rows() > 0 ? y_low.values()[k] : 0);
    const DoubleDouble all = fast_two_sum(high.high, high.low + low);
    result.high.values()[k] = std::isfinite(high.high) ? all.high : high.high;
    result.low.values()[k] = std::isfinite(high.high) ? all.low : 0;
  }
  return result;
}

}  // namespace

ErrorParts error_parts(const Reference& given, const Reference& seen, const Matrix* exact, const Matrix& before_output,
                       const Matrix& x) {
  const Matrix none;
  const Matrix& m_high = exact != nullptr ? *exact : seen.high;
  const Matrix& m_low = exact != nullptr ? none : seen.low;
  return {difference(seen.high, seen.low, given.high, given.low), difference(m_high, m_low, seen.high, seen.low),
          difference(before_output, none, m_high, m_low), difference(x, none, before_output, none)};
}

ErrorShares shares_of(const ErrorParts& parts, const Reference& given) {
  const double scale = frobenius_norm(given.high);
  const auto share = [&](const ExtendedMatrix& part, Undefined lost) {
    const double norm = frobenius_norm(part.high) / scale;
    return std::isfinite(norm) ? Measured(norm) : Measured(lost);
  };
  return {share(parts.formation, Undefined::beyond_double), share(parts.truncation, Undefined::beyond_double),
          share(parts.rounding, Undefined::nonfinite_result), share(parts.output, Undefined::nonfinite_result)};
}

}  // namespace tristab
