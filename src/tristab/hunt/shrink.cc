#include "tristab/hunt/shrink.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "tristab/base/interruption.h"
#include "tristab/base/json.h"
#include "tristab/format/round.h"
#include "tristab/hunt/evaluator.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/matrix/sum.h"

namespace tristab {
namespace {

constexpr double length_slack = 0x1p-7;

TokenInputs with_rows(const TokenInputs& tokens, const std::vector<int>& rows) {
  TokenInputs some = tokens;
  const auto pick = [&](Matrix& x) {
    if (x.rows() == 0) return;
    Matrix picked(static_cast<int>(rows.size()), x.columns());
    for (int t = 0; t < picked.rows(); ++t)
      std::copy_n(x.row(rows[static_cast<std::size_t>(t)]), x.columns(), picked.row(t));
    x = std::move(picked);
  };
  for (Matrix* x : some.matrices()) pick(*x);
  return some;
}

// Every tensor with a column a channel, without those that follow from others (derive).
std::vector<Matrix*> channel_tensors(TokenInputs& tokens) {
  const int dim = tokens.keys.columns();
  const auto is_keys = [&](const std::string& name) {
    return std::ranges::any_of(
        tokens.rule->parts, [&](const RulePart& part) { return part.name == name && part.plain == PlainPart::keys; });
  };
  std::vector<Matrix*> all{&tokens.keys};
  if (tokens.log_decay.columns() == dim && dim > 1) all.push_back(&tokens.log_decay);
  for (auto& [name, x] : tokens.parts) {
    if (!is_keys(name) && x.columns() == dim && dim > 1) all.push_back(&x);
  }
  return all;
}

void round_all(const Format& format, Matrix& x) {
  const RoundingTarget<double> target(format);
  for (double& value : x.values()) value = round_value(value, target, Rounding::nearest_even);
}

double length_of(const Matrix& x, int row) {
  return std::sqrt(dot(x.row(row), x.row(row), static_cast<std::size_t>(x.columns())));
}

class Shrinking {
 public:
  Shrinking(const HuntRequest& request, const TokenInputs& tokens, double keep, const std::atomic<bool>& stop)
      : request_(request), evaluator_(request), stop_(stop), now_(tokens) {
    const double value = badness(tokens);
    least_ = std::isinf(value) ? value : value - std::fabs(value) * (1 - keep);
  }

  void run() {
    for (int round = 0; round < 3; ++round) {
      const std::size_t before = steps.size();
      fewer_tokens();
      simpler_gates();
      simpler_keys();
      fewer_channels();
      fewer_bits();
      if (steps.size() == before) break;
    }
  }

  const TokenInputs& now() const { return now_; }
  double badness(const TokenInputs& tokens) {
    if (stop_.load(std::memory_order_relaxed)) throw Stopped{};
    ++evaluations;
    return evaluator_.evaluate(completed(tokens, request_.space.n), machines_).badness;
  }
  HuntFind find(const TokenInputs& tokens) {
    return evaluator_.evaluate_again(completed(tokens, request_.space.n), machines_);
  }

  std::vector<ShrinkStep> steps;
  std::int64_t evaluations = 0;

 private:
  bool allowed(const TokenInputs& tokens) const {
    const Matrix &keys = directions_of(tokens), &before = directions_of(now_);
    if (keys.rows() == before.rows()) {
      for (int t = 0; t < keys.rows(); ++t) {
        if (std::fabs(length_of(keys, t) - length_of(before, t)) > length_slack * length_of(before, t)) return false;
      }
    }
    return std::ranges::all_of(rate_of(tokens).values(),
                               [&](double rate) { return rate == 0 || request_.space.rate.holds(rate); });
  }

  // Takes the change if the input stays bad.
  bool attempt(TokenInputs tokens) {
    derive(tokens);
    if (!allowed(tokens)) return false;
    const double value = badness(tokens);
    if (!(value >= least_)) return false;
    now_ = std::move(tokens);
    value_ = value;
    return true;
  }

  void note(const std::string& what) { steps.push_back({what, value_}); }

