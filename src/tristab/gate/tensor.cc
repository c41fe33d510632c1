#include "tristab/gate/tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "tristab/base/elementary.h"
#include "tristab/base/json.h"

namespace tristab {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

const Format& type_of(const Format& stored) {
  static const std::vector<Format> narrow{format_of("e4m3", ""), format_of("e5m2", "")};
  static const std::vector<Format> wide{format_of("fp16", ""), format_of("bf16", ""), fp32_format()};
  for (const Format& type : narrow) {
    if (stored == type) return type;
  }
  for (const Format& type : wide) {
    if (stored.inside(type)) return type;
  }
  return fp64_format();
}

const Format& at_most_fp32(const Format& format) { return format.inside(fp32_format()) ? format : fp32_format(); }

}  // namespace

TensorType::TensorType(const Format& stored)
    : format_(&type_of(stored)),
      is_fp64_(*format_ == fp64_format()),
      is_fp32_(*format_ == fp32_format()),
      is_fp8_(is_fp8()),
      own_(at_most_fp32(*format_)) {}

TensorType at_least_fp32(const Format& stored) {
  return TensorType(stored.inside(fp32_format()) ? fp32_format() : fp64_format());
}

Closeness isclose(const TensorType& type, double self, double other, double rtol, double atol) {
  Closeness found;
  found.allowed = type.result(type.scalar(atol) + std::fabs(type.result(type.scalar(rtol) * other)));
  found.actual = std::fabs(type.result(self - other));
  if (self == other) found.actual = 0;
  found.close = self == other || (std::isfinite(found.actual) && found.actual <= found.allowed);
  return found;
}

double Closeness::share() const { return actual == 0 ? 0 : share_of(close, actual, allowed); }

std::vector<ElementAt> elements_of(const GateInput& input) {
  std::vector<ElementAt> elements;
  if (input.output.size() != input.expected.size())
    throw std::logic_error("gate: output and reference differ in number");
  std::size_t count = 0;
  for (const Matrix& x : input.output) count += x.values().size();
  elements.reserve(count);
  for (std::size_t m = 0; m < input.output.size(); ++m) {
    if (input.output[m].rows() != input.expected[m].rows() || input.output[m].columns() != input.expected[m].columns())
      throw std::logic_error("gate: output and reference differ in shape");
    const std::vector<double>&x = input.output[m].values(), &y = input.expected[m].values();
    for (std::size_t k = 0; k < x.size(); ++k) elements.push_back({x[k], y[k]});
  }
  return elements;
}

bool has_elements(const GateInput& input) {
  return std::ranges::any_of(input.output, [](const Matrix& x) { return !x.values().empty(); });
}

GatePlace place_of(const GateInput& input, std::size_t number) {
  int matrix = 0;
  for (; number >= input.output[static_cast<std::size_t>(matrix)].values().size(); ++matrix)
    number -= input.output[static_cast<std::size_t>(matrix)].values().size();
  const auto columns = static_cast<std::size_t>(input.output[static_cast<std::size_t>(matrix)].columns());
  return {matrix, static_cast<int>(number / columns), static_cast<int>(number % columns)};
}

GateResult all_close(const GateInput& input, const std::function<Closeness(const ElementAt&)>& closeness) {
  const std::vector<ElementAt> elements = elements_of(input);
  GateResult result{true, 0, 0, 0, "no elements", {}};
  std::size_t failing = 0, worst = 0;
  for (std::size_t k = 0; k < elements.size(); ++k) {
    const Closeness found = closeness(elements[k]);
    const double share = found.share();
    failing += !found.close;
    if (k > 0 && !(share > result.share)) continue;
    worst = k;
    result.share = share;
    result.value = found.actual;
    result.limit = found.allowed;
  }
  if (elements.empty()) return result;
  result.passes = failing == 0;
  result.worst = place_of(input, worst);
  result.text = fmt::format("{} of {} elements are not close; worst {}: difference {:.2e}, allowed {:.2e}", failing,
                            elements.size(), text_of(*result.worst), result.value, result.limit);
  return result;
}

double share_of(bool passes, double value, double limit) {
  const double share = value == 0 ? 0 : value / limit;
  if (passes) return share <= 1 ? std::fmax(share, 0) : std::isnan(share) ? 0 : 1;
  if (!(share >= 0)) return infinity;
  return share > 1 ? share : std::nextafter(1.0, 2.0);
}

GateResult compared(bool passes, double value, double limit, std::string text) {
  return {passes, share_of(passes, value, limit), value, limit, std::move(text), {}};
}

GateResult refused_empty() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  return {false, infinity, nan, nan, "no elements, over which the owner's code cannot reduce", {}};
}

Parameter number_or_auto(std::string name, double minimum, double maximum, std::string help) {
  Parameter parameter = Parameter::real(std::move(name), "auto", minimum, maximum, std::move(help));
  parameter.automatic = true;
  return parameter;
}

Settings with_numbers(const Settings& settings, const std::vector<std::pair<std::string, double>>& numbers) {
  Json values = settings.json();
  for (const auto& [name, value] : numbers) values[name] = value;
  return Settings(std::move(values));
}

Settings with_multiplied(const Settings& settings, const std::vector<std::string>& names, double factor) {
  std::vector<std::pair<std::string, double>> numbers;
  for (const std::string& name : names) numbers.emplace_back(name, settings.real(name) * factor);
  return with_numbers(settings, numbers);
}

double at_least_roundoff(double tolerance, const Format& stored) {
  const double u = stored.unit_roundoff(), digit = power_of_ten(std::floor(log10_of(u)) - 1);
  return std::max(tolerance, std::ceil(u / digit) * digit);
}

Settings scaled_correlation(const Settings& settings, const Format& format, double factor) {
  const double u = format.unit_roundoff(), least = std::max(u * u / 2, fp32_format().unit_roundoff());
  const double distance = std::clamp(factor * (1 - settings.real("minimum")), least, 2.0);
  return with_numbers(settings, {{"minimum", 1 - distance}});
}

std::string text_of(const GatePlace& place) {
  return fmt::format("at ({}, {}, {})", place.matrix, place.row, place.column);
}

}  // namespace tristab
