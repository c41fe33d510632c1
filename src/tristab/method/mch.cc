// Cayley-Hamilton doubling (MCH, "inverse trick", recursive doubling, product form of the Neumann series).
//   X = I - A, Y = A;  ceil(log2 n) - 1 times:  Y = fl(Y Y),  X = fl(X + X Y)
// because (I + A)^-1 = (I - A)(I + A^2)(I + A^4) ... and A^n = 0. The last X stays in the accumulator's format.
//   addend accumulator: fl(X + X Y);  separate: fl(X + fl(X Y));  operand: fl(X fl(I + Y))
//   order power-last: X Y;  power-first: Y X (tt-metal)
// Source: Zhong et al., arXiv 2505.19488; arXiv 2605.21325, MCH.
// Cost: 2 ceil(log2 n) - 2 products, depth ceil(log2 n). Unstable: the powers of A grow like binomials although the
// inverse does not, and their rounding errors do not cancel.
#include "tristab/method/mch.h"

#include "tristab/method/registry.h"

namespace tristab {

Value mch(const Value& a, int index, Machine& machine, const Stage& stage, const MchOptions& options, RoundTo last) {
  const Value identity = machine.identity(a.rows(), a.batch());
  const auto ordered = [&](const Value& x, const Value& power) {
    return options.power_on_the_left ? Factors{power, x} : Factors{x, power};
  };
  Value x = stage.subtract(identity, a);
  Value y = a;
  for (int power = 2; power < index; power *= 2) {
    const RoundTo rounding = 2 * power >= index ? last : RoundTo::storage;
    y = stage.fl({y, y});
    if (options.addend == DoublingAddend::separate) {
      x = stage.add(x, stage.fl(ordered(x, y)));
    } else if (options.addend == DoublingAddend::operand) {
      x = stage.fl(ordered(x, stage.add(identity, y)), rounding);
    } else if (options.kept_accumulator) {
      x = stage.fl(x, ordered(x, y), RoundTo::accumulator);
    } else {
      x = stage.fl(x, ordered(x, y), rounding);
    }
  }
  return options.kept_accumulator && last == RoundTo::storage ? stage.stored(x) : x;
}

std::vector<Parameter> mch_parameters() {
  return {
      Parameter::choice("addend", "accumulator", {"accumulator", "separate", "operand"},
                        "X starts the accumulator (one rounding), or X = fl(X + fl(X Y)), or the factor I + Y "
                        "is an operand: X = fl(X fl(I + Y))"),
      Parameter::choice("accumulator", "rounded", {"rounded", "kept"},
                        "X is rounded after every step, or stays in the accumulator: c += fl(X) Y"),
      Parameter::choice("order", "power-last", {"power-last", "power-first"}, "X Y or Y X, equal but for rounding")};
}

MchOptions mch_options(const Settings& settings) {
  const std::string& addend = settings.text("addend");
  return {addend == "separate"  ? DoublingAddend::separate
          : addend == "operand" ? DoublingAddend::operand
                                : DoublingAddend::accumulator,
          settings.text("accumulator") == "kept", settings.text("order") == "power-first"};
}

void check_mch_options(const Settings& settings, std::string_view place) {
  const std::string& addend = settings.text("addend");
  if (addend != "accumulator" && settings.text("accumulator") == "kept") {
    throw_conflict(place, "addend = " + addend, "accumulator = kept",
                   "addend = accumulator with accumulator = kept, or addend = separate | operand with "
                   "accumulator = rounded");
  }
}

Method mch_method() {
  Method method;
  method.description = {"mch", "Cayley-Hamilton doubling: repeated squaring of A",
                        "X = I - A, Y = A; ceil(log2 n) - 1 times: Y = fl(Y Y), X = fl(X + X Y)",
                        "Zhong et al., arXiv 2505.19488; arXiv 2605.21325, MCH", mch_parameters()};
  method.cost = "2 ceil(log2 n) - 2 products, depth ceil(log2 n)";
  method.stability = "unstable";
  method.stages = {"powers"};
  method.check = [](const Settings& settings, std::string_view place) {
    check_mch_options(settings, place);
    return settings;
  };
  method.invert_blocks = [](const Value& blocks, Machine& machine, const Stage& stage, const Settings& settings,
                            RoundTo last) {
    return mch(blocks, blocks.rows(), machine, stage, mch_options(settings), last);
  };
  return in_one_stage(method);
}

}  // namespace tristab
