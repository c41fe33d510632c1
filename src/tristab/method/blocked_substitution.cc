// Blocked substitution: D_i = (I + A_ii)^-1 of the b x b diagonal blocks by row substitution, then the blocks below.
//   merge direct (FLA):          X_ij = -D_i S_ij,  S_ij = A_ij D_j + A_i,j+1 X_j+1,j + ... + A_i,i-1 X_i-1,j
//                                a lone product associates left, X_ij = -(D_i A_ij) D_j, or right, -D_i (A_ij D_j);
//                                the sum is one accumulation chain, or separately rounded products
//   merge doubling (FlashInfer): b -> 2b -> 4b -> ..., X21 = -(X22 A21) X11 for all pairs of blocks at once
//   merge substitution:          block rows from the top, X_i = -D_i (A_i,0..i-1 X_0..i-1)
// Source: FLA solve_tril (merge kernels); FlashInfer gdn; Higham, Accuracy and Stability, section 14.2.2.
// Cost: b - 1 vector steps on a batch; c (c - 1)/2 + (c^3 - c)/6 small products, c = n/b (direct), 2 log2 c batches
// (doubling) or 2 (c - 1) products (substitution). Stable with a stable inverse of the diagonal blocks.
#include "tristab/method/mbh.h"
#include "tristab/method/registry.h"
#include "tristab/method/substitution.h"

