// Iterative refinement of any method's result (+IR), M = I + A:
//   k times:  X = fl(X),  R = fl(I - M X),  X = fl(X + X R)          the last X stays in the accumulator's format
//   where final: the whole inverse; where diagonal: the diagonal blocks' inverses only (MXR+IR)
// X is rounded before its residual is formed: correcting the unrounded X would leave the rounding error in the result.
// Source: arXiv 2605.21325 (MXR+IR); Higham, Accuracy and Stability of Numerical Algorithms, chapter 12.
// Cost: 2 products a step in addition to the base. One step squares the residual.
#include <fmt/format.h>

#include "tristab/base/errors.h"
#include "tristab/method/nested.h"
#include "tristab/method/registry.h"

namespace tristab {
namespace {

Value refined(const Value& a, Value x, Machine& machine, int steps, RoundTo last) {
  const Stage stage = machine.stage("refine");
  const Value identity = machine.identity(a.rows(), a.batch());
  const Value minus_m = machine.negate(stage.add(identity, a));
  for (int step = 1; step <= steps; ++step) {
    x = stage.stored(x);
    const Value residual = stage.fl(identity, {minus_m, x});
    x = stage.fl(x, {x, residual}, step == steps ? last : RoundTo::storage);
  }
  return x;
}

Settings check(const Settings& settings, std::string_view place) {
  const MethodSpec base = given_method(settings, "base", place);
  if (base.method->description.name == "refine")
    refuse(fmt::format("{}.base", place), "refine", "any other method (more steps refine further)");
  check_not_ungated(base, place);
  if (settings.text("where") == "diagonal" && !base.method->invert_corrected) {
    std::vector<std::string> allowed;
    for (const Method& method : methods()) {
      if (method.invert_corrected) allowed.push_back(method.description.name);
    }
    throw_conflict(place, "where = diagonal", "base = " + base.method->description.name,
                   "where = final, or a base with a diagonal phase: " + join_names(allowed));
  }
  if (settings.text("where") == "diagonal" && base.settings.has("merge") && base.settings.text("merge") == "solve")
    throw_conflict(place, "where = diagonal", "base.merge = solve", "a merge that uses inverses of diagonal blocks");
  return with_method(settings, "base", base);
}

}  // namespace

Method refine_method() {
  Method method;
  method.description = {"refine",
                        "iterative refinement of another method's result",
                        "k times: X = fl(X), R = fl(I - M X), X = fl(X + X R), M = I + A",
                        "arXiv 2605.21325, MXR+IR; Higham, Accuracy and Stability, chapter 12",
                        {Parameter::nested("base", "mxr", "the method whose result is refined, with its parameters"),
                         Parameter::integer("steps", 1, 1, 16, "k, number of refinement steps"),
                         Parameter::choice("where", "final", {"final", "diagonal"},
                                           "refine the whole inverse, or the diagonal blocks' inverses only")}};
  method.cost = "2 k products more than the base, depth 2 k more";
  method.stability = "a step squares the residual of the base; what remains is the rounding of R and of X R";
  method.stages = {"substitution", "powers", "diagonal", "merge", "refine"};
  method.padded_size = [](int n, const Settings& settings) {
    const MethodSpec base = held_method(settings, "base");
    return base.method->padded_size ? base.method->padded_size(n, base.settings) : n;
  };
  method.check = check;
  method.invert = [](const Value& a, Machine& machine, const Settings& settings) {
    const MethodSpec base = held_method(settings, "base");
    const auto steps = static_cast<int>(settings.integer("steps"));
    if (settings.text("where") == "diagonal") {
      return base.method->invert_corrected(a, machine, base.settings,
                                           [&](const Value& blocks, const Value& inverses, RoundTo last) {
                                             return refined(blocks, inverses, machine, steps, last);
                                           });
    }
    return refined(a, base.method->invert(a, machine, base.settings), machine, steps, RoundTo::accumulator);
  };
  method.one_round_less = [](const Settings& settings, int) {
    return RoundLess{"steps", static_cast<int>(settings.integer("steps")) - 1};
  };
  return method;
}

}  // namespace tristab