  bool attempt_change(const std::string& what, const std::function<void(TokenInputs&)>& change) {
    TokenInputs tokens = now_;
    change(tokens);
    if (tokens.keys == now_.keys && tokens.log_decay == now_.log_decay && tokens.parts == now_.parts) return false;
    if (!attempt(std::move(tokens))) return false;
    note(what);
    return true;
  }

  void fewer_tokens() {
    const int before = now_.rows(), steps_of_token = now_.steps;
    for (int size = std::max(now_.rows() / 2, 1); size >= 1; size /= 2) {
      if (size % steps_of_token != 0) break;
      for (int first = 0; first < now_.rows() && now_.rows() - size >= 2;) {
        std::vector<int> rows;
        for (int t = 0; t < now_.rows(); ++t) {
          if (t < first || t >= first + size) rows.push_back(t);
        }
        if (!attempt(with_rows(now_, rows))) first += size;
      }
    }
    if (now_.rows() != before) note(fmt::format("tokens {} -> {}", before, now_.rows()));
  }

  void simpler_values(const std::string& name, const std::function<Matrix&(TokenInputs&)>& tensor, double end) {
    const Matrix given = tensor(now_);
    if (given.values().empty()) return;
    std::vector<double> candidates{end};
    double sum = 0;
    for (const double value : given.values()) sum += value;
    candidates.push_back(sum / static_cast<double>(given.values().size()));
    candidates.push_back(std::ranges::max(given.values()));
    candidates.push_back(given.values().front());
    const RoundingTarget<double> fp32(fp32_format());
    for (const double candidate : candidates) {
      const double value = round_value(candidate, fp32, Rounding::nearest_even);
      if (attempt_change(fmt::format("{} {} everywhere", name, value),
                         [&](TokenInputs& tokens) { std::ranges::fill(tensor(tokens).values(), value); }))
        return;
      if (std::ranges::all_of(tensor(now_).values(), [&](double x) { return x == value; })) return;
    }
  }

  void simpler_gates() {
    simpler_values(
        "g", [](TokenInputs& tokens) -> Matrix& { return tokens.log_decay; }, 0);
    simpler_values(
        now_.rule->erase_rate, [](TokenInputs& tokens) -> Matrix& { return rate_of(tokens); },
        request_.space.rate.high);
  }

  static int different_keys(const TokenInputs& tokens) { return survey_keys(tokens).different; }

  void simpler_keys() {
    const int before = different_keys(now_);
    if (before <= 1) return;
    const auto copy = [&](int from, int to, double sign, TokenInputs& tokens) {
      Matrix& keys = directions_of(tokens);
      for (int d = 0; d < keys.columns(); ++d) keys(to, d) = sign * keys(from, d);
    };
    bool one = false;
    for (int t = 0; t < std::min(now_.rows(), 4) && !one; ++t) {
      TokenInputs tokens = now_;
      for (int other = 0; other < tokens.rows(); ++other) copy(t, other, 1, tokens);
      one = attempt(std::move(tokens));
    }
    for (int t = 1; t < now_.rows() && !one; ++t) {
      const Matrix& keys = directions_of(now_);
      for (int from = 0; from < t; ++from) {
        if (from > 0 && from < t - 1) continue;  // the first and the one before
        if (std::equal(keys.row(t), keys.row(t) + keys.columns(), keys.row(from))) break;
        TokenInputs same = now_, turned = now_;
        copy(from, t, 1, same);
        copy(from, t, -1, turned);
        if (turned.keys == now_.keys || attempt(std::move(same)) || attempt(std::move(turned))) break;
      }
    }
    const int after = different_keys(now_);
    if (after != before) note(fmt::format("different keys {} -> {}", before, after));
  }

