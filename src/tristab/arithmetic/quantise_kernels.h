// The inner loops of quantisation over rows of fp32 values, compiled for several SIMD levels; every level gives
// the same bits. Codes are q = clamp(rint(x / s), lowest, highest), ties to even, of the exact quotient.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tristab {

// Rows of fp32 values; the quantiser takes 0 for element (i, i + outside) if there is one and `leaves_out` is set.
template <class T>
struct FloatRows {
  T* x = nullptr;
  std::ptrdiff_t stride = 0;
  int rows = 0, columns = 0;
  bool leaves_out = false;
  int outside = 0;

  T* row(int i) const { return x + i * stride; }
  // The column left out of row i, or -1.
  int left_out(int i) const {
    const int column = i + outside;
    return leaves_out && column >= 0 && column < columns ? column : -1;
  }
};

// Bits of the largest |x[i]|. Bit patterns of magnitudes have the order of the magnitudes; infinity and then NaN come
// last.
std::uint32_t largest_magnitude_bits(const float* x, int count);

std::uint32_t largest_magnitude_bits(const FloatRows<const float>& x);

// largest[i] := the larger of largest[i] and the bits of |x[i]|.
void raise_magnitude_bits(std::uint32_t* largest, const float* x, int count);

struct CodeRange {
  double lowest = 0, highest = 0;  // whole numbers below 2^19
  bool holds_all = false;          // no magnitude is so large that its code would be beyond
};

// codes[i] := the code of x[i] for the scale 1 / inverse, where `inverse` is rounded to double; 0 for NaN. Returns how
// many codes were clamped.
std::int64_t encode_row(const float* x, double inverse, CodeRange range, float* codes, int count);

// The codes of all rows for one scale, without gaps.
std::int64_t encode_rows(const FloatRows<const float>& x, float scale, CodeRange range, float* codes);

// The same with a scale for each element.
std::int64_t encode_row(const float* x, const double* inverses, CodeRange range, float* codes, int count);

// z[i] := fl32(scales[i] x[i]); z may be x.
void scale_row(const float* x, const float* scales, float* z, int count);
void scale_row(const float* x, float scale, float* z, int count);

// The terms of a product of square tensors of codes with main diagonals outside, one after the other (quantise.h). Row
// i of A meets the main diagonal in column k = i + a.outside; that of B lies in (k, k).
//   c_i := c_i + scale sums_i,  c_i := c_i + d_i b_k,  c_i := c_i + a_i e,  c_ik := c_ik + d_i e_k
// for the main diagonals d of A and e of B, where they are not zero. Column k of a_i and of b_k, which the diagonals
// hold, counts as 0 there.
struct CodedTerms {
  float* c = nullptr;
  std::ptrdiff_t stride = 0;
  bool from_zero = false;       // c counts as 0, whatever it holds
  const float* sums = nullptr;  // without gaps; may be c, from zero
  float scale = 0;
  FloatRows<const float> a, b;
  const float *a_diagonal = nullptr, *b_diagonal = nullptr;
};
void add_coded_terms(const CodedTerms& terms);

// In single operations of fp32:
// c[i] := c[i] + (row_scale column_scales[i]) sums[i]
void add_dequantised_row(float* c, float row_scale, const float* column_scales, const float* sums, int count);
// c[i] := c[i] + x[i] factor
void add_multiple_row(float* c, const float* x, float factor, int count);
// c[i] := c[i] + x[i] d[i] where d[i] is not zero
void add_products_row(float* c, const float* x, const float* d, int count);

// x[i] := fl32(scale * code of x[i]); NaN stays NaN. Returns how many codes were clamped.
std::int64_t requantise_row(float* x, double scale, CodeRange range, int count);
std::int64_t requantise_rows(const FloatRows<float>& x, float scale, CodeRange range);

}  // namespace tristab
