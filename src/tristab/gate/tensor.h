// The arithmetic in which torch's tests compare tensors. Every elementwise operation rounds to the type of its tensors;
// operations of 16-bit types are computed in fp32 and rounded again (at::opmath_type). Scalars enter in that wider
// type, as on a GPU (on a CPU, additions round them to the tensor's type).
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tristab/base/parameters.h"
#include "tristab/format/round.h"
#include "tristab/gate/gate.h"

namespace tristab {

class TensorType {
 public:
  // Torch's type of a tensor of these values: e4m3 or e5m2, or the first of fp16, bf16, fp32, fp64 that has all of
  // them.
  explicit TensorType(const Format& stored);

  const Format& format() const { return *format_; }
  bool is(std::string_view name) const { return format_->name == name; }
  bool is_fp8() const { return is("e4m3") || is("e5m2"); }

  // A value that is stored as this type: rounded once.
  double stored(double x) const {
    return is_fp64_ ? x : is_fp32_ ? in_fp32(x) : round_value(x, own_, Rounding::nearest_even);
  }
  // The result of one operation, +, -, *, / or a square root, that double computed from values of this type. Double has
  // more than twice the bits of fp32, so that rounding its result gives the bits of the operation in fp32 (Figueroa,
  // When is double rounding innocuous?, 1995).
  // Torch has no arithmetic in 8 bits; fp32 stands for it.
  double result(double x) const { return is_fp64_ ? x : is_fp32_ || is_fp8_ ? in_fp32(x) : stored(in_fp32(x)); }
  // A number of the test's own, as operations with this type take it.
  double scalar(double x) const { return is_fp64_ ? x : in_fp32(x); }

 private:
  // The conversion of the machine itself, to nearest even: gates look at every element many times.
  static double in_fp32(double x) { return static_cast<double>(static_cast<float>(x)); }

  const Format* format_;
  bool is_fp64_, is_fp32_, is_fp8_;
  RoundingTarget<double> own_;
};

// The type in which a tensor of `stored` and one of at least fp32 are compared: fp32, or fp64 if `stored` needs it.
TensorType at_least_fp32(const Format& stored);

// torch.isclose (aten/src/ATen/native/TensorCompare.cpp): self == other, or |self - other| is finite and at most
// atol + |rtol other|, each operation in `type`. NaN is close to nothing.
struct Closeness {
  double actual = 0, allowed = 0;
  bool close = false;
  double share() const;  // 0 where equal; at most 1 exactly if close
};
Closeness isclose(const TensorType& type, double self, double other, double rtol, double atol);

// One element of a batch: the output, and what is expected.
struct ElementAt {
  double x = 0, y = 0;
};

// All elements of both, matrix by matrix and row by row.
std::vector<ElementAt> elements_of(const GateInput& input);
bool has_elements(const GateInput& input);
// The place of the element with this number among them.
GatePlace place_of(const GateInput& input, std::size_t number);

// The rule that every element be close. The worst element is the one with the largest share. No elements: it passes.
GateResult all_close(const GateInput& input, const std::function<Closeness(const ElementAt&)>& closeness);

// The share of a rule that compares `value` with `limit`: their quotient, moved to the side of 1 that `passes` says.
// Infinite if a rule refuses NaN.
double share_of(bool passes, double value, double limit);

// The result of a rule that compares one number with a limit. `text` says both.
GateResult compared(bool passes, double value, double limit, std::string text);

// What a rule that reduces over no elements returns: its owner's code raises an error there.
GateResult refused_empty();

// A number of a gate that follows from the output's format unless it is given.
Parameter number_or_auto(std::string name, double minimum, double maximum, std::string help);

// `settings` with these numbers, or with each of these multiplied.
Settings with_numbers(const Settings& settings, const std::vector<std::pair<std::string, double>>& numbers);
Settings with_multiplied(const Settings& settings, const std::vector<std::string>& names, double factor);

// A relative tolerance, but not below the unit roundoff of what is stored, in two digits.
double at_least_roundoff(double tolerance, const Format& stored);

// A least correlation `minimum`, whose distance from 1 becomes `factor` times as large: of an error of one unit
// roundoff it is half that squared, of which fp32 sees no less than its own roundoff.
Settings scaled_correlation(const Settings& settings, const Format& format, double factor);

// "at (matrix, row, column)".
std::string text_of(const GatePlace& place);

}  // namespace tristab
