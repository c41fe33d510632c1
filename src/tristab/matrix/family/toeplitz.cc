// A_ij = t_(i - j) for i > j, t_m = 0 beyond the given ones. I + A is multiplication by the power series
// 1 + t_1 x + t_2 x^2 + ..., so (I + A)^-1 is the Toeplitz matrix of its reciprocal: (1 - x)^2 gives 1, 2, 3, ...
// Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, 2002, chapter 8; D. Bini, V. Pan,
// Polynomial and Matrix Computations, 1994, section 2.5.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/base/json_reader.h"
#include "tristab/matrix/family/family.h"

namespace tristab {
namespace {

constexpr double largest = 1e6;
constexpr std::size_t most = 4096;

bool is_coefficient(const Json& value) { return value.is_number() && std::fabs(value.get<double>()) <= largest; }

// "-2,1" as typed on a command line -> [-2, 1]; anything that is not a list of numbers is returned unchanged.
Json parsed_list(const Json& given) {
  if (given.is_number()) return Json::array({given});
  if (!given.is_string()) return given;
  try {
    return parse_json(fmt::format("[{}]", given.get_ref<const std::string&>()));
  } catch (const JsonError&) {
    return given;
  }
}

// `coefficients` as a list of doubles.
void settle(Json& settings, std::string_view place) {
  const Json given = settings.value("coefficients", Json::array({-2.0, 1.0}));
  const Json list = parsed_list(given);
  if (!list.is_array() || list.empty() || list.size() > most || !std::ranges::all_of(list, is_coefficient)) {
    refuse(
        fmt::format("{}.coefficients", place), quoted(given),
        fmt::format("a list of 1 to {} numbers from {} to {}, such as [-2, 1] or \"-2,1\"", most, -largest, largest));
  }
  settings["coefficients"] = list.get<std::vector<double>>();
}

}  // namespace

Family toeplitz_family() {
  return {
      .description = {.name = "toeplitz",
                      .summary = "constant along every diagonal",
                      .formula = "A_ij = t_(i-j) for i > j, t_m = 0 beyond the given ones; the inverse is the series "
                                 "1 / (1 + t_1 x + t_2 x^2 + ...)",
                      .source = "Higham, Accuracy and Stability, 2002, chapter 8; Bini, Pan 1994, section 2.5",
                      .parameters = {Parameter::text(
                          "coefficients", nullptr, "t_1, t_2, ... as a list; default [-2, 1], the series (1 - x)^2")}},
      .generate =
          [](const Settings& settings, int n, const RandomStream&) {
            const auto t = settings.at("coefficients").get<std::vector<double>>();
            return strictly_lower(n, [&](int i, int j) {
              const auto m = static_cast<std::size_t>(i - j);
              return m <= t.size() ? t[m - 1] : 0.0;
            });
          },
      .settle = settle,
      .list_valued = {"coefficients"}};
}

}  // namespace tristab
