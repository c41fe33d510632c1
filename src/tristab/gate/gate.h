// Gates: the rules by which people accept the output of a kernel. Each is one file, which evaluates the rule as its
// owner does: in the owner's precision, and with the owner's treatment of NaN.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/named.h"
#include "tristab/format/format.h"
#include "tristab/matrix/matrix.h"

namespace tristab {

// One output of a kernel for a whole batch: inverses, w, u, o, or final states. A gate looks at all elements together,
// as a test that compares one tensor.
struct GateInput {
  std::span<const Matrix> output;    // the kernel's; may hold NaN and infinities
  std::span<const Matrix> expected;  // of the same shapes: the reference, rounded to double
  // That the output is stored in, and in which tests compare. The output is taken as it is, also if it has more digits.
  Format format;
  std::span<const Matrix> a;  // of inverses: A, for rules about residuals; else empty
  // The same output by a plain method with every step in `format`; empty: there is none.
  std::function<const std::vector<Matrix>&()> peer;
};

struct GatePlace {
  int matrix = 0, row = 0, column = 0;
  bool operator==(const GatePlace&) const = default;
};

struct GateResult {
  bool passes = false;
  // How much of what the gate allows is taken: at most 1 exactly if it passes. Infinite where the output is not finite
  // and the rule does not accept that.
  double share = 0;
  double value = 0, limit = 0;     // what the rule compares, and with what; NaN if the rule has no single number
  std::string text;                // "RMS ratio 2.1e-03, allowed below 5e-03"
  std::optional<GatePlace> worst;  // of rules about elements
};

struct Gate {
  Description description;  // formula: the rule
  std::string used_by;
  std::string precision;  // in which the owner evaluates it
  std::string nonfinite;  // what the rule makes of NaN and infinities
  std::string hole;       // what it lets through
  // The parameter that a value behind the name stands for, and what may end that value ("fa:2x"); "": none.
  std::string main = {}, suffix = {};
  bool needs_a = false, needs_peer = false;
  GateResult (*evaluate)(const GateInput& input, const Settings& settings) = nullptr;
  // The gate whose number that advice about tolerances is about is `factor` times as large, for an output stored in
  // `format`: never stricter than one unit roundoff, and with no number that the owner's function does not take.
  Settings (*scaled)(const Settings& settings, const Format& format, double factor) = nullptr;
  // The factor with which this output just passes; null: its share.
  double (*needed)(const GateInput& input, const Settings& settings) = nullptr;
};

// A gate with complete parameters.
struct GateSpec : Named {
  const Gate* gate = nullptr;
  GateResult evaluate(const GateInput& input) const { return gate->evaluate(input, settings); }
  GateSpec scaled(const Format& format, double factor) const;
  // The factor of `scaled` with which the output just passes, on the side of 1 that `result` says.
  double needed(const GateInput& input, const GateResult& result) const;
};

std::span<const Gate> gates();  // in listing order

// Whether `text` begins with the name of a gate.
bool names_gate(std::string_view text);

// "fla:0.005", "fa:2x", "torch:rtol=1e-2:atol=1e-2", "ascend:dual", "lapack:30", or the name alone. Throws UsageError
// naming `place`, what was found, what is allowed and the nearest name.
GateSpec make_gate(const std::string& text, std::string_view place);

}  // namespace tristab
