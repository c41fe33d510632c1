// Row substitution (forward substitution for all columns at once).
//   form unit:   X_i = e_i - sum_{k<i} A_ik X_k                             i = 0 .. n-1
//   form strict: Y_i = -A_i - sum_{k<i} A_ik Y_k,  X = I + Y                rows without the unit diagonal, as in FLA
// A row is one operation of the vector unit over k = 0 .. i-1, ascending (Y_0 = 0 included). order axpy starts the sum
// with the addend, order dot adds it to the finished sum (r + v in FLA). Terms k >= i are zero and left out: they
// cannot change a sum, in whatever lane tree the vector arithmetic adds it.
// Source: Higham, Accuracy and Stability of Numerical Algorithms, section 14.2.1; the loops of the transformers library
// (torch_chunk_gated_delta_rule), FLA (solve_tril) and llama.cpp.
// Cost: no products; n - 1 vector steps (one more for the identity at the end).
// Stable: |X - Xh| <= c n u |X||A||X| (Higham 1989).
#include <algorithm>

#include "tristab/method/registry.h"
#include "tristab/method/substitution.h"

namespace tristab {

Value substitute_rows(const Value& a, Machine& machine, const Stage& stage, SubstitutionForm form, AddendOrder order) {
  const int n = a.rows();
  const Value minus_a = machine.negate(a);
  const Value identity = machine.identity(n, a.batch());
  if (form == SubstitutionForm::unit) {
    Rows x(machine, n, n, a.batch());
    x.append(machine.row(identity, 0));
    for (int i = 1; i < n; ++i) {
      x.append(stage.vector(machine.row(identity, i), {machine.block(minus_a, i, 0, 1, i), x.top()}, order));
    }
    return x.all();
  }
  Rows y(machine, n, n, a.batch());
  y.append(machine.row(minus_a, 0));  // zero
  for (int i = 1; i < n; ++i) {
    y.append(stage.vector(machine.row(minus_a, i), {machine.block(minus_a, i, 0, 1, i), y.top()}, order));
  }
  return stage.add(identity, y.all());
}

AddendOrder substitution_order(const Settings& settings) {
  return settings.text("order") == "axpy" ? AddendOrder::first : AddendOrder::last;
}

Value solve_block_rows(const Value& a, const Value& b, int block, AddendOrder order, std::string_view rows,
                       Machine& machine) {
  const Stage stage = machine.stage(rows);
  const int n = a.rows();
  const Value minus_a = machine.negate(a);
  std::vector<Machine::Placed> solved;
  for (int begin = 0; begin < n; begin += block) {
    const int size = std::min(block, n - begin);
    Value rest = machine.block(b, begin, 0, size, b.columns());
    if (begin > 0) {
      const Value above = solved.size() == 1 ? solved.front().value : machine.assemble(begin, b.columns(), solved);
      rest = stage.subtract(
          rest, machine.stage("merge").fl({machine.block(a, begin, 0, size, begin), above}, RoundTo::accumulator));
    }
    Rows x(machine, size, b.columns(), a.batch());
    x.append(stage.stored(machine.row(rest, 0)));
    for (int i = 1; i < size; ++i) {
      const Value row_of_a = machine.block(minus_a, begin + i, begin, 1, i);
      x.append(stage.vector(machine.row(rest, i), {row_of_a, x.top()}, order));
    }
    solved.push_back({begin, 0, x.all()});
  }
  return solved.size() == 1 ? solved.front().value : machine.assemble(n, b.columns(), solved);
}

namespace {

std::vector<Parameter> substitution_parameters() {
  return {Parameter::choice("form", "unit", {"unit", "strict"},
                            "rows of X with their unit diagonal, or of X - I with the identity added at the end (FLA)"),
          Parameter::choice("order", "axpy", {"axpy", "dot"},
                            "the addend e_i starts the sum, or is added to the finished sum")
              .with_effect(Parameter::Effect::order)};
}

SubstitutionForm substitution_form(const Settings& settings) {
  return settings.text("form") == "unit" ? SubstitutionForm::unit : SubstitutionForm::strict;
}

}  // namespace

Method row_substitution_method() {
  Method method;
  method.description = {"row-substitution", "forward substitution, row by row, on the vector unit",
                        "X_i = e_i - sum_{k<i} A_ik X_k",
                        "Higham, Accuracy and Stability of Numerical Algorithms, section 14.2.1; FLA solve_tril; HF "
                        "transformers torch_chunk_gated_delta_rule",
                        substitution_parameters()};
  method.cost = "no products, n - 1 vector steps";
  method.stability = "stable";
  method.stages = {"substitution"};
  method.invert_blocks = [](const Value& blocks, Machine& machine, const Stage& stage, const Settings& settings,
                            RoundTo) {
    return substitute_rows(blocks, machine, stage, substitution_form(settings), substitution_order(settings));
  };
  return in_one_stage(method);
}

}  // namespace tristab
