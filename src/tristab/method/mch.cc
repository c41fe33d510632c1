// Cayley-Hamilton doubling (MCH, "inverse trick", recursive doubling).
//   X = I - A, Y = A;  ceil(log2 n) - 1 times:  Y = fl(Y Y),  X = fl(X + X Y)
// because (I + A)^-1 = (I - A)(I + A^2)(I + A^4) ... and A^n = 0. The last X stays in the accumulator's format.
// Source: Zhong et al., arXiv 2505.19488; arXiv 2605.21325, MCH.
// Cost: 2 ceil(log2 n) - 2 products, depth ceil(log2 n). Unstable: the powers of A grow like binomials although the
// inverse does not, and their rounding errors do not cancel.
#include "tristab/method/mch.h"

#include "tristab/method/registry.h"

namespace tristab {

Value mch(const Value& a, Machine& machine, const Stage& stage, const MchOptions& options, Last last) {
  const int n = a.rows();
  Value x = stage.subtract(machine.identity(n, a.batch()), a);
  Value y = a;
  for (int power = 2; power < n; power *= 2) {
    const bool final = 2 * power >= n;
    y = stage.fl({y, y});
    if (options.separate_addend) {
      x = stage.add(x, stage.fl({x, y}));
    } else if (options.kept_accumulator) {
      x = stage.kept(x, {x, y});
    } else {
      x = stage.finished(final ? last : Last::rounded, x, {x, y});
    }
  }
  return options.kept_accumulator && last == Last::rounded ? stage.fl(x) : x;
}

std::vector<Parameter> mch_parameters() {
  return {Parameter::choice("addend", "accumulator", {"accumulator", "separate"},
                            "X starts the accumulator (one rounding), or X = fl(X + fl(X Y))"),
          Parameter::choice("accumulator", "rounded", {"rounded", "kept"},
                            "X is rounded after every step, or stays in the accumulator: c += fl(X) Y")};
}

MchOptions mch_options(const Settings& settings) {
  return {settings.text("addend") == "separate", settings.text("accumulator") == "kept"};
}

Settings check_mch(const Settings& settings, std::string_view place) {
  if (settings.text("addend") == "separate" && settings.text("accumulator") == "kept") {
    throw_conflict(
        place, "addend = separate", "accumulator = kept",
        "addend = accumulator with accumulator = kept, or addend = separate with accumulator = rounded");
  }
  return settings;
}

Method mch_method() {
  Method method;
  method.description = {"mch", "Cayley-Hamilton doubling: repeated squaring of A",
                        "X = I - A, Y = A; ceil(log2 n) - 1 times: Y = fl(Y Y), X = fl(X + X Y)",
                        "Zhong et al., arXiv 2505.19488; arXiv 2605.21325, MCH", mch_parameters()};
  method.cost = "2 ceil(log2 n) - 2 products, depth ceil(log2 n)";
  method.stability = "unstable";
  method.stages = {"powers"};
  method.check = check_mch;
  method.invert = [](const Value& a, Machine& machine, const Settings& settings) {
    return mch(a, machine, machine.stage("powers"), mch_options(settings), Last::kept);
  };
  return method;
}

}  // namespace tristab
