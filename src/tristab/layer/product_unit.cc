#include "tristab/layer/product_unit.h"

#include "tristab/base/elementary.h"

namespace tristab {
namespace {

// Rounding targets need bits to drop; fp64 itself is never rounded to.
RoundingTarget<double> target_of(const Format& format) {
  return RoundingTarget<double>(format == fp64_format() ? fp32_format() : format);
}

}  // namespace

ProductUnit::ProductUnit(Machine& machine, const Arithmetic& arithmetic, std::uint64_t draws)
    : machine_(&machine),
      arithmetic_(&arithmetic),
      draws_(draws),
      wide_(arithmetic.product.format == fp64_format()),
      accumulator_(target_of(arithmetic.product.format)),
      storage_(target_of(arithmetic.storage)) {}

Matrix ProductUnit::product(const Matrix& p, const Matrix& q) const {
  machine_->start({{"*", arithmetic_}}, draws_);
  const Format& given = arithmetic_->product.format;
  return machine_->output(
      machine_->stage("product").kept({machine_->load(p, given), machine_->load(q, given)}));
}

Matrix ProductUnit::product(const Matrix& c, const Matrix& p, const Matrix& q) const {
  machine_->start({{"*", arithmetic_}}, draws_);
  const Format& given = arithmetic_->product.format;
  return machine_->output(machine_->stage("product").kept(
      machine_->load(c, given), {machine_->load(p, given), machine_->load(q, given)}));
}

double ProductUnit::exponential(double x) const { return rounded(tristab::exponential(x)); }

double ProductUnit::exponential2(double x) const {
  // 2^x = 2^i e^(f log 2), f = x - i exact: the argument's rounding error stays below 2^-54.
  if (!(x > -2000 && x < 2000)) return rounded(x > 0 ? HUGE_VAL : x < 0 ? 0.0 : x);
  const double whole = std::nearbyint(x);
  return rounded(
      std::ldexp(tristab::exponential((x - whole) * 0.69314718055994530942), static_cast<int>(whole)));
}

double ProductUnit::stored(double x) const {
  if (arithmetic_->storage == fp64_format()) return x;
  const Rounding mode = arithmetic_->storage_rounding;
  return round_value(x, storage_, mode == Rounding::stochastic ? Rounding::nearest_even : mode);
}

Matrix ProductUnit::stored(Matrix x) const {
  for (double& value : x.values()) value = stored(value);
  return x;
}

Matrix transposed(const Matrix& x) {
  Matrix result(x.columns(), x.rows());
  for (int i = 0; i < x.rows(); ++i) {
    for (int j = 0; j < x.columns(); ++j) result(j, i) = x(i, j);
  }
  return result;
}

}  // namespace tristab
