#include "tristab/hunt/space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"
#include "tristab/format/round.h"
#include "tristab/matrix/condition.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/matrix/sum.h"

namespace tristab {
namespace {

constexpr double lowest_safe_decay = -5;  // of kda-safe gates, -5 sigmoid(.)

// Rounds to the numbers that a tensor may have, inside its range.
class Grid {
 public:
  Grid(const std::optional<Format>& format, const Range& range)
      : target_(format ? *format : fp32_format()),
        low_(round_value(range.low, target_, Rounding::up)),
        high_(round_value(range.high, target_, Rounding::down)) {}
  double operator()(double x) const { return std::clamp(round_value(x, target_, Rounding::nearest_even), low_, high_); }
  bool holds(double x) const { return round_value(x, target_, Rounding::nearest_even) == x; }
  bool empty() const { return low_ > high_; }

 private:
  RoundingTarget<double> target_;
  double low_, high_;
};

double unit_roundoff_of(const std::optional<Format>& format) {
  return (format ? *format : fp32_format()).unit_roundoff();
}

double length_of(const Matrix& x, int row) {
  const auto d = static_cast<std::size_t>(x.columns());
  return std::sqrt(dot(x.row(row), x.row(row), d));
}

bool has_all_cosines(const InputSpace& space) { return space.cosine.low <= -1 && space.cosine.high >= 1; }

// Cosines between every two rows, n x n.
Matrix cosines_of(const Matrix& x) {
  const int n = x.rows();
  const auto d = static_cast<std::size_t>(x.columns());
  std::vector<double> lengths(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) lengths[static_cast<std::size_t>(i)] = length_of(x, i);
  Matrix cosines(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) {
      const double product = dot(x.row(i), x.row(j), d);
      cosines(i, j) = cosines(j, i) =
          product / (lengths[static_cast<std::size_t>(i)] * lengths[static_cast<std::size_t>(j)]);
    }
    cosines(i, i) = 1;
  }
  return cosines;
}

Range range_of(const Matrix& cosines) {
  Range range{1, -1};
  for (int i = 0; i < cosines.rows(); ++i) {
    for (int j = 0; j < i; ++j) {
      range.low = std::min(range.low, cosines(i, j));
      range.high = std::max(range.high, cosines(i, j));
    }
  }
  return range;
}

// Every row gets its length, then the numbers of its format.
void settle_lengths(const InputSpace& space, Matrix& keys) {
  const RoundingTarget<double> target(space.key_format ? *space.key_format : fp32_format());
  for (int t = 0; t < keys.rows(); ++t) {
    double length = length_of(keys, t);
    if (!(length > 0) || !std::isfinite(length)) {
      for (int d = 0; d < keys.columns(); ++d) keys(t, d) = d == t % keys.columns() ? 1.0 : 0.0;
      length = 1;
    }
    const double wanted = std::clamp(length, space.length.low, space.length.high), factor = wanted / length;
    for (int d = 0; d < keys.columns(); ++d)
      keys(t, d) = round_value(keys(t, d) * factor, target, Rounding::nearest_even);
  }
}

// Adds to all unit keys the least multiple of a direction that brings every cosine up to `low`: the direction of their
// sum.
void raise_cosines(double low, Matrix& keys, const Matrix& cosines) {
  const int n = keys.rows(), dim = keys.columns();
  Matrix sum(1, dim);
  for (int t = 0; t < n; ++t) {
    for (int d = 0; d < dim; ++d) sum(0, d) += keys(t, d);
  }
  double length = length_of(sum, 0);
  if (length < 1e-3) {
    std::copy_n(keys.row(0), dim, sum.row(0));
    length = 1;
  }
  for (double& x : sum.values()) x /= length;
  std::vector<double> along(static_cast<std::size_t>(n));
  for (int t = 0; t < n; ++t)
    along[static_cast<std::size_t>(t)] = dot(keys.row(t), sum.row(0), static_cast<std::size_t>(dim));
  const auto lowest = [&](double alpha) {
    double least = 1;
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < i; ++j) {
        const double ci = along[static_cast<std::size_t>(i)], cj = along[static_cast<std::size_t>(j)];
        const double product = cosines(i, j) + alpha * (ci + cj) + alpha * alpha;
        const double squares = (1 + 2 * alpha * ci + alpha * alpha) * (1 + 2 * alpha * cj + alpha * alpha);
        least = std::min(least, squares > 0 ? product / std::sqrt(squares) : -1.0);
      }
    }
    return least;
  };
  double high = 1;
  while (lowest(high) < low && high < 1e9) high *= 2;
  double start = 0;
  for (int step = 0; step < 50; ++step) {
    const double middle = (start + high) / 2;
    (lowest(middle) < low ? start : high) = middle;
  }
  for (int t = 0; t < n; ++t) {
    for (int d = 0; d < dim; ++d) keys(t, d) += high * sum(0, d);
  }
}

