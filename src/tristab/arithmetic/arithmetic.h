// An arithmetic: everything that says how one stage of a method computes. A value, readable from JSON; the
// Machine dispatches on its fields, never on its name.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/parameters.h"
#include "tristab/format/format.h"

namespace tristab {

// How a sum of products c + sum_k a_k b_k is accumulated (arithmetic.md section 3): sequential, k ascending,
//   fma = false: c := round(c + round(a_k b_k));   fma = true: c := round(c + a_k b_k).
// `format` = the operand format is the "pure" machine, whose every operation is rounded; `format` = fp32 is a
// matrix unit that takes 16-bit operands and accumulates in fp32.
struct Accumulation {
  Format format;
  Rounding rounding = Rounding::nearest_even;
  bool fma = false;
};

// Symmetric linear quantiser (arithmetic.md section 4): q = clamp(rint(x / s), -qmax, qmax), value s q.
struct Quantiser {
  // tensor: results are stored as codes with one scale. row: results of products stay in fp32 and are
  // quantised on entering the next product, by rows as left and by columns as right operand; the vector unit
  // quantises its operands and its results by rows.
  enum class Scale { tensor, row };
  enum class Rule { amax, power_of_two };

  int bits = 8;
  int largest_code = 127;  // qmax = 2^(bits-1) - 1
  Scale scale = Scale::tensor;
  Rule rule = Rule::amax;
  bool identity_outside = true;  // the main diagonal stays in fp32 and only the rest is quantised
};

struct Arithmetic {
  std::string name;   // registry name or format: "fp16", "bf16-pure", "int8", "e5m7"
  Settings settings;  // its parameters, complete

  Format operand;  // what enters a product; the rounded input matrix
  Rounding operand_rounding = Rounding::nearest_even;
  Format storage;  // what a result between two steps is rounded to
  Rounding storage_rounding = Rounding::nearest_even;
  Accumulation product;  // the matrix unit
  Accumulation vector;   // the vector unit
  bool output_in_storage =
      false;  // the last result is rounded to storage too; else it stays in the accumulator
  std::optional<Quantiser> quantiser;  // integer arithmetics: codes enter products, sums of codes are exact

  // u of the coarsest storage or operand format; 1 / (2 qmax) for integers, called nominal.
  double unit_roundoff() const;

  // The name that the `reference` field of a record gives to the rounded input: the operand format, or
  // "given" for arithmetics that have no input format of their own (integers).
  std::string input_format() const;
};

// All names that `tristab list arithmetics` shows. Besides these, every format name is an arithmetic
// ("e5m7"), and every format name followed by "-pure".
std::span<const Description> arithmetic_descriptions();

// {"arithmetic": "int8", "scale": "row"} -> the arithmetic, parameters validated and completed. Throws
// UsageError with place, found, allowed and the nearest name.
Arithmetic make_arithmetic(std::string_view name, const Json& parameters, std::string_view place);

// The same with lists as axes: one arithmetic per combination. `given` is a name or an object.
std::vector<Arithmetic> expand_arithmetic(const Json& given, std::string_view place);

// The presets' definitions in words, one row per arithmetic: operand, accumulator, order, vector unit,
// storage, output.
struct ArithmeticRow {
  std::string name, operand, accumulator, vector, storage, output, quantiser;
};
ArithmeticRow describe(const Arithmetic& arithmetic);

}  // namespace tristab
