// Hill climbing by moves of blocks and coordinates: a key copied onto other tokens, rates and decays set to an end of
// their range or to one value, rows exchanged, repeated, or taken from another input.
#include <algorithm>
#include <cmath>

#include "tristab/base/elementary.h"
#include "tristab/hunt/strategy.h"

namespace tristab {
namespace {

struct Rows {
  int first, count;
};

// All rows, an aligned block of a power of two, or a few.
Rows some_rows(Search& search, int n) {
  if (search.chance(0.3)) return {0, n};
  int size = 1 << search.below(8);
  size = std::min(size, n);
  if (search.chance(0.5)) return {size * search.below((n + size - 1) / size), size};
  return {search.below(n), 1 + search.below(size)};
}

template <class Change>
void for_rows(const Rows& rows, int n, Change change) {
  for (int t = rows.first; t < std::min(rows.first + rows.count, n); ++t) change(t);
}

void copy_row(const Matrix& from, int source, Matrix& to, int target) {
  if (to.columns() > 0) std::copy_n(from.row(source), from.columns(), to.row(target));
}

void move_keys(Search& search, Matrix& keys) {
  const int n = keys.rows(), dim = keys.columns();
  const Rows rows = some_rows(search, n);
  switch (search.below(6)) {
    case 0: {  // one key onto the others
      const Matrix before = keys;
      const int source = search.below(n);
      for_rows(rows, n, [&](int t) { copy_row(before, source, keys, t); });
      break;
    }
    case 1: {  // the same with alternating signs
      const Matrix before = keys;
      const int source = search.below(n);
      for_rows(rows, n, [&](int t) {
        for (int d = 0; d < dim; ++d) keys(t, d) = t % 2 == 0 ? before(source, d) : -before(source, d);
      });
      break;
    }
    case 2: {  // noise
      const double size = search.spread(1e-4, 1) / std::sqrt(static_cast<double>(dim));
      for_rows(rows, n, [&](int t) {
        for (int d = 0; d < dim; ++d) keys(t, d) += size * search.normal();
      });
      break;
    }
    case 3: {  // towards one key, or away from it
      const Matrix before = keys;
      const int source = search.below(n);
      const double share = (search.chance(0.75) ? 1 : -1) * search.spread(1e-2, 2);
      for_rows(rows, n, [&](int t) {
        for (int d = 0; d < dim; ++d) keys(t, d) += share * before(source, d);
      });
      break;
    }
    case 4:  // turned around
      for_rows(rows, n, [&](int t) {
        for (int d = 0; d < dim; ++d) keys(t, d) = -keys(t, d);
      });
      break;
    default: {  // one channel less, or a shift of one channel
      const int channel = search.below(dim);
      const double shift = search.normal() * search.spread(1e-3, 1);
      for_rows(rows, n, [&](int t) { keys(t, channel) += shift; });
    }
  }
}

void move_values(Search& search, const Range& range, double towards, Matrix& x) {
  if (x.columns() == 0 || range.low == range.high) return;
  const int n = x.rows();
  const Rows rows = some_rows(search, n);
  const double width = range.high - range.low;
  const int how = search.below(6);
  const double one = how == 0   ? towards
                     : how == 1 ? towards + (towards == range.high ? -1 : 1) * width * search.spread(1e-5, 0.5)
                     : how == 2 ? x(search.below(n), search.below(x.columns()))
                                : range.low + width * search.uniform();
  const double factor = search.spread(0.1, 3), size = search.spread(1e-5, 0.3) * width;
  const double shift = size * search.normal();
  for_rows(rows, n, [&](int t) {
    for (int d = 0; d < x.columns(); ++d) {
      double& value = x(t, d);
      if (how <= 3) {
        value = one;
      } else if (how == 4) {
        value = towards + (value - towards) * factor;
      } else {
        value += rows.count > 1 && search.chance(0.5) ? shift : size * search.normal();
      }
    }
  });
}

void move_rows(Search& search, std::span<const Trial* const> elites, TokenInputs& tokens) {
  const int n = tokens.rows();
  const TokenInputs before = tokens;
  const TokenInputs& other =
      !elites.empty() && search.chance(0.5)
          ? elites[static_cast<std::size_t>(search.below(static_cast<int>(elites.size())))]->tokens
          : before;
  const Rows rows = some_rows(search, n);
  const int from = search.below(n), period = std::max(1, std::min(rows.count, n));
  const bool repeat = search.chance(0.3);
  for (int t = 0; t < n; ++t) {
    const bool inside = t >= rows.first && t < rows.first + rows.count;
    if (!repeat && !inside) continue;
    const int source = repeat ? (rows.first + t % period) % n : (from + t - rows.first) % n;
    copy_row(directions_of(other), source, directions_of(tokens), t);
    copy_row(rate_of(other), source, rate_of(tokens), t);
    copy_row(other.log_decay, source, tokens.log_decay, t);
  }
}

}  // namespace

void change(Search& search, std::span<const Trial* const> elites, TokenInputs& tokens) {
  const InputSpace& space = search.space();
  const int changes = search.chance(0.3) ? 2 : 1;
  for (int change = 0; change < changes; ++change) {
    const double which = search.uniform();
    if (which < 0.4) {
      move_keys(search, directions_of(tokens));
    } else if (which < 0.65) {
      move_values(search, space.rate, search.chance(0.8) ? space.rate.high : space.rate.low, rate_of(tokens));
    } else if (which < 0.85) {
      move_values(search, space.log_decay, search.chance(0.8) ? space.log_decay.high : space.log_decay.low,
                  tokens.log_decay);
    } else {
      move_rows(search, elites, tokens);
    }
  }
}

void climb_by_moves(Search& search, std::span<const Trial* const> elites, TokenInputs first, bool by_growth,
                    std::int64_t end) {
  Trial current = search.examine(std::move(first));
  const auto height = [&](const Trial& trial) {
    return by_growth && trial.evaluation.counts() ? natural_log(trial.evaluation.growth + 1e-30)
                                                  : trial.evaluation.score();
  };
  while (!search.done() && search.used() < end) {
    TokenInputs tokens = current.tokens.rule != nullptr ? current.tokens : search.anywhere();
    change(search, elites, tokens);
    Trial trial = search.examine(std::move(tokens));
    if (trial.evaluation.counts() && (current.tokens.rule == nullptr || height(trial) >= height(current)))
      current = std::move(trial);
  }
}

Strategy moves_strategy() {
  return {"moves", "hill climbing by moves of blocks and coordinates", false,
          [](Search& search, const HuntRequest&, std::span<const Trial* const> elites) {
            TokenInputs first = search.start(elites);
            const bool by_growth = search.chance(0.2);  // on the way to an overflow the error may be flat
            climb_by_moves(search, elites, std::move(first), by_growth, search.left());
          }};
}

}  // namespace tristab