// Keys whose cosines are (1 - m) c + m s, m the least that brings all down to `high`, s in the range: coordinates by
// the Cholesky decomposition, which need as many channels as there are keys.
bool lower_cosines(const Range& cosine, Matrix& keys, Matrix cosines) {
  const int n = keys.rows();
  const double common = std::max(cosine.low, 0.0);
  double share = 0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) {
      const double c = cosines(i, j);
      if (c > cosine.high) share = std::max(share, common < cosine.high ? (c - cosine.high) / (c - common) : 1.0);
    }
  }
  share = std::min(share, 1.0);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      if (i != j) cosines(i, j) = (1 - share) * cosines(i, j) + share * common;
    }
  }
  Matrix lower(n, keys.columns());
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) {
      double rest = cosines(i, j);
      for (int k = 0; k < j; ++k) rest -= lower(i, k) * lower(j, k);
      if (i != j) {
        lower(i, j) = lower(j, j) > 0 ? rest / lower(j, j) : 0;
      } else {
        if (rest < 0) return false;
        lower(i, i) = std::sqrt(rest);
      }
    }
  }
  keys = std::move(lower);
  return true;
}

bool settle_cosines(const InputSpace& space, Matrix& keys) {
  if (has_all_cosines(space)) return true;
  double margin = 8 * unit_roundoff_of(space.key_format);
  for (int attempt = 0; attempt < 8; ++attempt, margin *= 2) {
    Matrix cosines = cosines_of(keys);
    Range found = range_of(cosines);
    if (space.cosine.low <= found.low && found.high <= space.cosine.high) return true;
    std::vector<double> lengths;
    for (int t = 0; t < keys.rows(); ++t) {
      lengths.push_back(length_of(keys, t));
      for (int d = 0; d < keys.columns(); ++d) keys(t, d) /= lengths.back();
    }
    const double width = std::max(space.cosine.high - space.cosine.low, 0.0) / 3;
    const Range aim{space.cosine.low > -1 ? space.cosine.low + std::min(margin, width) : -1,
                    space.cosine.high < 1 ? space.cosine.high - std::min(margin, width) : 1};
    if (found.low < aim.low) {
      raise_cosines(aim.low, keys, cosines);
      cosines = cosines_of(keys);
      found = range_of(cosines);
    }
    if (found.high > aim.high && !lower_cosines(aim, keys, std::move(cosines))) return false;
    for (int t = 0; t < keys.rows(); ++t) {
      const double factor = lengths[static_cast<std::size_t>(t)] / length_of(keys, t);
      for (int d = 0; d < keys.columns(); ++d) keys(t, d) *= factor;
    }
    settle_lengths(space, keys);
  }
  return false;
}

void settle_gates(const InputSpace& space, TokenInputs& tokens) {
  const Grid rates(space.rate_format, space.rate), decays(space.decay_format, space.log_decay);
  for (double& rate : rate_of(tokens).values()) rate = rates(rate);
  for (int t = 0; t < tokens.log_decay.rows(); ++t) {
    for (int d = 0; d < tokens.log_decay.columns(); ++d)
      tokens.log_decay(t, d) = t % space.steps == 0 ? decays(tokens.log_decay(t, d)) : 0;
  }
}

