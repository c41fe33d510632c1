#include "tristab/layer/product_unit.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tristab/arithmetic/kernels.h"
#include "tristab/base/elementary.h"
#include "tristab/base/errors.h"
#include "tristab/layer/ex2_approx.h"

namespace tristab {
namespace {

constexpr double log2_e = 1.4426950408889634074;

// Rounding targets need bits to drop. Nothing is rounded to fp64, so its target is not used.
RoundingTarget<double> target_of(const Format& format) {
  return RoundingTarget<double>(format == fp64_format() ? fp32_format() : format);
}

Matrix each_rounded(Matrix x, const Format& format, Rounding rounding) {
  if (format != fp64_format())
    round_row(x.values().data(), x.values().data(), static_cast<int>(x.values().size()), format, rounding);
  return x;
}

}  // namespace

const std::vector<std::string>& exponential_names() {
  static const std::vector<std::string> names{"natural", "binary", "ex2.approx"};
  return names;
}

Exponential exponential_named(const std::string& name, std::string_view place) {
  const auto& names = exponential_names();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) throw_unknown_name(place, "exponential", name, names);
  return static_cast<Exponential>(found - names.begin());
}

ProductUnit::ProductUnit(Machine& machine, const Arithmetic& arithmetic, Exponential exponential, std::uint64_t draws)
    : machine_(&machine),
      arithmetic_(&arithmetic),
      exponential_(exponential),
      draws_(draws),
      wide_(arithmetic.product.format == fp64_format()),
      accumulator_(target_of(arithmetic.product.format)),
      storage_(target_of(arithmetic.storage)) {}

Matrix ProductUnit::product(const Matrix& p, const Matrix& q) const {
  machine_->start({{"*", arithmetic_}}, draws_);
  return machine_->output(machine_->stage("product").fl({loaded(p), loaded(q)}, RoundTo::accumulator));
}

Matrix ProductUnit::product(const Matrix& c, const Matrix& p, const Matrix& q) const {
  machine_->start({{"*", arithmetic_}}, draws_);
  return machine_->output(machine_->stage("product").fl(loaded(c), {loaded(p), loaded(q)}, RoundTo::accumulator));
}

Value ProductUnit::loaded(const Matrix& x) const { return machine_->load(rounded(x), arithmetic_->product.format); }

double ProductUnit::power(double x) const {
  switch (exponential_) {
    case Exponential::natural:
      return rounded(exponential(x));
    case Exponential::ex2_approx:
      return static_cast<double>(ex2_approx(static_cast<float>(x)));
    case Exponential::binary:
      break;
  }
  // 2^x = 2^i e^(f log 2), f = x - i exact: the argument's rounding error stays below 2^-54.
  if (!(x > -2000 && x < 2000)) return rounded(x > 0 ? HUGE_VAL : x < 0 ? 0.0 : x);
  const double whole = std::nearbyint(x);
  return rounded(std::ldexp(exponential((x - whole) * 0.69314718055994530942), static_cast<int>(whole)));
}

Matrix ProductUnit::running_sums(const Matrix& log_decay, int group) const {
  Matrix sums = log_decay;
  for (double& x : sums.values()) x = rounded(x);
  const int n = sums.rows(), length = group == 0 ? n : group;
  for (int d = 0; d < sums.columns(); ++d) {
    double carry = 0;
    for (int first = 0; first < n; first += length) {
      const int rows = std::min(length, n - first);
      if (group == 0) {
        for (int i = 1; i < rows; ++i) sums(i, d) = rounded(sums(i - 1, d) + sums(i, d));
        break;
      }
      for (int distance = 1; distance < rows; distance *= 2) {
        for (int i = rows - 1; i >= distance; --i)
          sums(first + i, d) = rounded(sums(first + i, d) + sums(first + i - distance, d));
      }
      for (int i = 0; first > 0 && i < rows; ++i) sums(first + i, d) = rounded(carry + sums(first + i, d));
      carry = sums(first + rows - 1, d);
    }
  }
  for (double& x : sums.values()) x = exponent(x);
  return sums;
}

double ProductUnit::exponent(double nats) const {
  return exponential_ == Exponential::natural ? rounded(nats) : rounded(nats * rounded(log2_e));
}

double ProductUnit::fused(double x, double y, double z) const {
  if (wide_) return std::fma(x, y, z);
  // An exact product (factors of at most 26 bits): the sum is rounded to odd at 53 bits, then once to the accumulator's
  // format, which has far fewer.
  const double product = x * y, product_error = std::fma(x, y, -product);
  if (!std::isfinite(product) || !std::isfinite(z)) return rounded(product + z);
  if (product_error == 0) return rounded(sum_to_odd(product, z));
  return rounded(std::fma(x, y, z));
}

Matrix ProductUnit::rounded(Matrix x) const {
  return each_rounded(std::move(x), arithmetic_->product.format, Rounding::nearest_even);
}

Rounding ProductUnit::storage_rounding() const {
  const Rounding mode = arithmetic_->storage_rounding;
  return mode == Rounding::stochastic ? Rounding::nearest_even : mode;
}

double ProductUnit::stored(double x) const {
  return arithmetic_->storage == fp64_format() ? x : round_value(x, storage_, storage_rounding());
}

Matrix ProductUnit::stored(Matrix x) const {
  return each_rounded(std::move(x), arithmetic_->storage, storage_rounding());
}

Matrix transposed(const Matrix& x) {
  Matrix result(x.columns(), x.rows());
  for (int i = 0; i < x.rows(); ++i) {
    for (int j = 0; j < x.columns(); ++j) result(j, i) = x(i, j);
  }
  return result;
}

}  // namespace tristab
