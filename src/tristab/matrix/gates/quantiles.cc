// A distribution given by a few of its quantiles: Q(p) is linear between the table's rows and constant beyond its ends
// (numpy.interp; the inverse of the "linear" rule of numpy.quantile). A token's value is Q(u), u uniform. Source:
// inverse transform sampling, L. Devroye, Non-Uniform Random Variate Generation, 1986, section II.2.
#include <fmt/format.h>

#include <charconv>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/gates/gates.h"

namespace tristab {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

// Whether the whole text is one number; NaN does not count.
bool read_number(std::string_view text, double& number) {
  text = trimmed(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number == number;
}

}  // namespace

std::vector<Quantile> read_quantiles(std::string_view text, double lowest, double highest, std::string_view place) {
  const auto refuse = [&](std::string_view found) {
    tristab::refuse(
        place, fmt::format("{} in '{}'", found, text),
        fmt::format("two or more of probability=value with commas between, probabilities from 0 to 1 ascending, "
                    "values from {} to {} not descending",
                    lowest, highest));
  };
  std::vector<Quantile> table;
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view row = trimmed(rest.substr(0, comma));
    const std::size_t equals = row.find('=');
    Quantile quantile{};
    if (equals == std::string_view::npos || !read_number(row.substr(0, equals), quantile.probability) ||
        !read_number(row.substr(equals + 1), quantile.value)) {
      refuse(fmt::format("the row '{}'", row));
    }
    if (!(quantile.probability >= 0 && quantile.probability <= 1))
      refuse(fmt::format("the probability {}", quantile.probability));
    if (!(quantile.value >= lowest && quantile.value <= highest)) refuse(fmt::format("the value {}", quantile.value));
    if (!table.empty() && quantile.probability <= table.back().probability)
      refuse(fmt::format("the probability {} after {}", quantile.probability, table.back().probability));
    if (!table.empty() && quantile.value < table.back().value)
      refuse(fmt::format("the value {} after {}", quantile.value, table.back().value));
    table.push_back(quantile);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (table.size() < 2) refuse("one row");
  return table;
}

std::string quantiles_text(std::span<const Quantile> table) {
  std::string text;
  for (const auto& [probability, value] : table) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", probability, value);
  }
  return text;
}

double value_at_probability(double probability, std::span<const Quantile> table) {
  if (probability <= table.front().probability) return table.front().value;
  std::size_t i = 1;
  while (i < table.size() && probability > table[i].probability) ++i;
  if (i == table.size()) return table.back().value;
  const Quantile &left = table[i - 1], &right = table[i];
  const double share = (probability - left.probability) / (right.probability - left.probability);
  return left.value + share * (right.value - left.value);
}

void refuse_reversed_range(const Json& settings, const char* low, const char* high, std::string_view place) {
  if (!(settings.at(low) > settings.at(high))) return;
  throw UsageError(fmt::format("{0}.{1}: found {2} above {3} = {4}; allowed: at most {3}", place, low,
                               quoted(settings.at(low)), high, quoted(settings.at(high))));
}

}  // namespace tristab
