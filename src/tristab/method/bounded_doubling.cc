// Bounded doubling (D + N split): A = D + N, D the block diagonal of A with b x b blocks.
//   X_D = (I + D)^-1 block by block;  P = fl(-X_D N), block nilpotent: P^c = 0, c = n/b
//   S = I + P, Y = P;  ceil(log2 c) - 1 times:  Y = fl(Y Y),  S = fl(S + S Y)
//   X = S X_D
// because I + A = (I + D)(I + X_D N) and (I - P)^-1 = (I + P)(I + P^2)(I + P^4) ....
// Source: huawei-csl/megagdn-pto pull request 74; with 8-blocks and explicit factors, tt-metal pull request 55626.
// Cost: that of the diagonal phase (a batch) and 2 ceil(log2 c) products, depth ceil(log2 c) + 2. Stability between mch
// and the recursions: only powers of the block index are formed; each is of order 1 if X_D N is.
#include "tristab/method/mch.h"
#include "tristab/method/nested.h"
#include "tristab/method/registry.h"

namespace tristab {
namespace {

// The blocks of A below its block diagonal.
Value below_block_diagonal(const Value& a, int b, Machine& machine) {
  std::vector<Machine::Placed> parts;
  for (int i = b; i < a.rows(); i += b) parts.push_back({i, 0, machine.block(a, i, 0, b, i)});
  return machine.assemble(a.rows(), a.rows(), parts);
}

Value bounded_doubling(const Value& a, Machine& machine, const Settings& settings, const BlockCorrection& correct) {
  const int b = static_cast<int>(settings.integer("block")), index = a.rows() / b;
  const RoundTo last = index == 1 ? RoundTo::accumulator : RoundTo::storage;
  const Value blocks = machine.diagonal_blocks(a, b);
  Value d = invert_diagonal(blocks, machine, machine.stage("diagonal"), settings, correct ? RoundTo::storage : last);
  if (correct) d = correct(blocks, d, last);
  if (index == 1) return d;
  const Stage powers = machine.stage("powers");
  const Value x_d = machine.block_diagonal(d);
  const Value minus_p = powers.fl({x_d, below_block_diagonal(a, b, machine)});
  return powers.fl({mch(minus_p, index, machine, powers, mch_options(settings), RoundTo::storage), x_d},
                   RoundTo::accumulator);
}

}  // namespace

Method bounded_doubling_method() {
  std::vector<Parameter> parameters{Parameter::integer("block", 16, 2, 256, "b, size of the diagonal blocks"),
                                    diagonal_parameter("mch")};
  for (Parameter& parameter : mch_parameters()) parameters.push_back(std::move(parameter));
  Method method;
  method.description = {"bounded-doubling", "D + N split: doubling in the index of the blocks only",
                        "X_D = (I + D)^-1, P = fl(-X_D N), X = (I + P)(I + P^2)(I + P^4) ... X_D",
                        "huawei-csl/megagdn-pto pull request 74; tt-metal pull request 55626", parameters};
  method.cost = "2 ceil(log2 n/b) products after the diagonal phase, depth ceil(log2 n/b) + 2";
  method.stability = "error grows with the powers of X_D N up to n/b, not with those of A up to n";
  method.stages = {"diagonal", "powers"};
  method.padded_size = [](int n, const Settings& settings) {
    const int b = static_cast<int>(settings.integer("block"));
    return (n + b - 1) / b * b;
  };
  method.check = [](const Settings& settings, std::string_view place) {
    check_mch_options(settings, place);
    return check_diagonal(settings, place);
  };
  method.invert = [](const Value& a, Machine& machine, const Settings& settings) {
    return bounded_doubling(a, machine, settings, nullptr);
  };
  method.invert_corrected = bounded_doubling;
  return method;
}

}  // namespace tristab