bool settle_all_but_condition(const InputSpace& space, TokenInputs& tokens) {
  Matrix& keys = directions_of(tokens);
  settle_lengths(space, keys);
  if (!settle_cosines(space, keys)) return false;
  settle_gates(space, tokens);
  derive(tokens);
  return true;
}

double towards(double from, double to, double share) { return from + share * (to - from); }

// One path through the space: at 0 every rate is the lowest, at 1 the tokens are as given, at 2 rates are the highest,
// at 3 nothing decays, at 4 all keys are the first one.
bool at(const InputSpace& space, const TokenInputs& given, double place, TokenInputs& tokens) {
  tokens = given;
  const Range& rates = space.rate;
  for (double& rate : rate_of(tokens).values())
    rate = place < 1 ? towards(rates.low, rate, place) : towards(rate, rates.high, std::min(place - 1, 1.0));
  const double less = std::clamp(place - 2, 0.0, 1.0), nearer = std::clamp(place - 3, 0.0, 1.0);
  for (double& g : tokens.log_decay.values()) g = towards(g, space.log_decay.high, less);
  if (nearer > 0) {
    Matrix& keys = directions_of(tokens);
    for (int t = 1; t < keys.rows(); ++t) {
      for (int d = 0; d < keys.columns(); ++d) keys(t, d) = towards(keys(t, d), keys(0, d), nearer);
    }
  }
  return settle_all_but_condition(space, tokens);
}

bool meets_condition(const InputSpace& space, double condition) {
  return std::fabs(condition / space.condition - 1) <= condition_tolerance(space);
}

bool settle_condition(const InputSpace& space, TokenInputs& tokens) {
  const TokenInputs given = tokens;
  const auto condition = [&](double place) {
    return at(space, given, place, tokens) ? condition_number_2(delta_rule_matrix(tokens))
                                           : std::numeric_limits<double>::quiet_NaN();
  };
  double low = 0, high = 1;
  for (double found = condition(high); !(found >= space.condition); found = condition(high)) {
    if (meets_condition(space, found)) return true;
    if (high == 4) return false;
    low = high++;
  }
  if (low == 0 && !(condition(0) <= space.condition)) return false;
  for (int step = 0; step < 40; ++step) {
    const double middle = (low + high) / 2, found = condition(middle);
    if (meets_condition(space, found)) return true;
    if (std::isnan(found)) return false;
    (found < space.condition ? low : high) = middle;
  }
  return false;
}

std::string not_allowed(const std::string& what, double found, const Range& range) {
  return fmt::format("{} is {}, allowed: {} to {}", what, found, range.low, range.high);
}

bool on_grid(const std::optional<Format>& format, const Matrix& x) {
  const Grid grid(format, {-1e30, 1e30});
  return std::ranges::all_of(x.values(), [&](double value) { return grid.holds(value); });
}

std::string grid_name(const std::optional<Format>& format) { return format ? format->name : "fp32"; }

// The coarser of the 16-bit formats that holds all values of some tensors.
class GridSurvey {
 public:
  void add(const Matrix& x) {
    for (Candidate& candidate : candidates_) candidate.holds = candidate.holds && on_grid(candidate.format, x);
  }
  std::optional<Format> found() const {
    for (const Candidate& candidate : candidates_) {
      if (candidate.holds) return candidate.format;
    }
    return {};
  }

 private:
  struct Candidate {
    Format format;
    bool holds = true;
  };
  std::vector<Candidate> candidates_{{format_of("bf16", "")}, {format_of("fp16", "")}};
};

void widen(Range& range, const Matrix& x) {
  for (const double value : x.values()) {
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
}

}  // namespace