  // Coordinates in the span of the first independent keys, or with gates of channels the channels with the largest
  // elements.
  TokenInputs in_channels(int dim) const {
    TokenInputs tokens = now_;
    const bool rotates = channel_tensors(tokens).size() == 1;
    Matrix& keys = directions_of(tokens);
    const int n = keys.rows(), all = keys.columns();
    if (rotates) {
      std::vector<std::vector<double>> axes;
      for (int t = 0; t < n && static_cast<int>(axes.size()) < dim; ++t) {
        std::vector<double> rest(keys.row(t), keys.row(t) + all);
        for (int pass = 0; pass < 2; ++pass) {
          for (const std::vector<double>& axis : axes) {
            const double part = dot(rest.data(), axis.data(), rest.size());
            for (std::size_t d = 0; d < rest.size(); ++d) rest[d] -= part * axis[d];
          }
        }
        const double length = std::sqrt(dot(rest.data(), rest.data(), rest.size()));
        if (length < 1e-4 * length_of(keys, t)) continue;
        for (double& x : rest) x /= length;
        axes.push_back(std::move(rest));
      }
      Matrix fewer(n, dim);
      for (int t = 0; t < n; ++t) {
        for (std::size_t c = 0; c < axes.size(); ++c) {
          const double x = dot(keys.row(t), axes[c].data(), axes[c].size());
          fewer(t, static_cast<int>(c)) = std::fabs(x) > 1e-12 ? x : 0;  // what the projections leave is noise
        }
      }
      rescale(keys, fewer);
      keys = std::move(fewer);
      if (tokens.queries.columns() == all) tokens.queries = leading_columns(tokens.queries, dim);
      return tokens;
    }
    std::vector<int> order(static_cast<std::size_t>(all));
    std::vector<double> size(order.size());
    for (int d = 0; d < all; ++d) {
      order[static_cast<std::size_t>(d)] = d;
      for (int t = 0; t < n; ++t) size[static_cast<std::size_t>(d)] += keys(t, d) * keys(t, d);
    }
    std::ranges::stable_sort(
        order, [&](int x, int y) { return size[static_cast<std::size_t>(x)] > size[static_cast<std::size_t>(y)]; });
    order.resize(static_cast<std::size_t>(dim));
    const Matrix before = keys;
    std::vector<Matrix*> tensors = channel_tensors(tokens);
    if (tokens.queries.columns() == all) tensors.push_back(&tokens.queries);
    for (Matrix* x : tensors) {
      Matrix fewer(x->rows(), dim);
      for (int t = 0; t < x->rows(); ++t) {
        for (int d = 0; d < dim; ++d) fewer(t, d) = (*x)(t, order[static_cast<std::size_t>(d)]);
      }
      *x = std::move(fewer);
    }
    rescale(before, directions_of(tokens));
    return tokens;
  }

  static Matrix leading_columns(const Matrix& x, int count) {
    Matrix fewer(x.rows(), count);
    for (int t = 0; t < x.rows(); ++t) std::copy_n(x.row(t), count, fewer.row(t));
    return fewer;
  }

  // Gives the rows their lengths from before, in fp32.
  static void rescale(const Matrix& before, Matrix& keys) {
    const RoundingTarget<double> fp32(fp32_format());
    for (int t = 0; t < keys.rows(); ++t) {
      const double length = length_of(keys, t);
      for (int d = 0; d < keys.columns(); ++d)
        keys(t, d) = length > 0 ? round_value(keys(t, d) / length * length_of(before, t), fp32, Rounding::nearest_even)
                                : (d == 0 ? round_value(length_of(before, t), fp32, Rounding::nearest_even) : 0);
    }
  }

  void fewer_channels() {
    const int before = now_.keys.columns();
    for (int dim = 1; dim < before; dim *= 2) {
      if (!attempt(in_channels(dim))) continue;
      note(fmt::format("channels {} -> {}", before, dim));
      return;
    }
  }

  void fewer_bits() {
    static const std::vector<Format> formats = [] {
      std::vector<Format> all;
      for (const int precision : {2, 3, 4, 5, 6}) all.push_back(format_of(fmt::format("e8m{}", precision - 1), ""));
      all.push_back(format_of("bf16", ""));
      all.push_back(format_of("e8m10", ""));
      return all;
    }();
    const std::vector<std::pair<std::string, std::function<Matrix&(TokenInputs&)>>> tensors{
        {"keys", [](TokenInputs& tokens) -> Matrix& { return directions_of(tokens); }},
        {now_.rule->erase_rate, [](TokenInputs& tokens) -> Matrix& { return rate_of(tokens); }},
        {"g", [](TokenInputs& tokens) -> Matrix& { return tokens.log_decay; }}};
    for (const auto& [name, tensor] : tensors) {
      for (const Format& format : formats) {
        TokenInputs tokens = now_;
        round_all(format, tensor(tokens));
        if (tensor(tokens) == tensor(now_)) break;  // it has no more bits
        if (!attempt(std::move(tokens))) continue;
        note(fmt::format("{} in {} bits", name, format.precision));
        break;
      }
    }
  }

