// Inversion methods: X = (I + A)^-1 for strictly lower triangular A, written once against the Machine.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/arithmetic/machine.h"
#include "tristab/base/parameters.h"
#include "tristab/matrix/matrix.h"

namespace tristab {

// Improves the inverses of diagonal blocks: (blocks of A, their computed inverses, whether to round the last
// result).
using BlockCorrection = std::function<Value(const Value& blocks, const Value& inverses, Last last)>;

// A registry entry. One file a method defines one of these.
struct Method {
  Description description;
  std::string cost;       // products and depth, in n
  std::string stability;  // "stable", "logarithmically stable", "unstable" or what it depends on
  std::vector<std::string> stages;

  // The least size >= n that the method can take with these parameters; a smaller matrix is padded with zero
  // rows and columns (its inverse with the identity). Null: every size.
  std::function<int(int n, const Settings& settings)> padded_size;

  // Checks what the parameter table cannot express; throws UsageError naming `place`. May complete nested
  // values. Null: nothing to check.
  std::function<Settings(const Settings& settings, std::string_view place)> check;

  // The method itself; the result stays in the accumulator's format.
  std::function<Value(const Value& a, Machine& machine, const Settings& settings)> invert;

  // The same with a correction of the diagonal blocks' inverses between its two phases; null for a method
  // without such phases.
  std::function<Value(const Value& a, Machine& machine, const Settings& settings,
                      const BlockCorrection& correct)>
      invert_corrected;
};

std::span<const Method> methods();                                         // in listing order
const Method& find_method(std::string_view name, std::string_view place);  // throws UsageError

// A method with complete, checked parameters.
struct MethodSpec {
  const Method* method = nullptr;
  Settings settings;
};

// {"method": "mxr", "block": [8, 16]} or "mbh" -> one MethodSpec per combination of its axes.
std::vector<MethodSpec> expand_method(const Json& given, std::string_view place);

// What an inversion gave.
struct Inversion {
  Matrix x;  // n x n, exact in double for every carrier
  Trace trace;
  int padded_to = 0;  // size the method worked on
};

// Inverts I + a in `arithmetic`; `a` must be rounded to its input format (round_input). `machine` must have
// been made by make_machine for this arithmetic.
Inversion invert(const MethodSpec& spec, const Arithmetic& arithmetic, const Matrix& a, Machine& machine);

// A rounded to the operand format of a floating-point arithmetic; A itself for integers.
Matrix round_input(const Matrix& a, const Arithmetic& arithmetic);

// The emulated machines of one thread: float carriers where every format of the arithmetic is inside fp32,
// else double.
class Machines {
 public:
  Machines();
  ~Machines();
  Machine& machine_for(const Arithmetic& arithmetic);

 private:
  std::unique_ptr<Machine> float_machine_, double_machine_;
};

}  // namespace tristab
