// Blocked substitution: D_i = (I + A_ii)^-1 of the b x b diagonal blocks by another method (row substitution by
// default), then the blocks below.
//   merge direct (FLA):          X_ij = -D_i S_ij,  S_ij = A_ij D_j + A_i,j+1 X_j+1,j + ... + A_i,i-1 X_i-1,j
//                                a single product associates left, X_ij = -(D_i A_ij) D_j, or right, -D_i (A_ij D_j);
//                                the sum is one accumulation chain, or separately rounded products
//   merge doubling (FlashInfer): b -> 2b -> 4b -> ..., X21 = -(X22 A21) X11 for all pairs of blocks at once
//   merge substitution:          block rows from the top, X_i = -D_i (A_i,0..i-1 X_0..i-1)
//   merge solve (TPU):           block rows from the top without D: the rows of (I + A_ii) X_i = E_i - A_i,0..i-1
//   X_0..i-1
//                                are substituted; the product is kept and subtracted on the vector unit
// D and the X_ij stay in the accumulator's format and are rounded on entering a product; the inner factors (D_i A_ij,
// S_ij) and, in the doubling, all levels but the last are rounded to storage.
// Source: FLA solve_tril (merge kernels); FlashInfer gdn; vllm-project/tpu-inference PR 2274 and MaxText's Pallas
// kernel (solve); Higham, Accuracy and Stability, section 14.2.2. Cost: the diagonal phase on a batch; c (c - 1)/2 +
// (c^3 - c)/6 small products, c = n/b (direct), 2 log2 c batches (doubling), 2 (c - 1) products (substitution) or c - 1
// (solve). Stable with a stable inverse of the diagonal blocks.
#include "tristab/method/mbh.h"
#include "tristab/method/nested.h"
#include "tristab/method/registry.h"
#include "tristab/method/substitution.h"

namespace tristab {
namespace {

Value merge_direct(const Value& a, const Value& d, Machine& machine, const Settings& settings) {
  const Stage merge = machine.stage("merge");
  const bool associate_left = settings.text("association") == "left";
  const bool chained = settings.text("sum") == "chained";
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
      const auto block_of_a = [&](int row, int column) { return machine.block(a, row * b, column * b, b, b); };
      const Value minus_d = machine.negate(x[index(i, i)]);
      if (distance == 1 && associate_left) {
        x[index(i, j)] = merge.fl({merge.fl({minus_d, block_of_a(i, j)}), x[index(j, j)]}, RoundTo::accumulator);
      } else {
        std::vector<Factors> products;
        for (int k = j; k < i; ++k) products.push_back({block_of_a(i, k), x[index(k, j)]});
        Value sum;
        if (chained) {
          sum = merge.fl_chain(products);
        } else {
          sum = merge.fl(products.front());
          for (std::size_t k = 1; k < products.size(); ++k) sum = merge.add(sum, merge.fl(products[k]));
        }
        x[index(i, j)] = merge.fl({minus_d, sum}, RoundTo::accumulator);
      }
      parts.push_back({i * b, j * b, x[index(i, j)]});
    }
  }
  return machine.assemble(a.rows(), a.rows(), parts);
}

// P Q as the rounded sum of the rounded products over the two halves of k.
Value sum_of_halves(const Value& p, const Value& q, Machine& machine, const Stage& stage) {
  const int half = q.rows() / 2, rest = q.rows() - half;
  const Value first = stage.fl({machine.block(p, 0, 0, p.rows(), half), machine.block(q, 0, 0, half, q.columns())});
  const Value second =
      stage.fl({machine.block(p, 0, half, p.rows(), rest), machine.block(q, half, 0, rest, q.columns())});
  return stage.add(first, second);
}

Value merge_doubling(const Value& a, const Value& d, Machine& machine, const Settings& settings) {
  const bool associate_left = settings.text("association") == "left";
  const bool in_halves = settings.text("last_product") == "halves";
  const int n = a.rows();
  Value x = machine.block_diagonal(d);
  for (int m = d.rows(); m < n; m *= 2) {
    const Stage merge = machine.stage(level_stage(settings, 2 * m));
    const Value a21 = machine.blocks(a, m, 0, m, 2 * m);
    const Value x11 = machine.blocks(x, 0, 0, m, 2 * m), x22 = machine.blocks(x, m, m, m, 2 * m);
    const Value minus_x22 = machine.negate(x22);
    const RoundTo last = 2 * m < n ? RoundTo::storage : RoundTo::accumulator;
    const Value inner = associate_left ? merge.fl({minus_x22, a21}) : merge.fl({a21, x11});
    const Factors outer = associate_left ? Factors{inner, x11} : Factors{minus_x22, inner};
    const Value x21 = in_halves && 2 * m >= n && m > 1 ? sum_of_halves(outer.first, outer.second, machine, merge)
                                                       : merge.fl(outer, last);
    const Machine::Placed parts[] = {{0, 0, x11}, {m, 0, x21}, {m, m, x22}};
    x = machine.block_diagonal(machine.assemble(2 * m, 2 * m, parts));
  }
  return x;
}

