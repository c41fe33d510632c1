// Recursive inversion by halves, X = [X11 0; -X22 A21 X11, X22], down to blocks of size b, which another method
// inverts (row substitution by default).
// Source: Higham, Accuracy and Stability of Numerical Algorithms, section 14.2.2; Demmel, Dumitriu and Holtz 2007.
// Cost: 2 (n/b - 1) products, depth 2 log2(n/b), and the diagonal phase. Logarithmically stable after it.
#include "tristab/method/nested.h"
#include "tristab/method/registry.h"

namespace tristab {
namespace {

struct Recursion {
  Machine& machine;
  Stage diagonal, merge;
  const Settings& settings;
  int block;
  bool associate_left;

  Value invert(const Value& a, RoundTo last) const {
    const int n = a.rows();
    if (n <= block) return invert_diagonal(a, machine, diagonal, settings, last);
    const int half = (n + 1) / 2, rest = n - half;
    const Value x11 = invert(machine.block(a, 0, 0, half, half), RoundTo::storage);
    const Value x22 = invert(machine.block(a, half, half, rest, rest), RoundTo::storage);
    const Value a21 = machine.block(a, half, 0, rest, half);
    const Value minus_x22 = machine.negate(x22);
    const Value x21 = associate_left ? merge.fl({merge.fl({minus_x22, a21}), x11}, last)
                                     : merge.fl({minus_x22, merge.fl({a21, x11})}, last);
    const Machine::Placed parts[] = {{0, 0, x11}, {half, 0, x21}, {half, half, x22}};
    return machine.assemble(n, n, parts);
  }
};

Value recursive(const Value& a, Machine& machine, const Stage& diagonal, const Stage& merge, const Settings& settings,
                RoundTo last) {
  const Recursion recursion{machine,
                            diagonal,
                            merge,
                            settings,
                            static_cast<int>(settings.integer("block")),
                            settings.text("association") == "left"};
  return recursion.invert(a, last);
}

}  // namespace

Method recursive_method() {
  Method method;
  method.description = {"recursive",
                        "recursion over halves, substitution on the smallest blocks",
                        "X = [X11 0; -X22 A21 X11, X22]",
                        "Higham, Accuracy and Stability of Numerical Algorithms, section 14.2.2; Demmel, Dumitriu and "
                        "Holtz 2007",
                        {Parameter::integer("block", 16, 1, 256, "largest size that the diagonal phase inverts"),
                         diagonal_parameter("row-substitution"),
                         Parameter::choice("association", "left", {"left", "right"}, "-(X22 A21) X11 or -X22 (A21 X11)")
                             .with_effect(Parameter::Effect::order)}};
  method.cost = "2 (n/b - 1) products, depth 2 log2(n/b), b - 1 vector steps";
  method.stability = "logarithmically stable";
  method.stages = {"diagonal", "merge"};
  method.check = check_diagonal;
  method.invert = [](const Value& a, Machine& machine, const Settings& settings) {
    const Stage diagonal = machine.stage("diagonal"), merge = machine.stage("merge");
    return recursive(a, machine, diagonal, merge, settings, RoundTo::accumulator);
  };
  method.invert_blocks = [](const Value& blocks, Machine& machine, const Stage& stage, const Settings& settings,
                            RoundTo last) { return recursive(blocks, machine, stage, stage, settings, last); };
  return method;
}

}  // namespace tristab