Range range_of(std::string_view text, std::string_view place) {
  const std::size_t colon = text.find(':');
  const Json low = parse_scalar(text.substr(0, colon));
  const Json high = colon == std::string_view::npos ? low : parse_scalar(text.substr(colon + 1));
  if (!low.is_number() || !high.is_number() || !std::isfinite(low.get<double>()) ||
      !std::isfinite(high.get<double>()) || low.get<double>() > high.get<double>())
    refuse(place, text, "LOW:HIGH, two numbers in this order, or one");
  return {low.get<double>(), high.get<double>()};
}

void derive(TokenInputs& tokens) {
  const DeltaRule& rule = *tokens.rule;
  if (rule.complete != nullptr) {
    rule.complete(tokens);
    tokens.keys = elementwise_product(directions_of(tokens), rate_of(tokens));
  }
  for (const RulePart& part : rule.parts) {
    if (part.plain == PlainPart::keys) tokens.parts[part.name] = tokens.keys;
    if (part.plain == PlainPart::ones && !tokens.parts.contains(part.name)) {
      Matrix ones(tokens.rows(), tokens.keys.columns());
      std::ranges::fill(ones.values(), 1.0);
      tokens.parts[part.name] = std::move(ones);
    }
  }
}

KeySurvey survey_keys(const TokenInputs& tokens) {
  const Matrix &keys = directions_of(tokens), cosines = cosines_of(keys);
  const int n = keys.rows(), dim = keys.columns();
  KeySurvey survey;
  double sum = 0;
  int pairs = 0;
  survey.cosines = {1, -1};
  for (int i = 0; i < n; ++i) {
    bool is_new = true;
    for (int j = 0; j < i; ++j) {
      is_new = is_new && !std::equal(keys.row(i), keys.row(i) + dim, keys.row(j));
      if (!std::isfinite(cosines(i, j))) continue;  // a key of zeros
      survey.cosines = {std::min(survey.cosines.low, cosines(i, j)), std::max(survey.cosines.high, cosines(i, j))};
      sum += cosines(i, j);
      ++pairs;
    }
    survey.different += is_new ? 1 : 0;
  }
  if (pairs == 0) survey.cosines = {1, 1};
  survey.mean_cosine = pairs == 0 ? 1 : sum / pairs;
  return survey;
}

double condition_tolerance(const InputSpace& space) {
  return unit_roundoff_of(space.rate_format) > 0x1p-20 ? 0x1p-6 : 1e-4;
}

double length_tolerance(const InputSpace& space) { return 2 * unit_roundoff_of(space.key_format); }

Matrix& rate_of(TokenInputs& tokens) { return tokens.parts.find(tokens.rule->erase_rate)->second; }
const Matrix& rate_of(const TokenInputs& tokens) { return tokens.part(tokens.rule->erase_rate); }
Matrix& directions_of(TokenInputs& tokens) {
  const std::string& part = tokens.rule->key_part;
  return part.empty() ? tokens.keys : tokens.parts.find(part)->second;
}
const Matrix& directions_of(const TokenInputs& tokens) {
  const std::string& part = tokens.rule->key_part;
  return part.empty() ? tokens.keys : tokens.part(part);
}

InputSpace rule_space(const DeltaRule& rule, int n, int head_dim, bool negative, std::string_view place) {
  if (rule.erase_rate.empty())
    refuse(place, rule.name + ", whose factors have no bounds", "rwkv7, the form of dplr that has them");
  InputSpace space;
  space.rule = &rule;
  space.n = n;
  space.head_dim = head_dim;
  space.rate = {0, negative ? 2.0 : 1.0};
  space.log_decay = {rule.decay == DecayWidth::none ? 0 : rule.decay_bound.value_or(lowest_safe_decay), 0};
  return space;
}

