// Ladder of block sizes: X holds the inverses of the m x m diagonal blocks, S_m the entries of A between the two
// m-blocks of each pair of siblings;
//   X = I;  m = 1, 2, 4, ... < n:  X = fl(X - fl(X fl(S_m X)))         (association right, addend separate)
// because [X11 0; -X22 S X11, X22] = X - X S X. Full-width products, no extraction of blocks.
// Source: MaxText pull request 4348, _invert_unit_lower_mxu.
// Cost: 2 log2 n dense products, depth 2 log2 n. Logarithmically stable like the recursion of mbh.
#include <fmt/format.h>

#include "tristab/method/mbh.h"
#include "tristab/method/registry.h"

namespace tristab {
namespace {

// The entries of A between the m-blocks 2s and 2s + 1, s = 0, 1, ...; zero elsewhere.
Value between_siblings(const Value& a, int m, Machine& machine) {
  const Machine::Placed parts[] = {{m, 0, machine.blocks(a, m, 0, m, 2 * m)}};
  return machine.block_diagonal(machine.assemble(2 * m, 2 * m, parts));
}

Value ladder(const Value& a, Machine& machine, const Settings& settings) {
  const int n = a.rows();
  const bool associate_left = settings.text("association") == "left";
  Value x = machine.identity(n);
  for (int m = 1; m < n; m *= 2) {
    const Stage merge = machine.stage(level_stage(settings, 2 * m));
    const Value s = between_siblings(a, m, machine);
    const Factors factors = associate_left ? Factors{merge.fl({x, s}), x} : Factors{x, merge.fl({s, x})};
    if (settings.text("addend") == "separate") {
      x = merge.subtract(x, merge.fl(factors));
    } else {
      x = merge.fl(x, {machine.negate(factors.first), factors.second},
                   2 * m < n ? RoundTo::storage : RoundTo::accumulator);
    }
  }
  return x;
}

}  // namespace

Parameter levels_parameter() {
  return Parameter::choice("levels", "one", {"one", "each"},
                           "one stage merge, or a stage for each size it leads to: merge-16, merge-32, ...")
      .with_effect(Parameter::Effect::name);
}

std::string level_stage(const Settings& settings, int size) {
  return settings.text("levels") == "one" ? "merge" : fmt::format("merge-{}", size);
}

Method ladder_method() {
  Method method;
  method.description = {"ladder",
                        "ladder of block sizes with full-width products (MaxText)",
                        "X = I; m = 1, 2, 4, ...: X = fl(X - X (S_m X)), S_m = A between sibling m-blocks",
                        "AI-Hypercomputer/maxtext pull request 4348",
                        {Parameter::choice("association", "right", {"left", "right"}, "(X S) X or X (S X)")
                             .with_effect(Parameter::Effect::order),
                         Parameter::choice("addend", "separate", {"separate", "accumulator"},
                                           "X = fl(X - fl(X T)), or X starts the accumulator (one rounding)"),
                         levels_parameter()}};
  method.cost = "2 log2 n products, depth 2 log2 n";
  method.stability = "logarithmically stable";
  method.stages = {"merge"};
  method.padded_size = [](int n, const Settings&) { return doubled_size(n, 1); };
  method.invert = ladder;
  return method;
}

}  // namespace tristab
