// Newton-Schulz iteration for M = I + A, quadratically convergent: E_k = I - M X_k = E_0^(2^k).
//   form kernel:   Y = fl(X (-M)),  X = fl(2 X + Y X)
//   form notebook: Y = fl(M X),     X = fl(X fl(2 I - Y))
//   start scaled: X_0 = I / (2n);  identity-minus-a: X_0 = I - A;  identity: X_0 = I
//   accumulator rounded: X is rounded after every step;  kept (kernel form): 2 X is formed from the accumulator and
//   only the operands are rounded, Y = fl(fl(X) (-M)), X = 2 X + Y fl(X)
// The last X stays in the accumulator's format.
// Source: Schulz 1933; arXiv 2605.21325 and its public notebook; kept: vLLM, gdn_chunk_cutedsl/kernel_kkt_inv_uw.py.
// Cost: 2 products a step, depth 2 a step. From I / (2n) it is never exact; the default is max(ceil(2 log2 n), 12)
// steps. From I, ceil(log2 n) steps are exact in exact arithmetic, and from I - A one step less. But then the iterates
// hold the powers of A and are as unstable as mch.
#include <algorithm>
#include <bit>

#include "tristab/method/registry.h"

namespace tristab {
namespace {

// ceil(log2 n)
int log2_ceiling(int n) { return std::bit_width(static_cast<unsigned>(n - 1)); }

int step_count(const Settings& settings, int n) {
  if (!settings.is_automatic("steps")) return static_cast<int>(settings.integer("steps"));
  const std::string& start = settings.text("start");
  if (start == "identity") return log2_ceiling(n);
  if (start == "identity-minus-a") return std::max(log2_ceiling(n) - 1, 0);
  return std::max(log2_ceiling(n * n), 12);  // ceil(2 log2 n) = ceil(log2 n^2)
}

Value newton_schulz(const Value& a, Machine& machine, const Stage& stage, const Settings& settings, RoundTo last) {
  const int n = a.rows();
  const std::string& start = settings.text("start");
  const int count = step_count(settings, n);
  const bool kept = settings.text("accumulator") == "kept";
  const Value identity = machine.identity(n, a.batch());
  const Value m = stage.add(identity, a), minus_m = machine.negate(m);
  Value x = start == "scaled"     ? stage.stored(machine.identity(n, a.batch(), 1.0 / (2.0 * n)))
            : start == "identity" ? stage.stored(identity)
                                  : stage.subtract(identity, a);
  for (int step = 1; step <= count; ++step) {
    const RoundTo rounding = step == count ? last : kept ? RoundTo::accumulator : RoundTo::storage;
    if (settings.text("form") == "kernel") {
      const Value y = stage.fl({x, minus_m});
      x = stage.fl(machine.twice(x), {y, x}, rounding);
    } else {
      const Value y = stage.fl({m, x});
      x = stage.fl({x, stage.subtract(machine.twice(identity), y)}, rounding);
    }
  }
  return x;
}

Settings check(const Settings& settings, std::string_view place) {
  if (settings.text("form") == "notebook" && settings.text("accumulator") == "kept") {
    throw_conflict(place, "form = notebook", "accumulator = kept",
                   "form = kernel with accumulator = kept, or form = notebook with accumulator = rounded");
  }
  return settings;
}

}  // namespace

Method newton_schulz_method() {
  Parameter steps = Parameter::integer(
      "steps", "auto", 0, 64, "auto: max(ceil(2 log2 n), 12) from I/(2n), ceil(log2 n) from I, one less from I - A");
  steps.automatic = true;
  Method method;
  method.description = {
      "newton-schulz",
      "Newton-Schulz iteration",
      "Y = fl(X (-M)), X = fl(2 X + Y X), M = I + A, from X = I/(2n), I - A or I",
      "Schulz 1933; arXiv 2605.21325 and its notebook",
      {Parameter::choice("start", "scaled", {"scaled", "identity-minus-a", "identity"}, "I / (2n), I - A, or I"), steps,
       Parameter::choice("form", "kernel", {"kernel", "notebook"},
                         "X = fl(2 X + fl(X (-M)) X), or X = fl(X fl(2 I - fl(M X)))"),
       Parameter::choice("accumulator", "rounded", {"rounded", "kept"},
                         "X is rounded after every step, or 2 X stays in the accumulator")}};
  method.cost = "2 products a step, depth 2 a step";
  method.stability = "from I/(2n) stable once converged; from I and I - A unstable";
  method.stages = {"powers"};
  method.check = check;
  method.invert_blocks = newton_schulz;
  method.one_round_less = [](const Settings& settings, int n) {
    return RoundLess{"steps", step_count(settings, n) - 1};
  };
  return in_one_stage(method);
}

}  // namespace tristab
