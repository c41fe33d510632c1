// Paterson-Stockmeyer evaluation of the Neumann series sum_{i=0}^{d} B^i, B = -A, in r groups of s terms:
//   B^2, ..., B^s by s - 1 products;  G = I + B + ... + B^{s-1}
//   X = the last group (d + 1 - (r - 1) s terms);  r - 1 times:  X = fl(G + B^s X)
// If the last group has one term, it is I, and its product is B^s itself.
// Source: Paterson and Stockmeyer, SIAM J. Comput. 2 (1973); Higham, Functions of Matrices, section 4.2; tt-metal pull
// request 54937 (d = 15, s = 4).
// Cost: s - 1 + r - 1 products with s = ceil(sqrt(d + 1)), r = ceil((d + 1) / s): about 2 sqrt(d). Stability between
// Horner, which forms no power, and doubling, which forms all powers up to d/2.
#include <algorithm>
#include <cmath>

#include "tristab/method/registry.h"

namespace tristab {
namespace {

// The smallest s with s^2 >= terms.
int group_size(int terms) {
  int s = 1;
  while (s * s < terms) ++s;
  return s;
}

Value paterson_stockmeyer(const Value& a, Machine& machine, const Stage& stage, const Settings& settings,
                          RoundTo last) {
  const int terms = series_degree(settings, a.rows()) + 1;
  const int s =
      settings.is_automatic("group") ? group_size(terms) : std::min(static_cast<int>(settings.integer("group")), terms);
  const int groups = (terms + s - 1) / s, last_terms = terms - (groups - 1) * s;
  const Value identity = machine.identity(a.rows(), a.batch()), b = machine.negate(a);

  // power = B^i and sum = I + ... + B^i; `x` is the sum over the last group.
  if (terms == 1) return stage.stored(identity);
  Value power = b, sum = identity, x = sum;
  for (int i = 1; i < s; ++i) {
    if (i > 1) power = stage.fl({power, b});
    sum = i == 1 ? stage.subtract(identity, a) : stage.add(sum, power);
    if (i == last_terms - 1) x = sum;
  }
  if (groups == 1) return x;
  if (s > 1) power = stage.fl({power, b});  // B^s

  for (int group = groups - 2; group >= 0; --group) {
    if (group == groups - 2 && last_terms == 1) {
      x = stage.add(sum, power);
    } else if (settings.text("addend") == "separate") {
      x = stage.add(sum, stage.fl({power, x}));
    } else {
      x = stage.fl(sum, {power, x}, group == 0 ? last : RoundTo::storage);
    }
  }
  return x;
}

}  // namespace

Method paterson_stockmeyer_method() {
  Parameter group = Parameter::integer("group", "auto", 1, 16, "s, terms of a group; auto is ceil(sqrt(d + 1))");
  group.automatic = true;
  Method method;
  method.description = {"paterson-stockmeyer",
                        "Neumann series in groups: about 2 sqrt(d) products",
                        "G = I + B + ... + B^{s-1}, X = fl(G + B^s X), B = -A",
                        "Paterson and Stockmeyer 1973; Higham, Functions of Matrices, section 4.2; tt-metal pull "
                        "request 54937",
                        {degree_parameter(), group,
                         Parameter::choice("addend", "accumulator", {"accumulator", "separate"},
                                           "G starts the accumulator, or X = fl(G + fl(B^s X))")}};
  method.cost = "s - 1 + ceil((d + 1) / s) - 1 products, s = ceil(sqrt(d + 1))";
  method.stability = "between Horner and doubling: forms powers up to s only";
  method.stages = {"powers"};
  method.invert_blocks = paterson_stockmeyer;
  method.one_round_less = [](const Settings& settings, int n) {
    return RoundLess{"degree", series_degree(settings, n) - 1};
  };
  return in_one_stage(method);
}

}  // namespace tristab