InputSpace measured_space(const Source& source, int n, std::string_view place) {
  constexpr int most = 64;
  const int available = source.count(n), count = std::min(available, most);
  std::optional<InputSpace> space;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Range rates{0, 1}, decays{0, 0}, lengths{infinity, 0}, cosines{1, 1};
  bool decaying = false;
  GridSurvey keys_grid, rates_grid, decays_grid;
  for (int index = 0; index < count; ++index) {
    // Spread over the file: its end may be unlike its beginning.
    const Problem problem = source.problem(n, static_cast<int>(std::int64_t{index} * available / count));
    if (problem.tokens == nullptr) refuse(place, "matrices without keys", "k, beta and g of a layer");
    const TokenInputs& tokens = *problem.tokens;
    if (!space) {
      space = rule_space(*tokens.rule, n, tokens.keys.columns(), false, place);
      space->steps = tokens.steps;
    }
    const Matrix& keys = directions_of(tokens);
    for (int t = 0; t < keys.rows(); ++t) {
      double length = length_of(keys, t);
      if (length == 0) continue;                       // padding
      if (std::fabs(length - 1) < 0x1p-7) length = 1;  // normalised, up to rounding
      lengths = {std::min(lengths.low, length), std::max(lengths.high, length)};
    }
    const Matrix all = cosines_of(keys);
    for (int i = 0; i < all.rows(); ++i) {
      for (int j = 0; j < i; ++j) {
        if (all(i, j) == all(i, j)) cosines.low = std::min(cosines.low, all(i, j));
      }
    }
    widen(rates, rate_of(tokens));
    decaying = decaying || tokens.log_decay.columns() > 0;
    widen(decays, tokens.log_decay);
    keys_grid.add(keys);
    rates_grid.add(rate_of(tokens));
    decays_grid.add(tokens.log_decay);
  }
  if (!space) refuse(place, fmt::format("no matrix of size {}", n), "an input with chunks of that size");
  space->rate = {0, rates.high > 1 ? std::max(2.0, rates.high) : 1};
  space->length = lengths.high > 0 ? lengths : Range{1, 1};
  constexpr double closest = 1 - 0x1p-6;  // rounding to 16 bits must find room
  space->cosine = {std::clamp(cosines.low, -1.0, closest), 1};
  if (decaying && !space->rule->decay_bound) space->log_decay = {std::min(decays.low, lowest_safe_decay), decays.high};
  if (!decaying) space->log_decay = {0, 0};
  space->key_format = keys_grid.found();
  space->rate_format = rates_grid.found();
  space->decay_format = decaying ? decays_grid.found() : std::nullopt;
  return *space;
}

TokenInputs blank_tokens(const InputSpace& space) {
  const DeltaRule& rule = *space.rule;
  const int n = space.n, dim = space.head_dim;
  TokenInputs tokens;
  tokens.rule = &rule;
  tokens.steps = space.steps;
  tokens.keys = Matrix(n, dim);
  const int width = rule.decay == DecayWidth::none ? 0 : rule.decay == DecayWidth::channel ? dim : 1;
  tokens.log_decay = Matrix(n, width);
  std::ranges::fill(tokens.log_decay.values(), (space.log_decay.low + space.log_decay.high) / 2);
  Matrix rate(n, rule.has_scalar_rate() ? 1 : dim);
  std::ranges::fill(rate.values(), (space.rate.low + space.rate.high) / 2);
  tokens.parts.emplace(rule.erase_rate, std::move(rate));
  if (!rule.key_part.empty()) tokens.parts.emplace(rule.key_part, Matrix(n, dim));
  tokens.queries = tokens.values = Matrix(n, 0);
  for (int t = 0; t < n; ++t) directions_of(tokens)(t, 0) = 1;
  return tokens;
}

bool settle(const InputSpace& space, TokenInputs& tokens) {
  return settle_all_but_condition(space, tokens) && (space.condition == 0 || settle_condition(space, tokens));
}

