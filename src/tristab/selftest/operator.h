// The single operations that are checked.
#pragma once

namespace tristab::selftest {

enum class Operator { convert, add, subtract, multiply, divide, square_root, fused };

// The symbol of the operation in a mismatch.
inline const char* symbol_of(Operator op) {
  constexpr const char* symbols[] = {"rounding", "+", "-", "*", "/", "sqrt", "fma"};
  return symbols[static_cast<int>(op)];
}

}  // namespace tristab::selftest
