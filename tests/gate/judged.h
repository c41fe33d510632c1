// One matrix, or a batch of them, judged by a gate that is given as users type it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tristab/gate/gate.h"

namespace tristab {

inline Matrix matrix_of(int rows, int columns, std::vector<double> values) {
  Matrix m(rows, columns);
  m.values() = std::move(values);
  return m;
}

inline Matrix row_of(const std::vector<double>& values) {
  return matrix_of(1, static_cast<int>(values.size()), values);
}

// x against y, one row, stored in `format`.
inline GateResult judged(const std::string& gate, const std::string& format, const std::vector<double>& x,
                         const std::vector<double>& y) {
  const std::vector<Matrix> output{row_of(x)}, expected{row_of(y)};
  return make_gate(gate, "--require").evaluate({output, expected, format_of(format, ""), {}, {}});
}

inline GateResult judged_with_peer(const std::string& gate, const std::string& format, const std::vector<double>& x,
                                   const std::vector<double>& y, const std::vector<double>& peer) {
  const std::vector<Matrix> output{row_of(x)}, expected{row_of(y)}, second{row_of(peer)};
  return make_gate(gate, "--require")
      .evaluate({output, expected, format_of(format, ""), {}, [&]() -> const std::vector<Matrix>& { return second; }});
}

// An inverse x of I + a.
inline GateResult judged_inverse(const std::string& gate, const std::string& format, const Matrix& x, const Matrix& y,
                                 const Matrix& a) {
  const std::vector<Matrix> output{x}, expected{y}, inputs{a};
  return make_gate(gate, "--require").evaluate({output, expected, format_of(format, ""), inputs, {}});
}

}  // namespace tristab
