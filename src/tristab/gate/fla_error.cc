#include "tristab/gate/fla_error.h"

#include <cmath>

#include "tristab/gate/tensor.h"
#include "tristab/matrix/norms.h"

namespace tristab {

FlaError fla_error(const GateInput& input) {
  const TensorType common = at_least_fp32(input.format);
  FlaError found;
  double differences = 0, squares = 0, count = 0;
  for (const ElementAt& at : elements_of(input)) {
    const double x = common.stored(at.x), y = common.stored(at.y);
    const double difference = common.result(y - x);
    found.has_nan = found.has_nan || std::isnan(x) || std::isnan(y);
    found.largest = max_or_nan(found.largest, std::fabs(difference));
    differences += common.result(difference * difference);
    squares += common.result(y * y);
    ++count;
  }
  const auto root_of_mean = [&](double sum) { return common.result(std::sqrt(common.stored(sum / count))); };
  found.ratio = root_of_mean(differences) / (root_of_mean(squares) + 1e-8);
  return found;
}

Settings scaled_ratio(const Settings& settings, const Format& format, double factor) {
  return with_numbers(settings, {{"ratio", at_least_roundoff(settings.real("ratio") * factor, format)}});
}

}  // namespace tristab
