// The terms that a main diagonal outside the quantiser adds to a product, (D_A + U_A) (D_B + U_B) - U_A U_B:
//   c := fl(c + fl(D_A U_B)),  c := fl(c + fl(U_A D_B)),  c := fl(c + fl(D_A D_B))
// Every multiplication and every addition is rounded to the accumulator's format, in this order. A zero on a diagonal
// adds nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tristab/format/format.h"

namespace tristab {

// c[i] := fl(c[i] + fl(x[i] d[i])) if d[i] is not zero.
template <class Carrier>
void add_products(Carrier* c, const float* x, const float* d, int count, const Format& format, Rounding rounding);
// The same with one d for all i.
template <class Carrier>
void add_multiple(Carrier* c, const float* x, float d, int count, const Format& format, Rounding rounding);

// The part of the main diagonal in a block: element (i, i + offset) of row i, 0 if there is none.
struct OuterDiagonal {
  std::vector<float> elements;  // by row
  int offset = 0;
};

// The accumulator is rows x columns; A = D_A + U_A is rows x inner. left_row(i) and right_row(k) return rows of U_A and
// U_B in fp32. A returned pointer is used only until the next call of the same function.
template <class Carrier, class LeftRow, class RightRow>
void add_diagonal_terms(Carrier* accumulator, std::ptrdiff_t stride, int columns, const OuterDiagonal& a,
                        const OuterDiagonal& b, const LeftRow& left_row, const RightRow& right_row,
                        const Format& format, Rounding rounding) {
  const int rows = static_cast<int>(a.elements.size()), inner = static_cast<int>(b.elements.size());
  // Element (k, j) of D_B has j = k + b.offset.
  const int first = std::max(0, -b.offset), last = std::min(inner, columns - b.offset);
  for (int i = 0; i < rows; ++i) {
    Carrier* c = accumulator + i * stride;
    const float d = a.elements[static_cast<std::size_t>(i)];
    const int k = i + a.offset;
    const bool has_left = k >= 0 && k < inner && d != 0;
    if (has_left) add_multiple(c, right_row(k), d, columns, format, rounding);
    if (first < last)
      add_products(c + first + b.offset, left_row(i) + first, b.elements.data() + first, last - first, format,
                   rounding);
    if (has_left && k >= first && k < last)
      add_multiple(c + k + b.offset, b.elements.data() + k, d, 1, format, rounding);
  }
}

}  // namespace tristab
