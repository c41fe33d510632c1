// Truncated Neumann series with a band mask and a residual correction (the multiplication-only method).
//   T0 = band_N( sum_{i=0}^{N} (-A)^i )     band_N keeps 0 <= i - j <= N by selection: off-band entries may overflow
//   E  = I - (I + A) T0
//   X  = T0 (I + E + ... + E^{S-1})         T0 on the left; reversed, the result is wrong
// Split (n = 128 in the paper): this method as the diagonal phase of blocked-substitution with block 64.
// Exact for every A if S (N + 1) >= n, because E is supported on i - j >= N + 1.
// Source: arXiv 2606.06034; descriptions of the method differ, hence the options.
// Cost: N - 1 products for T0, 1 for E, S - 1 for the sum (2 log2 S - 1 by doubling). Truncation error (I + A)^-1 E^S.
#include <bit>

#include "tristab/base/errors.h"
#include "tristab/method/registry.h"

namespace tristab {
namespace {

// Highest power in T0, and the width of its band.
int last_power(const Settings& settings) {
  return static_cast<int>(settings.integer("order")) - (settings.text("last_power") == "N" ? 0 : 1);
}

// Number of terms I, E, E^2, ....
int term_count(const Settings& settings) {
  return static_cast<int>(settings.integer("terms")) + (settings.text("sum") == "S" ? 0 : 1);
}

Settings check(const Settings& settings, std::string_view place) {
  if (settings.text("evaluation") == "doubling" && !std::has_single_bit(static_cast<unsigned>(term_count(settings)))) {
    throw_conflict(place, "evaluation = doubling", "a sum of " + std::to_string(term_count(settings)) + " terms",
                   "a number of terms that is a power of two (1, 2, 4, 8, 16, ...), or evaluation = "
                   "sequential | horner");
  }
  return settings;
}

Value truncated_series(const Value& a, Machine& machine, const Stage& stage, int power, bool mask) {
  const Value identity = machine.identity(a.rows(), a.batch()), minus_a = machine.negate(a);
  if (power == 0) return stage.stored(identity);
  Value sum = stage.subtract(identity, a), term = minus_a;
  for (int i = 2; i <= power; ++i) {
    term = stage.fl({term, minus_a});
    sum = stage.add(sum, term);
  }
  return mask ? machine.band(sum, power) : sum;
}

Value residual_sum(const Value& t0, const Value& e, const Stage& stage, int terms, const std::string& evaluation,
                   RoundTo last) {
  Value x = t0;
  if (evaluation == "horner") {  // X = T0 + X E
    for (int i = 1; i < terms; ++i) x = stage.fl(t0, {x, e}, i == terms - 1 ? last : RoundTo::storage);
    return x;
  }
  Value power = e;
  if (evaluation == "doubling") {  // T0 (I + E)(I + E^2)(I + E^4) ...
    for (int i = 1; i < terms; i *= 2) {
      if (i > 1) power = stage.fl({power, power});
      x = stage.fl(x, {x, power}, 2 * i == terms ? last : RoundTo::storage);
    }
    return x;
  }
  Value term = t0;
  for (int i = 1; i < terms - 1; ++i) {
    term = stage.fl({term, e});
    x = stage.add(x, term);
  }
  // The last term is needed only in the sum, so its product goes into the accumulator.
  return terms > 1 ? stage.fl(x, {term, e}, last) : x;
}

Value residual_neumann(const Value& a, Machine& machine, const Stage& powers, const Stage& refine,
                       const Settings& settings, RoundTo last) {
  Value t0 = truncated_series(a, machine, powers, last_power(settings), settings.flag("mask"));
  const int terms = term_count(settings);
  if (terms == 1) return t0;
  const Value identity = machine.identity(a.rows(), a.batch());
  const Value minus_m = machine.negate(refine.add(identity, a));
  const Value e = refine.fl(identity, {minus_m, t0});
  return residual_sum(t0, e, refine, terms, settings.text("evaluation"), last);
}

}  // namespace

Method residual_neumann_method() {
  Method method;
  method.description = {
      "residual-neumann",
      "truncated Neumann series with band mask and residual correction (multiplication-only)",
      "T0 = band_N(sum_{i<=N} (-A)^i), E = I - (I + A) T0, X = T0 (I + E + ... + E^{S-1})",
      "arXiv 2606.06034",
      {Parameter::integer("order", 3, 1, 255, "N, the highest power of A in T0"),
       Parameter::integer("terms", 8, 1, 256, "S, the number of terms of the residual sum"),
       Parameter::boolean("mask", true, "T0 keeps its band 0 <= i - j <= N only"),
       Parameter::choice("last_power", "N", {"N", "N-1"}, "highest power in T0, and the width of its band")
           .with_effect(Parameter::Effect::name),
       Parameter::choice("sum", "S", {"S", "S+1"}, "number of terms of the residual sum")
           .with_effect(Parameter::Effect::name),
       Parameter::choice("evaluation", "sequential", {"sequential", "horner", "doubling"},
                         "terms T0 E^s one after the other; X = T0 + X E; or T0 (I + E)(I + E^2)(I + E^4) ...")}};
  method.cost = "N - 1 products for T0, 1 for E, S - 1 for the sum (doubling: 2 log2 S - 1)";
  method.stability = "truncation error (I + A)^-1 E^S, zero if S (N + 1) >= n; rounding errors grow with ||E||";
  method.stages = {"powers", "refine"};
  method.check = check;
  method.invert = [](const Value& a, Machine& machine, const Settings& settings) {
    const Stage powers = machine.stage("powers"), refine = machine.stage("refine");
    return residual_neumann(a, machine, powers, refine, settings, RoundTo::accumulator);
  };
  method.invert_blocks = [](const Value& blocks, Machine& machine, const Stage& stage, const Settings& settings,
                            RoundTo last) { return residual_neumann(blocks, machine, stage, stage, settings, last); };
  method.one_round_less = [](const Settings& settings, int) {
    const int count = term_count(settings), less = settings.text("evaluation") == "doubling" ? count / 2 : count - 1;
    return RoundLess{"terms", less - (count - static_cast<int>(settings.integer("terms")))};
  };
  return method;
}

}  // namespace tristab
