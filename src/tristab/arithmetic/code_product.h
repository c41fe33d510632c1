// Sums of products of integer codes of at most 8 bits, in 32-bit integers: pairs of products by pmaddwd, or four at a
// time by vpdpbusd where the machine has it. A sum of integers has no order, so every way gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tristab/arithmetic/quantise_kernels.h"

namespace tristab {

// A is rows x inner, B inner x columns, each given as numbers that times a factor are codes from -128 to 127 but for an
// error below 1/4: the codes themselves, or values s q in fp32 times 1 / s. No sum of products leaves 32 bits.
struct CodeTask {
  FloatRows<const float> a;
  float a_factor = 1;
  FloatRows<const float> b;
  float b_factor = 1;
  float* sums = nullptr;  // rows x columns without gaps, each sum rounded once to fp32
};

enum class CodeInstructions { best, pairs };

bool has_code_sums();  // whether sum_codes has the instructions at the SIMD level in use
// Returns false, and does nothing, if the SIMD level in use has no such instructions.
bool sum_codes(const CodeTask& task, CodeInstructions instructions = CodeInstructions::best);

// A tile of the product from packed codes: four signed codes of a row of A in a word, and four codes plus 128 of a
// column of B. Words of the groups begin to end - 1 are multiplied.
struct QuadTile {
  const std::int32_t* a = nullptr;
  std::ptrdiff_t a_stride = 0;
  const std::int32_t* b = nullptr;  // by group: 16 columns for each vector
  int begin = 0, end = 0;
  float* sums = nullptr;
  std::ptrdiff_t sums_stride = 0;
  int rows = 1, vectors = 1;  // 1 or 4 rows, 1 or 4 vectors of 16 columns
  int columns = 16;           // of the last vector, to be written
};
bool has_quads();  // vpdpbusd on 512 bits
void multiply_quads(const QuadTile& tile);

}  // namespace tristab