Value merge_substitution(const Value& a, const Value& d, Machine& machine) {
  const Stage merge = machine.stage("merge");
  const int b = d.rows(), n = a.rows();
  const Value diagonal = machine.block_diagonal(d);
  std::vector<Machine::Placed> parts{{0, 0, machine.block(diagonal, 0, 0, b, b)}};
  for (int begin = b; begin < n; begin += b) {
    const Value above = machine.assemble(begin, begin, parts);
    const Value d_i = machine.block(diagonal, begin, begin, b, b);
    const Value sum = merge.fl({machine.block(a, begin, 0, b, begin), above});
    parts.push_back({begin, 0, merge.fl({machine.negate(d_i), sum}, RoundTo::accumulator)});
    parts.push_back({begin, begin, d_i});
  }
  return machine.assemble(n, n, parts);
}

Value blocked_substitution(const Value& a, Machine& machine, const Settings& settings, const BlockCorrection& correct) {
  const int b = static_cast<int>(settings.integer("block"));
  if (settings.text("merge") == "solve") {
    const AddendOrder order = substitution_order(held_method(settings, "diagonal").settings);
    return solve_block_rows(a, machine.identity(a.rows()), b, order, "diagonal", machine);
  }
  const Value blocks = machine.diagonal_blocks(a, b);
  Value d = invert_diagonal(blocks, machine, machine.stage("diagonal"), settings,
                            correct ? RoundTo::storage : RoundTo::accumulator);
  if (correct) d = correct(blocks, d, RoundTo::storage);
  const std::string& kind = settings.text("merge");
  if (kind == "direct") return merge_direct(a, d, machine, settings);
  return kind == "doubling" ? merge_doubling(a, d, machine, settings) : merge_substitution(a, d, machine);
}

Settings check(const Settings& settings, std::string_view place) {
  for (const auto& [parameter, value] : {std::pair{"levels", "each"}, {"last_product", "halves"}}) {
    if (settings.text(parameter) == value && settings.text("merge") != "doubling") {
      throw_conflict(place, std::string(parameter) + " = " + value, "merge = " + settings.text("merge"),
                     std::string(parameter) + " = " + value + " with merge = doubling");
    }
  }
  const std::string& merge = settings.text("merge");
  if (settings.text("sum") == "separate" && merge != "direct")
    throw_conflict(place, "sum = separate", "merge = " + merge, "sum = separate with merge = direct");
  if (settings.text("association") == "right" && merge != "direct" && merge != "doubling")
    throw_conflict(place, "association = right", "merge = " + merge,
                   "association = right with merge = direct | doubling");
  Settings completed = check_diagonal(settings, place);
  if (merge == "solve") {
    const MethodSpec diagonal = held_method(completed, "diagonal");
    if (diagonal.name != "row-substitution" || diagonal.settings.text("form") != "unit") {
      throw_conflict(place, "diagonal = " + diagonal.name, "merge = solve",
                     "diagonal = row-substitution with form = unit, or another merge");
    }
  }
  return completed;
}

}  // namespace

Method blocked_substitution_method() {
  Method method;
  method.description = {
      "blocked-substitution",
      "substitution on the diagonal blocks, products for the rest (FLA)",
      "D_i = (I + A_ii)^-1; X_ij = -D_i (A_ij D_j + sum_{j<k<i} A_ik X_kj)",
      "FLA solve_tril; FlashInfer gdn; Higham, Accuracy and Stability, section 14.2.2",
      {Parameter::integer("block", 16, 2, 256, "b, size of the diagonal blocks"),
       diagonal_parameter("row-substitution"),
       Parameter::choice(
           "merge", "direct", {"direct", "doubling", "substitution", "solve"},
           "every block below the diagonal at once; blocks double in size; block rows from the top; block "
           "rows whose right-hand sides are substituted, without inverses of diagonal blocks"),
       Parameter::choice("association", "left", {"left", "right"},
                         "direct, where a block is one product, and doubling: -(X22 A21) X11 or -X22 (A21 X11)")
           .with_effect(Parameter::Effect::order),
       Parameter::choice("sum", "chained", {"chained", "separate"},
                         "direct merge: sums of products in one accumulation chain, or rounded products added")
           .with_effect(Parameter::Effect::order),
       levels_parameter(),
       Parameter::choice("last_product", "whole", {"whole", "halves"},
                         "doubling: the last product of the last level in one chain, or as the rounded sum of two "
                         "rounded products over the halves of k (FlashInfer)")}};
  method.cost =
      "direct: (c^3 - c)/6 + c (c - 1)/2 small products, c = n/b, depth up to 2 (c - 1); doubling: "
      "2 log2(n/b) products; solve: c - 1 products; b - 1 vector steps (solve: n - 1 + c - 1)";
  method.stability = "stable";
  method.stages = {"diagonal", "merge"};
  method.padded_size = [](int n, const Settings& settings) {
    const int b = static_cast<int>(settings.integer("block"));
    return settings.text("merge") == "doubling" ? doubled_size(n, b) : (n + b - 1) / b * b;
  };
  method.check = check;
  method.invert = [](const Value& a, Machine& machine, const Settings& settings) {
    return blocked_substitution(a, machine, settings, nullptr);
  };
  method.invert_corrected = blocked_substitution;
  return method;
}

}  // namespace tristab
