// Cayley-Hamilton doubling (MCH, "inverse trick", recursive doubling, product form of the Neumann series).
//   X = I - A, Y = A;  ceil(log2 n) - 1 times:  Y = fl(Y Y),  X = fl(X + X Y)
// because (I + A)^-1 = (I - A)(I + A^2)(I + A^4) ... and A^n = 0. The last X stays in the accumulator's format.
//   addend accumulator: fl(X + X Y);  separate: fl(X + fl(X Y));  operand: fl(X fl(I + Y))
//   order power-last: X Y;  power-first: Y X (tt-metal)
//   powers descending: the same factors from the highest power down. With B = -A and m the highest power,
//     X = fl(I + B^m), then X = fl(X + X B^p) for p = m/2, ..., 2, 1 (AITER, power-first: X + B^p X)
// Source: Zhong et al., arXiv 2505.19488; arXiv 2605.21325, MCH; descending: ROCm/aiter pull requests 4016 and 4598.
// Cost: 2 ceil(log2 n) - 2 products, depth ceil(log2 n). Unstable: the powers of A grow like binomials although the
// inverse does not, and their rounding errors do not cancel.
#include "tristab/method/mch.h"

#include <fmt/format.h>

#include <bit>

#include "tristab/method/registry.h"

namespace tristab {

namespace {

Value from_the_highest_power(const Value& a, int index, Machine& machine, const Stage& stage, const MchOptions& options,
                             RoundTo last) {
  const Value identity = machine.identity(a.rows(), a.batch());
  std::vector<Value> powers{machine.negate(a)};  // of B = -A: 1, 2, 4, ...
  for (int power = 4; power < index; power *= 2) powers.push_back(stage.fl({powers.back(), powers.back()}));
  if (index <= 2) return stage.subtract(identity, a);
  const auto step_format = [&](bool is_last) {
    if (options.kept_accumulator) return RoundTo::accumulator;
    return is_last ? last : RoundTo::storage;
  };
  // The highest power is needed in the sum alone: I + B^m is one product.
  const bool starts_accumulator = options.addend == DoublingAddend::accumulator;
  Value x = starts_accumulator ? stage.fl(identity, {powers.back(), powers.back()}, step_format(false))
                               : stage.add(identity, stage.fl({powers.back(), powers.back()}));
  for (std::size_t p = powers.size(); p-- > 0;) {
    const bool is_last = p == 0;
    const Value& power = powers[p];
    if (options.addend == DoublingAddend::operand) {
      const Value factor = stage.add(identity, power);
      x = stage.fl(options.power_on_the_left ? Factors{factor, x} : Factors{x, factor}, step_format(is_last));
      continue;
    }
    const Factors factors = options.power_on_the_left ? Factors{power, x} : Factors{x, power};
    x = starts_accumulator ? stage.fl(x, factors, step_format(is_last)) : stage.add(x, stage.fl(factors));
  }
  return options.kept_accumulator && last == RoundTo::storage ? stage.stored(x) : x;
}

}  // namespace

Value mch(const Value& a, int index, Machine& machine, const Stage& stage, const MchOptions& options, RoundTo last) {
  if (options.descending) return from_the_highest_power(a, index, machine, stage, options, last);
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
  return {Parameter::choice("addend", "accumulator", {"accumulator", "separate", "operand"},
                            "X starts the accumulator (one rounding), or X = fl(X + fl(X Y)), or the factor I + Y "
                            "is an operand: X = fl(X fl(I + Y))"),
          Parameter::choice("accumulator", "rounded", {"rounded", "kept"},
                            "X is rounded after every step, or stays in the accumulator: c += fl(X) Y"),
          Parameter::choice("order", "power-last", {"power-last", "power-first"}, "X Y or Y X, equal but for rounding")
              .with_effect(Parameter::Effect::order),
          Parameter::choice("powers", "ascending", {"ascending", "descending"},
                            "factors from I - A up, or from the highest power down: X = I + Y_top, X = fl(X + Y X)")
              .with_effect(Parameter::Effect::order)};
}

MchOptions mch_options(const Settings& settings) {
  const std::string& addend = settings.text("addend");
  return {addend == "separate"  ? DoublingAddend::separate
          : addend == "operand" ? DoublingAddend::operand
                                : DoublingAddend::accumulator,
          settings.text("accumulator") == "kept", settings.text("order") == "power-first",
          settings.text("powers") == "descending"};
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
  // The product without its last factor is the Neumann series of half as many terms.
  method.one_round_less = [](const Settings&, int n) {
    const int degree = static_cast<int>(std::bit_ceil(static_cast<unsigned>(n))) / 2 - 1;
    return RoundLess{"degree", degree, fmt::format("neumann:evaluation=product:degree={}", degree)};
  };
  return in_one_stage(method);
}

}  // namespace tristab
