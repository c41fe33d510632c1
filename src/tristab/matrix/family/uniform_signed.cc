// A_ij = s u_ij for i > j, u_ij ~ U(-1, 1), where s is `scale`, or the s for which cond_2(I + A) = `condition` to 1e-6
// relative, found by bisection. Source: tests of recursive unrolled inversion (rec_unroll), condition in {1.2, 2, 4, 8,
// ...}.
#include <fmt/format.h>

#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/condition.h"
#include "tristab/matrix/family/family.h"

namespace tristab {
namespace {

constexpr double tolerance = 5e-7;  // of the condition number; half of the promised tolerance

Matrix scaled(const Matrix& u, double s) {
  return strictly_lower(u.rows(), [&](int i, int j) { return s * u(i, j); });
}

// cond(I + 0) = 1, and cond(I + s U) grows without bound with s, so a bracket contains every value between its ends.
Matrix with_condition(const Matrix& u, double condition) {
  if (condition == 1) return scaled(u, 0);
  if (u.rows() < 2) {
    refuse("family uniform-signed", fmt::format("condition {} with n = 1, where cond_2 is 1", condition),
           "n of 2 or more");
  }
  double low = 0, high = 1.0 / u.rows();
  while (condition_number_2(scaled(u, high)) < condition) {
    low = high;
    high *= 2;
  }
  while (true) {
    const double s = 0.5 * (low + high);
    Matrix a = scaled(u, s);
    const double found = condition_number_2(a);
    if (std::fabs(found - condition) <= tolerance * condition || s <= low || s >= high) return a;
    (found < condition ? low : high) = s;
  }
}

void settle(Json& settings, std::string_view place) {
  if (settings.contains("scale") && settings.contains("condition")) {
    refuse(place, fmt::format("scale {} and condition {}", quoted(settings["scale"]), quoted(settings["condition"])),
           "one of them");
  }
  if (!settings.contains("condition") && !settings.contains("scale")) settings["scale"] = 0.5;
}

}  // namespace

Family uniform_signed_family() {
  return {
      .description = {.name = "uniform-signed",
                      .summary = "uniform entries of both signs, of a given size or condition number",
                      .formula = "A_ij = s u_ij for i > j, u_ij ~ U(-1, 1); s = scale, or cond_2(I + A) = condition",
                      .source = "rec_unroll's tests, github.com/huawei-csl/pto-kernels, condition 1.2, 2, 4, 8, ...",
                      .parameters = {Parameter::real("scale", nullptr, 0, 1e6, "bound on |A_ij|; default 0.5"),
                                     Parameter::real("condition", nullptr, 1, 1e8,
                                                     "cond_2(I + A), met to 1e-6 relative; instead of scale")}},
      .random = true,
      .generate =
          [](const Settings& settings, int n, const RandomStream& random) {
            const Matrix u =
                strictly_lower(n, [&](int i, int j) { return 2.0 * random.open_uniform(triangle_index(i, j)) - 1.0; });
            return settings.has("condition") ? with_condition(u, settings.real("condition"))
                                             : scaled(u, settings.real("scale"));
          },
      .settle = settle};
}

}  // namespace tristab