std::string violation(const InputSpace& space, const TokenInputs& tokens) {
  const Matrix &keys = directions_of(tokens), &rates = rate_of(tokens);
  const double slack = length_tolerance(space);
  for (int t = 0; t < tokens.rows(); ++t) {
    const double length = length_of(keys, t);
    if (length < space.length.low * (1 - slack) || length > space.length.high * (1 + slack))
      return not_allowed(fmt::format("the length of key {}", t), length, space.length);
    for (int d = 0; d < rates.columns(); ++d) {
      if (!space.rate.holds(rates(t, d)))
        return not_allowed(fmt::format("{} of token {}", space.rule->erase_rate, t), rates(t, d), space.rate);
    }
    for (int d = 0; d < tokens.log_decay.columns(); ++d) {
      const double g = tokens.log_decay(t, d);
      if (t % space.steps != 0 ? g != 0 : !space.log_decay.holds(g))
        return not_allowed(fmt::format("g of token {}", t), g, space.log_decay);
    }
  }
  if (!has_all_cosines(space)) {
    const Range found = range_of(cosines_of(keys));
    if (found.low < space.cosine.low) return not_allowed("the smallest cosine", found.low, space.cosine);
    if (found.high > space.cosine.high) return not_allowed("the largest cosine", found.high, space.cosine);
  }
  if (!on_grid(space.key_format, keys)) return fmt::format("keys outside {}", grid_name(space.key_format));
  if (!on_grid(space.rate_format, rates))
    return fmt::format("{} outside {}", space.rule->erase_rate, grid_name(space.rate_format));
  if (!on_grid(space.decay_format, tokens.log_decay)) return fmt::format("g outside {}", grid_name(space.decay_format));
  if (space.condition > 0) {
    const double found = condition_number_2(delta_rule_matrix(tokens));
    if (!meets_condition(space, found))
      return fmt::format("cond_2(I + A) is {}, allowed: {} up to a relative {}", found, space.condition,
                         condition_tolerance(space));
  }
  return "";
}

void check_space(const InputSpace& space, std::string_view place) {
  const auto refuse_range = [&](const char* what, const Range& range, double low, double high) {
    if (range.low > range.high || range.low < low || range.high > high)
      refuse(place, fmt::format("a {} of {}:{}", what, range.low, range.high),
             fmt::format("LOW:HIGH, from {} to {}", low, high));
  };
  refuse_range("beta", space.rate, 0, 2);
  refuse_range("log decay", space.log_decay, -1e4, 1);
  refuse_range("key length", space.length, 1e-6, 1e6);
  refuse_range("cosine", space.cosine, -1, 1);
  if (space.cosine.high < 0)
    refuse(place, fmt::format("cosines below {}", space.cosine.high), "a high end from 0 to 1");
  if (space.cosine.high < 1 && space.head_dim < space.n)
    refuse(place,
           fmt::format("cosines below {} between {} keys of {} channels", space.cosine.high, space.n, space.head_dim),
           "a high end of 1, or at least as many channels as keys");
  const Grid rates(space.rate_format, space.rate), decays(space.decay_format, space.log_decay);
  if (rates.empty()) refuse(place, "a range of beta between two numbers of its format", "a wider range");
  if (decays.empty()) refuse(place, "a range of log decays between two numbers of its format", "a wider range");
  TokenInputs tokens = blank_tokens(space);
  if (settle(space, tokens)) return;
  if (space.condition > 0) {
    InputSpace free = space;
    free.condition = 0;
    const auto condition = [&](double where) {
      return at(free, blank_tokens(space), where, tokens) ? condition_number_2(delta_rule_matrix(tokens)) : 1.0;
    };
    refuse(place, fmt::format("a condition number of {}", space.condition),
           fmt::format("{:.4g} to {:.4g}, which these ranges reach", condition(0), condition(4)));
  }
  refuse(place, fmt::format("cosines from {} to {}", space.cosine.low, space.cosine.high),
         "a wider range; the grid of the keys must leave room in it");
}

TokenInputs resized(const TokenInputs& tokens, int count) {
  TokenInputs other = tokens;
  const auto resize = [&](Matrix& x) {
    if (x.rows() == 0) return;
    Matrix rows(count, x.columns());
    for (int t = 0; t < count; ++t) std::copy_n(x.row(t % x.rows()), x.columns(), rows.row(t));
    x = std::move(rows);
  };
  for (Matrix* x : other.matrices()) resize(*x);
  return other;
}

}  // namespace tristab