namespace tristab {
namespace {

struct Merge {
  Machine& machine;
  Stage stage;
  bool associate_left;
  bool chained;
};

Value merge_direct(const Value& a, const Value& d, const Merge& merge) {
  Machine& machine = merge.machine;
  const int b = d.rows(), count = d.batch();
  const auto index = [&](int i, int j) {
    return static_cast<std::size_t>(i) * static_cast<std::size_t>(count) + static_cast<std::size_t>(j);
  };
  const Value diagonal = machine.block_diagonal(d);
  std::vector<Value> x(static_cast<std::size_t>(count) * static_cast<std::size_t>(count));
  std::vector<Machine::Placed> parts;
  for (int i = 0; i < count; ++i) {
    x[index(i, i)] = machine.block(diagonal, i * b, i * b, b, b);
    parts.push_back({i * b, i * b, x[index(i, i)]});
  }
  for (int distance = 1; distance < count; ++distance) {
    for (int j = 0, i = distance; i < count; ++i, ++j) {
      const auto block_of_a = [&](int row, int column) {
        return machine.block(a, row * b, column * b, b, b);
      };
      const Value minus_d = machine.negate(x[index(i, i)]);
      if (distance == 1 && merge.associate_left) {
        x[index(i, j)] = merge.stage.kept({merge.stage.fl({minus_d, block_of_a(i, j)}), x[index(j, j)]});
      } else {
        std::vector<Factors> products;
        for (int k = j; k < i; ++k) products.push_back({block_of_a(i, k), x[index(k, j)]});
        Value sum;
        if (merge.chained) {
          sum = merge.stage.fl(products);
        } else {
          sum = merge.stage.fl(products.front());
          for (std::size_t k = 1; k < products.size(); ++k)
            sum = merge.stage.add(sum, merge.stage.fl(products[k]));
        }
        x[index(i, j)] = merge.stage.kept({minus_d, sum});
      }
      parts.push_back({i * b, j * b, x[index(i, j)]});
    }
  }
  return machine.assemble(a.rows(), a.rows(), parts);
}

Value merge_doubling(const Value& a, const Value& d, const Merge& merge) {
  Machine& machine = merge.machine;
  const int n = a.rows();
  Value x = machine.block_diagonal(d);
  for (int m = d.rows(); m < n; m *= 2) {
    const Value a21 = machine.blocks(a, m, 0, m, 2 * m);
    const Value x11 = machine.blocks(x, 0, 0, m, 2 * m), x22 = machine.blocks(x, m, m, m, 2 * m);
    const Value minus_x22 = machine.negate(x22);
    const Last last = 2 * m < n ? Last::rounded : Last::kept;
    const Value x21 = merge.associate_left
                          ? merge.stage.finished(last, {merge.stage.fl({minus_x22, a21}), x11})
                          : merge.stage.finished(last, {minus_x22, merge.stage.fl({a21, x11})});
    const Machine::Placed parts[] = {{0, 0, x11}, {m, 0, x21}, {m, m, x22}};
    x = machine.block_diagonal(machine.assemble(2 * m, 2 * m, parts));
  }
  return x;
}

Value merge_substitution(const Value& a, const Value& d, const Merge& merge) {
  Machine& machine = merge.machine;
  const int b = d.rows(), n = a.rows();
  const Value diagonal = machine.block_diagonal(d);
  std::vector<Machine::Placed> parts{{0, 0, machine.block(diagonal, 0, 0, b, b)}};
  for (int begin = b; begin < n; begin += b) {
    const Value above = machine.assemble(begin, begin, parts);
    const Value d_i = machine.block(diagonal, begin, begin, b, b);
    const Value sum = merge.stage.fl({machine.block(a, begin, 0, b, begin), above});
    parts.push_back({begin, 0, merge.stage.kept({machine.negate(d_i), sum})});
    parts.push_back({begin, begin, d_i});
  }
  return machine.assemble(n, n, parts);
}

Value blocked_substitution(const Value& a, Machine& machine, const Settings& settings,
                           const BlockCorrection& correct) {
  const Value blocks = machine.diagonal_blocks(a, static_cast<int>(settings.integer("block")));
  Value d = substitute_rows(blocks, machine, machine.stage("diagonal"), substitution_form(settings),
                            substitution_order(settings));
  if (correct) d = correct(blocks, d, Last::rounded);
  const Merge merge{machine, machine.stage("merge"), settings.text("association") == "left",
                    settings.text("sum") == "chained"};
  const std::string& kind = settings.text("merge");
  if (kind == "direct") return merge_direct(a, d, merge);
  return kind == "doubling" ? merge_doubling(a, d, merge) : merge_substitution(a, d, merge);
}

}  // namespace

Method blocked_substitution_method() {
  std::vector<Parameter> parameters{
      Parameter::integer("block", 16, 2, 256, "b, size of the diagonal blocks"),
      Parameter::choice(
          "merge", "direct", {"direct", "doubling", "substitution"},
          "every block below the diagonal at once; blocks double in size; block rows from the top"),
      Parameter::choice("association", "left", {"left", "right"}, "-(X22 A21) X11 or -X22 (A21 X11)"),
      Parameter::choice(
          "sum", "chained", {"chained", "separate"},
          "direct merge: sums of products in one accumulation chain, or rounded products added")};
  for (Parameter& parameter : substitution_parameters()) parameters.push_back(std::move(parameter));
  Method method;
  method.description = {
      "blocked-substitution", "substitution on the diagonal blocks, products for the rest (FLA)",
      "D_i = (I + A_ii)^-1; X_ij = -D_i (A_ij D_j + sum_{j<k<i} A_ik X_kj)",
      "FLA solve_tril; FlashInfer gdn; Higham, Accuracy and Stability, section 14.2.2", parameters};
  method.cost =
      "direct: (c^3 - c)/6 + c (c - 1)/2 small products, c = n/b, depth up to 2 (c - 1); doubling: "
      "2 log2(n/b) products; b - 1 vector steps";
  method.stability = "stable";
  method.stages = {"diagonal", "merge"};
  method.padded_size = [](int n, const Settings& settings) {
    const int b = static_cast<int>(settings.integer("block"));
    return settings.text("merge") == "doubling" ? doubled_size(n, b) : (n + b - 1) / b * b;
  };
  method.invert = [](const Value& a, Machine& machine, const Settings& settings) {
    return blocked_substitution(a, machine, settings, nullptr);
  };
  method.invert_corrected = blocked_substitution;
  return method;
}

}  // namespace tristab