  const HuntRequest& request_;
  Evaluator evaluator_;
  Machines machines_;
  const std::atomic<bool>& stop_;
  TokenInputs now_;
  double least_ = 0, value_ = 0;
};

// Families of the rule with the mean rate and decay of the input, for every way to draw keys that has no other
// parameters than these can give.
std::vector<Json> near_families(const TokenInputs& tokens) {
  const DeltaRule& rule = *tokens.rule;
  const auto mean = [](const Matrix& x) {
    double sum = 0;
    for (const double value : x.values()) sum += value;
    return x.values().empty() ? 0.0 : sum / static_cast<double>(x.values().size());
  };
  const auto shown = [](double x) { return std::stod(fmt::format("{:.4g}", x)); };
  const double rate = mean(rate_of(tokens)), decay = mean(tokens.log_decay);
  const double cosine = std::clamp(survey_keys(tokens).mean_cosine, 1e-3, 0.999);
  std::vector<Json> all;
  const std::vector<Json> keys{{{"keys", "identical"}},
                               {{"keys", "alternating"}},
                               {{"keys", "collinear"}, {"eps", shown(std::sqrt(1 / cosine - 1))}},
                               {{"keys", "clustered"}},
                               {{"keys", "positive"}},
                               {{"keys", "silu"}},
                               {{"keys", "independent"}}};
  for (const Json& model : keys) {
    Json family = model;
    family["family"] = rule.name;
    if (rule.has_scalar_rate()) {
      family["beta"] = "constant";
      family["beta_value"] = shown(rate > 1 ? rate / 2 : rate);
      family["negative"] = rate > 1;
    }
    if (rule.has_scalar_rate() && rule.decay != DecayWidth::none) {
      family["gate"] = decay == 0 ? "none" : "constant";
      if (decay != 0) family["gate_value"] = shown(decay);
    }
    all.push_back(std::move(family));
  }
  return all;
}

}  // namespace

TokenInputs completed(const TokenInputs& tokens, int n) { return token_rows(tokens, 0, tokens.rows(), n); }

Shrunk shrink(const HuntRequest& request, const TokenInputs& tokens, double keep, const std::atomic<bool>& stop) {
  // Rows that neither read nor write come last, or not at all.
  std::vector<int> rows;
  for (int t = 0; t < tokens.rows(); ++t) {
    if (length_of(directions_of(tokens), t) > 0) rows.push_back(t);
  }
  const TokenInputs given = with_rows(tokens, rows);
  Shrinking shrinking(request, given, keep, stop);
  Shrunk result;
  result.before = shrinking.find(given);
  shrinking.run();
  result.after = shrinking.find(shrinking.now());
  result.after.tokens = shrinking.now();
  result.steps = shrinking.steps;
  constexpr int trials = 4;
  for (const Json& family : near_families(shrinking.now())) {
    const FamilySpec spec = expand_family(family, "a family").front();
    const std::unique_ptr<Source> source = open_source(spec, request.seed, trials, "", "a family");
    NearFamily near{spec.label, trials, -std::numeric_limits<double>::infinity()};
    for (int trial = 0; trial < trials; ++trial)
      near.value = std::max(near.value, shrinking.badness(*source->problem(request.space.n, trial).tokens));
    if (request.objective.larger_is_better()) near.value = -near.value;
    result.families.push_back(std::move(near));
  }
  std::ranges::stable_sort(result.families, [&](const NearFamily& x, const NearFamily& y) {
    return request.objective.larger_is_better() ? x.value < y.value : x.value > y.value;
  });
  result.evaluations = shrinking.evaluations;
  return result;
}

}  // namespace tristab
