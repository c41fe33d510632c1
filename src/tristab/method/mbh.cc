// Unrolled Bunch-Hopcroft recursion (MBH): the inverses of the m x m diagonal blocks give those of the 2m x 2m blocks,
// [X11 0; -X22 A21 X11, X22]:
//   X = I, m = 1;  while m < n:  E, O = even and odd m-blocks of the diagonal of X
//                                Y = fl(I + O (-A)),  X = fl(O + Y E),  m = 2m
// Blocks off the new diagonal hold junk, which the next extraction drops.
// Source: Bunch and Hopcroft 1974; arXiv 2605.21325, MBH.
// Cost: 2 log2 n dense products, depth 2 log2 n. Logarithmically stable (Demmel, Dumitriu and Holtz 2007).
#include "tristab/method/mbh.h"

#include "tristab/method/registry.h"

namespace tristab {

Value mbh(const Value& a, Machine& machine, Value x, int m) {
  const int n = a.rows();
  const Stage merge = machine.stage("merge");
  const Value minus_a = machine.negate(a), identity = machine.identity(n);
  for (; m < n; m *= 2) {
    const Stage step = merge.live(Region{2 * m});
    const Value even = machine.even(x, m), odd = machine.odd(x, m);
    const Value y = step.fl(identity, {odd, minus_a});
    x = step.fl(odd, {y, even}, 2 * m < n ? RoundTo::storage : RoundTo::accumulator);
  }
  return x;
}

int doubled_size(int n, int m) {
  int size = m;
  while (size < n) size *= 2;
  return size;
}

Method mbh_method() {
  Method method;
  method.description = {"mbh",
                        "unrolled Bunch-Hopcroft recursion: diagonal blocks double in size",
                        "Y = fl(I + O (-A)), X = fl(O + Y E), E and O the even and odd m-blocks of X, m = 1, 2, 4, ...",
                        "Bunch and Hopcroft 1974; arXiv 2605.21325, MBH",
                        {}};
  method.cost = "2 log2 n products, depth 2 log2 n";
  method.stability = "logarithmically stable";
  method.stages = {"merge"};
  method.padded_size = [](int n, const Settings&) { return doubled_size(n, 1); };
  method.invert = [](const Value& a, Machine& machine, const Settings&) {
    return mbh(a, machine, machine.identity(a.rows()), 1);
  };
  return method;
}

}  // namespace tristab
