// An arithmetic: everything that says how one stage of a method computes. It is a value that can be read from JSON. The
// Machine looks at its fields, never at its name.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/arithmetic/accumulation.h"
#include "tristab/base/named.h"
#include "tristab/format/format.h"

namespace tristab {

// How tensors are quantised (README.md, "Quantisers"). Three kinds:
//   integer        q = clamp(rint(x / s), -qmax, qmax), value s q                     (quantise.h)
//   microscaling   a power-of-two scale for each block of narrow elements along k     (block_scale.h)
//   nvfp4          an e4m3 scale for each block, and an fp32 scale for the tensor     (block_scale.h)
struct Quantiser {
  enum class Kind { integer, microscaling, nvfp4 };
  // tensor: results are stored as codes with one scale. row, block: results of products stay in fp32 and are quantised
  // on entering the next product, in rows of the left and columns of the right operand, or in pieces of `block_size`
  // elements of these along k. For integers the vector unit quantises its operands and its results by rows, or by
  // pieces of rows; for block-scaled formats it works in fp32.
  enum class Scale { tensor, row, block };
  // Integers: s = amax / qmax, or the next power of two at or above it, or static_amax / qmax. Microscaling: the
  // exponent is floor(log2 amax) - emax (floor), ceil(log2 amax) - emax (ceil), one more than floor (floor_plus_one),
  // or that of the next power of two at or above amax / largest element (power_of_two).
  enum class Rule { amax, power_of_two, static_amax, floor, ceil, floor_plus_one };

  int bits = 8;            // of a stored code or element
  int largest_code = 127;  // integers: qmax = 2^(bits-1) - 1
  Scale scale = Scale::tensor;
  Rule rule = Rule::amax;
  bool identity_outside = true;  // the main diagonal stays in fp32 and only the rest is quantised

  Kind kind = Kind::integer;
  int block_size = 32;        // Scale::block: elements along k that share a scale
  bool full_range = false;    // integers: codes down to -qmax - 1; the scale stays that of qmax
  double static_amax = 0;     // Rule::static_amax
  int accumulator_bits = 32;  // integers: 32 or 64; a sum beyond wraps around and is counted
  Format element;             // block-scaled: saturating; the grid of MXINT8 is a format as well

  int smallest_code() const { return full_range ? -largest_code - 1 : -largest_code; }
};

// Products of fp32 operands from three products of narrower ones: x = h + l, h = round_high(x) to `part`, l =
// round_low(fl32(x - h)) to `part`;
//   s := l_a h_b, s := s + h_a l_b, NaN in s becomes 0, s := s + h_a h_b (each along the whole k), fl32(c + s)
// Triton's tf32x3 (its F32DotTC pass), checked bit for bit against an H100.
struct SplitProduct {
  Format part;
  Rounding high = Rounding::nearest_even;
  Rounding low = Rounding::nearest_even;
};

// Named like the registry entry or the format: "fp16", "bf16-pure", "bf16-h100", "int8", "e5m7".
struct Arithmetic : Named {
  Format operand;  // what enters a product
  Rounding operand_rounding = Rounding::nearest_even;
  std::optional<SplitProduct> split;  // each product is made of three
  Format storage;                     // what A and a result between two steps are rounded to
  Rounding storage_rounding = Rounding::nearest_even;
  Accumulation product;                // the matrix unit
  Accumulation vector;                 // the vector unit
  Format addend;                       // what the matrix unit takes as C: product.format, or that without subnormals
  Format vector_operand;               // what enters the vector unit: vector.format, or that without subnormals
  bool output_in_storage = false;      // the last result is rounded to storage too; else it stays in the accumulator
  std::optional<Quantiser> quantiser;  // integers and block-scaled formats

  // Narrow elements with one scale for each block along k: results and the vector unit stay in fp32.
  bool is_block_scaled() const { return quantiser && quantiser->kind != Quantiser::Kind::integer; }

  std::uint64_t seed = 0;  // of stochastic rounding; combined with the identity of the case

  // u of the coarsest storage or operand format. Nominal for quantised tensors: 1 / (2 qmax) for integers, u of the
  // element format for block-scaled ones.
  double unit_roundoff() const;

  // The name of the rounded input in a record's field `reference`: the storage format, or "given" for arithmetics
  // without an input format (integers and block-scaled formats).
  std::string input_format() const;
};

// All names that `tristab list arithmetics` shows. Besides these, every format name ("e5m7") is an arithmetic, alone
// and followed by "-pure".
std::span<const Description> arithmetic_descriptions();

// {"arithmetic": "int8", "scale": "row"} -> the arithmetic, with its parameters validated and completed. Throws
// UsageError with place, found, allowed and the nearest name.
Arithmetic make_arithmetic(std::string_view name, const Json& parameters, std::string_view place);

// The same; lists in `given` are axes: one arithmetic for each combination. `given` is a name or an object.
std::vector<Arithmetic> expand_arithmetic(const Json& given, std::string_view place);

// The definitions of the presets in words, one row per arithmetic: operand, accumulator, order, vector unit, storage,
// output, quantiser, and what the emulation was checked against.
struct ArithmeticRow {
  std::string name, operand, accumulator, vector, storage, output, quantiser, evidence;
};
ArithmeticRow describe(const Arithmetic& arithmetic);

}  // namespace tristab
