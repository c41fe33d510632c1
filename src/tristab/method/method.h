// Inversion methods: X = (I + A)^-1 for strictly lower triangular A, written once against the Machine.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/arithmetic/machine.h"
#include "tristab/arithmetic/machines.h"
#include "tristab/base/named.h"
#include "tristab/matrix/matrix.h"
#include "tristab/matrix/token_inputs.h"

namespace tristab {

// Improves the inverses of diagonal blocks. Arguments: blocks of A, their computed inverses, and whether to round the
// last result.
using BlockCorrection = std::function<Value(const Value& blocks, const Value& inverses, RoundTo last)>;

// An iteration with one round less: a setting of the method with another value, or another method in its place,
// "neumann:degree=7". None is left if the value is below 1.
struct RoundLess {
  std::string setting;
  int value = 0;
  std::string other_method = {};
};

// A registry entry. Each method has one file, which defines one of these.
struct Method {
  Description description;
  std::string cost;       // products and depth, in n
  std::string stability;  // "stable", "logarithmically stable", "unstable" or what it depends on
  std::vector<std::string> stages;

  // The smallest size >= n that the method can take with these parameters. A smaller matrix is padded with zero rows
  // and columns, its inverse with the identity. Null: every size.
  std::function<int(int n, const Settings& settings)> padded_size;

  // Checks what the parameter table cannot express, and may complete nested values; throws UsageError naming `place`.
  // Null: nothing to check.
  std::function<Settings(const Settings& settings, std::string_view place)> check;

  // The method itself; the result stays in the accumulator's format.
  std::function<Value(const Value& a, Machine& machine, const Settings& settings)> invert;

  // The method on a batch of blocks of any size, in a single stage; blocked methods use it as their diagonal phase.
  // `last` says whether the result is rounded to storage or stays in the accumulator's format (a result of the vector
  // unit is in storage anyway). Null for methods that need several stages or whole matrices.
  std::function<Value(const Value& blocks, Machine& machine, const Stage& stage, const Settings& settings,
                      RoundTo last)>
      invert_blocks;

  // The same as `invert`, with a correction of the diagonal blocks' inverses between its two phases. Null for a method
  // without these phases.
  std::function<Value(const Value& a, Machine& machine, const Settings& settings, const BlockCorrection& correct)>
      invert_corrected;

  // Its iteration on n rows with one round less. Null: the method does not iterate.
  RoundLess (*one_round_less)(const Settings& settings, int n) = nullptr;

  // Solves (I + A) X = B for an n x c matrix B without forming an inverse; null for methods that form one.
  std::function<Value(const Value& a, const Value& b, Machine& machine, const Settings& settings)> solve;

  // For a method that inverts another matrix M instead of A. `input` forms M from the inputs that A is formed from.
  // `from_input_inverse` turns M's inverse into A's, after the rounding `result`. They throw UsageError if the tokens
  // are unknown (null) or of the wrong kind. Null: M is A.
  Matrix (*input)(const TokenInputs* tokens) = nullptr;
  Value (*from_input_inverse)(const Value& x, const TokenInputs& tokens, Machine& machine) = nullptr;
};

std::span<const Method> methods();                                         // in listing order
const Method& find_method(std::string_view name, std::string_view place);  // throws UsageError

// A method with complete, checked parameters.
struct MethodSpec : Named {
  const Method* method = nullptr;
};

// {"method": "mxr", "block": [8, 16]} or "mbh" -> one MethodSpec per combination of its axes.
std::vector<MethodSpec> expand_method(const Json& given, std::string_view place);

// The result of an inversion.
struct Inversion {
  Matrix x;    // n x n, exact in double for every carrier
  Matrix low;  // of a machine of double-doubles: what x leaves out; else empty
  Trace trace;
  int padded_to = 0;     // size the method worked on
  Matrix before_output;  // x before its last rounding in a stage of kind `output`; x itself if there is none
};

// What is inverted: A, rounded as the method takes it (rounded_input), the inputs that it was formed from, if known,
// and what happened when A was rounded (input_events), for the counts of the stage "input".
struct InversionInput {
  InversionInput(const Matrix& matrix, const TokenInputs* formed_of = nullptr, const RowStatistics& rounding = {})
      : a(matrix), tokens(formed_of), events(rounding) {}
  const Matrix& a;
  const TokenInputs* tokens;
  RowStatistics events;
  bool unrounded = false;  // the other matrix of a method that inverts one is not rounded
};

// Whether the method leaves something out: on a machine without rounding it does not give the inverse of every n x n
// A. Found by running it on 2 e_{i+1} e_i^T, whose powers last longest and whose inverse has large entries; each answer
// is found once.
bool truncates(const MethodSpec& spec, int n);

// X = (I + A)^-1. Two rounding points follow every method: the result is rounded to the storage of `result`, then to
// that of `output`, if these are named. `machine` must be the machine_for these arithmetics. `draws` identifies the
// case for stochastic rounding (the hash of the matrix's id).
Inversion invert(const MethodSpec& spec, const StageArithmetics& arithmetics, const InversionInput& input,
                 Machine& machine, std::uint64_t draws = 0);

// The same in one arithmetic; the result is rounded to storage if the arithmetic says output = storage.
Inversion invert(const MethodSpec& spec, const Arithmetic& arithmetic, const InversionInput& input, Machine& machine,
                 std::uint64_t draws = 0);

// X in (I + a) X = b, n x c, by a method that has `solve`. b is rounded to the format of the vector unit of "*" on
// entry; X is in that unit's storage. Throws UsageError for integer and block-scaled arithmetics, whose vector unit
// does not take right-hand sides of a layer.
Matrix solve(const MethodSpec& spec, const StageArithmetics& arithmetics, const Matrix& a, const Matrix& b,
             Machine& machine, std::uint64_t draws = 0);

// The names of the stages that the method has with these parameters at size n, in the order of their first use. Found
// by running it on the zero matrix.
std::vector<std::string> stages(const MethodSpec& spec, int n);

// Throws UsageError with `place`, the name and the nearest one unless every name is a stage of the method, `result`,
// `output` or "*", or a step of a stage at size n ("powers.3").
void check_stage_names(const MethodSpec& spec, int n, const StageArithmetics& arithmetics, std::string_view place);

// Rounds every element. Stochastic rounding is replaced by rounding to nearest, because given data takes no draws.
Matrix rounded_to(Matrix matrix, const Format& format, Rounding rounding);

// A rounded to the storage format of a floating-point arithmetic (to nearest if the arithmetic rounds stochastically):
// operands are rounded when they enter a product. A itself for integers and block-scaled formats.
Matrix round_input(const Matrix& a, const Arithmetic& arithmetic);

// Whether the method takes A as given: it inverts another matrix, and that one is rounded.
bool takes_given(const MethodSpec& spec);

// A as the method takes it: as given, or round_input.
Matrix rounded_input(const MethodSpec& spec, const Matrix& a, const Arithmetic& arithmetic);

// The overflows and underflows of rounded_input; none if it rounds nothing.
RowStatistics input_events(const MethodSpec& spec, const Matrix& a, const Arithmetic& arithmetic);

}  // namespace tristab
